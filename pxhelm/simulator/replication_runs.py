"""What the scheduler of replication does behind the API: it looks each minute, runs jobs and takes away those marked for it."""

from __future__ import annotations

from typing import Any

from pxhelm.simulator.world import World

_STATE = "replication-state"
_REMOVAL = 30.0
"""Seconds from a mark until its job is gone: half a minute on average, and the work."""


def jobs(world: World) -> dict[str, dict[str, Any]]:
    """Return the jobs by id, without those whose removal is done."""
    found = dict(world.state.items("replication"))
    for name in list(found):
        state = world.state.get(_STATE, name) or {}
        if state.get("gone", world.now + 1) <= world.now:
            drop(world, name)
            del found[name]
    return found


def made(world: World, name: str) -> None:
    """Remember since when there is a job."""
    world.state.put(_STATE, name, {"made": world.now})


def mark(world: World, name: str, how: str) -> None:
    """Mark a job for removal: ``full`` with its copies, or ``local``."""
    world.state.edit("replication", name)["remove_job"] = how
    world.state.put(
        _STATE, name, {**(world.state.get(_STATE, name) or {}), "gone": world.now + world.seconds(_REMOVAL)}
    )


def drop(world: World, name: str) -> None:
    """Take a job out at once."""
    world.state.delete("replication", name)
    world.state.delete(_STATE, name)


def ran(world: World, name: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return the state of a job, which ran once: when the scheduler first looked after it was made."""
    first = (int((world.state.get(_STATE, name) or {}).get("made", 0)) // 60 + 1) * 60
    done = first <= world.now and not row.get("disable")
    last = first if done else 0
    told = {"last_sync": last, "last_try": last, "fail_count": 0, "next_sync": 0 if row.get("disable") else first}
    return {**told, "next_sync": last + 900, "duration": 2.5} if done else told
