"""Cases by the dozen on one simulated cluster: each is an object of its own, planned and applied with the others.

The simulator speaks to the client through the client's own port, so every write is counted where it arrives.
"""

import json
from dataclasses import replace
from urllib.parse import quote

from pxhelm.apply.admission import Limits
from pxhelm.apply.engine import apply_plan
from pxhelm.errors import PxhelmError
from pxhelm.kinds import KINDS
from pxhelm.plan.model import Action
from pxhelm.resource.export import importable, spec_of_leaves
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Existence, Target
from pxhelm.secret import Secret
from pxhelm.simulator import seed
from pxhelm.simulator.options import Options
from pxhelm.simulator.serve import open_simulator
from pxhelm.simulator.storage_list import put_file
from pxhelm.store.memory import MemoryStore
from tests.apply.lab import QUICK, ROOT, Lab
from tests.idempotence.cases import about, drop, leaves
from tests.idempotence.readback import Readback

LIMITS = Limits(8, 64, 64, 64, 64, 64, 64)
HOOK = "local:snippets/hook.sh"
HOW = replace(QUICK, settings=replace(QUICK.settings, limits=LIMITS))


class Bench(Lab):
    """A cluster with what the kind needs, root's own ticket, and any number of stores."""

    credentials = ROOT

    def __init__(self, kind, version="9.2"):
        options = Options(nodes=3, time_scale=0.0, release=version)
        super().__init__(None, store=MemoryStore(), simulator=open_simulator(options))
        self.kind = KINDS[kind]
        self.said = about(kind)
        self.version = version
        for method, path, params in self.said.setup:
            self.prepare(method, path, params)
        self.simulator.change(executable)
        login = {"username": ["root@pam"], "password": [seed.PASSWORD]}
        self.ticket = quote(json.loads(self.simulator.send("POST", "/access/ticket", login)[3])["data"]["ticket"])
        if self.said.manifests:
            self.must(self.apply_texts(*self.said.manifests.split("\n---\n")))

    def prepare(self, method, path, params):
        """Send one request of the kind's set-up; what is not simulated yet is not needed by the simulator either."""
        headers = {"Authorization": f"PVEAPIToken={seed.TOKEN}"}
        status, reason, _, body = self.simulator.send(method, path, {k: [str(v)] for k, v in params.items()}, headers)
        assert status in (200, 501), f"{method} {path}: {status} {reason} {body!r}"

    def ports(self, worker="one", **changes):
        self.one = self.clients[0] if self.clients else self.client()
        return super().ports(
            worker, **{"cluster": self.one, "read_secret": lambda source: Secret(f"secret {source}"), **changes}
        )

    def apply_texts(self, *texts, **request):
        """Plan and apply documents."""
        return apply_plan(self.ports(), self.plan(*texts, **request), HOW)

    def writes(self, since=0):
        """Return the writes that arrived; a login is none."""
        return [e for e in super().writes(since) if not e.path.endswith("/access/ticket")]

    def must(self, result):
        """Raise for what was not applied."""
        if result.failed:
            raise AssertionError("; ".join(f"{o.key.address}: {o.outcome.message}" for o in result.failed))

    def ask(self, path):
        """Return what the API answers to a GET, without any of pxhelm's own code; None when there is no such thing."""
        path, _, query = path.partition("?")
        params = {k: [v] for k, v in (pair.split("=") for pair in query.split("&") if pair)}
        status, _, _, body = self.simulator.send("GET", path, params, {"Cookie": f"PVEAuthCookie={self.ticket}"})
        return json.loads(body)["data"] if status == 200 else None

    def forget(self):
        """Go on as another installation that has never seen this cluster."""
        self.store = MemoryStore()


def executable(world):
    """Put a hook script on every node: the API has no way to."""
    for name, _ in world.state.items("node"):
        put_file(world, name, HOOK, 64, {"executable": True})


class Batch:
    """Cases of one kind and mode, worked on together; a case that fails drops out with its reason."""

    def __init__(self, bench, cases):
        self.bench = bench
        self.cases = dict(enumerate(cases))
        self.kind = bench.kind
        self.failed = {}
        self.notes = {}
        self.cluster = Readback(bench)

    def run(self):
        """Return case → what is wrong, for those with which something is."""
        if next(iter(self.cases.values())).mode == "import":
            self.imported()
        else:
            self.made()
        return self.failed

    def made(self):
        """Made with the value; then without it; then with it again."""
        wanted = {i: c.wanted() for i, c in self.cases.items()}
        self.apply(wanted, "apply")
        self.holds("after it was made")
        self.settled(wanted, "after it was made")
        self.removed({i: c.without() for i, c in self.cases.items() if not c.stays})
        again = {i: wanted[i] for i, c in self.cases.items() if not c.stays}
        self.apply(again, "set again")
        self.holds("after it was set on what exists", again)
        self.settled(again, "after it was set on what exists")

    def imported(self):
        """Made by somebody else; taken over by a manifest written from what is there; then without the value."""
        self.apply({i: c.wanted() for i, c in self.cases.items()}, "made by hand")
        self.holds("after it was made by hand")
        keys = {i: self.key(i) for i in self.cases}
        lives = {i: self.live(i) for i in self.cases}
        self.bench.apply_texts(delete=tuple(keys.values()), keep=frozenset(keys.values()))
        self.bench.forget()
        self.notes = {
            i: {"pxhelm.io/adopt-from": f"vmid:{live.vmid}"}
            if self.kind.guest
            else {"pxhelm.io/adoption-policy": "AdoptIfUnowned"}
            for i, live in lives.items()
        }
        specs = {i: spec_of_leaves(self.kind, importable(self.kind, live.intended)) for i, live in lives.items()}
        for i, case in list(self.cases.items()):
            default = lives[i].intended.get(case.path) is None and self.field(case.path).default is not None
            if not case.unlisted and not default and not _speaks(specs[i], case.path.split(".")):
                self.fail(i, f"the imported manifest does not state it: {json.dumps(specs[i])}")
            elif not (case.unlisted or default):
                stated = _at(specs[i], case.path.split("."))
                if why := self.cluster.says(case, self.key(i).name, stated):
                    self.fail(i, f"the imported manifest states {stated!r}: {why}")
        planned = self.bench.plan(*self.texts(specs))
        for o in planned.plan.objects:
            written = [leaf for step in o.steps for leaf in step.leaves]
            if o.changes or written:
                self.fail(self.index(o.key), f"the plan of the imported manifest changes {o.changes or written}")
        self.apply({i: specs[i] for i in self.cases}, "import")
        self.holds("after it was imported")
        self.settled(specs, "after it was imported")
        leaving = {i: c for i, c in self.cases.items() if not (c.unlisted or c.stays)}
        for i, case in leaving.items():
            for path in self.goes(case):
                drop(specs[i], path.split("."))
        self.removed({i: specs[i] for i in leaving})

    def goes(self, case):
        """Return the paths that leave an imported manifest: the leaf, or the whole device that it stands for."""
        names = case.path.split(".")
        beside = case.beside
        for name in names[:2]:
            beside = beside.get(name, {}) if isinstance(beside, dict) else {}
        if names[0] in self.kind.lone and names[0] not in case.beside:
            return [names[0]]
        if names[0] in self.kind.slots and not beside:
            return [".".join(names[:2])]
        return [case.path, *leaves(case.only)]

    def removed(self, specs):
        """The value is wanted no longer: it is gone, and that is all."""
        before = {i: self.cluster.parameters(self.cases[i], self.key(i).name) for i in specs if i in self.cases}
        self.apply(specs, "removed")
        self.settled(specs, "after it was removed")
        for i in [i for i in specs if i in self.cases]:
            case, live = self.cases[i], self.live(i)
            if others := self.cluster.others(case, self.key(i).name, before[i], self.goes(case)):
                self.fail(i, f"when it was removed, others changed, too: {others}")
                continue
            place = self.field(case.path)
            found = live.intended.get(case.path)
            if case.kept and (why := self.cluster.says(case, self.key(i).name)):
                self.fail(i, f"it was to stay, and the API says: {why}")
            if case.kept or case.becomes or place.creation_only:
                continue
            if found is not None and found != place.default:
                self.fail(i, f"it is still there after it was removed: {found!r}")
            elif why := self.cluster.gone(case, self.key(i).name):
                self.fail(i, f"after it was removed the API says: {why}")

    def holds(self, when, among=None):
        """The cluster itself says what was wanted."""
        for i in [i for i in self.cases if among is None or i in among]:
            if why := self.cluster.says(self.cases[i], self.key(i).name):
                self.fail(i, f"{when} the API says: {why}")

    def settled(self, specs, when):
        """The plan is empty and a second apply sends nothing."""
        texts = self.texts({i: specs[i] for i in self.cases if i in specs})
        if not texts:
            return
        planned = self.bench.plan(*texts)
        for b in planned.plan.blocked:
            self.fail(self.index(b.key), f"{when} it is blocked: {b.message}")
        for o in planned.plan.objects:
            if o.action is not Action.NOTHING or o.drift:
                steps = [(s.verb, dict(s.request.params)) for s in o.steps]
                changes = [(c.path, c.op.value, shown_(c.before), shown_(c.after)) for c in o.changes]
                self.fail(self.index(o.key), f"{when} the plan is not empty: {changes} {o.drift} {steps}")
        texts = self.texts({i: specs[i] for i in self.cases if i in specs})
        mark = self.bench.mark
        self.bench.apply_texts(*texts)
        for e in self.bench.writes(mark):
            for i in list(self.cases):
                self.fail(i, f"{when} a second apply sends {e.method} {e.path}")

    def apply(self, specs, what):
        """Apply the specs of the cases that are still good."""
        texts = self.texts({i: spec for i, spec in specs.items() if i in self.cases})
        if not texts:
            return
        for o in self.bench.apply_texts(*texts).failed:
            if (index := self.index(o.key)) is not None:
                self.fail(index, f"{what}: {o.outcome.message}")

    def texts(self, specs):
        """Return the documents; a spec that cannot be read drops its case."""
        found = []
        for i, spec in specs.items():
            metadata = {"name": self.key(i).name, "annotations": self.notes.get(i, {})}
            text = json.dumps(
                {"apiVersion": "proxmox.io/v1", "kind": self.kind.name, "metadata": metadata, "spec": spec}
            )
            try:
                self.bench.resources(text)
            except PxhelmError as error:
                parts = [e.message for e in getattr(error, "errors", ())] or [error.message]
                self.fail(i, f"cannot be written: {'; '.join(parts)} in {text}")
                continue
            found.append(text)
        return found

    def key(self, index):
        """Return the key of a case's object."""
        name = self.bench.said.name or f"c{index}"
        return ObjectKey(self.kind.name, "default" if self.kind.namespaced else "", name)

    def index(self, key):
        """Return which case an object belongs to."""
        return next((i for i in self.cases if self.key(i) == key), None)

    def live(self, index):
        """Return the object of a case as it is."""
        key = self.key(index)
        ports = self.bench.ports()
        if self.kind.guest:
            from pxhelm.apply.memory import bound_vmids

            vmid = bound_vmids(ports)[key]
            target = Target(key, "", vmid=vmid, wants=frozenset(self.kind.beyond))
            live = ports.cluster.run(self.kind.observe(target))
        else:
            from pxhelm.plan.observe import look_round
            from pxhelm.resource.references import with_guests

            wanted = self.bench.resources(*self.texts({index: self.cases[index].wanted()}))[0]
            wanted = with_guests(self.kind, wanted, ports.cluster.run(look_round()).surroundings)
            live = ports.cluster.run(self.kind.observe(Target(key, "", row={"id": self.kind.identifier(wanted)})))
        assert live.existence is Existence.PRESENT, live.reason
        return live

    def field(self, path):
        """Return the row of the table that a path belongs to."""
        from pxhelm.resource.table import table_of

        return table_of(self.kind.fields, self.kind.slots).place(path).field

    def fail(self, index, why):
        """Drop a case with its reason."""
        case = self.cases.pop(index, None)
        if case is not None:
            self.failed[case.name] = why


def shown_(value):
    """Return a value for a report."""
    return "***" if isinstance(value, Secret) else value


def _speaks(spec, names):
    for name in names:
        if not isinstance(spec, dict) or name not in spec:
            return False
        spec = spec[name]
    return True


def _at(spec, names):
    for name in names:
        spec = spec[name]
    return spec
