"""Start, stop, restart, suspend, resume and reset guests, ours or not, and destroy one of somebody else's.

What a manifest says of power stays as it is, and the next apply brings it about again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pxhelm.actions.inspect import Found
from pxhelm.actions.operate import Call, Means, address_of
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.proxmox.request import ApiGen, Param
from pxhelm.proxmox.task import TaskError


class Verb(StrEnum):
    """What shall happen."""

    START = "start"
    STOP = "stop"
    SHUTDOWN = "shutdown"
    RESTART = "restart"
    SUSPEND = "suspend"
    RESUME = "resume"
    RESET = "reset"
    DESTROY = "destroy"


DONE: Mapping[Verb, str] = {
    Verb.START: "started",
    Verb.STOP: "stopped",
    Verb.SHUTDOWN: "stopped",
    Verb.RESTART: "restarted",
    Verb.SUSPEND: "suspended",
    Verb.RESUME: "resumed",
    Verb.RESET: "reset",
    Verb.DESTROY: "deleted",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """How guests shall be treated: an ``Operation``."""

    verb: Verb
    force: bool = False
    """Pull the plug instead of asking the system in the guest to shut down; of a shutdown: when the time is over."""
    timeout: float = 180.0
    """Seconds that the system in the guest has for shutting down."""
    to_disk: bool = False
    """Suspend to disk: the guest is off then, and goes on where it was when it is resumed."""
    storage: str = ""
    """Storage for the state of a guest that is suspended to disk."""

    @property
    def done(self) -> str:
        """The participle."""
        return DONE[self.verb]

    def run(self, means: Means) -> ApiGen[str]:
        """Do it, and say what became of the guest."""
        running = means.guest.row.get("status") == "running"
        match self.verb:
            case Verb.START if running:
                return "already running"
            case Verb.START:
                yield from means.write(_START)
            case Verb.STOP | Verb.SHUTDOWN if not running:
                return "already stopped"
            case Verb.STOP if self.force:
                yield from means.write(Call("/status/stop", wanted="stopped", patience=self.timeout))
            case Verb.STOP | Verb.SHUTDOWN:
                yield from means.write(self._shutdown())
            case Verb.RESTART if not running:
                yield from means.write(_START)
                return DONE[Verb.START]
            case Verb.RESTART if self.force:
                yield from means.write(Call("/status/stop", wanted="stopped", last=False))
                yield from means.write(_START)
            case Verb.RESTART:
                yield from means.write(Call("/status/reboot", {"timeout": int(self.timeout)}))
            case Verb.SUSPEND:
                yield from means.write(Call("/status/suspend", self._suspended(means.guest)))
            case Verb.RESUME if not running and means.guest.row.get("lock") == "suspended":
                yield from means.write(_START)
            case Verb.RESUME:
                yield from means.write(Call("/status/resume"))
            case Verb.RESET:
                yield from means.write(Call("/status/reset"))
            case Verb.DESTROY:
                yield from self._destroy(means, running)
        return self.done

    def _shutdown(self) -> Call:
        params: dict[str, Param] = {"timeout": int(self.timeout)}
        if self.verb is Verb.SHUTDOWN and self.force:
            params["forceStop"] = True
        return Call("/status/shutdown", params, wanted="stopped", patience=self.timeout)

    def _suspended(self, guest: Found) -> dict[str, Param]:
        if guest.kind == "Container" or not self.to_disk:
            return {}
        params: dict[str, Param] = {"todisk": True}
        return {**params, "statestorage": self.storage} if self.storage else params

    def _destroy(self, means: Means, running: bool) -> ApiGen[None]:
        if running and not self.force:
            raise PxhelmError(
                f"cannot delete {address_of(means.guest)}: it is running",
                code=ExitCode.REFUSED,
                hint="stop it first, or give --force",
            )
        if running:
            yield from means.write(Call("/status/stop", wanted="stopped", last=False))
        yield from means.write(Call("", {"purge": True}, "DELETE"))

    def explain(self, error: PxhelmError, guest: Found, /) -> PxhelmError:
        """Say what helps when the system in the guest does not react."""
        asked = self.verb in (Verb.STOP, Verb.SHUTDOWN, Verb.RESTART) and not self.force
        if asked and isinstance(error, TaskError):
            error.hint = f"the system in it may not react to shutdowns; --force pulls the plug of vmid:{guest.vmid}"
        return error


_START = Call("/status/start", wanted="running")
