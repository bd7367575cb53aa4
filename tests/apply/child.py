"""A process that applies N guests against a served simulator, to be killed: url fingerprint store count."""

import os
import sys
import time
import uuid
from pathlib import Path

from pxhelm import kinds, manifest
from pxhelm.app.held import boot_id, process_started
from pxhelm.apply.engine import ApplyRequest, apply_plan
from pxhelm.apply.job import Patience
from pxhelm.apply.planning import PlanRequest, plan_objects
from pxhelm.apply.ports import Ports
from pxhelm.apply.shared import Settings
from pxhelm.proxmox.auth import parse_token
from pxhelm.proxmox.client import Client
from pxhelm.proxmox.connection import Connection, Tls
from pxhelm.proxmox.task import Polling
from pxhelm.secret import SealingKey
from pxhelm.simulator import seed
from pxhelm.store.leases import Holder, provably_dead
from pxhelm.store.sqlite import open_store

GUEST = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {{name: web-{number}, namespace: production}}
spec:
  cpu: {{cores: 2}}
  memory: 1024
  disks: [{{storage: local-lvm, size: 10G}}]
  template: debian-12-template
"""


def main(url, fingerprint, store, count):
    here = Holder("here", boot_id(), os.getpid(), process_started(os.getpid()) or "")
    ports = Ports(
        cluster=Client(Connection((url,), parse_token(seed.TOKEN), Tls(fingerprint=fingerprint))),
        store=open_store(Path(store)),
        cluster_name="lab",
        installation="inst0001",
        fingerprint=SealingKey(b"k" * 32).fingerprint,
        holder=here,
        now=time.time,
        sleep=time.sleep,
        new_id=lambda: str(uuid.uuid4()),
        kind_of=kinds.kind_of,
        is_dead=lambda other: provably_dead(other, here, process_started),
    )
    text = "\n---\n".join(GUEST.format(number=n) for n in range(int(count)))
    planned = plan_objects(ports, kinds.parse(manifest.load_manifests(text, "test.yaml")), PlanRequest())
    quick = ApplyRequest(Settings(polling=Polling(first=0.02, longest=0.1)), Patience(unseen=0.5, dead=5.0, first=0.05))
    print("begun", flush=True)
    result = apply_plan(ports, planned, quick)
    for each in result.failed:
        print(each.key.address, each.outcome.reason, each.outcome.message, flush=True)
    return result.exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
