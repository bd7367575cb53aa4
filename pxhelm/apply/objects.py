"""The release state machine's port of objects over plan and apply: Helm's verbs, Proxmox' objects.

One call is one plan, so that independent objects are worked on together. A plan that holds a refused object is not begun.
Never reads a chart and never writes a release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from pxhelm import kinds
from pxhelm.apply.engine import ApplyRequest, apply_plan
from pxhelm.apply.gather import gather
from pxhelm.apply.memory import stored_key
from pxhelm.apply.planning import Planned, PlanRequest, plan_objects
from pxhelm.apply.ports import Ports, ServicesPort, ports_of
from pxhelm.apply.reach import reach
from pxhelm.apply.renaming import given_back
from pxhelm.apply.result import ApplyResult
from pxhelm.errors import PxhelmError
from pxhelm.manifest import Manifest, load_manifests
from pxhelm.plan.build import adopts
from pxhelm.plan.model import Action
from pxhelm.plan.observe import guest_type
from pxhelm.proxmox.request import Request, call
from pxhelm.release.objects import AlreadyExistsError, Existing, Item, Updated, UpdateFailedError
from pxhelm.release.ownership import HELM, MANAGED_BY, RELEASE_NAME, RELEASE_NAMESPACE
from pxhelm.resource.annotations import seconds
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Kind
from pxhelm.resource.model import Existence, Resource
from pxhelm.resource.moved import former
from pxhelm.resource.parse import parse_resource
from pxhelm.resource.readiness import declared, unready
from pxhelm.resource.sets import expanded
from pxhelm.store.objects import StoredObject

_KEEP = "helm.sh/resource-policy"
_ADOPT = "pxhelm.io/adopt-from"
_POLL = 1.0


class ReleaseObjects:
    """The objects of one release (``namespace/name``); ``release.objects.ObjectPort``."""

    def __init__(
        self, services: ServicesPort, release: str, how: ApplyRequest | None = None, *, force_conflicts: bool = False
    ) -> None:
        self._services = services
        self._release = release
        self._how = replace(how or ApplyRequest(), fail_fast=True)
        self._force_conflicts = force_conflicts
        self._sources: dict[ObjectKey, Manifest] = {}

    @cached_property
    def ports(self) -> Ports:
        """The world, opened when it is first needed."""
        return ports_of(self._services)

    @property
    def namespace(self) -> str:
        """Namespace of objects that name none."""
        return self._release.partition("/")[0]

    def reach(self) -> None:
        """Raise ApiError when the cluster does not answer."""
        self.ports.cluster.run(call(Request("GET", "/version")))

    def build(self, manifest: str, *, validate: bool) -> tuple[Item, ...]:
        """Read a text of documents into items; StageError with every mistake when they are to be validated."""
        found = load_manifests(manifest, "manifest")
        if validate:
            kinds.parse_all(found, self.namespace)
        items = []
        for each in expanded(found):
            known = kinds.KINDS.get(each.kind)
            namespace = "" if known is not None and not known.namespaced else each.namespace or self.namespace
            item = Item(each.api_version, each.kind, namespace, each.name, each.body)
            self._sources[item_key(item)] = each
            items.append(item)
        return tuple(items)

    def existing(self, item: Item) -> Existing | None:
        """Return whose the object is; None when it is surely absent, PxhelmError when that cannot be told."""
        key = item_key(item)
        if not self._stored(item) and (kinds.kind_of(item.kind).guest or self._standing(item) != key):
            return None  # a guest that has the same name, or the VMID that is wanted, is not this object
        found = gather(self.ports, (self._resource(item),), ())
        subject = next(s for s in found.subjects if s.key == key)  # one that is staged brings its domain along
        if subject.live.existence is Existence.UNKNOWN:
            raise PxhelmError(f"cannot tell whether {key.address} exists: {subject.live.reason}")
        stored = self._row(key)
        if stored is None:
            if subject.live.existence is not Existence.PRESENT or subject.kind.always:
                return None  # what cannot be made is nobody's: each object owns its part of it
            return self._taken() if adopts(subject, self.ports.installation) else Existing()
        if subject.kind.shared and stored.release and stored.release != self._release:
            return None  # another release declares it as well: what differs is a conflict of the plan
        unmade = subject.kind.guest and not subject.known.bound and not subject.known.creating
        if unmade or subject.live.existence is Existence.ABSENT:
            return None
        if stored.release and item_annotations(item).get(_ADOPT) == f"release:{stored.release}":
            return self._taken()
        return Existing(stored.labels, subject.known.annotations)

    def _taken(self) -> Existing:
        """Return what the release may take over, since the chart says so."""
        namespace, _, name = self._release.partition("/")
        return Existing({MANAGED_BY: HELM}, {RELEASE_NAME: name, RELEASE_NAMESPACE: namespace})

    def plan(self, original: Sequence[Item], target: Sequence[Item], *, force: bool = False) -> Planned:
        """Return the plan of an update; nothing is written."""
        wanted = {item_key(item) for item in target}
        going = [item for item in original if item_key(item) not in wanted]
        kept = {item_key(i) for i in going if item_annotations(i).get(_KEEP) == "keep"}
        request = PlanRequest(
            manager=f"helm:{self._release}",
            release=self._release,
            delete=tuple(item_key(i) for i in going if item_key(i) not in kept and self._still_ours(i)),
            moved=given_back(map(noted, original), wanted),
            adopt=True,  # whose an object may be was settled by the release: Helm's ownership rules
            replace=frozenset(("*",)) if force else frozenset(),
            force_conflicts=self._force_conflicts,
        )
        return plan_objects(self.ports, [self._resource(item) for item in target], request)

    def create(self, items: Sequence[Item]) -> None:
        """Create the items; what belongs to the release already is brought up to date instead."""
        for item in items:
            existing = self.existing(item) if self._stored(item) else None
            if existing is not None and not self._ours(existing):
                raise AlreadyExistsError(f'{item.kind.lower()}s "{item.name}" already exists')
        result = self._apply(self.plan((), items))
        error = _error(result)
        if error is not None:
            raise error

    def update(self, original: Sequence[Item], target: Sequence[Item], *, force: bool) -> Updated:
        """Bring the objects from ``original`` to ``target``."""
        planned = self.plan(original, target, force=force)
        result = self._apply(planned)
        by_key = {item_key(item): item for item in (*original, *target)}

        def items(*actions: Action) -> tuple[Item, ...]:
            done = (o.key for o in result.objects if o.ok and o.action in actions)
            return tuple(by_key[key] for key in done if key in by_key)  # what ends a domain is no item

        done = Updated(
            items(Action.CREATE),
            items(Action.UPDATE, Action.REPLACE, Action.ADOPT, Action.NOTHING),
            items(Action.DELETE),
        )
        error = _error(result)
        if error is not None:
            raise UpdateFailedError(error.message, done, error)
        return done

    def delete(self, items: Sequence[Item]) -> tuple[PxhelmError, ...]:
        """Delete the items and return the errors of those that would not go."""
        request = PlanRequest(
            manager=f"helm:{self._release}",
            release=self._release,
            delete=tuple(self._standing(i) for i in items if self._still_ours(i)),
        )
        planned = plan_objects(self.ports, (), request)
        result = apply_plan(self.ports, planned, replace(self._how, fail_fast=False))
        return tuple(PxhelmError(o.outcome.message, code=result.exit_code, hint=o.outcome.hint) for o in result.failed)

    def wait(self, items: Sequence[Item], timeout: float, *, jobs: bool) -> None:
        """Wait until every object is as wanted and in the power state that is wanted."""
        del jobs  # no kind runs to completion yet
        begun = self.ports.now()
        deadline = begun + timeout
        asked = {item_key(i).address: seconds(item_annotations(i), "ready-timeout") for i in items}
        own = {address: time for address, time in asked.items() if time}
        while True:
            plan = self.plan((), items).plan
            waiting = [o.key.address for o in plan.objects if o.action not in (Action.NOTHING, Action.READ)]
            waiting += [b.key.address for b in plan.blocked]
            if not waiting:
                waiting = self._unready(items)
            if not waiting:
                return
            late = [a for a in waiting if own.get(a, timeout) <= self.ports.now() - begun]
            if late or self.ports.now() >= deadline:
                raise PxhelmError(
                    "context deadline exceeded",
                    hint=f"not ready: {', '.join((late or waiting)[:5])}; see pxhelm status",
                )
            self.ports.sleep(_POLL)

    def _unready(self, items: Sequence[Item]) -> list[str]:
        """Return the guests that are as wanted and do not yet answer as their manifest says, each with the reason."""
        asking = [r for r in (self._resource(item) for item in items) if declared(r.leaves)]
        if not asking:
            return []
        found = []
        for subject in gather(self.ports, asking, ()).subjects:
            assert subject.desired is not None
            kind = guest_type(subject.kind)
            why = self.ports.cluster.run(unready(subject.live, subject.desired.leaves, kind, reach))
            found += [f"{subject.key.address} ({why})"] if why else []
        return found

    def wait_deleted(self, items: Sequence[Item], timeout: float) -> None:
        """Wait until the objects are gone; those that stay by their policy count as gone."""
        deadline = self.ports.now() + timeout
        while True:
            left = [i for i in items if self._row(self._standing(i)) is not None]
            if not left:
                return
            if self.ports.now() >= deadline:
                raise PxhelmError(
                    "context deadline exceeded", hint=f"still there: {', '.join(i.address for i in left[:5])}"
                )
            self.ports.sleep(_POLL)

    def watch(self, items: Sequence[Item], timeout: float) -> None:
        """Wait until a hook's objects are ready."""
        self.wait(items, timeout, jobs=True)

    def _apply(self, planned: Planned) -> ApplyResult:
        return apply_plan(self.ports, planned, self._how)

    def _still_ours(self, item: Item) -> bool:
        """Whether no other release has taken the object over: what moved is not this release's to delete."""
        found = self._row(item_key(item))
        return found is None or found.release in ("", self._release)

    def _stored(self, item: Item) -> bool:
        return self._row(item_key(item)) is not None

    def _row(self, key: ObjectKey) -> StoredObject | None:
        return self.ports.store.objects.get(stored_key(self.ports, key))

    def _standing(self, item: Item) -> ObjectKey:
        """Return the name under which the release has an object: a former one until its move is applied."""
        key = item_key(item)
        if self._row(key) is None:
            for source in former(key, item_annotations(item)):
                row = self._row(source)
                if row is not None and row.release == self._release:
                    return source
        return key

    def _ours(self, existing: Existing) -> bool:
        marks = (existing.annotations.get(RELEASE_NAMESPACE, ""), existing.annotations.get(RELEASE_NAME, ""))
        return "/".join(marks) == self._release

    def _resource(self, item: Item) -> Resource:
        """Return the item as its kind reads it; errors keep their places in the manifest."""
        kind: Kind = kinds.kind_of(item.kind)
        source = self._sources.get(item_key(item)) or Manifest("", "manifest", 1, item.document)
        parsed = parse_resource(kind, replace(source, body=item.document, prefix=source.prefix), self.namespace)
        if parsed.resource is None:
            raise parsed.errors[0]
        return parsed.resource


def item_key(item: Item) -> ObjectKey:
    """Return the key of a release's object."""
    return ObjectKey(item.kind, item.namespace, item.name)


def noted(item: Item) -> tuple[ObjectKey, Mapping[str, str]]:
    """Return the key of a release's object with its annotations."""
    return item_key(item), item_annotations(item)


def item_annotations(item: Item) -> Mapping[str, str]:
    """Return the annotations of a release's object."""
    metadata = item.document.get("metadata")
    found = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _error(result: ApplyResult) -> PxhelmError | None:
    """Return the first failure, with how many more there are."""
    error = result.error()
    more = len(result.failed) - 1
    if error is None or more < 1:
        return error
    others = _names(o.key.address for o in result.failed if o.outcome.message != error.message)
    told = f"also not done: {others}" if others else f"the same befell {more} more"
    return PxhelmError(error.message, code=error.code, hint=f"{error.hint}\n{told}".strip())


def _names(addresses: Iterable[str]) -> str:
    found = list(addresses)
    return ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
