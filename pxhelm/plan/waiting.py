"""What a running guest does not have yet although Proxmox shows it: options that it gets with its next start.

What Proxmox keeps back it shows as pending. Of the silent options (kinds.md 2.8), and of what cloud-init reads at boot, it
shows nothing: so the leaves that were written, and the process that ran then, are remembered with what a manager owns. They
hold until another process runs, after a restart or a migration. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pxhelm.plan.remembered import WAITING
from pxhelm.resource.effects import device_of, next_boot, running, silent
from pxhelm.resource.field import EffectRule
from pxhelm.resource.kind import Kind
from pxhelm.resource.model import Live
from pxhelm.resource.table import table_of


def unseen(kind: Kind, leaves: Iterable[str], before: Live) -> frozenset[str]:
    """Return those of the leaves just written that the guest, as it was before, does not have although Proxmox shows them.

    A device that was plugged in has them from the beginning.
    """
    if not kind.guest or not running(before):
        return frozenset()
    return frozenset(p for p in leaves if _rule(kind, p) in (silent, next_boot) and _was_there(kind, p, before))


def verifiable(kind: Kind, path: str) -> bool:
    """Whether Proxmox tells of a leaf if the running guest has it."""
    return _rule(kind, path) not in (silent, next_boot)


def _was_there(kind: Kind, path: str, before: Live) -> bool:
    device = device_of(kind, path)
    return not device or any(p.startswith(f"{device}.") for p in before.intended)


def _rule(kind: Kind, path: str) -> EffectRule | None:
    place = table_of(kind.fields, kind.slots).place(path)
    rule = place.field.effect if place is not None else None
    return rule if callable(rule) else None


def remembered(known: object, live: Live, new: frozenset[str]) -> list[str]:
    """Return the base to remember: what still waits of what was known, and what is new; empty = nothing."""
    still = _still(known, live)
    paths = sorted(new.union(still))
    if not paths or not running(live):
        return []
    run = live.run or (str(known[0]) if isinstance(known, (list, tuple)) and known else "")
    return [run, *paths] if run else []


def _still(known: object, live: Live) -> tuple[str, ...]:
    if not isinstance(known, (list, tuple)) or not known or live.power in ("", "stopped"):
        return ()
    run, *paths = (str(each) for each in known)
    return tuple(paths) if live.run in ("", run) else ()


def awaiting(kind: Kind, bases: Mapping[str, Mapping[str, object]], live: Live, rule: EffectRule) -> tuple[str, ...]:
    """Return the leaves remembered that the guest gets with its next start: ``silent`` ones, or those of ``next_boot``."""
    found = {path for owned in bases.values() for path in _still(owned.get(WAITING), live)}
    return tuple(sorted(path for path in found if _rule(kind, path) is rule))


def restart_paths(kind: Kind, bases: Mapping[str, Mapping[str, object]], live: Live) -> tuple[str, ...]:
    """Return the leaves for which the guest needs a restart: those Proxmox keeps back, and the silent ones."""
    pending = {path for path in _pending(live) if _rule(kind, path) is not next_boot}
    return tuple(sorted(pending.union(awaiting(kind, bases, live, silent))))


def boot_paths(kind: Kind, bases: Mapping[str, Mapping[str, object]], live: Live) -> tuple[str, ...]:
    """Return the leaves that cloud-init in the guest reads when it boots, and that it has not read."""
    pending = {path for path in _pending(live) if _rule(kind, path) is next_boot}
    return tuple(sorted(pending.union(awaiting(kind, bases, live, next_boot))))


def _pending(live: Live) -> Iterator[str]:
    """Yield the leaves that Proxmox shows as pending."""
    if live.power in ("", "stopped") or live.current == live.intended:
        return
    for path in live.current.keys() | live.intended.keys():
        if live.current.get(path) != live.intended.get(path):
            yield path
