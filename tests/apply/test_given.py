"""A physical interface is there or not: to declare it is to take it over, and it never goes."""

from pxhelm.errors import ExitCode
from pxhelm.resource.identity import ObjectKey

CARD = """
apiVersion: proxmox.io/v1
kind: Network
metadata: {name: %s, annotations: {pxhelm.io/deletion-policy: Delete}}
spec: {type: %s, nodes: [pve-node1], mtu: 9000}
"""


def mtu(lab, iface):
    rows = lab.api("GET", "/nodes/pve-node1/network")
    return {row["iface"]: row.get("mtu") for row in rows}.get(iface, "gone")


def test_a_card_is_taken_over_without_a_word_and_stays_when_its_object_goes(lab):
    assert lab.apply(CARD % ("eno1", "eth")).exit_code is ExitCode.OK
    assert str(mtu(lab, "eno1")) == "9000"
    assert lab.destroy(ObjectKey("Network", "", "eno1")).exit_code is ExitCode.OK
    assert mtu(lab, "eno1") != "gone"


def test_a_bridge_of_others_is_not_taken_over_like_that(lab):
    (blocked,) = [b for b in lab.plan(CARD % ("vmbr0", "bridge")).plan.blocked if b.key.kind == "Network"]
    assert blocked.reason == "Exists"


def test_a_card_that_is_not_there_cannot_be_made(lab):
    (blocked,) = [b for b in lab.plan(CARD % ("eno9", "eth")).plan.blocked if b.key.kind == "Network"]
    assert "cannot be made" in blocked.message
