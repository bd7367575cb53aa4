"""Where a change did otherwise than its effect was foreseen, as ``/pending`` shows after the write (engine.md D7).

Verified is what Proxmox tells: of silent options, and of what cloud-init reads at boot, it tells nothing. Pure; never a reason
to restart anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pxhelm.plan.waiting import verifiable
from pxhelm.resource.effect import Effect
from pxhelm.resource.effects import running
from pxhelm.resource.kind import Kind
from pxhelm.resource.model import Live, Value

_ABSENT: Value = None


@dataclass(frozen=True, slots=True)
class Surprises:
    """Leaves of one write, by what became of them."""

    kept_back: tuple[str, ...] = ()
    """Foreseen to take effect at once, and pending."""
    at_once: tuple[str, ...] = ()
    """Foreseen to need a restart, and in effect."""

    @property
    def told(self) -> str:
        """Return it in words for people; empty when all came as foreseen."""
        said = []
        if self.kept_back:
            said.append(
                f"{', '.join(self.kept_back)}: foreseen to take effect at once, but Proxmox keeps it back until the guest"
                " is restarted; nothing is restarted for it"
            )
        if self.at_once:
            said.append(f"{', '.join(self.at_once)}: foreseen to need a restart, but it is in effect already")
        return "; ".join(said)


def surprises(kind: Kind, foreseen: Mapping[str, Effect], before: Live, after: Live) -> Surprises:
    """Compare what was foreseen of the leaves of a write with the guest before and after it.

    A guest that did not run all the time tells nothing.
    """
    same_run = not (before.run and after.run) or before.run == after.run
    if not kind.guest or not (running(before) and running(after) and same_run):
        return Surprises()
    told = {path: effect for path, effect in foreseen.items() if verifiable(kind, path)}
    kept = (path for path, effect in told.items() if effect <= Effect.ONLINE_DISRUPTIVE and _waits(after, path))
    now = (path for path, effect in told.items() if effect is Effect.RESTART and _took_effect(path, before, after))
    return Surprises(tuple(kept), tuple(now))


def _waits(live: Live, path: str) -> bool:
    return any(live.current.get(p, _ABSENT) != live.intended.get(p, _ABSENT) for p in _below(path, (live,)))


def _took_effect(path: str, before: Live, after: Live) -> bool:
    written = any(before.intended.get(p) != after.intended.get(p) for p in _below(path, (before, after)))
    return written and not _waits(after, path) and not _waits(before, path)


def _below(path: str, lives: Iterable[Live]) -> set[str]:
    """Return the leaf itself, and those of a device that is named whole."""
    found = {p for live in lives for p in (*live.current, *live.intended) if p == path or p.startswith(f"{path}.")}
    return found or {path}
