"""One row of a kind's table: a leaf of the manifest, its type, its wire name and its effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pxhelm.resource.effect import Effect
from pxhelm.resource.model import Live, Value

EffectRule = Callable[[Value, Value, Live], Effect]
"""(before, after, the guest as it is) → effect: running, hotplug, grow or shrink decide."""


@dataclass(frozen=True, slots=True)
class Field:
    """A leaf such as ``cpu.cores``, or a family such as ``disks.*.size``."""

    path: str
    """``*`` stands for a slot or a free key."""
    type: str
    """Name of a value type in ``pxhelm.resource.types``: ``int``, ``bool``, ``text``, ``size``, ``rate`` …"""
    wire: str = ""
    """Proxmox' parameter, ``param.sub`` for a sub-option of a property string; empty = ours alone."""
    effect: Effect | EffectRule = Effect.ONLINE
    default: Value = None
    """What Proxmox does when the parameter is not set: unset equals default (D6.2)."""
    on_create: Value = None
    """Sent once at blank creation, never owned (kinds.md 2.7)."""
    choices: tuple[str, ...] = ()
    refers: tuple[str, ...] = ()
    """Kinds a reference may name."""
    root_only: bool = False
    """Only a real root@pam ticket may set it; tokens fail."""
    creation_only: bool = False
    """Provenance: a later change is a note, never a write (kinds.md decision 5)."""
    help: str = ""
    bounds: tuple[int | None, int | None] = field(default=(None, None))
