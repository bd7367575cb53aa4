"""Start, stop and restart guests, ours or not, and destroy one of somebody else's by its VMID.

Every guest is one generator, all under way at once. Never touches a manifest: what a manifest says of power stays as it
is, and the next apply brings it about again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pxhelm.actions.inspect import Found
from pxhelm.actions.services import Services
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.events import Listener, StepFinished, StepStarted, TaskProgress
from pxhelm.proxmox.cluster import GuestType, guest_path
from pxhelm.proxmox.request import ApiGen, Param, Request, Wait, call
from pxhelm.proxmox.task import Polling, TaskError, Upid, follow

_POLLING = Polling(first=0.1, factor=1.6, longest=3.0)
_HA_POLL = 2.0


class Verb(StrEnum):
    """What shall happen."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    DESTROY = "destroy"


DONE: Mapping[Verb, str] = {
    Verb.START: "started",
    Verb.STOP: "stopped",
    Verb.RESTART: "restarted",
    Verb.DESTROY: "deleted",
}
_ALREADY: Mapping[Verb, str] = {Verb.START: "already running", Verb.STOP: "already stopped"}


@dataclass(frozen=True, slots=True)
class Wish:
    """How guests shall be treated."""

    verb: Verb
    force: bool = False
    """Pull the plug instead of asking the system in the guest to shut down."""
    timeout: float = 180.0
    """Seconds that the system in the guest has for shutting down."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one guest."""

    guest: Found
    result: str
    """``started``, ``already running`` …; empty when it failed."""
    error: PxhelmError | None = None


def carry_out(services: Services, guests: Sequence[Found], wish: Wish) -> list[Done]:
    """Do it to all guests at once and return what became of each; a failure of one does not stop the others."""
    operations = [_told(guest, wish, services.listen) for guest in guests]
    outcomes = services.cluster.run_all(operations)
    done = []
    for guest, outcome in zip(guests, outcomes, strict=True):
        if isinstance(outcome, PxhelmError):
            done.append(Done(guest, "", outcome))
        elif isinstance(outcome, Exception):
            raise outcome
        else:
            done.append(Done(guest, outcome))
    return done


def exit_code(done: Sequence[Done]) -> ExitCode:
    """Return the exit status: partial when some did and some did not."""
    failed = [one for one in done if one.error]
    if not failed:
        return ExitCode.OK
    return ExitCode.FAILED if len(failed) == len(done) else ExitCode.PARTIAL


def address_of(guest: Found) -> str:
    """Return what progress and errors call a guest."""
    return "/".join(part for part in (guest.kind, guest.namespace, guest.name) if part)


def _told(guest: Found, wish: Wish, listen: Listener) -> ApiGen[str]:
    address = address_of(guest)
    listen(StepStarted(address, wish.verb))
    try:
        result = yield from _operation(guest, wish, lambda line: listen(TaskProgress(address, "", line)))
    except PxhelmError as error:
        listen(StepFinished(address, wish.verb))  # the caller says what failed
        raise _explained(error, guest, wish) from None
    listen(StepFinished(address, wish.verb))
    return result


def _operation(guest: Found, wish: Wish, on_line: Callable[[str], None]) -> ApiGen[str]:
    if not guest.row:
        raise PxhelmError(
            f"{address_of(guest)} is not in the cluster", hint="apply its manifest, or upgrade its release, to make it"
        )
    running = guest.row.get("status") == "running"
    match wish.verb:
        case Verb.START if running:
            return _ALREADY[wish.verb]
        case Verb.START:
            yield from _do(guest, "start", {}, wish, on_line)
        case Verb.STOP if not running:
            return _ALREADY[wish.verb]
        case Verb.STOP:
            yield from _stop(guest, wish, on_line)
        case Verb.RESTART if not running:
            yield from _do(guest, "start", {}, wish, on_line)
            return DONE[Verb.START]
        case Verb.RESTART if wish.force:
            yield from _do(guest, "stop", {}, wish, on_line)
            yield from _do(guest, "start", {}, wish, on_line)
        case Verb.RESTART:
            yield from _do(guest, "reboot", {"timeout": int(wish.timeout)}, wish, on_line)
        case Verb.DESTROY:
            yield from _destroy(guest, running, wish, on_line)
    return DONE[wish.verb]


def _stop(guest: Found, wish: Wish, on_line: Callable[[str], None]) -> ApiGen[None]:
    if wish.force:
        yield from _do(guest, "stop", {}, wish, on_line)
    else:
        yield from _do(guest, "shutdown", {"timeout": int(wish.timeout)}, wish, on_line)


def _destroy(guest: Found, running: bool, wish: Wish, on_line: Callable[[str], None]) -> ApiGen[None]:
    if running and not wish.force:
        raise PxhelmError(
            f"cannot delete {address_of(guest)}: it is running",
            code=ExitCode.REFUSED,
            hint="stop it first, or give --force",
        )
    if running:
        yield from _do(guest, "stop", {}, wish, on_line)
    answer = yield from call(Request("DELETE", _path(guest), {"purge": True}, node=str(guest.row["node"])))
    yield from _finish(answer, on_line)


def _path(guest: Found) -> str:
    kind: GuestType = "lxc" if guest.kind == "Container" else "qemu"
    return guest_path(str(guest.row["node"]), kind, guest.vmid)


def _do(
    guest: Found, verb: str, params: Mapping[str, Param], wish: Wish, on_line: Callable[[str], None]
) -> ApiGen[None]:
    request = Request("POST", f"{_path(guest)}/status/{verb}", params, node=str(guest.row["node"]))
    answer = yield from call(request)
    wanted = {"start": "running", "stop": "stopped", "shutdown": "stopped"}.get(verb, "")
    upid = yield from _finish(answer, on_line)
    if wanted and upid is not None and upid.only_requests:
        yield from _wait_for_ha(guest, wanted, wish.timeout)


def _finish(answer: object, on_line: Callable[[str], None]) -> ApiGen[Upid | None]:
    """Wait for the task that a call has become, and return it."""
    if not Upid.matches(answer):
        return None
    result = yield from follow(Upid.parse(str(answer)), _POLLING, on_line)
    if not result.succeeded:
        raise TaskError(result)
    return result.upid


def _wait_for_ha(guest: Found, wanted: str, timeout: float) -> ApiGen[None]:
    """Wait until the guest is as the HA manager was asked: the task that asks ends long before."""
    waited = 0.0
    while True:
        status = yield from call(Request("GET", f"{_path(guest)}/status/current", node=str(guest.row["node"])))
        if isinstance(status, Mapping) and status.get("status") == wanted:
            return
        if waited >= timeout:
            raise PxhelmError(
                f"the HA manager was asked, but {address_of(guest)} is not {wanted} after {timeout:g} s",
                hint="see what it does with `ha-manager status` on a node",
            )
        yield Wait(_HA_POLL)
        waited += _HA_POLL


def _explained(error: PxhelmError, guest: Found, wish: Wish) -> PxhelmError:
    if wish.verb in (Verb.STOP, Verb.RESTART) and not wish.force and isinstance(error, TaskError):
        error.hint = f"the system in it may not react to shutdowns; --force pulls the plug of vmid:{guest.vmid}"
    return error
