"""One row of a kind's table: a leaf of the manifest, its type, its wire name and its effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pxhelm.resource.effect import Effect
from pxhelm.resource.model import Leaves, Live, Value

EffectRule = Callable[[str, Value, Value, Live], tuple[Effect, str]]
"""(path, before, after, the guest as it is) → effect and its reason: running, hotplug, grow or shrink decide."""

SameRule = Callable[[str, Leaves, Live], bool]
"""(path, wanted leaves, the object as it is) → nothing to do: for leaves that no single parameter holds."""


@dataclass(frozen=True, slots=True)
class Field:
    """A leaf such as ``cpu.cores``, or a family such as ``disks.*.size``."""

    path: str
    """``*`` stands for a slot or a free key."""
    type: str
    """Name of a value type in ``pxhelm.resource.types``: ``int``, ``bool``, ``text``, ``size``, ``rate`` …"""
    wire: str = ""
    """Proxmox' parameter, ``param.sub`` for a sub-option of a property string; empty = ours alone.

    In a family ``*`` is the slot and ``#`` its number: ``*.size``, ``ipconfig#.ip``.
    """
    form: str = ""
    """How the value is spelt on the wire, a name in ``pxhelm.resource.forms``; empty = by type."""
    effect: Effect | EffectRule = Effect.ONLINE
    default: Value = None
    """What Proxmox does when the parameter is not set: unset equals default (D6.2)."""
    on_create: Value = None
    """Sent once at blank creation, never owned (kinds.md 2.7)."""
    choices: tuple[str, ...] = ()
    refers: tuple[str, ...] = ()
    """Kinds a reference may name."""
    back: bool = False
    """It names what belongs to the object; of two that name each other, what belongs waits for the other."""
    root_only: bool = False
    """Only a real root@pam ticket may set it; tokens fail."""
    creation_only: bool = False
    """Provenance: a later change is a note, never a write (kinds.md decision 5)."""
    help: str = ""
    via: str = ""
    """For people, where no parameter of the kind's own holds it: which other one does, such as ``clone full``."""
    bounds: tuple[int | None, int | None] = field(default=(None, None))
    write_only: bool = False
    """Cannot be read back: compared with what was last applied, never with the cluster."""
    kept: bool = False
    """Cannot be unset: when nobody wants it any more, it stays as it is (a MAC, a node, a power state)."""
    marks: bool = False
    """The text after which an object that has an id of its own says whose it is (engine.md D2.6)."""
    restored: bool = False
    """Cannot be unset: when nobody wants it any more, it becomes what it was before it was applied first."""
    same: SameRule | None = None
    parts: tuple[Field, ...] = ()
    """What the maps of a ``record`` or ``records`` hold; their paths are plain names."""
    schema: Mapping[str, object] = field(default_factory=dict)
    """Further keywords of the leaf's JSON schema."""


def same_value(path: str, wanted: Leaves, live: Live) -> bool:
    """Whether a leaf that no parameter of the kind's own holds has the value that is wanted."""
    return live.intended.get(path) == wanted[path]


def same_id(path: str, wanted: Leaves, live: Live) -> bool:
    """Whether an object has the id that is wanted: the one under which it was found."""
    return live.intended.get(path) in (None, wanted[path])
