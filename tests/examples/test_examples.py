"""The examples of the manifest language: each parses, is applied to a cluster in one plan, and leaves nothing to do.

``NAME.yaml`` beside this file is what an author writes; what it takes for granted is here.
"""

from pathlib import Path

import pytest

from pxhelm.apply.engine import apply_plan
from pxhelm.errors import ExitCode
from pxhelm.plan.model import Action
from pxhelm.secret import Secret
from pxhelm.simulator.seed import Machine
from pxhelm.simulator.serve import Options, open_simulator
from pxhelm.simulator.storage_list import put_file
from pxhelm.store.memory import MemoryStore
from tests.apply.lab import ROOT, Lab
from tests.apply.test_deliveries import by_hand
from tests.idempotence.bench import HOW

FOLDER = Path(__file__).parent
NODES = ("pve1", "pve2", "pve3")
HASH = "$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g."


def storage(name, spec):
    return f"{{apiVersion: proxmox.io/v1, kind: Storage, metadata: {{name: {name}}}, spec: {spec}}}"


NAS = storage("nas", "{type: nfs, server: 10.0.0.9, export: /tank/pve, content: [images, iso, import, snippets]}")
CEPH = storage("ceph-vm", "{type: rbd, pool: rbd, content: [images, rootdir]}")
ZFS = storage("local-zfs", "{type: zfspool, pool: rpool/data, content: [images, rootdir]}")
IMAGE = """
apiVersion: proxmox.io/v1
kind: Image
metadata: {name: debian-12-ct}
spec: {storage: local, content: vztmpl, filename: ct.tar.zst, source: {url: "https://images.example.net/ct.tar.zst"}}
"""


def secret(name, *keys, namespace="default"):
    made = ", ".join(f"{key}: {{length: 20}}" for key in keys)
    metadata = f"{{name: {name}, namespace: {namespace}}}"
    return f"{{apiVersion: proxmox.io/v1, kind: Secret, metadata: {metadata}, spec: {{generate: {{{made}}}}}}}"


def guest(name, more="", namespace="default"):
    metadata = f"{{name: {name}, namespace: {namespace}}}"
    spec = f"{{vmid: {GUESTS[name]}, placement: {{nodes: [pve1]}}, disks: {{scsi0: {{storage: local-zfs, size: 1G}}}}{more}}}"
    return f"{{apiVersion: proxmox.io/v1, kind: VirtualMachine, metadata: {metadata}, spec: {spec}}}"


GUESTS = {"web": 30001, "db-0": 30002, "scratch": 30003, "ml": 30004, "vm101": 101}
DB = """
apiVersion: proxmox.io/v1
kind: Secret
metadata: {name: db, namespace: prod}
spec: {data: {ops-password: {valueFrom: {env: OPS_PASSWORD}}}}
"""
POOL = "{apiVersion: proxmox.io/v1, kind: Pool, metadata: {name: prod}, spec: {}}"
PBS = storage(
    "pbs-main",
    "{type: pbs, server: pbs, datastore: main, username: u@pbs, password: {valueFrom: {env: PBS}}, content: [backup]}",
)
BACKUP = "{apiVersion: proxmox.io/v1, kind: Network, metadata: {name: backup}, spec: {nodes: all, type: bridge}}"
BEFORE = {
    "windows": [NAS],
    "docker": [ZFS, IMAGE],
    "access": [ZFS, secret("ci", "password"), secret("sso", "key"), guest("web", namespace="prod"), POOL],
    "storage": [CEPH, ZFS, secret("pbs", "token"), guest("vm101")],
    "sdn": [ZFS, secret("netbox", "token")],
    "guests": [
        NAS,
        CEPH,
        ZFS,
        IMAGE,
        DB,
        POOL,
        BACKUP,
        PBS,
        guest("db-0"),
        guest("scratch"),
        guest("ml", ", ha: true"),
    ],
    "others": [secret("cf", "data")],
}


def inserted(world):
    """Put on the nodes what no call of the API puts there."""
    for node in NODES:
        put_file(world, node, "local:iso/Win11_24H2.iso", 64)


class Site(Lab):
    """A cluster of three nodes, of which root himself is asked for everything."""

    credentials = ROOT

    def __init__(self):
        machines = tuple(Machine(name) for name in NODES)
        super().__init__(
            None, store=MemoryStore(), simulator=open_simulator(Options(time_scale=0.0, machines=machines))
        )

        self.simulator.change(inserted)
        for node in NODES:
            self.api("POST", f"/nodes/{node}/network", iface="eno2", type="eth")
            self.api("PUT", f"/nodes/{node}/network")

    def ports(self, worker="one", **changes):
        return super().ports(
            worker,
            **{
                "read_secret": lambda _source: Secret(HASH),
                "errand": by_hand(self, []),
                "allowed": frozenset({"ssh"}),
                **changes,
            },
        )

    def applied(self, texts):
        """Plan and apply, with the one word that an example of a firewall needs."""
        return apply_plan(self.ports(), self.plan(*texts, options={"allow-lockout": True}), HOW)


@pytest.fixture
def site():
    found = Site()
    yield found
    found.close()


@pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("*.yaml")))
def test_an_example_is_applied_by_one_plan_and_leaves_nothing_to_do(site, name):
    if name in BEFORE:
        assert site.applied(BEFORE[name]).exit_code is ExitCode.OK
    texts = (FOLDER / f"{name}.yaml").read_text().split("\n---\n")
    result = site.applied(texts)
    assert "; ".join(f"{o.key.address}: {o.outcome.message}" for o in result.failed) == ""
    again = site.plan(*texts, options={"allow-lockout": True}).plan
    assert again.blocked == ()
    left = {o.key.address: (o.drift, o.changes) for o in again.objects if o.action is not Action.NOTHING or o.drift}
    assert left == {}
    mark = site.mark
    site.applied(texts)
    assert [e.path for e in site.writes(mark) if not e.path.endswith("/access/ticket")] == []
