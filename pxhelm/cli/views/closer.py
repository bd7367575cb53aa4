"""The status that only an object's own configuration tells (kinds.md 11): devices, what is pending, what drifted. Reads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pxhelm.actions.inspect import Closer, Past
from pxhelm.cli.views.live import moment
from pxhelm.kinds import KINDS
from pxhelm.plan.leaf import shown
from pxhelm.plan.model import Drift
from pxhelm.resource.columns import gib
from pxhelm.resource.table import table_of
from pxhelm.resource.types import shown as spelt

Document = dict[str, Any]
_DEVICE = ("volume", "size", "mac")
_UNUSED = "unused"
CLOSE = (
    *("conditions", "devices", "unusedVolumes", "pending", "drift", "digest", "osType"),
    *("provenance", "creationDefaults", "writeOnly", "guests"),
)
"""Parts of a status that no list tells."""


def closer_status(kind: str, closer: Closer) -> Document:
    """Return the parts of the status; those that hold nothing are left out, but for ``drift``."""
    live = closer.live
    drift = [_drifted(kind, one) for one in closer.drift]
    if not KINDS[kind].guest:
        return {"drift": drift, **({"digest": live.digest} if live.digest else {})}
    unused = sorted((key, text) for key, text in live.raw.items() if key.startswith(_UNUSED))
    sizes = closer.sizes
    found: Document = {
        "devices": _devices(kind, live.intended),
        "unusedVolumes": [
            {"slot": key, "volume": text, **({"size": gib(sizes[text])} if text in sizes else {})}
            for key, text in unused
        ],
        "pending": [
            {
                "path": one.path,
                "current": spelled(kind, one.path, one.current),
                "desired": spelled(kind, one.path, one.after_restart),
            }
            for one in closer.pending
        ],
        "digest": live.digest,
    }
    return {name: value for name, value in found.items() if value} | {"drift": drift}


def _drifted(kind: str, one: Drift) -> Document:
    found: Document = {name: spelled(kind, one.path, value) for name, value in (("base", one.base), ("live", one.live))}
    seen = {"actor": one.actor, "since": moment(one.since or None)}
    return {"path": one.path, **found, **{name: value for name, value in seen.items() if value}}


def past_status(kind: str, past: Past) -> Document:
    """Return what is remembered of how the object came to be, times in UTC; parts that hold nothing are left out."""
    made = {word: _timed(told) for word, told in past.provenance.items()}
    defaults = {path: spelled(kind, path, value) for path, value in sorted(past.defaults.items())}
    written = {path: {"appliedAt": moment(at)} for path, at in sorted(past.written.items())}
    told = {"provenance": made, "creationDefaults": defaults, "writeOnly": written}
    return {name: value for name, value in told.items() if value}


def _timed(told: object) -> object:
    return {**told, "at": moment(told["at"])} if isinstance(told, Mapping) and "at" in told else told


def _devices(kind: str, leaves: Mapping[str, object]) -> Document:
    """Return volume and size of what holds data, and the MAC of what is on a network, by slot."""
    found: Document = {}
    for path, value in sorted(leaves.items()):
        slot, _, what = path.rpartition(".")
        if what in _DEVICE and slot and value is not None and (slot == "rootfs" or slot.count(".") == 1):
            found.setdefault(slot.rpartition(".")[2], {})[what] = spelled(kind, path, value)
    return {slot: each for slot, each in found.items() if "volume" in each or "mac" in each}


def spelled(kind: str, path: str, value: object) -> object:
    """Return a canonical value as a manifest spells it, secrets as ``***``."""
    plain = shown(value)
    place = table_of(KINDS[kind].fields, KINDS[kind].slots).place(path) if kind in KINDS else None
    if place is None or plain is not value or plain is None or isinstance(plain, list | tuple):
        return plain
    return spelt(place.field.type, value)  # type: ignore[arg-type]  # a scalar leaf
