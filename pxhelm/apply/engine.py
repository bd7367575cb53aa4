"""Plan and apply in two calls: what the actions, the release port and the reconciler use.

``plan_objects`` reads and never writes, neither to the cluster nor to the store. ``apply_plan`` does what the plan says and
nothing else. Neither prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pxhelm.apply import secrets
from pxhelm.apply.command import Outcome, Result
from pxhelm.apply.gather import (
    coming,
    completed,
    gather,
    look_about,
    look_again,
    named,
    natural_id,
    sources_missing,
    with_templates,
)
from pxhelm.apply.job import Job, Patience
from pxhelm.apply.machine import stopped_for_a_step
from pxhelm.apply.namespaces import Namespaces
from pxhelm.apply.ports import Ports
from pxhelm.apply.records import Manifest, Memory, Owner, Records
from pxhelm.apply.runner import Runner, Settings, Work
from pxhelm.apply.selecting import with_members, with_selected
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.plan.build import Policy, build
from pxhelm.plan.diff import INHERITED, Ownership, ignored_paths
from pxhelm.plan.document import Saved, dumps, loads, plan_hash
from pxhelm.plan.graph import awaited_ready
from pxhelm.plan.leaf import base_of, covers
from pxhelm.plan.model import Action, Blocked, ObjectPlan, Plan
from pxhelm.plan.observe import View
from pxhelm.plan.rights import missing
from pxhelm.plan.situation import Situation
from pxhelm.plan.steering import ARTIFACTS
from pxhelm.plan.subject import Known
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import Request, call
from pxhelm.resource.annotations import seconds
from pxhelm.resource.domain import DOMAINS, wish
from pxhelm.resource.guest_power import WAS_RUNNING
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Existence, Leaves, Live, Resource
from pxhelm.resource.readiness import declared
from pxhelm.resource.references import with_guests
from pxhelm.store.journal import DONE_STATES


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What is asked for, and what is allowed."""

    manager: str = "kubectl:pxhelm"
    """Field manager: ``helm:ns/release`` or ``kubectl:<name>`` (engine.md D5.1)."""
    release: str = ""
    """``namespace/name`` of the release that the objects belong to; empty for ``apply -f``."""
    delete: tuple[ObjectKey, ...] = ()
    """Objects that shall go."""
    keep: frozenset[ObjectKey] = frozenset()
    """Of those, the ones to forget and leave in Proxmox."""
    force_conflicts: bool = False
    adopt: bool = False
    """Take over what exists and belongs to nobody (``--take-ownership``)."""
    replace: frozenset[str] = frozenset()
    """Addresses that may be destroyed and made anew; ``*`` for all."""
    options: Mapping[str, bool] = field(default_factory=dict)
    """Given to the kinds: ``free-volumes``, ``allow-offline``, ``stop-on-delete``, ``purge`` …"""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and what it was made from."""

    plan: Plan
    resources: Mapping[ObjectKey, Resource]
    """As parsed; secrets unread."""
    request: PlanRequest
    strict: bool = False
    """A saved plan: objects that changed since are refused one by one."""


@dataclass(frozen=True, slots=True)
class ApplyRequest:
    """How to apply."""

    settings: Settings = field(default_factory=Settings)
    patience: Patience = field(default_factory=Patience)
    fail_fast: bool = False
    """Do nothing at all when the plan holds a blocked object."""


@dataclass(frozen=True, slots=True)
class ObjectResult:
    """What became of one object of a plan."""

    key: ObjectKey
    action: Action | None
    """None: it was blocked in the plan already."""
    outcome: Outcome

    @property
    def ok(self) -> bool:
        """Whether it is as wanted."""
        return self.outcome.result in (Result.DONE, Result.UNCHANGED)


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """What became of a plan."""

    plan: Plan
    objects: tuple[ObjectResult, ...]

    @property
    def failed(self) -> tuple[ObjectResult, ...]:
        """Return the objects that are not as wanted."""
        return tuple(o for o in self.objects if not o.ok)

    def count(self, *actions: Action) -> int:
        """Return how many objects were brought about by one of the actions."""
        return sum(o.ok and o.action in actions for o in self.objects)

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit status of engine.md D19."""
        if not self.failed:
            return ExitCode.OK
        if any(o.outcome.result is Result.INTERRUPTED for o in self.failed):
            return ExitCode.INTERRUPTED
        codes = {code_of(o.outcome) for o in self.failed if o.outcome.reason != "Dependency"}
        changed = any(o.ok and o.action is not Action.NOTHING for o in self.objects)
        if changed:
            return ExitCode.PARTIAL
        return codes.pop() if len(codes) == 1 else ExitCode.FAILED

    def error(self) -> PxhelmError | None:
        """Return the first failure as an error; None when all went well."""
        if not self.failed:
            return None
        first = next((o for o in self.failed if o.outcome.reason != "Dependency"), self.failed[0])
        return PxhelmError(first.outcome.message, code=self.exit_code, hint=first.outcome.hint)


_CODES = {
    "Conflict": ExitCode.CONFLICT,
    "Exists": ExitCode.CONFLICT,
    "Taken": ExitCode.CONFLICT,
    "IdentityConflict": ExitCode.CONFLICT,
    "Stale": ExitCode.CONFLICT,
    "Pending": ExitCode.CONFLICT,
    "Refused": ExitCode.REFUSED,
    "NotInPlan": ExitCode.REFUSED,
    "Locked": ExitCode.LOCKED,
}


def code_of(outcome: Outcome | Blocked) -> ExitCode:
    """Return the exit status of one object's failure."""
    return _CODES.get(outcome.reason, ExitCode.FAILED)


def plan_objects(ports: Ports, resources: Sequence[Resource], request: PlanRequest) -> Planned:
    """Look at everything concerned and return the plan; writes nothing.

    Raises ApiError when the cluster cannot be asked, PxhelmError for a cycle, a secret that cannot be read, or an object
    that the manifests hold twice.
    """
    request = replace(request, delete=with_members(ports, resources, request.delete))
    found = gather(ports, resources, request.delete)
    plan = build(found.subjects, found.view, policy_of(ports, request))
    plan = replace(plan, warnings=(*plan.warnings, *_missing_rights(ports, plan)))
    return Planned(plan, {**{r.key: r for r in resources}, **_wishes(plan)}, request)


def _missing_rights(ports: Ports, plan: Plan) -> tuple[str, ...]:
    """Return what the token may not do that the plan needs; a plan that writes nothing asks nothing."""
    if not any(o.steps for o in plan.objects):
        return ()
    try:
        granted = ports.cluster.run(call(Request("GET", "/access/permissions")))
    except ApiError:
        return ()
    return missing(plan.objects, granted) if isinstance(granted, Mapping) else ()


def _wishes(plan: Plan) -> dict[ObjectKey, Resource]:
    """Return what is wanted of the objects that end a domain: nobody writes them in a manifest."""
    return {o.key: wish(o.key, o.depends_on) for o in plan.objects if o.key.kind in DOMAINS}


def save_plan(planned: Planned) -> str:
    """Return the text of a file from which the plan can be applied later; no secret stands in it."""
    request = planned.request
    asked = {
        "release": request.release,
        "force_conflicts": request.force_conflicts,
        "options": dict(request.options),
    }
    return dumps(Saved(planned.plan, {k.address: r.text for k, r in planned.resources.items() if r.text}, asked))


def load_plan(ports: Ports, text: str) -> Planned:
    """Read what ``save_plan`` wrote; objects that changed since are refused one by one when it is applied.

    PxhelmError (REFUSED) when it was made for another cluster or edited.
    """
    from pxhelm.kinds import parse
    from pxhelm.manifest import load_manifests

    saved = loads(text)
    if saved.plan.cluster != ports.cluster_name:
        contexts = ports.store.clusters.contexts(saved.plan.cluster)
        raise PxhelmError(
            f"cannot apply the plan: it was made for the cluster {saved.plan.cluster}, this is {ports.cluster_name}",
            code=ExitCode.REFUSED,
            hint=f"give --context {contexts[0]}" if contexts else "make a new plan",
        )
    resources: dict[ObjectKey, Resource] = {}
    for address, manifest in saved.manifests.items():
        key = ObjectKey.parse(address)
        found = parse(load_manifests(manifest, address), key.namespace or "default")
        resources |= {r.key: r for r in found if r.key == key}
    resources |= _wishes(saved.plan)
    asked = saved.request
    request = PlanRequest(
        manager=saved.plan.manager,
        release=str(asked["release"]),
        force_conflicts=bool(asked["force_conflicts"]),
        options={str(name): bool(value) for name, value in asked["options"].items()},
    )
    return Planned(saved.plan, resources, request, strict=True)


def policy_of(ports: Ports, request: PlanRequest) -> Policy:
    """Return the request as ``build`` wants it."""
    return Policy(
        cluster=ports.cluster_name,
        manager=request.manager,
        fingerprint=ports.fingerprint,
        force_conflicts=request.force_conflicts,
        adopt=request.adopt,
        replace=request.replace,
        options=request.options,
        keep=request.keep,
        schema_of=ports.schema_of,
    )


def apply_plan(ports: Ports, planned: Planned, how: ApplyRequest | None = None) -> ApplyResult:
    """Do what the plan says and return what became of every object; a failure of one never stops those beside it.

    Objects and their VMIDs are entered in the store before the first write. A plan that was cut off, by Ctrl-C or worse,
    is gone on with by planning and applying the same again.
    """
    how = how or ApplyRequest()
    plan = planned.plan
    blocked = {
        b.key: ObjectResult(b.key, None, Outcome(Result.BLOCKED, b.reason, b.message, b.hint)) for b in plan.blocked
    }
    if blocked and how.fail_fast:
        return ApplyResult(plan, tuple(blocked.values()))
    return _Application(ports, planned, how, blocked).run()


def destroy(
    ports: Ports, keys: Iterable[ObjectKey], request: PlanRequest | None = None, how: ApplyRequest | None = None
) -> ApplyResult:
    """Plan and apply the removal of objects; what is gone already counts as done."""
    wanted = replace(request or PlanRequest(), delete=tuple(keys))
    return apply_plan(ports, plan_objects(ports, (), wanted), how)


class _Application:
    """One plan being applied."""

    def __init__(
        self, ports: Ports, planned: Planned, how: ApplyRequest, blocked: Mapping[ObjectKey, ObjectResult]
    ) -> None:
        self.ports = ports
        self.planned = planned
        self.how = how
        self.results: dict[ObjectKey, ObjectResult] = dict(blocked)
        self.records = Records(ports)
        self.by_key = {o.key: o for o in planned.plan.objects}
        self.memories: dict[ObjectKey, Memory] = {}
        self.view: View
        self.resources: dict[ObjectKey, Resource] = {}
        self.awaited: dict[ObjectKey, Leaves] = {}
        """Leaves of the objects that something waits for until they are ready."""

    def run(self) -> ApplyResult:
        self.view = look_about(self.ports)
        self.accept()
        busy = (self.resources.get(o.key) for o in self.planned.plan.objects if o.action is not Action.NOTHING)
        named_ready = {key for r in busy if r is not None for key in awaited_ready(r)}
        found = ((key, self.resources[key].leaves) for key in named_ready if key in self.resources)
        self.awaited = {key: leaves for key, leaves in found if declared(leaves)}
        fresh = [o for o in self.planned.plan.objects if o.key not in self.results]
        work = [w for o in fresh if (w := self.work_of(o)) is not None]
        edges = {key: tuple(k for k in below) for key, below in self.planned.plan.edges.items()}
        work = self.without_dependents_of_blocked(work, edges)
        outcomes = self.runner().run(work, edges) if work else {}
        for key, outcome in outcomes.items():
            action = self.by_key[key].action
            self.results[key] = ObjectResult(key, action, outcome)
            if key.kind in DOMAINS and self.results[key].ok:
                self.records.forget(self.memories[key])  # its wish is fulfilled: nothing of it is kept
        ordered = [self.results[k] for k in (*self.by_key, *(b.key for b in self.planned.plan.blocked))]
        return ApplyResult(self.planned.plan, tuple(ordered))

    def runner(self) -> Runner:
        found = Runner(self.ports, self.how.settings)
        found.records.ranges = self.records.ranges
        return found

    def accept(self) -> None:
        """Enter every object and VMID in the store, in one transaction, before anything is written to the cluster."""
        keys = [o.key for o in self.planned.plan.objects]
        self.memories = self.records.recall(keys)
        before = dict(self.memories)
        namespaces = Namespaces.of(self.ports, self.planned.resources.values())
        self.records.ranges = namespaces.ranges
        if self.planned.strict:
            self.refuse_stale()
        release, taken = self.planned.request.release, self.view.surroundings.guests.keys()
        with self.ports.store.transaction():
            self.records.end_quarantine()
            for o in self.planned.plan.objects:
                resource = self.planned.resources.get(o.key)
                if o.action in (Action.DELETE, Action.READ) or resource is None or o.key in self.results:
                    continue
                kind = self.ports.kind_of(o.key.kind)
                memory = self.memories[o.key]
                owner = "" if kind.applies else release or _release_of(memory)
                if kind.shared and _release_of(memory):
                    owner = _release_of(memory)  # whoever came first; both declare it
                values = None
                if o.key.kind == secrets.KIND:
                    now = Manifest.load(memory.stored.manifest).values if memory.stored is not None else {}
                    values = secrets.made_values(self.ports, resource, now)
                memory = self.records.accept(kind, resource, memory, Owner(owner, taken), values)
                if o.action is Action.ADOPT and kind.guest:
                    memory = self.records.adopt(kind, memory, o.vmid)
                self.memories[o.key] = memory
        unread = {
            key: completed(namespaces, r, before.get(key, Memory(Known()))) for key, r in self.planned.resources.items()
        }
        wanted = {key: secrets.readied(self.ports, r, unread) for key, r in unread.items()}
        wanted = with_selected(self.ports, wanted, self.planned.request.delete)
        self.resources = {key: named(self.ports, r, wanted) for key, r in wanted.items()}
        made = coming(self.ports, self.resources)
        around = replace(self.view.surroundings, bound=self.records.bound(), coming=made)
        self.view = replace(self.view, surroundings=around)

    def refuse_stale(self) -> None:
        """Refuse the objects of a saved plan whose wanted state is another than when it was made (engine.md D19)."""
        for o in self.planned.plan.objects:
            known = self.memories[o.key].known
            resource = self.planned.resources.get(o.key)
            same_text = resource is None or resource.text == known.text
            expected = o.generation if not known.uid or same_text else o.generation - 1
            if known.uid != o.uid or (known.uid and known.generation != expected):
                message = f"cannot apply the plan to {o.key.address}: it was changed since the plan was made"
                outcome = Outcome(Result.BLOCKED, "Stale", message, "make a new plan and look at it")
                self.results[o.key] = ObjectResult(o.key, o.action, outcome)

    def work_of(self, o: ObjectPlan) -> Work | None:
        """Return what has to be run for an object; None when the store alone was concerned."""
        memory = self.memories[o.key]
        kind = self.ports.kind_of(o.key.kind)
        if o.action is Action.DELETE:
            if not o.steps and memory.op is None:
                if not (kind.shared and self.records.disown(memory, self.planned.request.manager)):
                    self.records.forget(memory)
                self.results[o.key] = ObjectResult(o.key, o.action, Outcome(Result.DONE))
                return None
            return Work(o.key, kind, memory, self.planned.request.manager, "delete", plan_hash(o), self.job_maker(o))
        if o.action is Action.READ:
            self.results[o.key] = ObjectResult(o.key, o.action, Outcome(Result.UNCHANGED))
            return None
        if kind.store_only and memory.op is None:
            owned = {p: base_of(v, self.ports.fingerprint) for p, v in self.resources[o.key].leaves.items()}
            self.records.settle_stored(memory, self.planned.request.manager, owned)
            done = Result.UNCHANGED if o.action is Action.NOTHING else Result.DONE
            self.results[o.key] = ObjectResult(o.key, o.action, Outcome(done))
            return None
        nothing = o.action is Action.NOTHING and memory.op is None and o.key not in self.awaited
        if nothing and (o.key not in self.planned.resources or not self.owned_changed(o, memory)):
            self.results[o.key] = ObjectResult(o.key, o.action, Outcome(Result.UNCHANGED))
            return None
        made = Work(o.key, kind, memory, self.planned.request.manager, "apply", plan_hash(o), self.job_maker(o))
        return replace(made, awaited=self.awaited.get(o.key, {}))

    def owned_changed(self, o: ObjectPlan, memory: Memory) -> bool:
        """Whether the manager comes to own other leaves than before, though nothing has to be written."""
        before = memory.known.bases.get(self.planned.request.manager, {})
        assert memory.stored is not None
        stale = memory.stored.observed_generation != memory.stored.generation
        resource = self.resources[o.key]
        left_out = (*ignored_paths(resource), *resource.unset)
        return stale or set(before) - {INHERITED} != {path for path in resource.leaves if not covers(left_out, path)}

    def job_maker(self, o: ObjectPlan) -> Callable[[Memory], Job]:
        request = self.planned.request

        def make(memory: Memory) -> Job:
            assert memory.op is not None
            desired = None if o.action is Action.DELETE else self.resources[o.key]
            around = self.view.surroundings
            kind = self.ports.kind_of(o.key.kind)
            if desired is not None and any(v == secrets.LATER for v in desired.leaves.values()):
                known = secrets.readied(self.ports, self.planned.resources[o.key], {}, planning=False)
                read = {path: known.leaves[path] for path, v in desired.leaves.items() if v == secrets.LATER}
                desired = replace(desired, leaves={**desired.leaves, **read})
            if desired is not None and not kind.guest:
                around = replace(around, bound=self.records.bound())  # a guest may have got another VMID meanwhile
                desired = with_guests(kind, desired, around)
            if desired is not None and (o.action in (Action.CREATE, Action.REPLACE) or not kind.guest):
                view = self.view
                if sources_missing(self.ports, desired, around):
                    view = look_again(self.ports, around)
                around = with_templates(self.ports, (desired,), view)
            adopting = o.action is Action.ADOPT
            target = self.records.target(o.key, memory, memory.op.op_id)
            if not kind.guest:
                made = desired if o.action in (Action.CREATE, Action.ADOPT) else None
                target = replace(
                    target, row={"id": kind.identifier(made) if made else natural_id(kind, desired, memory)}
                )
            situation = Situation(
                kind=kind,
                target=target,
                live=_NOT_SEEN,
                desired=desired,
                ownership=Ownership(request.manager, memory.known.bases),
                fingerprint=self.ports.fingerprint,
                created=memory.known.creating,
                surroundings=around,
                options={
                    **request.options,
                    **({"adopt": True} if adopting else {}),
                    **({WAS_RUNNING: True} if any(stopped_for_a_step(s.kind, desired) for s in memory.steps) else {}),
                    **({"retain": True} if any(s.verb == "release" for s in o.steps) else {}),
                },
                force=request.force_conflicts,
                op=memory.op.op_id,
                seen=memory.known.seen,
                annotations=memory.known.annotations,
                artifacts=frozenset(s.kind for s in memory.steps if s.kind in ARTIFACTS and s.state in DONE_STATES),
            )
            return Job(
                situation=situation,
                bound=o,
                next_seq=len(memory.steps) + 1,
                open_steps=self.records.open_steps(memory),
                is_bound=memory.known.bound,
                strict=self.planned.strict,
                patience=patience_of(self.how.patience, memory.known.annotations),
            )

        return make

    def without_dependents_of_blocked(
        self, work: list[Work], edges: Mapping[ObjectKey, tuple[ObjectKey, ...]]
    ) -> list[Work]:
        """Take out what waits for something that the plan could not plan; it is blocked as well."""
        bad = {k: r for k, r in self.results.items() if not r.ok}
        kept: list[Work] = []
        for w in work:  # in dependency order
            cause = next((k for k in edges.get(w.key, ()) if k in bad), None)
            if cause is None:
                kept.append(w)
                continue
            why = f"it waits for {cause.address}: {bad[cause].outcome.message}"
            bad[w.key] = self.results[w.key] = ObjectResult(
                w.key, self.by_key[w.key].action, Outcome(Result.BLOCKED, "Dependency", why)
            )
        return kept


def patience_of(patience: Patience, annotations: Mapping[str, str]) -> Patience:
    """Return how long to wait for one object, by its ``apply-timeout``."""
    whole = seconds(annotations, "apply-timeout")
    return replace(patience, whole=min(patience.whole, whole)) if whole else patience


def _release_of(memory: Memory) -> str:
    return memory.stored.release if memory.stored is not None else ""


_NOT_SEEN = Live(Existence.UNKNOWN, reason="not looked at yet")
