"""What the law is checked with cannot be fooled: a cluster that does not hold what was applied is seen to."""

import json

import pytest

from pxhelm.kinds import KINDS
from tests.idempotence.bench import Batch, Bench
from tests.idempotence.cases import cases_of
from tests.idempotence.readback import spot_of

WRONG = {
    ("VirtualMachine", "cpu.cores"): {"cores": 7},
    ("VirtualMachine", "memory.shares"): {"shares": 7},
    ("VirtualMachine", "networks.net0.rate"): {"net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0,rate=3"},
    ("VirtualMachine", "tags"): {"tags": "other"},
    ("VirtualMachine", "options.tablet"): {"tablet": 1},
    ("Storage", "content"): {"content": "snippets"},
}


@pytest.mark.parametrize(("kind", "path"), WRONG, ids=str)
def test_a_value_that_is_not_held_is_seen_and_one_that_is_still_there_is_not_gone(kind, path):
    case = [c for c in cases_of(kind, modes=("create",)) if c.path == path][-1]
    bench = Bench(kind)
    try:
        batch = Batch(bench, [case])
        batch.apply({0: case.wanted()}, "apply")
        assert batch.cluster.says(case, "c0") == ""
        assert "still" in batch.cluster.gone(case, "c0")
        row = batch.cluster.row(case, "c0") if KINDS[kind].guest else {}
        at = f"/nodes/{row['node']}/qemu/{row['vmid']}/config" if row else "/storage/c0"
        bench.prepare("PUT", at, WRONG[kind, path])
        assert "not" in batch.cluster.says(case, "c0")
    finally:
        bench.close()


def lying(send, param):
    """Return a way to a cluster on which a parameter never arrives, and which says that it has."""
    told = {}

    def answer(method, path, params, headers, body):
        name = (params.get("storage") or [path.rpartition("/")[2]])[0]
        if param in (params.get("delete") or [""])[0].split(","):
            told.pop(name, None)
        if method in ("POST", "PUT") and param in params:
            told[name] = params[param][0]
        status, reason, got, content = send(
            method, path, {k: v for k, v in params.items() if k != param}, headers, body
        )
        if (method, status) == ("GET", 200) and path == f"/storage/{name}" and name in told:
            found = json.loads(content)
            content = json.dumps({"data": {**found["data"], param: told[name]}}).encode()
        return status, reason, got, content

    return answer


def test_an_engine_that_believes_what_it_wrote_passes_nothing():
    cases = [c for c in cases_of("Storage", modes=("create",)) if c.path.startswith("bandwidth.")]
    bench = Bench("Storage")
    try:
        bench.clients.insert(0, bench.client_over(lying(bench.simulator.send, "bwlimit")))
        del bench.clients[1:]
        failed = Batch(bench, cases).run()
    finally:
        bench.close()
    assert len(failed) == len(cases) > 0
    assert {why.rpartition(": ")[2] for why in failed.values()} <= {
        f"bwlimit.{c.path[10:]} is not there" for c in cases
    }


def test_almost_everything_is_read_back_and_the_rest_says_why():
    told, silent = 0, []
    for kind in KINDS:
        for case in cases_of(kind):
            if spot_of(KINDS[kind], case) is not None:
                told += 1
            elif not (case.unread or case.unlisted):
                silent.append(case.path)
    assert told > 5000
    assert not silent
