"""Reading one guest: how many requests, where it is looked for, and when absence is believed."""

from types import MappingProxyType

import pytest

from pxhelm import kinds
from pxhelm.errors import PxhelmError
from pxhelm.manifest import load_manifests
from pxhelm.proxmox.errors import ApiError, Failure
from pxhelm.proxmox.request import Response, drive
from pxhelm.resource.guest import choose_node
from pxhelm.resource.identity import Marker, ObjectKey
from pxhelm.resource.kind import Surroundings
from pxhelm.resource.model import Existence, Target

VM = kinds.KINDS["VirtualMachine"]
KEY = ObjectKey("VirtualMachine", "default", "web")
MARKER = Marker("inst", "u1", 100, "op1")
ROWS = [
    {"key": "name", "value": "web"},
    {"key": "digest", "value": "d1"},
    {"key": "memory", "value": "512", "pending": "1024"},
    {"key": "description", "value": f"hello\n{MARKER}\n"},
    {"key": "smbios1", "value": "uuid=0160C16E-1462-4439-ba79-56f0d3dc26f7"},
    {"key": "lock", "value": "backup"},
]
ROW = MappingProxyType({"type": "qemu", "vmid": 100, "node": "pve1", "status": "running", "pool": "prod"})


class Proxmox:
    """Answers by path; what has no answer does not exist."""

    def __init__(self, **answers):
        self.answers = {path.replace("__", "/"): answer for path, answer in answers.items()}
        self.asked = []

    def __call__(self, request):
        assert request.method == "GET"
        self.asked.append(request.path)
        answer = self.answers.get(request.path)
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            gone = f"Configuration file '{request.path}' does not exist\n"
            raise ApiError(Failure("GET", request.path, 500, gone))
        return Response(answer)


def observe(answers, **target):
    proxmox = Proxmox()
    proxmox.answers = answers
    found = drive(VM.observe(Target(KEY, "u1", vmid=100, **target)), proxmox, lambda _: None)
    return found, proxmox.asked


def pending(node):
    return f"/nodes/{node}/qemu/100/pending"


def test_a_row_at_hand_saves_all_requests_but_one():
    live, asked = observe({pending("pve1"): ROWS}, row=ROW)
    assert asked == [pending("pve1")]
    assert (live.node, live.power, live.digest, live.lock) == ("pve1", "running", "d1", "backup")
    assert live.uuid == "0160C16E-1462-4439-ba79-56f0d3dc26f7"
    assert live.marker == MARKER
    assert live.intended["description"] == "hello"
    assert live.intended["pool"] == "prod"
    assert (live.intended["memory.size"], live.current["memory.size"]) == (1024 << 20, 512 << 20)


def test_a_row_that_may_be_old_is_not_believed_about_power():
    answers = {pending("pve1"): ROWS, "/nodes/pve1/qemu/100/status/current": {"status": "stopped"}}
    live, asked = observe(answers, row=ROW, fresh=True)
    assert asked == [pending("pve1"), "/nodes/pve1/qemu/100/status/current"]
    assert live.power == "stopped"


def test_a_paused_guest_is_not_running():
    answers = {
        "/cluster/resources": [ROW],
        pending("pve1"): ROWS,
        "/nodes/pve1/qemu/100/status/current": {"status": "running", "qmpstatus": "paused"},
    }
    live, asked = observe(answers)
    assert len(asked) == 3
    assert live.power == "paused"


def test_a_guest_that_moved_since_the_list_is_found_where_it_is():
    moved = {**ROW, "node": "pve2"}
    answers = {"/cluster/resources": [moved], pending("pve2"): ROWS}
    live, asked = observe(answers, row=ROW)
    assert asked == [pending("pve1"), "/cluster/resources", pending("pve2")]
    assert live.node == "pve2"


def test_a_guest_is_absent_when_list_and_nextid_and_quorum_say_so():
    answers = {
        "/cluster/resources": [],
        "/cluster/nextid": "100",
        "/cluster/status": [{"type": "cluster", "quorate": 1}],
    }
    live, _ = observe(answers, node="pve1")
    assert live.existence is Existence.ABSENT


def test_a_node_that_is_in_no_cluster_has_no_quorum_to_ask_for():
    answers = {"/cluster/resources": [], "/cluster/nextid": "100", "/cluster/status": [{"type": "node", "name": "pve"}]}
    assert observe(answers)[0].existence is Existence.ABSENT


def test_a_vmid_that_is_taken_by_what_is_not_shown_is_unknown():
    taken = ApiError(
        Failure("GET", "/cluster/nextid", 400, "Parameter verification failed.", {"vmid": "VM 100 already exists"})
    )
    live, _ = observe({"/cluster/resources": [], "/cluster/nextid": taken})
    assert live.existence is Existence.UNKNOWN
    assert "VM.Audit" in live.reason


def test_without_quorum_nothing_is_absent():
    answers = {
        "/cluster/resources": [],
        "/cluster/nextid": "100",
        "/cluster/status": [{"type": "cluster", "quorate": 0}],
    }
    assert observe(answers)[0].existence is Existence.UNKNOWN


def test_an_error_that_says_nothing_about_existence_is_raised():
    broken = ApiError(Failure("GET", pending("pve1"), 595, "No route to host"))
    with pytest.raises(ApiError, match="No route to host"):
        observe({pending("pve1"): broken}, row=ROW)


def placed(spec="{}", vmid=100, node="", **around):
    text = f"apiVersion: proxmox.io/v1\nkind: VirtualMachine\nmetadata: {{name: web}}\nspec: {spec}\n"
    wanted = kinds.parse(load_manifests(text, "vm.yaml"))[0]
    nodes = around.pop("nodes", {"a": True, "b": True, "c": False})
    return choose_node(wanted, Target(KEY, "u", node, vmid), Surroundings(nodes=nodes, **around))


def test_guests_without_a_wish_are_spread_over_the_nodes_that_are_online():
    assert [placed(vmid=vmid) for vmid in range(100, 104)] == ["a", "b", "a", "b"]


def test_only_nodes_that_have_the_storages_are_chosen():
    storages = {("a", "local"): {}, ("b", "local"): {}, ("b", "fast"): {}}
    assert {placed("{disks: {scsi0: {storage: fast, size: 1G}}}", vmid, storages=storages) for vmid in (100, 101)} == {
        "b"
    }


def test_a_guest_goes_where_the_same_plan_fetches_its_installation_medium():
    spec = "{disks: {ide0: {cdrom: 'local:iso/win.iso'}}}"
    coming = frozenset({("Image", "local:iso/win.iso")})
    local = {("a", "local"): {}, ("b", "local"): {}}
    shared = {place: {"shared": 1} for place in local}
    assert [placed(spec, vmid, coming=coming, storages=local) for vmid in (100, 101)] == ["a", "a"]
    assert [placed(spec, vmid, coming=coming, storages=shared) for vmid in (100, 101)] == ["a", "b"]
    assert [placed(spec, vmid, storages=local) for vmid in (100, 101)] == ["a", "b"]


def test_the_first_wanted_node_that_is_online_is_taken():
    assert placed("{placement: {nodes: [c, b, a]}}") == "b"


def test_a_node_chosen_before_stays_chosen():
    assert placed("{placement: {nodes: [a, b]}}", node="b") == "b"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("{node: c}", "cannot place VirtualMachine/default/web: node c is offline"),
        ("{node: d}", "cannot place VirtualMachine/default/web: there is no node d"),
    ],
)
def test_a_node_that_cannot_be_had_is_said_with_its_line(spec, message):
    with pytest.raises(PxhelmError) as caught:
        placed(spec)
    assert caught.value.message == message
    assert caught.value.where.field == "spec.node"
