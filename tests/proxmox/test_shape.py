"""An answer is what the schema promises, Proxmox' own habits let pass: all that was recorded of a real cluster fits."""

import gzip
import json
import re
from pathlib import Path

import pytest

from pxhelm.proxmox.answer import read_answer
from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import Request
from pxhelm.proxmox.schema import load
from pxhelm.proxmox.shape import _RELIED, misfit

FACTS = Path(__file__).parents[3] / "shared" / "facts"
MASKS = {"int": 1, "num": 1.5, "time": 1700000000, "any": None}
CONFIG = "/nodes/pve1/qemu/100/config"


def unmasked(value):
    """Return a recorded answer with something in place of what was masked."""
    if isinstance(value, dict):
        return {k: unmasked(v) for k, v in value.items()}
    if isinstance(value, list):
        return [unmasked(v) for v in value]
    mask = re.fullmatch(r"<(\w+)>", value) if isinstance(value, str) else None
    return MASKS.get(mask[1], value) if mask else value


def requests(steps):
    for step in steps:
        yield from requests(step["parallel"]) if "parallel" in step else [step]


def recorded():
    """Yield method, path and data of every success that was recorded."""
    with gzip.open(FACTS / "pve-9.2-stories.jsonl.gz", "rt") as file:
        for line in file:
            for step in requests(json.loads(line)["steps"]):
                expect = step.get("expect", {})
                if expect.get("status") == 200 and "data" in (expect.get("reply") or {}) and "base" not in step:
                    yield step["method"], step["path"], expect["reply"]["data"]
    with gzip.open(FACTS / "pve-9.2-recordings.jsonl.gz", "rt") as file:
        for line in file:
            row = json.loads(line)
            if row.get("status") == 200 and "base" not in row and "data" in (row["reply"] or {}):
                yield row["method"], row["path"], row["reply"]["data"]


@pytest.mark.requires("shared")
def test_all_that_a_real_cluster_answered_fits():
    seen, wrong = set(), []
    for method, path, data in recorded():
        endpoint = load("9.2").endpoint(method, path.replace("${", "x"))
        if endpoint is None or data == "<any>":
            continue
        seen.add(endpoint.path)
        if found := misfit(endpoint, unmasked(data)):
            wrong.append(f"{method} {path}: {found}")
    assert not wrong
    assert set(_RELIED) <= seen
    assert len(seen) > 100


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (CONFIG, {"digest": "a", "memory": "64", "cores": "2", "onboot": 1, "numa": "0", "surprise": [1]}),
        ("/cluster/resources", [{"id": "qemu/100", "type": "qemu", "vmid": 100, "uptime": None, "maxcpu": "2"}]),
        ("/cluster/resources", []),
        ("/cluster/options", {"migration": {"type": "secure"}, "registered-tags": ["a"]}),
        ("/nodes/pve1/lxc/100/interfaces", None),
        ("/access/users/a@pve", {"tokens": None, "groups": []}),
        ("/cluster/mapping/dir", [{"id": "a", "map": []}]),
        ("/cluster/backup/a", {"id": "a", "performance": "max-workers=1"}),
        ("/cluster/sdn/zones", [{"zone": "a", "type": "vlan", "pending": {"mtu": "deleted"}}]),
    ],
)
def test_what_proxmox_does_now_and_then_is_let_pass(path, data):
    assert misfit(load("9.2").endpoint("GET", path), data) == ""


@pytest.mark.parametrize(
    ("path", "data", "words"),
    [
        ("/cluster/resources", None, "expected a list of objects, got null"),
        ("/cluster/resources", {"id": 1}, "expected a list of objects, got an object"),
        ("/cluster/resources", ["qemu/100"], "expected objects in the list, got the text 'qemu/100'"),
        ("/cluster/resources", [{"type": "qemu"}], "expected id, got an object without it"),
        (
            "/cluster/resources",
            [{"id": "a", "type": "qemu", "vmid": "x"}],
            "expected a number as vmid, got the text 'x'",
        ),
        ("/cluster/resources", [{"id": ["a"], "type": "qemu"}], "expected a text as id, got a list"),
        (
            "/cluster/resources",
            [{"id": "a", "type": "qemu", "vmid": True}],
            "expected a number as vmid, got a truth value",
        ),
        (CONFIG, None, "expected an object, got null"),
        (CONFIG, [], "expected an object, got a list"),
        (CONFIG, {"digest": "a", "cores": {}}, "expected a number as cores, got an object"),
        (CONFIG, {"digest": "a", "onboot": "maybe"}, "expected a truth value as onboot, got the text 'maybe'"),
        ("/version", "9.2", "expected an object, got the text '9.2'"),
    ],
)
def test_what_no_proxmox_answers_is_named(path, data, words):
    assert misfit(load("9.2").endpoint("GET", path), data) == words


@pytest.mark.parametrize("body", [b"<html>502</html>", b"", b'{"data": [', b"[]", b"null", b"{}"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_body_that_is_none_of_the_api_is_told_and_what_became_of_a_write_is_unknown(method, body):
    with pytest.raises(ApiError, match="something that is no Proxmox answer: expected JSON with data, got") as caught:
        read_answer(Request(method, "/nodes"), (200, "OK", {}, body))
    assert caught.value.cls is (ErrorClass.INVALID if method == "GET" else ErrorClass.TRANSIENT)
    assert caught.value.sent
    assert "is there a proxy in between?" in caught.value.hint
    assert ("it is unknown whether the change was made" in caught.value.hint) is (method == "POST")


def test_the_shape_is_looked_at_where_the_answer_is_read():
    endpoint = load("9.2").endpoint("GET", "/nodes")
    with pytest.raises(ApiError, match=r"^cannot GET /nodes: .*expected a list of objects, got null"):
        read_answer(Request("GET", "/nodes"), (200, "OK", {}, b'{"data": null}'), endpoint)
