"""A cluster in the process, and the simplest thing that applies: observe, take the first step, send it, again."""

import json
from dataclasses import replace

import pytest

from pxhelm import kinds
from pxhelm.manifest import load_manifests
from pxhelm.proxmox.errors import ApiError, Failure
from pxhelm.proxmox.request import Request, Response, drive
from pxhelm.proxmox.schema import load
from pxhelm.proxmox.wire import encode as encode_request
from pxhelm.resource.compare import default_of, live_value, unsettable, wanted_changes
from pxhelm.resource.effects import classify, device_of
from pxhelm.resource.guest_write import ANCHORS
from pxhelm.resource.identity import Marker
from pxhelm.resource.kind import Change, LeafChange, Op, Surroundings
from pxhelm.resource.model import Existence, Target
from pxhelm.resource.references import with_guests
from pxhelm.simulator.options import Options
from pxhelm.simulator.seed import TOKEN
from pxhelm.simulator.serve import open_simulator

INSTALLATION = "inst-1"


def resources(text):
    return kinds.parse(load_manifests(text, "test.yaml"))


def resource(text):
    return resources(text)[0]


def dropped(kind, applied, wanted, live):
    """What was applied and is no longer wanted: whole devices first, as the plan has it."""
    gone = {}
    for path in applied:
        device = device_of(kind, path)
        if path in wanted or path not in live.intended:
            continue
        if (
            device
            and not any(other.startswith(f"{device}.") for other in wanted)
            and path.rpartition(".")[2] in ANCHORS
        ):
            gone[device] = LeafChange(device, Op.UNSET, "present", None)
        elif unsettable(kind, path) and live_value(live, path) != default_of(kind, path):
            gone[path] = LeafChange(path, Op.UNSET, live_value(live, path), None)
    kept = [c for p, c in gone.items() if p in gone and not any(p.startswith(f"{d}.") for d in gone)]
    return tuple(classify(kind, change, live) for change in kept)


class Cluster:
    """The simulator, spoken to through our own wire encoder."""

    def __init__(self):
        self.simulator = open_simulator(Options(nodes=3, time_scale=0.0))
        self.sent = []

    def send(self, request: Request) -> Response:
        endpoint = load("9.2").endpoint(request.method, request.path)
        assert endpoint is not None, f"no such call: {request.method} {request.path}"
        params = {}
        for name, value in encode_request(request.params, endpoint):
            params.setdefault(name, []).append(value)
        if request.writes:
            self.sent.append((request.method, request.path, dict(request.params)))
        headers = {"Authorization": f"PVEAPIToken={TOKEN}"}
        status, reason, _, body = self.simulator.send(request.method, request.path, params, headers)
        answer = json.loads(body) if body else {}
        if status != 200:
            message = answer.get("message") or reason
            raise ApiError(Failure(request.method, request.path, status, message, answer.get("errors") or {}))
        return Response(answer["data"])

    def call(self, method, path, **params):
        return self.send(Request(method, path, params)).data

    def finish(self, data):
        if not (isinstance(data, str) and data.startswith("UPID:")):
            return
        node = data.split(":")[1]
        status = self.call("GET", f"/nodes/{node}/tasks/{data}/status")
        assert status["status"] == "stopped", status
        ok = status["exitstatus"] == "OK" or status["exitstatus"].startswith("WARNINGS")
        log = self.call("GET", f"/nodes/{node}/tasks/{data}/log")
        assert ok, (status["exitstatus"], log)

    def run(self, operation):
        return drive(operation, self.send, lambda _seconds: None)

    def surroundings(self):
        rows = self.call("GET", "/cluster/resources")
        nodes = {r["name"]: bool(r.get("online")) for r in self.call("GET", "/cluster/status") if r["type"] == "node"}
        guests = {r["vmid"]: r for r in rows if r["type"] in ("qemu", "lxc")}
        storages = {(r["node"], r["storage"]): r for r in rows if r["type"] == "storage"}
        return Surroundings("9.2", nodes, guests, storages)

    def writes(self):
        return [(method, path) for method, path, _ in self.sent]


class Applier:
    """One object and what was applied of it; no store, no journal."""

    def __init__(self, cluster, wanted, vmid=20001, uid="7d4f1b52-6a3c-4c55-9d0e-0f5a3f2b7a11"):
        self.cluster = cluster
        self.kind = kinds.KINDS[wanted.key.kind]
        self.wanted = wanted
        self.applied = {}
        self.made = False
        marker = Marker(INSTALLATION, uid, vmid, "op1") if self.kind.guest else None
        self.target = Target(wanted.key, uid, vmid=vmid if self.kind.guest else 0, uuid=uid, marker=marker)

    def observe(self):
        live = self.cluster.run(self.kind.observe(self.target))
        assert live.existence is not Existence.UNKNOWN, live.reason
        return live

    def change(self, live, **options):
        around = self.cluster.surroundings()
        if self.wanted is None:
            around = replace(around, uses={str(live.intended.get("id")): ()})
            return Change(self.target, live, None, surroundings=around, op="op2", options=options, applied=self.applied)
        sources = self.kind.sources(self.wanted, around)
        templates = {
            vmid: self.cluster.run(self.kind.observe(Target(self.wanted.key, "", vmid=vmid))) for vmid in sources
        }
        wanted = self.resolved()
        changes = wanted_changes(self.kind, wanted, live) + self.dropped(live)
        return Change(
            self.target, live, wanted, changes, self.made, replace(around, templates=templates), options, "op1",
            self.applied,
        )  # fmt: skip

    def resolved(self):
        """What is wanted, with guests by their VMIDs as the plan has them."""
        return self.wanted if self.kind.guest else with_guests(self.kind, self.wanted, self.cluster.surroundings())

    def dropped(self, live):
        return dropped(self.kind, self.applied, self.wanted.leaves, live)

    def steps(self, **options):
        return self.kind.steps(self.change(self.observe(), **options))

    def apply(self, limit=20, **options):
        """Send first steps until there is none; return their verbs."""
        verbs = []
        for _ in range(limit):
            steps = self.steps(**options)
            if not steps:
                self.applied = dict(self.resolved().leaves) if self.wanted is not None else {}
                self.made = False
                return verbs
            self.cluster.finish(self.cluster.send(steps[0].request).data)
            verbs.append(steps[0].verb)
            self.made = self.made or steps[0].verb in ("create", "clone")
        raise AssertionError(f"does not come to an end: {verbs}")

    def changes(self):
        return {c.path: (c.before, c.after) for c in wanted_changes(self.kind, self.resolved(), self.observe())}


@pytest.fixture
def apply_to():
    return Applier


@pytest.fixture
def cluster():
    found = Cluster()
    yield found
    found.simulator.close()
