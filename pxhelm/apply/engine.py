"""A plan is carried out: the verb that the actions, the release port and the reconciler use.

``apply_plan`` does what the plan says and nothing else: it enters the objects in the store, gives each to the runner once
what it waits for is done, and says what became of them. Never prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from pxhelm.apply import secrets
from pxhelm.apply.briefing import Common, job_of
from pxhelm.apply.command import Outcome, Result
from pxhelm.apply.domains import Recovered, left_behind
from pxhelm.apply.files import keep_made, stand_aside
from pxhelm.apply.gather import coming, completed, look_about
from pxhelm.apply.job import Job, Patience
from pxhelm.apply.memory import Manifest, Memory, bound_vmids, recall
from pxhelm.apply.names import Names
from pxhelm.apply.namespaces import Namespaces
from pxhelm.apply.planning import Planned, PlanRequest, plan_objects
from pxhelm.apply.ports import Ports
from pxhelm.apply.queue import GOOD, Work
from pxhelm.apply.records import Owner, Records
from pxhelm.apply.renaming import known_as
from pxhelm.apply.result import ApplyResult, ObjectResult
from pxhelm.apply.runner import Runner
from pxhelm.apply.selecting import with_selected
from pxhelm.apply.shared import Settings
from pxhelm.apply.staging import Staging, staging_of
from pxhelm.apply.standing import remember
from pxhelm.apply.users import Census
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.events import Warned
from pxhelm.plan.diff import ignored_paths
from pxhelm.plan.document import plan_hash
from pxhelm.plan.graph import awaited_ready
from pxhelm.plan.leaf import base_of, covers
from pxhelm.plan.model import Action, ObjectPlan
from pxhelm.plan.observe import View
from pxhelm.plan.order import Order
from pxhelm.plan.remembered import REMEMBERED
from pxhelm.plan.replacing import FIRST
from pxhelm.plan.subject import Known
from pxhelm.resource import sets
from pxhelm.resource.aside import is_replaced, original, replaced_key
from pxhelm.resource.domain import DOMAINS, NETWORK_CHANGES, place_of
from pxhelm.resource.guest_remove import TRASH
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Leaves, Resource
from pxhelm.resource.readiness import declared


@dataclass(frozen=True, slots=True)
class ApplyRequest:
    """How to apply."""

    settings: Settings = field(default_factory=Settings)
    patience: Patience = field(default_factory=Patience)
    fail_fast: bool = False
    """Do nothing at all when the plan holds a blocked object."""


def apply_plan(ports: Ports, planned: Planned, how: ApplyRequest | None = None) -> ApplyResult:
    """Do what the plan says and return what became of every object; a failure of one never stops those beside it.

    Objects and their VMIDs are entered in the store before the first write. A plan that was cut off, by Ctrl-C or worse,
    is gone on with by planning and applying the same again.
    """
    how = how or ApplyRequest()
    plan = planned.plan
    if left_behind(ports):
        recover(ports, planned, how.settings)
    blocked = {
        b.key: ObjectResult(b.key, None, Outcome(Result.BLOCKED, b.reason, b.message, b.hint)) for b in plan.blocked
    }
    fast = blocked and how.fail_fast
    found = ApplyResult(plan, tuple(blocked.values())) if fast else _Application(ports, planned, how, blocked).run()
    remember(ports, found)
    return found


def recover(ports: Ports, planned: Planned, settings: Settings) -> None:
    """Finish in the domains what runs have left behind that were cut off, unless the plan goes on with it.

    PxhelmError (CONFLICT) when the plan was made from what is not there any more.
    """
    plan = planned.plan
    keys = [*(o.key for o in plan.objects), *(b.key for b in plan.blocked)]
    staging = staging_of(ports, planned, planned.resources, recall(ports, keys))
    concerned: list[Recovered] = []
    for each in Runner(ports, settings, staging).recover():
        ports.listen(Warned(each.told))
        concerned += [each for key in keys if _concerns(ports, key, planned.resources.get(key), each)]
    if concerned:
        raise PxhelmError(
            f"cannot go on with the plan: {concerned[0].told}",
            code=ExitCode.CONFLICT,
            hint="the plan was made before that: the same command makes another one",
        )


def _concerns(ports: Ports, key: ObjectKey, wanted: Resource | None, left: Recovered) -> bool:
    """Whether an object of a plan has to do with what was left behind."""
    if key.kind == left.kind:
        return place_of(key) == left.place
    nodes = wanted.leaves.get("nodes") if wanted is not None and left.kind == NETWORK_CHANGES.name else ()
    elsewhere = isinstance(nodes, tuple) and nodes and not {left.place, "all"} & {*nodes}
    return ports.kind_of(key.kind).domain == left.kind and not elsewhere


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
        self.census = Census()
        self.awaited: dict[ObjectKey, Leaves] = {}
        """Leaves of the objects that something waits for until they are ready."""

    def run(self) -> ApplyResult:
        self.view = look_about(self.ports)
        self.accept()
        busy = (self.resources.get(o.key) for o in self.planned.plan.objects if o.action is not Action.NOTHING)
        named_ready = {key for r in busy if r is not None for key in awaited_ready(r)}
        named_ready |= {key for each in named_ready if each in self.resources for key in self.members(each)}
        named_ready |= set(self.planned.plan.awaited)
        found = ((key, self.resources[key].leaves) for key in named_ready if key in self.resources)
        self.awaited = {key: leaves for key, leaves in found if declared(leaves)}
        fresh = [o for o in self.planned.plan.objects if o.key not in self.results]
        work = [w for o in fresh if (w := self.work_of(o)) is not None]
        order = self.planned.plan.order
        order = Order(_through_sets(order.needs), _through_sets(order.after))
        work = self.without_dependents_of_blocked(work, order.needs)
        staging = staging_of(self.ports, self.planned, self.resources, self.memories)
        outcomes = self.runner(staging).run(work, order) if work else {}
        late = self.late(outcomes)
        outcomes |= self.runner(Staging()).run(late, Order()) if late else {}
        for key, outcome in outcomes.items():
            action = self.by_key[key].action
            renamed = self.by_key[key].moved_from is not None and outcome.result is Result.UNCHANGED
            told = replace(outcome, result=Result.DONE) if renamed else outcome
            self.results[key] = ObjectResult(key, action, told)
            if key.kind in DOMAINS and self.results[key].ok:
                self.records.forget(self.memories[key])  # its wish is fulfilled: nothing of it is kept
        self.settle_staged(staging)
        ordered = [self.results[k] for k in (*self.by_key, *(b.key for b in self.planned.plan.blocked))]
        return ApplyResult(self.planned.plan, tuple(ordered))

    def members(self, key: ObjectKey) -> Iterator[ObjectKey]:
        """Yield the members of a set: it is ready when they are."""
        if key.kind == sets.KIND:
            found = self.resources[key]
            for each in sets.members_of(key, found.leaves):
                yield ObjectKey(each.kinds[0], each.namespace, each.name)

    def settle_staged(self, staging: Staging) -> None:
        """Forget what was staged to go and is gone now; what was not applied is not as wanted, whatever its own end was."""
        for o in self.planned.plan.objects:
            if not self.ports.kind_of(o.key.kind).domain:
                continue
            if not self.results[o.key].ok:
                self.records.unobserve(self.memories[o.key])
            elif o.action is Action.DELETE and self.ended(o.key, staging):
                self.records.forget(self.memories[o.key])

    def ended(self, key: ObjectKey, staging: Staging) -> bool:
        """Whether all that applies the changes of an object has been done."""
        endings = [ending for ending, members in staging.members.items() if key in members]
        return all(ending in self.results and self.results[ending].ok for ending in endings)

    def late(self, outcomes: Mapping[ObjectKey, Outcome]) -> list[Work]:
        """Return the objects that have something left which their domain had to be applied for."""
        found = []
        for key, outcome in outcomes.items():
            families = self.ports.kind_of(key.kind).late
            leaves = {leaf.partition(".")[0] for step in self.by_key[key].steps for leaf in step.leaves}
            if outcome.result in GOOD and leaves & set(families) and self.by_key[key].action is not Action.DELETE:
                self.memories |= recall(self.ports, [key])
                work = self.work_of(self.by_key[key])
                found += [work] if work is not None else []
        return found

    def runner(self, staging: Staging) -> Runner:
        found = Runner(self.ports, self.how.settings, staging)
        found.shared.records.vmids.ranges = self.records.vmids.ranges
        return found

    def accept(self) -> None:
        """Enter every object and VMID in the store, in one transaction, before anything is written to the cluster."""
        keys = [o.key for o in self.planned.plan.objects]
        sources = {o.key: o.moved_from for o in self.planned.plan.objects if o.moved_from is not None}
        self.memories = known_as(self.ports, keys, sources)
        before = dict(self.memories)
        namespaces = Namespaces.of(self.ports, self.planned.resources.values())
        self.records.vmids.ranges = namespaces.ranges
        if self.planned.strict:
            self.refuse_stale()
        release, taken = self.planned.request.release, self.view.surroundings.guests.keys()
        with self.ports.store.transaction():
            self.records.vmids.end_quarantine()
            for o in self.planned.plan.objects:
                self.stand_aside(o)
            for o in self.planned.plan.objects:
                resource = self.planned.resources.get(o.key)
                if o.action is Action.READ and resource is not None:
                    self.memories[o.key] = self.records.steer(resource, self.memories[o.key])
                if o.action in (Action.DELETE, Action.READ) or resource is None or o.key in self.results:
                    continue
                kind = self.ports.kind_of(o.key.kind)
                memory = self.memories[o.key] = self.records.move(o.key, self.memories[o.key])
                owner = "" if kind.applies else release or _release_of(memory) or _release_of(before[o.key])
                if kind.shared and _release_of(memory):
                    owner = _release_of(memory)  # whoever came first; both declare it
                values = None
                if o.key.kind == secrets.KIND:
                    now = Manifest.load(memory.stored.manifest).values if memory.stored is not None else {}
                    values = secrets.made_values(self.ports, resource, now)
                memory = self.records.accept(kind, resource, memory, Owner(owner, taken), values)
                memory = self.records.keep_originals(kind, memory, self.planned.request.manager, o.changes)
                if o.action is Action.ADOPT and kind.guest:
                    memory = self.records.vmids.adopt(kind, memory, o.vmid)
                if kind.renews:
                    memory = keep_made(self.ports, o, self.planned.resources, memory)
                self.memories[o.key] = memory
        before |= {o.key: Memory(Known()) for o in self.planned.plan.objects if o.way == FIRST}
        unread = {
            key: completed(self.ports, namespaces, r, before.get(key, Memory(Known())))
            for key, r in self.planned.resources.items()
        }
        wanted = {key: secrets.readied(self.ports, r, unread) for key, r in unread.items()}
        wanted = with_selected(self.ports, wanted, self.planned.request.delete)
        self.resources = Names(self.ports, wanted).resolved()
        made = coming(self.ports, self.resources)
        around = replace(self.view.surroundings, bound=bound_vmids(self.ports), coming=made)
        self.view = replace(self.view, surroundings=around)

    def stand_aside(self, o: ObjectPlan) -> None:
        """Let the guest that is replaced keep its row under another name; its own is then free for the one made first."""
        if is_replaced(o.key) and original(o.key) not in self.results and self.ports.kind_of(o.key.kind).renews:
            self.memories[o.key] = stand_aside(self.ports, o, self.memories, self.planned.request.manager)
        memory = self.memories[o.key]
        if o.way != FIRST or o.key in self.results or memory.stored is None or memory.known.uid != o.uid:
            return
        assert memory.binding is not None
        old = replaced_key(o.key, memory.binding.vmid)
        self.memories[old] = self.records.rename(memory, old)
        self.memories[o.key] = Memory(Known())

    def refuse_stale(self) -> None:
        """Refuse the objects of a saved plan whose wanted state is another than when it was made (engine.md D19)."""
        for o in self.planned.plan.objects:
            if is_replaced(o.key):
                continue  # it is what stands in the way of the one that is made first, and is looked at with that
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
            if not o.steps and memory.op is None and o.way != TRASH:
                if not (kind.domain or (kind.shared and self.records.disown(memory, self.planned.request.manager))):
                    self.records.forget(memory)
                self.results[o.key] = ObjectResult(o.key, o.action, Outcome(Result.DONE))
                return None
            verb = TRASH if o.way == TRASH else "delete"
            return Work(o.key, kind, memory, self.planned.request.manager, verb, plan_hash(o), self.briefed(o))
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
        made = Work(o.key, kind, memory, self.planned.request.manager, "apply", plan_hash(o), self.briefed(o))
        return replace(made, awaited=self.awaited.get(o.key, {}))

    def owned_changed(self, o: ObjectPlan, memory: Memory) -> bool:
        """Whether the manager comes to own other leaves than before, though nothing has to be written."""
        before = memory.known.bases.get(self.planned.request.manager, {})
        assert memory.stored is not None
        stale = memory.stored.observed_generation != memory.stored.generation
        resource = self.resources[o.key]
        left_out = (*ignored_paths(resource), *resource.unset)
        return stale or set(before) - REMEMBERED != {path for path in resource.leaves if not covers(left_out, path)}

    def briefed(self, o: ObjectPlan) -> Callable[[Memory], Job]:
        """Return what makes the job of an object, once its turn has come."""
        common = Common(self.ports, self.planned, self.resources, self.view, self.how.patience, self.census)
        return partial(job_of, common, o)

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


def _through_sets(edges: Mapping[ObjectKey, tuple[ObjectKey, ...]]) -> dict[ObjectKey, tuple[ObjectKey, ...]]:
    """Return the edges in which whoever waits for a set waits for its members: nothing is done for the set itself."""
    members = {key: below for key, below in edges.items() if key.kind == sets.KIND}
    return {
        key: tuple(dict.fromkeys(k for each in below for k in (each, *members.get(each, ()))))
        if members and any(each in members for each in below)
        else below
        for key, below in edges.items()
    }


def _release_of(memory: Memory) -> str:
    return memory.stored.release if memory.stored is not None else ""
