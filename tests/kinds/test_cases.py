"""Cases as data: what is, what is wanted, and what that means: changed leaves with their effects, and requests.

``recorded`` names the story of the real Proxmox VE that accepted the request; the others are judged by the API schema.
Property strings are compared by meaning.
"""

from pathlib import Path

import pytest
import yaml

from pxhelm import kinds
from pxhelm.manifest import load_manifests
from pxhelm.proxmox.check import check
from pxhelm.proxmox.schema import load
from pxhelm.proxmox.wire import encode as to_form
from pxhelm.proxmox.wire import parse_value
from pxhelm.resource.compare import wanted_changes
from pxhelm.resource.decode import Rows, decode
from pxhelm.resource.guest import Situated, live_of
from pxhelm.resource.kind import Change, Surroundings
from pxhelm.resource.model import Existence, Live, Target

from .conftest import dropped

HERE = Path(__file__).parent
FOLDERS = {kind.name.lower(): kind.name for kind in kinds.KINDS.values()}
CASES = [
    pytest.param(
        FOLDERS[path.parent.name.replace("_", "")],
        case,
        id=f"{path.parent.name}/{path.stem}/{case['about'].replace(' ', '-')}",
    )
    for path in sorted(HERE.glob("*/*.yaml"))
    if path.stem != "lives"
    for case in yaml.safe_load(path.read_text())
]


def live_from(kind, case):
    raw = {k: str(v) for k, v in case["live"].items()}
    if not kind.guest:
        leaves = {**decode(kind, raw), "id": "it"}
        return Live(Existence.PRESENT, leaves, leaves, raw, "d1")
    power = case.get("power", "stopped")
    return live_of(kind, Rows(raw, raw, "d1"), Situated("pve1", 100, power, case.get("pool", "")))


def resource_from(kind, case, spec):
    document = {
        "apiVersion": "proxmox.io/v1",
        "kind": kind.name,
        "metadata": {"name": case.get("name", "it")},
        "spec": spec,
    }
    return kinds.parse(load_manifests(yaml.safe_dump(document), "case.yaml"))[0]


def change_from(kind, case):
    live = live_from(kind, case)
    wanted = resource_from(kind, case, case["wanted"])
    if "hostname" not in case["wanted"] and kind.guest:
        wanted.leaves.pop("hostname")
    applied = resource_from(kind, case, case["applied"]).leaves if "applied" in case else {}
    gone = dropped(kind, applied, wanted.leaves, live)
    target = Target(wanted.key, "uid", "pve1", 100 if kind.guest else 0, row={"id": "it"})
    around = Surroundings(case.get("version", "9.2"), {"pve1": True, "pve2": True})
    changes = (*wanted_changes(kind, wanted, live), *gone)
    options = dict.fromkeys(case.get("options", ()), True)
    return Change(target, live, wanted, changes, False, around, options, "op", applied)


def meaning(endpoint, params):
    found = {}
    for name, text in to_form(params, endpoint):
        spec = endpoint.parameters[name]
        value = parse_value(spec, text)
        found[name] = set(str(text).split(",")) if name == "delete" else value
    found.pop("digest", None)
    return found


@pytest.mark.parametrize(("kind_name", "case"), CASES)
def test_case(kind_name, case):
    kind = kinds.KINDS[kind_name]
    change = change_from(kind, case)
    if "effects" in case:
        assert {c.path: c.effect.label for c in change.changes} == case["effects"]
    if "refused" in case:
        assert case["refused"] in kind.refuse(change)
        return
    assert kind.refuse(change) == ""
    steps = kind.steps(change)
    version = case.get("version", "9.2")
    sent = []
    for step in steps:
        endpoint = load(version).endpoint(step.request.method, step.request.path)
        assert endpoint is not None, step.request.path
        assert check(endpoint, step.request.params, version) == []
        sent.append([step.verb, step.request.method, step.request.path, meaning(endpoint, step.request.params)])
    expected = []
    for verb, method, path, params in case["steps"]:
        endpoint = load(version).endpoint(method, path)
        expected.append([verb, method, path, meaning(endpoint, params or {})])
    assert sent == expected
