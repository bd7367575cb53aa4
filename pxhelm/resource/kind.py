"""What a kind is: a table of fields and four functions; everything else derives from them.

A kind file states its table and writes a function only where Proxmox is irregular. Operations are generators of
requests (reads); writes are ``Step``s, which only ``apply`` sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from pxhelm.proxmox.request import ApiGen
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import EffectRule, Field
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Leaves, Live, Reference, Resource, Target, Value
from pxhelm.resource.normal import Normal
from pxhelm.resource.step import Step
from pxhelm.resource.uses import Uses


class Op(Enum):
    """What happens to a leaf."""

    SET = "set"
    UNSET = "unset"


@dataclass(frozen=True, slots=True)
class LeafChange:
    """One leaf that has to change, with its effect on this guest as it is now."""

    path: str
    op: Op
    before: Value
    """Live intended value; None when unset."""
    after: Value
    effect: Effect = Effect.NONE
    why: str = ""
    """Reason of the effect, or of a refusal, for people."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Facts about the cluster that planning one object may need; gathered once per plan."""

    version: str = "9.2"
    nodes: Mapping[str, bool] = field(default_factory=dict)
    """Node name → online."""
    guests: Mapping[int, Mapping[str, object]] = field(default_factory=dict)
    """VMID → its row of ``/cluster/resources``."""
    storages: Mapping[tuple[str, str], Mapping[str, object]] = field(default_factory=dict)
    """(node, storage) → its row of ``/cluster/resources``."""
    templates: Mapping[int, Live] = field(default_factory=dict)
    """Clone sources that the plan concerns, observed."""
    tag_style: Mapping[str, str] = field(default_factory=dict)
    bound: Mapping[ObjectKey, int] = field(default_factory=dict)
    """VMIDs of the guests that pxhelm manages: a reference is looked up here before the live cluster (kinds.md 2.4)."""
    coming: frozenset[tuple[str, str]] | None = None
    """(kind, Proxmox' id) of what the same plan makes; None = not told, and then nothing is called missing."""
    using: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Storage that shall go → VMIDs of the guests that have something on it."""
    leftovers: Mapping[int, str] = field(default_factory=dict)
    """VMID of a guest that goes → the image of its documents, which nobody else uses."""
    uses: Uses = field(default_factory=dict)
    """Files that are to go → who has them; what is missing here was not asked for, and must not go."""


@dataclass(frozen=True, slots=True)
class Change:
    """All that a kind needs to build the writes still missing for one object."""

    target: Target
    live: Live
    desired: Resource | None
    """None: the object shall go."""
    changes: tuple[LeafChange, ...] = ()
    created: bool = False
    """The object was created by this operation: inherited and creation-only leaves may still be written."""
    surroundings: Surroundings = field(default_factory=Surroundings)
    options: Mapping[str, bool] = field(default_factory=dict)
    """``free-volumes``, ``replace``, ``allow-offline``, ``stop-on-delete`` …"""
    op: str = ""
    """Operation id, written into marker and tombstone; ``plan`` while steps are only foreseen."""
    applied: Leaves = field(default_factory=dict)
    """What this manager applied last: the policies of things that are no longer wanted."""
    originals: Leaves = field(default_factory=dict)
    """What stood in leaves before they were applied first, where that is restored."""
    written: frozenset[str] = frozenset()
    """What steps of this operation have made true already."""
    restart: tuple[str, ...] = ()
    """Leaves for which the running guest needs a restart."""
    now: float = 0.0
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with the leaves of a manifest together, on any cluster."""

    path: str
    """The leaf to be named; empty for the object's name."""
    message: str
    hint: str = ""
    lint: bool = False
    """It works, but is hardly what was meant; for ``lint`` alone."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of ``get``: title, and the value from an observed row."""

    title: str
    value: Callable[[Mapping[str, object]], str]
    wide: bool = False


def _observe(target: Target) -> ApiGen[Live]:
    raise NotImplementedError(f"{target.key.kind} cannot be read: the kind is not finished")


def _steps(change: Change) -> tuple[Step, ...]:
    raise NotImplementedError(f"{change.target.key.kind} cannot be written: the kind is not finished")


def _identifier(resource: Resource) -> str:
    return resource.key.name


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of the manifest language (kinds.md)."""

    name: str
    plural: str
    short: tuple[str, ...]
    namespaced: bool
    guest: bool
    """Bound to a VMID through the store; else keyed by its Proxmox id."""
    rank: int
    """Weak order among kinds: lower is created first and deleted last."""
    fields: tuple[Field, ...]
    normalize: Callable[[Mapping[str, object]], Mapping[str, object]] = Normal
    """Spec with shorthand (kinds.md 2.5) → spec in normal form."""
    observe: Callable[[Target], ApiGen[Live]] = _observe
    """Read one object; absent and unknown are results, not errors. Never writes."""
    steps: Callable[[Change], tuple[Step, ...]] = _steps
    """The writes still missing, in order, from what is known now; pure. Empty = nothing to do."""
    identifier: Callable[[Resource], str] = _identifier
    """Proxmox' id of a natural-key object (storage id, pool id); for guests the wanted name."""
    columns: tuple[Column, ...] = ()
    decode: Callable[[Mapping[str, object]], Leaves] | None = None
    """Proxmox' configuration → leaves, for import and history."""
    slots: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Family of devices → its slots in Proxmox' order: ``networks`` → ``net0`` …"""
    beyond: tuple[str, ...] = ()
    """Families of leaves that stand outside the configuration and are read only for objects that speak of them."""
    lone: Mapping[str, str] = field(default_factory=dict)
    """Devices without a slot → their parameter: ``efiDisk`` → ``efidisk0``. They come and go whole, as those in slots do."""
    device_effects: Mapping[str, EffectRule] = field(default_factory=dict)
    """Family of devices → effect of adding (before None) or removing (after None) a whole device."""
    api: str = ""
    """Path whose POST (or PUT, where there is none) takes the kind's parameters: where the schema describes them."""
    shared: bool = False
    """Two releases may declare the same object with the same values; the last one out deletes (kinds.md 3)."""
    whole: bool = False
    """Its leaves are owned once nothing is left to write: what was applied before says until then what has to go."""
    renews: bool = False
    """Another id means another thing, and the old one stays: the file of an image."""
    always: bool = False
    """It is always there (the options of a cluster): never created, never destroyed, nobody's to take over."""
    given: Callable[[Leaves], bool] = lambda _leaves: False
    """Whether a thing of these leaves is there or not, whatever is wished, as hardware is: to speak of it is to take it over."""
    more_references: Callable[[ObjectKey, Leaves], tuple[Reference, ...]] = lambda _key, _leaves: ()
    """Edges that no single leaf names, such as those of a set to its members."""
    store_only: bool = False
    """Proxmox knows nothing of it: it is what the store says."""
    domain: str = ""
    """Changes are staged and then applied for the whole domain at once (engine.md D9.5): the kind of
    ``pxhelm.resource.domain`` that does so, ``SDNChanges`` or ``NetworkChanges``."""
    repeats: Callable[[Leaves], bool] = lambda _leaves: True
    """Whether a write of which nobody knows whether it happened may be sent again, since looking does not tell."""
    late: tuple[str, ...] = ()
    """Families of leaves that can only be written once the domain was applied: the object is visited again after that."""
    staged_in: Callable[[Leaves, Surroundings], tuple[str, ...]] = lambda _leaves, _surroundings: ("cluster",)
    """Where the changes of an object are staged: the nodes, for a domain that every node has of its own."""
    act: bool = False
    """It is done once and not kept as it is: it is not begun when anything of lower rank failed."""
    applies: bool = False
    """It applies what others staged; internal, never written in a manifest."""
    sources: Callable[[Resource, Surroundings], tuple[int, ...]] = lambda _resource, _surroundings: ()
    """VMIDs of the guests an object would be made from: observe them into ``Surroundings.templates`` before planning
    its creation. PxhelmError when a source is not there or is ambiguous."""
    listing: Callable[[], ApiGen[Mapping[str, Mapping[str, object]]]] | None = None
    """Read all objects of the kind in one go: Proxmox' id → a row, for ``get`` and import. None: ``/cluster/resources``
    lists them, or only the store knows them."""
    beside: Callable[[Mapping[str, Mapping[str, object]], Leaves], Mapping[str, Mapping[str, object]]] = (
        lambda rows, _leaves: rows
    )
    """What is left of the rows of ``listing`` beside an object that was applied, where objects are parts of them."""
    carried_off: Callable[[Live, Surroundings], tuple[str, ...]] = lambda _live, _surroundings: ()
    """References to the guests of which the last one takes the object along when it is destroyed."""
    check: Callable[[ObjectKey, Leaves], Iterable[Mistake]] = lambda _key, _leaves: ()
    """What a manifest says that no cluster would take, told with its place before any is asked."""
    refuse: Callable[[Change], str] = lambda _change: ""
    """Reason why the object must not be touched as asked (protection, policy); empty = none."""
