"""What a write does otherwise than foreseen is told, and is never a reason to restart a guest on a guess."""

import json

import pytest

from pxhelm.errors import ExitCode
from tests.apply.lab import vm

POWER = "  power: {policy: Running, restart: %s}\n  cpu: {cores: %d, limit: %s}"


def running(lab, restart="Never", cores=4, limit=1):
    return vm(spec=POWER % (restart, cores, limit)).replace("  cpu: { cores: 4, sockets: 1 }\n", "")


class Twisted:
    """A connection to the simulator in which one option of ``/pending`` is shown as a Proxmox of another mind would."""

    def __init__(self, lab, key, twist):
        self.lab, self.key, self.twist = lab, key, twist
        self.restarts = 0
        self.written = False

    def __call__(self, method, path, params, headers, body=None):
        self.restarts += method == "POST" and path.endswith(("/status/reboot", "/status/shutdown", "/status/stop"))
        self.written = self.written or (method == "PUT" and path.endswith("/config"))
        status, reason, told, found = self.lab.simulator.send(method, path, params, headers, body)
        if self.written and path.endswith("/pending") and status == 200:
            rows = json.loads(found)["data"]
            found = json.dumps({"data": [self.twist(r) if r.get("key") == self.key else r for r in rows]}).encode()
        return status, reason, told, found


def events(lab):
    return [e.message for e in lab.store.events.list("lab") if e.reason == "ClassificationMismatch"]


def apply_twisted(lab, text, key, twist):
    send = Twisted(lab, key, twist)
    ports = lab.ports(cluster=lab.client_over(send))
    return lab.apply_with(ports, text), send


def kept_back(row):
    return {**row, "value": "1", "pending": row.get("pending", row["value"])}


@pytest.mark.parametrize("restart", ["Never", "IfRequired"])
def test_a_change_that_is_kept_back_against_the_plan_is_told_and_restarts_nothing(lab, restart):
    assert lab.apply(running(lab, restart)).exit_code is ExitCode.OK
    result, send = apply_twisted(lab, running(lab, restart, limit=2), "cpulimit", kept_back)
    (said,) = events(lab)
    assert said.startswith("cpu.limit: foreseen to take effect at once, but Proxmox keeps it back")
    assert send.restarts == 0
    if restart == "Never":
        assert result.exit_code is ExitCode.OK
    else:  # it would have to be restarted, and the plan did not say so
        assert [o.outcome.reason for o in result.failed] == ["NotInPlan"]


def test_a_change_that_needs_no_restart_against_the_plan_is_told(lab):
    assert lab.apply(running(lab)).exit_code is ExitCode.OK
    result, _ = apply_twisted(
        lab, running(lab, cores=2), "cores", lambda row: {"key": "cores", "value": row.get("pending", row["value"])}
    )
    assert result.exit_code is ExitCode.OK
    assert events(lab) == ["cpu.cores: foreseen to need a restart, but it is in effect already"]


def test_what_comes_as_foreseen_is_not_told(lab):
    lab.apply(running(lab))
    lab.apply(running(lab, cores=2, limit=2))
    assert events(lab) == []
