"""Virtual machines on the simulated cluster, step by step, until nothing is left to write."""

from .conftest import resource

GIB = 1 << 30
GIVEN = """\
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata:
  name: web-server
  namespace: production
spec:
  node: pve-node1
  cpu: { cores: 4, sockets: 1 }
  memory: 8192
  disks: [{ storage: local-lvm, size: 50G }]
  template: debian-12-template
"""


def vm(spec, name="web"):
    return resource(f"apiVersion: proxmox.io/v1\nkind: VirtualMachine\nmetadata: {{name: {name}}}\nspec: {spec}\n")


def config(cluster, vmid=20001):
    node = next(r["node"] for r in cluster.call("GET", "/cluster/resources", type="vm") if r["vmid"] == vmid)
    return cluster.call("GET", f"/nodes/{node}/qemu/{vmid}/config")


def test_the_given_manifest_works_as_it_stands(cluster, apply_to):
    it = apply_to(cluster, resource(GIVEN))
    planned = [step.verb for step in it.steps()]
    assert it.apply() == planned == ["clone", "config", "resize", "start"]
    found = config(cluster)
    assert (found["name"], found["cores"], found["memory"]) == ("web-server", 4, "8192")
    assert found["scsi0"].startswith("local-lvm:")
    assert "size=50G" in found["scsi0"]
    assert it.changes() == {}
    assert cluster.call("GET", "/nodes/pve-node1/qemu/20001/status/current")["status"] == "running"


def test_a_second_apply_writes_nothing(cluster, apply_to):
    it = apply_to(cluster, resource(GIVEN))
    it.apply()
    cluster.sent.clear()
    assert it.apply() == []
    assert cluster.sent == []
