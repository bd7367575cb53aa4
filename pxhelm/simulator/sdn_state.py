"""What the parts of the SDN configuration share: what is staged against what runs, and the lock of the whole of it.

As in PVE::Network::SDN: whoever holds the lock's token is the only one who may write; applying or reverting gives the lock
back when that is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.world import Call, Handler, World

STAGED = ("zones", "vnets", "subnets", "controllers", "fabrics", "fabricnodes")
"""Tables ``sdn/NAME`` whose changes wait until they are applied."""
_TOP = ("type", "vnet")
"""Keys of something new that are shown beside what is pending of it."""
_PLACE = "/usr/share/perl5/PVE/Network/SDN.pm line 291."


def running(world: World, kind: str) -> dict[str, Any]:
    """Return the rows of a table as they were applied last."""
    row = world.state.get("sdn", "running") or {}
    found: dict[str, Any] = row.get(kind, {})
    return found


def staged(world: World, kind: str) -> dict[str, Any]:
    """Return the rows of a table as they are to be."""
    return dict(world.state.items(f"sdn/{kind}"))


def pending(world: World, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of a table with its ``state`` and ``pending`` where it differs from what runs."""
    applied, now = running(world, kind), staged(world, kind)
    for name in {**applied, **now}:
        old, new = applied.get(name), now.get(name)
        if new is None:
            yield name, {**(old or {}), "state": "deleted", "pending": {}}
        elif old is None:
            top = {key: new[key] for key in _TOP if key in new}
            yield name, {**top, "state": "new", "pending": {k: v for k, v in new.items() if k not in top}}
        elif old != new:
            changes = {k: new.get(k, "deleted") for k in {**old, **new} if old.get(k) != new.get(k)}
            yield name, {**old, "state": "changed", "pending": changes}
        else:
            yield name, old


def seen(call: Call, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows that a list was asked for: as staged, with ``running`` as applied, with ``pending`` both."""
    if call.params.get("pending"):
        yield from pending(call.world, kind)
    else:
        yield from (running if call.params.get("running") else staged)(call.world, kind).items()


def commit(world: World) -> None:
    """Make what is staged what runs."""
    world.state.put("sdn", "running", {kind: staged(world, kind) for kind in STAGED})


def revert(world: World) -> None:
    """Make what runs what is staged."""
    for kind in STAGED:
        applied = running(world, kind)
        for name in list(world.state.keys(f"sdn/{kind}")):
            if name not in applied:
                world.state.delete(f"sdn/{kind}", name)
        for name, row in applied.items():
            world.state.put(f"sdn/{kind}", name, row)


def locked(what: str, handler: Handler) -> Handler:
    """Return a handler that writes only with the token of the lock, if there is a lock; ``what`` begins its complaint."""

    def guarded(call: Call) -> Any:
        check_token(call, what)
        return handler(call)

    return guarded


def check_token(call: Call, what: str) -> None:
    """Refuse a write without the token of the lock that somebody holds."""
    row = call.state.get("sdn", "lock")
    if row is not None and call.params.get("lock-token", call.raw.get("lock-token")) != row["token"]:
        raise ApiError(f"{what}: invalid lock token provided! at {_PLACE}")


def lock(call: Call) -> str:
    """POST /cluster/sdn/lock."""
    what = "could not acquire lock for SDN config"
    check_token(call, what)
    changed = any("state" in row for kind in STAGED for _, row in pending(call.world, kind))
    if changed and not call.params.get("allow-pending"):
        raise ApiError(
            f"{what}: configuration has pending changes at /usr/share/perl5/PVE/API2/Network/SDN.pm line 151."
        )
    token = call.world.uuid()
    call.state.put("sdn", "lock", {"token": token})
    return token


def unlock(call: Call) -> None:
    """DELETE /cluster/sdn/lock."""
    if not call.params.get("force"):
        check_token(call, "could not release lock")
    call.state.delete("sdn", "lock")


def given_back(call: Call, change: Callable[[World], None]) -> None:
    """Apply or revert, and give the lock back to whoever holds it, if ``release-lock`` says so.

    Its default of 1 stands in the schema alone: the server reads what was sent and fills in no defaults
    (PVE::API2::Network::SDN, ``extract_param``).
    """
    change(call.world)
    if call.params.get("lock-token") and call.params.get("release-lock"):
        call.state.delete("sdn", "lock")
