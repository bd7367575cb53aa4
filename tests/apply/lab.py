"""A simulated cluster, a store and the ports between them, for the tests of plan and apply."""

import itertools
import json
import time

from pxhelm import kinds, manifest
from pxhelm.apply.engine import ApplyRequest, apply_plan, destroy
from pxhelm.apply.job import Patience
from pxhelm.apply.planning import PlanRequest, plan_objects
from pxhelm.apply.ports import Ports
from pxhelm.apply.shared import Settings
from pxhelm.proxmox.auth import Login, parse_token
from pxhelm.proxmox.client import Client, LocalTransport
from pxhelm.proxmox.connection import Connection
from pxhelm.proxmox.task import Polling
from pxhelm.secret import SealingKey, Secret
from pxhelm.simulator import seed
from pxhelm.simulator.options import Options
from pxhelm.simulator.serve import open_simulator
from pxhelm.store.leases import Holder
from pxhelm.store.sqlite import open_store

ROOT = Login("root@pam", Secret(seed.PASSWORD))
"""Who may also set what Proxmox leaves to root, signed in with a password."""
QUICK = ApplyRequest(
    settings=Settings(polling=Polling(first=0.005, longest=0.05)),
    patience=Patience(lock=1.0, unseen=0.05, dead=0.1, first=0.02, longest=0.1),
)
VM = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata:
  name: {name}
  namespace: production
{metadata}
spec:
  node: pve-node1
  cpu: {{ cores: {cores}, sockets: 1 }}
  memory: 8192
  disks: [{{ storage: local-lvm, size: 50G }}]
  template: debian-12-template
{spec}
"""


def vm(name="web-server", cores=4, metadata="", spec=""):
    return VM.format(name=name, cores=cores, metadata=metadata, spec=spec)


class Lab:
    """One simulated cluster and one store."""

    credentials = parse_token(seed.TOKEN)

    def __init__(self, tmp_path, *, store=None, simulator=None, **options):
        self.simulator = simulator or open_simulator(Options(**{"time_scale": 0.0, **options}))
        self.store = store or open_store(tmp_path / "store.db")
        self.counter = itertools.count(1)
        self.told = []
        self.installation = "inst0001"
        self.clients = []

    def client(self):
        return self.client_over(self.simulator.send)

    def client_over(self, send):
        made = Client(Connection(("simulator",), self.credentials), open_transport=lambda _: LocalTransport(send))
        self.clients.append(made)
        return made

    def ports(self, worker="one", **changes):
        number = self.counter
        return Ports(
            **{
                "cluster": self.client(),
                "store": self.store,
                "cluster_name": "lab",
                "installation": self.installation,
                "fingerprint": SealingKey(b"k" * 32).fingerprint,
                "holder": Holder("here", "boot", 1, worker),
                "now": time.time,
                "sleep": time.sleep,
                "new_id": lambda: f"00000000-0000-4000-8000-{next(number):012d}",
                "kind_of": kinds.kind_of,
                "listen": self.told.append,
                **changes,
            }
        )

    def resources(self, *texts):
        found = manifest.load_manifests("\n---\n".join(texts), "test.yaml")
        return kinds.parse(found)

    def plan(self, *texts, **request):
        return plan_objects(self.ports(), self.resources(*texts), PlanRequest(**request))

    def apply(self, *texts, how=QUICK, **request):
        planned = self.plan(*texts, **request)
        return apply_plan(self.ports(), planned, how)

    def apply_with(self, ports, *texts):
        return apply_plan(ports, plan_objects(ports, self.resources(*texts), PlanRequest()), QUICK)

    def destroy_with(self, ports, *keys):
        return destroy(ports, keys, PlanRequest(), QUICK)

    def destroy(self, *keys, **request):
        return destroy(self.ports(), keys, PlanRequest(**request), QUICK)

    def writes(self, since=0):
        return [e for e in self.simulator.log() if e.method != "GET" and e.id > since]

    @property
    def mark(self):
        return max((e.id for e in self.simulator.log()), default=0)

    def api(self, method, path, /, **params):
        headers = {"Authorization": f"PVEAPIToken={seed.TOKEN}"}
        status, reason, _, body = self.simulator.send(method, path, {k: [str(v)] for k, v in params.items()}, headers)
        assert status == 200, f"{method} {path}: {status} {reason} {body!r}"
        return json.loads(body)["data"]

    def guests(self):
        rows = self.api("GET", "/cluster/resources", type="vm")
        return {row["vmid"]: row for row in rows if not row.get("template")}

    def set_lock(self, vmid, lock):
        def change(world):
            guest = world.state.edit("guest", str(vmid))
            guest["conf"]["lock"] = lock

        self.simulator.change(change)

    def set_node(self, name, *, online):
        def change(world):
            world.state.edit("node", name)["online"] = online

        self.simulator.change(change)

    def close(self):
        for client in self.clients:
            client.close()
        self.store.close()
        self.simulator.close()
