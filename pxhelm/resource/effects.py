"""What a leaf's change does to this guest as it is now (engine.md D7, corrected by kinds.md).

A whole device that comes or goes has one effect, whatever its options say alone. A guest that does not run needs no
restart for anything. Never decides whether a change may be made: policies do.
"""

from __future__ import annotations

from dataclasses import replace

from pxhelm.resource.effect import Effect
from pxhelm.resource.kind import Kind, LeafChange, Op
from pxhelm.resource.model import Live, Value
from pxhelm.resource.table import table_of

_SOFT = frozenset((Effect.RESTART, Effect.ONLINE_DISRUPTIVE, Effect.OFFLINE_OP))


def classify(kind: Kind, change: LeafChange, live: Live) -> LeafChange:
    """Return the change with its effect and the reason."""
    effect, why = effect_of(kind, change, live)
    return replace(change, effect=effect, why=why)


def effect_of(kind: Kind, change: LeafChange, live: Live) -> tuple[Effect, str]:
    """Return the effect of one leaf's change on the object as it is, and why in words for people."""
    effect, why = _effect(kind, change, live)
    if kind.guest and effect in _SOFT and live.power != "running":
        return Effect.ONLINE, ""
    return effect, why


def _effect(kind: Kind, change: LeafChange, live: Live) -> tuple[Effect, str]:
    device = device_of(kind, change.path)
    if device:
        family = device.partition(".")[0]
        rule = kind.device_effects.get(family)
        there = any(path.startswith(f"{device}.") for path in live.intended)
        if rule is not None and change.op is Op.UNSET and change.path == device:
            return rule(device, change.before, None, live)
        if rule is not None and change.op is Op.SET and not there:
            return rule(device, None, change.after, live)
        if change.path == device or not there:
            return Effect.RESTART, f"{device} comes or goes with a restart"
    place = table_of(kind.fields, kind.slots).place(change.path)
    if place is None:
        return Effect.RESTART, ""
    effect = place.field.effect
    if callable(effect):
        return effect(change.path, change.before, change.after, live)
    return effect, _WHY.get(effect, "").format(path=change.path)


_WHY = {
    Effect.RESTART: "takes effect when the guest is restarted",
    Effect.OFFLINE_OP: "the guest has to be stopped for it",
    Effect.REPLACE: "{path} cannot be changed in place",
    Effect.REFUSED: "{path} can never be changed",
}


def device_of(kind: Kind, path: str) -> str:
    """Return the device that a path is in (or is), such as ``disks.scsi0`` or ``efiDisk``; empty for none."""
    names = path.split(".", 2)
    if names[0] in kind.lone:
        return names[0]
    return ".".join(names[:2]) if len(names) > 1 and names[1] in kind.slots.get(names[0], ()) else ""


def param_of(kind: Kind, device: str) -> str:
    """Return the parameter that holds a device: ``scsi0``, ``efidisk0``."""
    return kind.lone.get(device) or device.rpartition(".")[2]


def hotplugs(live: Live, feature: str) -> bool:
    """Whether Proxmox plugs a class of devices into the running guest (``options.hotplug``)."""
    features = live.intended.get("options.hotplug")
    if features is None:
        return feature in ("network", "disk", "usb")
    return isinstance(features, tuple) and feature in features


def running(live: Live) -> bool:
    """Whether the guest runs, so that changes meet a living system."""
    return live.power == "running"


def silent(_path: str, _before: Value, _after: Value, _live: Live) -> tuple[Effect, str]:
    """Return the effect of an option that Proxmox writes without a pending mark, and the guest has after a restart."""
    return Effect.RESTART, "Proxmox writes it at once, the running guest gets it with the next start"


def next_boot(_path: str, _before: Value, _after: Value, _live: Live) -> tuple[Effect, str]:
    """Return the effect of what cloud-init reads."""
    return Effect.METADATA, "the guest reads it when it next starts"


def static(effect: Effect, why: str = "") -> tuple[Effect, str]:
    """Return an effect with its reason, for rules."""
    return effect, why


def grow_or_refuse(_path: str, before: Value, after: Value, _live: Live) -> tuple[Effect, str]:
    """Return the effect of a size: volumes grow online and never shrink."""
    if isinstance(before, int) and isinstance(after, int) and after < before:
        return Effect.REFUSED, "a volume can grow, never shrink"
    if after is None:
        return Effect.NONE, ""
    return Effect.ONLINE, ""
