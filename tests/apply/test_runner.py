"""Many objects at once: leases, fencing, interruption, turns; and what is left in the store."""

import signal
import threading
import time

import pytest

from pxhelm.apply.admission import Limits, Turns, turns_of
from pxhelm.apply.command import Result
from pxhelm.apply.engine import apply_plan
from pxhelm.errors import ExitCode
from pxhelm.events import StepFinished, StepStarted, TaskProgress
from pxhelm.plan.document import Saved, dumps
from pxhelm.proxmox.request import Request
from pxhelm.resource.kind import Surroundings
from pxhelm.resource.step import Guard, Step
from pxhelm.secret import Secret
from pxhelm.store.bindings import BindingState
from pxhelm.store.journal import OpState, StepState
from pxhelm.store.leases import Holder
from pxhelm.store.objects import ObjectQuery
from tests.apply.lab import QUICK, vm

SITE = [
    "apiVersion: proxmox.io/v1\nkind: Pool\nmetadata: {name: shop}\nspec: {comment: the shop}\n",
    """
apiVersion: proxmox.io/v1
kind: Storage
metadata: {name: backup}
spec: {type: dir, path: /srv/backup, content: [backup]}
""",
    """
apiVersion: proxmox.io/v1
kind: Container
metadata: {name: lb, namespace: production}
spec:
  node: pve-node2
  template: local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst
  cpu: {cores: 1}
  memory: 512
  rootfs: {storage: local-lvm, size: 4G}
  networks: [{bridge: vmbr0, ip: dhcp}]
  pool: shop
""",
    """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: blank, namespace: production}
spec:
  memory: 2048
  disks: [{storage: local-lvm, size: 8G}]
  networks: [vmbr0]
  power: Stopped
  tags: [a, b]
""",
]


def operations(lab):
    objects = lab.store.objects.list(ObjectQuery("lab"))
    return [op for o in objects for op in lab.store.journal.ops(o.uid)]


def test_a_site_of_every_kind_is_made_in_order_and_is_then_left_alone(lab):
    texts = [*SITE, vm(spec="  pool: shop")]
    result = lab.apply(*texts)
    assert result.exit_code is ExitCode.OK, [o.outcome.message for o in result.failed]
    assert {m.get("name") for m in lab.api("GET", "/pools/shop")["members"]} == {"lb", "web-server"}
    first = [e.path.rpartition("/")[2] for e in lab.writes()][:2]
    assert set(first) == {"pools", "storage"}
    mark = lab.mark
    assert {o.outcome.result for o in lab.apply(*texts).objects} == {Result.UNCHANGED}
    assert lab.writes(mark) == []


def test_a_site_of_every_kind_goes_again_but_for_what_is_kept_by_its_kind(lab):
    texts = [*SITE, vm(spec="  pool: shop")]
    lab.apply(*texts)
    result = lab.destroy(*(r.key for r in lab.resources(*texts)))
    assert result.exit_code is ExitCode.OK, [o.outcome.message for o in result.failed]
    assert lab.guests() == {}
    assert lab.api("GET", "/storage/backup")["path"] == "/srv/backup", "a storage's definition stays"
    assert lab.store.objects.list(ObjectQuery("lab")) == ()


def test_guests_go_before_the_pool_they_are_in(lab):
    texts = [SITE[0], vm(spec="  pool: shop")]
    lab.apply(*texts)
    result = lab.destroy(*(r.key for r in lab.resources(*texts)))
    assert result.exit_code is ExitCode.OK, [o.outcome.message for o in result.failed]
    assert lab.guests() == {}
    assert [p["poolid"] for p in lab.api("GET", "/pools")] == []


def test_a_guest_refers_to_one_that_is_made_in_the_same_plan(lab):
    golden = vm("golden", spec="  isTemplate: true\n  power: Stopped")
    web = vm("web").replace("template: debian-12-template", "template: golden")
    result = lab.apply(web, golden)
    assert result.exit_code is ExitCode.OK, [o.outcome.message for o in result.failed]
    clones = [e.path for e in lab.writes() if e.path.endswith("/clone")]
    vmid = next(b.vmid for b in lab.store.bindings.list("lab") if f"/{b.vmid}/" in clones[1])
    assert clones == ["/api2/json/nodes/pve-node1/qemu/9000/clone", f"/api2/json/nodes/pve-node1/qemu/{vmid}/clone"]
    assert lab.plan(web, golden).plan.empty


def test_what_happens_is_told_while_it_happens(lab):
    lab.apply(vm())
    told = [(type(e), e.step) for e in lab.told if isinstance(e, (StepStarted, StepFinished))]
    verbs = ["clone", "config", "resize", "start"]
    assert told == [(kind, verb) for verb in verbs for kind in (StepStarted, StepFinished)]


def test_an_object_that_another_worker_holds_is_left_to_him(lab):
    lab.apply(vm())
    (stored,) = lab.store.objects.list(ObjectQuery("lab"))
    other = Holder("there", "boot", 7, "9")
    lab.store.leases.acquire(f"object:{stored.uid}", other, 60.0, time.time())
    mark = lab.mark
    result = lab.apply(vm(cores=2))
    assert (result.objects[0].outcome.reason, result.exit_code) == ("Locked", ExitCode.LOCKED)
    assert "there pid 7" in result.objects[0].outcome.message
    assert lab.writes(mark) == []


def test_a_worker_that_lost_its_lease_cannot_write_its_journal(lab):
    """A takeover in the middle: the old worker's next commit fails, and it sends nothing more."""
    planned = lab.plan(vm())
    send = lab.simulator.send
    ended = []

    def stealing(method, path, *rest, **more):
        if method == "PUT" and path.endswith("/config") and not ended:
            ended.append(lab.mark)
            (stored,) = lab.store.objects.list(ObjectQuery("lab"))
            thief = Holder("there", "boot", 7, "9")
            lab.store.leases.acquire(f"object:{stored.uid}", thief, 60.0, time.time(), lambda _: True)
        return send(method, path, *rest, **more)

    result = apply_plan(lab.ports(cluster=lab.client_over(stealing)), planned, QUICK)
    assert result.objects[0].outcome.result is Result.FAILED
    assert "passed to another worker" in result.objects[0].outcome.message
    (op,) = operations(lab)
    assert [s.state for s in lab.store.journal.steps(op.op_id)] == [StepState.DONE, StepState.INTENT]
    assert [e.method for e in lab.writes(ended[0])] == ["PUT"]


@pytest.fixture
def ctrl_c():
    """Ctrl-C interrupts, also where the tests run in the background of a shell, which has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="signals go to the main thread")
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_after_what_is_being_sent_and_the_same_again_completes(lab_of):
    lab = lab_of(time_scale=0.2)
    texts = [vm(f"web-{n}") for n in range(4)]
    planned = lab.plan(*texts)
    main = threading.main_thread().ident
    heard = []

    def listen(event):
        """Press Ctrl-C at the first line of a task: its guest has steps before it."""
        if isinstance(event, TaskProgress) and not heard:
            heard.append(event)
            signal.pthread_kill(main, signal.SIGINT)

    result = apply_plan(lab.ports(listen=listen), planned, QUICK)
    assert result.exit_code is ExitCode.INTERRUPTED
    assert {o.outcome.result for o in result.failed} == {Result.INTERRUPTED}
    assert lab.store.journal.open_ops("lab") != ()
    again = lab.apply(*texts)
    assert again.exit_code is ExitCode.OK, [o.outcome.message for o in again.failed]
    assert sorted(row["name"] for row in lab.guests().values()) == [f"web-{n}" for n in range(4)]
    assert {op.state for op in operations(lab)} == {OpState.DONE}
    assert {b.state for b in lab.store.bindings.list("lab")} == {BindingState.BOUND}


def step(verb, node="n1", **more):
    return Step(verb, Request("POST", "/x", more.pop("params", {}), node=node), Guard.NONE, **more)


def test_turns_are_limited_per_node_storage_and_source():
    around = Surroundings(storages={("n1", "ceph"): {"shared": 1}, ("n1", "lvm"): {}})
    limits = Limits()
    assert turns_of(step("start"), "n1", around, limits) == {("node", "n1"): 4}
    clone = step("clone", source=9000, storage="ceph", params={"full": True})
    assert turns_of(clone, "n1", around, limits) == {
        ("node", "n1"): 4,
        ("storage", "ceph"): 1,
        ("source", "9000"): 2,
    }
    local = step("create", storage="lvm")
    assert turns_of(local, "n1", around, limits)["storage", "n1", "lvm"] == 2


def test_turns_are_taken_all_or_none():
    turns = Turns(Limits())
    assert turns.take({("a",): 1, ("b",): 2})
    assert not turns.take({("b",): 2, ("a",): 1})
    assert turns.taken == {("a",): 1, ("b",): 1}
    turns.give_back({("a",): 1, ("b",): 2})
    assert turns.taken == {}


def test_no_more_full_clones_of_one_source_than_allowed_run_at_once(lab_of):
    lab = lab_of(time_scale=0.05)
    lab.apply(*[vm(f"web-{n}") for n in range(5)])
    spans = []
    for op in operations(lab):
        for each in lab.store.journal.steps(op.op_id):
            if each.kind == "clone":
                spans += [(each.sent_at, 1), (each.done_at, -1)]
    running = most = 0
    for _, change in sorted(spans):
        running += change
        most = max(most, running)
    assert most == 2


def test_no_secret_is_in_the_store_the_plan_or_what_is_told(lab, tmp_path):
    canary = "canary-correct-horse"
    text = vm(spec="  cloudInit: {user: ops, password: {valueFrom: {env: PW}}}")
    ports = lab.ports(read_secret=lambda _: Secret(canary))
    lab.ports = lambda: ports
    planned = lab.plan(text)
    assert apply_plan(ports, planned, QUICK).exit_code is ExitCode.OK
    assert lab.plan(text).plan.empty
    (vmid,) = lab.guests()
    assert lab.api("GET", f"/nodes/pve-node1/qemu/{vmid}/config")["cipassword"] == "**********"
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("store.db*"))
    assert canary.encode() not in stored
    assert canary not in dumps(Saved(planned.plan))
    assert canary not in repr(lab.told)


def test_a_bug_is_told_by_its_place_and_holds_no_value(lab, monkeypatch):
    def fail(_worker):
        raise KeyError("s3cret")

    monkeypatch.setattr("pxhelm.apply.worker.Worker.run", fail)
    (one,) = lab.apply(vm("web")).objects
    assert (one.outcome.result, one.outcome.reason) == (Result.FAILED, "Bug")
    assert "KeyError at " in one.outcome.message
    assert "s3cret" not in one.outcome.message
