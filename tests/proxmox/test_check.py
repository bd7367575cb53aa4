"""What is refused before it is sent would have been refused by the real Proxmox, too."""

import pytest

from pxhelm.proxmox import schema
from pxhelm.proxmox.check import MISSING, UNKNOWN, Problem, check
from pxhelm.secret import Secret

FACTS = schema.load("9.2")
CREATE = FACTS.endpoint("POST", "/nodes/pve1/qemu")


def requests(stories):
    """Yield every recorded request with parameters, and the parameters that were refused."""

    def walk(steps):
        for step in steps:
            yield from walk(step.get("parallel", ()))
            if "params" not in step or "base" in step:
                continue
            expect = step["expect"]
            errors = (expect["reply"].get("errors") if isinstance(expect.get("reply"), dict) else None) or {}
            yield step["method"], step["path"], step["params"], expect["status"], errors

    for story in stories:
        yield from walk(story["steps"])


def named(problems):
    return {p.name.split(".")[0] for p in problems}


def test_nothing_that_the_real_proxmox_took_is_refused(stories):
    seen = 0
    for method, path, params, status, _ in requests(stories):
        endpoint = FACTS.endpoint(method, path)
        if status == 200 and endpoint is not None and not any("${" in str(v) for v in params.values()):
            seen += 1
            assert check(endpoint, params) == [], (method, path, params)
    assert seen > 500


SCHEMA_TEXTS = (
    "property is",
    "type check",
    "value must",
    "value may",
    "does not have a value",
    "does not match the regex",
)


def test_what_its_schema_refused_is_refused_here(stories):
    seen, missed = 0, []
    for method, path, params, status, errors in requests(stories):
        endpoint = FACTS.endpoint(method, path)
        expected = {k for k, text in errors.items() if any(s in text for s in SCHEMA_TEXTS)}
        if status != 400 or endpoint is None or not expected:
            continue
        seen += 1
        found = named(check(endpoint, params))
        if not expected <= found:
            missed.append((method, path, params, expected - found))
    assert seen > 150
    assert len(missed) <= seen * 0.05, missed


@pytest.mark.parametrize(
    ("params", "problems"),
    [
        ({"vmid": 100}, []),
        ({"vmid": 100, "net": "virtio"}, [Problem("net", UNKNOWN, "net goes from net0 to net31")]),
        ({}, [Problem("vmid", MISSING)]),
        ({"vmid": 100, "core": 1}, [Problem("core", UNKNOWN, "did you mean cores?")]),
        ({"vmid": 100, "cores": 0}, [Problem("cores", "value must have a minimum value of 1")]),
        ({"vmid": 100, "onboot": "yes"}, [Problem("onboot", "type check ('boolean') failed - got 'yes'")]),
        ({"vmid": 100, "onboot": True, "cpulimit": 0.5}, []),
        ({"vmid": 100, "net0": "virtio,tag=5000"}, [Problem("net0.tag", "value must have a maximum value of 4094")]),
        ({"vmid": 100, "net0": "virtio,tagg=5"}, [Problem("net0.tagg", UNKNOWN, "did you mean tag?")]),
        ({"vmid": 100, "net0": "bridge=vmbr0"}, [Problem("net0.model", MISSING)]),
        ({"vmid": 100, "net40": "virtio"}, [Problem("net40", UNKNOWN, "net goes from net0 to net31")]),
        ({"vmid": 100, "tags": ["a", "b"], "sshkeys": "ssh-rsa a b"}, []),
    ],
)  # fmt: skip
def test_problems_are_found_all_at_once(params, problems):
    assert check(CREATE, params) == problems


def test_an_option_of_a_later_version_names_it():
    endpoint = schema.load("8.4").endpoint("POST", "/nodes/n/qemu")
    [problem] = check(endpoint, {"vmid": 100, "intel-tdx": "tdx"}, "8.4.1")
    assert problem.hint == "intel-tdx needs Proxmox VE 9.2; the server has 8.4.1"


def test_a_secret_is_never_shown():
    assert check(CREATE, {"vmid": 100, "cipassword": Secret("x")}) == []


def test_parameters_of_another_type_are_not_missing():
    rules = FACTS.endpoint("POST", "/cluster/ha/rules")
    given = {"rule": "r", "type": "resource-affinity", "resources": "vm:100", "affinity": "positive"}
    assert check(rules, given) == []
    assert named(check(rules, {"rule": "r", "type": "node-affinity", "resources": "vm:100"})) == {"nodes"}
