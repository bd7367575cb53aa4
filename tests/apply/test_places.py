"""What is refused says where it is written, also when only the cluster could tell that it is wrong."""

from pxhelm.cli.views.plan import plan_text

NETWORK = """
apiVersion: proxmox.io/v1
kind: Network
metadata: {name: vmbr2}
spec: {nodes: [nope], type: bridge}
"""
STORAGE = """apiVersion: proxmox.io/v1
kind: Storage
metadata: {name: nas}
spec: {type: nfs}
"""


def test_a_refusal_names_the_line_and_where_it_can_the_field(lab):
    plan = lab.plan(STORAGE, NETWORK).plan
    places = {b.key.address: b.place for b in plan.blocked}
    assert places["Storage/nas"] == "test.yaml:1"
    assert places["Network/vmbr2"].endswith(": spec.nodes")
    assert places["NetworkChanges/nope"] == ""
    assert "    at test.yaml:1\n" in plan_text(plan)
