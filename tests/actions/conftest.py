"""Services over a simulated cluster in this process and a store in a file."""

import itertools
import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from pxhelm.actions.services import Place
from pxhelm.proxmox.auth import parse_token
from pxhelm.proxmox.client import Client, LocalTransport
from pxhelm.proxmox.connection import Connection
from pxhelm.resource.identity import split_description
from pxhelm.secret import SealingKey
from pxhelm.simulator import seed
from pxhelm.simulator.options import Options
from pxhelm.simulator.serve import open_simulator
from pxhelm.store.clusters import Cluster
from pxhelm.store.leases import Holder
from pxhelm.store.sqlite import open_store


class Lab:
    """One simulated cluster, one store, and what an action is given."""

    def __init__(self, folder, **options):
        self.simulator = open_simulator(Options(**{"time_scale": 0.0, "guests": 5, **options}))
        self.store = open_store(folder / "store.db")
        self.client = Client(
            Connection(("simulator",), parse_token(seed.TOKEN)),
            open_transport=lambda _: LocalTransport(self.simulator.send),
        )
        self.told = []
        self.files = {}
        ids = itertools.count(1)
        self.services = SimpleNamespace(
            place=Place("lab", "default", lambda: "lab"),
            meet=lambda: Cluster("lab"),
            greet=lambda: None,
            store=self.store,
            cluster=self.client,
            key=SealingKey(b"k" * 32),
            installation="inst0001",
            process=SimpleNamespace(holder=Holder("here", "boot", 1, "one"), is_dead=lambda _: False, user="admin"),
            listen=self.told.append,
            now=lambda: datetime.fromtimestamp(time.time(), UTC),
            sleep=time.sleep,
            new_id=lambda: f"00000000-0000-4000-8000-{next(ids):012d}",
            user="root@pam!pxhelm",
            manifests=lambda name: {name: self.files[name].encode()},
            read_secret=None,
        )

    def in_namespace(self, namespace):
        self.services.place = Place("lab", namespace, lambda: "lab")
        return self.services

    def api(self, method, path, /, **params):
        headers = {"Authorization": f"PVEAPIToken={seed.TOKEN}"}
        status, reason, _, body = self.simulator.send(method, path, {k: [str(v)] for k, v in params.items()}, headers)
        assert status == 200, f"{method} {path}: {status} {reason} {body!r}"
        return json.loads(body)["data"]

    def config(self, guest, vmid, number):
        """Return a guest's configuration without the marker and the digest."""
        found = self.api("GET", f"/nodes/pve-node{number % 3 + 1}/{guest}/{vmid}/config")
        found.pop("digest")
        text = split_description(found.pop("description", ""))[0]
        return {**found, "description": text}

    def apply(self, text):
        from pxhelm.actions import objects
        from pxhelm.apply.planning import PlanRequest

        resources = objects.parse_text(self.services, text, "test.yaml")
        planned = objects.plan_resources(self.services, resources, PlanRequest(manager=objects.MANAGER))
        result = objects.carry_out(self.services, planned)
        assert not result.failed, result.failed
        return result

    @contextmanager
    def counted(self):
        """Count the requests of a block."""
        before = len(self.simulator.log())
        found = []
        yield found
        found += [f"{e.method} {e.path}" for e in self.simulator.log()[before:]]

    def close(self):
        self.client.close()
        self.store.close()
        self.simulator.close()


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path)
    yield made
    made.close()
