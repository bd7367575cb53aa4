"""Operations on running things: one generator for each guest, all under way at once, each told as it goes.

Whose a guest is, is proved before each write (engine.md D2.4). Knows no verb: those are ``power``, ``moving``, ``saving``
and ``shaping``. Never touches a manifest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from pxhelm.actions.inspect import Found, key_of
from pxhelm.actions.leased import leased
from pxhelm.actions.services import Services
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.events import Listener, StepFinished, StepStarted, TaskProgress
from pxhelm.proxmox.cluster import GuestType, guest_path
from pxhelm.proxmox.request import ApiGen, Method, Param, Request, Wait, call
from pxhelm.proxmox.task import Polling, TaskError, TaskState, Upid, follow

_POLLING = Polling(first=0.1, factor=1.6, longest=3.0)
_HA_POLL = 2.0
Proof = Callable[[], ApiGen[None]]
"""Raises PxhelmError when a guest is not the one it was taken for."""


class UnderWayError(PxhelmError):
    """Nobody waited for the end of a task; ``upid`` names it."""

    def __init__(self, upid: Upid) -> None:
        self.upid = upid
        super().__init__(f"task {upid} is under way")


@dataclass(frozen=True, slots=True)
class Call:
    """One write: path below the guest, parameters, and the power state that shall follow."""

    rest: str
    params: Mapping[str, Param] = field(default_factory=dict)
    method: Method = "POST"
    wanted: str = ""
    """``running`` or ``stopped``: waited for when the HA manager was only asked."""
    patience: float = 180.0
    """Seconds that the HA manager has for it."""
    last: bool = True
    """Whether it is the last write, whose end need not be waited for."""


@dataclass(slots=True)
class Means:
    """What an operation on one guest is given."""

    guest: Found
    proof: Proof
    on_line: Callable[[str], None]
    wait: bool = True
    limit: float = 0.0
    """Seconds to wait for each task; 0 = without end."""
    upid: Upid | None = None
    """The last task."""

    @property
    def node(self) -> str:
        """The node that the guest is on."""
        return str(self.guest.row["node"])

    @property
    def path(self) -> str:
        """The guest's API path."""
        return _path_of(self.guest)

    def write(self, wish: Call) -> ApiGen[None]:
        """Prove whose the guest is, send, and wait for the task's end."""
        yield from self.proof()
        answer = yield from call(Request(wish.method, f"{self.path}{wish.rest}", wish.params, node=self.node))
        yield from self.finish(answer, last=wish.last)
        if wish.wanted and self.upid is not None and self.upid.only_requests:
            yield from self._wait_for_ha(wish)

    def finish(self, answer: object, *, last: bool = True) -> ApiGen[None]:
        """Wait for the task that a call has become.

        Raises TaskError, or UnderWayError when nobody waits.
        """
        self.upid = None
        if not Upid.matches(answer):
            return
        self.upid = Upid.parse(str(answer))
        if last and not self.wait:
            raise UnderWayError(self.upid)
        result = yield from follow(self.upid, replace(_POLLING, limit=self.limit), self.on_line)
        if result.state is TaskState.RUNNING:
            raise PxhelmError(
                f"task {self.upid.type} of {address_of(self.guest)} is still under way after {self.limit:g} s",
                hint=f"follow it with `pxhelm logs -f {self.upid}`",
            )
        if not result.succeeded:
            raise TaskError(result)

    def _wait_for_ha(self, wish: Call) -> ApiGen[None]:
        """Wait until the guest is as the HA manager was asked: the task that asks ends long before."""
        waited = 0.0
        while True:
            status = yield from call(Request("GET", f"{self.path}/status/current", node=self.node))
            if isinstance(status, Mapping) and status.get("status") == wish.wanted:
                return
            if waited >= wish.patience:
                raise PxhelmError(
                    f"the HA manager was asked, but {address_of(self.guest)} is not {wish.wanted} after"
                    f" {wish.patience:g} s",
                    hint="see what it does with `ha-manager status` on a node",
                )
            yield Wait(_HA_POLL)
            waited += _HA_POLL


class Operation(Protocol):
    """What shall happen to each guest."""

    @property
    def verb(self) -> str:
        """The verb, for progress."""

    @property
    def done(self) -> str:
        """The participle, for the result."""

    def run(self, means: Means) -> ApiGen[str]:
        """Do it, and return what became of the guest, such as ``started`` or ``already running``."""

    def explain(self, error: PxhelmError, guest: Found, /) -> PxhelmError:
        """Add to a failure what helps."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How operations are carried out."""

    at_once: int = 0
    """Guests at once; 0 = as many as the connection allows."""
    wait: bool = True
    limit: float = 0.0
    """Seconds to wait for each task; 0 = without end."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one guest."""

    guest: Found
    result: str
    """``started``, ``already running`` …; empty when it failed."""
    error: PxhelmError | None = None
    upid: str = ""
    """The task that nobody waited for."""


def carry_out(
    services: Services, guests: Sequence[Found], operation: Operation, manner: Manner | None = None
) -> list[Done]:
    """Do it to all guests at once and return what became of each; a failure of one does not stop the others."""
    return carry_out_each(services, [(guest, operation) for guest in guests], manner)


def carry_out_each(
    services: Services, wanted: Sequence[tuple[Found, Operation]], manner: Manner | None = None
) -> list[Done]:
    """Do to each guest what is wanted of it, all at once, and return what became of each."""
    services.meet()
    how = manner or Manner()
    proofs = prove(services, [guest for guest, _ in wanted])
    running = [
        _leased(services, guest, operation, _told(services.listen, guest, operation, how, proof))
        for (guest, operation), proof in zip(wanted, proofs, strict=True)
    ]
    outcomes = services.cluster.run_all(running, how.at_once)
    done = []
    for (guest, operation), outcome in zip(wanted, outcomes, strict=True):
        if isinstance(outcome, UnderWayError):
            done.append(Done(guest, f"{operation.done} is under way", upid=str(outcome.upid)))
        elif isinstance(outcome, PxhelmError):
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
    if len(failed) < len(done):
        return ExitCode.PARTIAL
    locked = all(one.error and one.error.code is ExitCode.LOCKED for one in failed)
    return ExitCode.LOCKED if locked else ExitCode.FAILED


def _path_of(guest: Found) -> str:
    kind: GuestType = "lxc" if guest.kind == "Container" else "qemu"
    return guest_path(str(guest.row.get("node") or ""), kind, guest.vmid)


def address_of(guest: Found) -> str:
    """Return what progress and errors call a guest."""
    return "/".join(part for part in (guest.kind, guest.namespace, guest.name) if part)


def _leased(services: Services, guest: Found, operation: Operation, running: ApiGen[str]) -> ApiGen[str]:
    if guest.stored is None:
        return running
    return leased(services, guest.stored.uid, f"{operation.verb} {address_of(guest)}", running)


def _told(listen: Listener, guest: Found, operation: Operation, how: Manner, proof: Proof) -> ApiGen[str]:
    address = address_of(guest)
    means = Means(guest, proof, lambda line: listen(TaskProgress(address, "", line)), how.wait, how.limit)
    listen(StepStarted(address, operation.verb))
    try:
        if not guest.row:
            raise PxhelmError(
                f"{address} is not in the cluster", hint="apply its manifest, or upgrade its release, to make it"
            )
        result = yield from operation.run(means)
    except PxhelmError as error:
        listen(StepFinished(address, operation.verb))  # the caller says what failed
        raise (error if isinstance(error, UnderWayError) else operation.explain(error, guest)) from None
    listen(StepFinished(address, operation.verb))
    return result


def prove(services: Services, guests: Sequence[Found]) -> list[Proof]:
    """Return for each guest what proves, by one read, that it is the one that pxhelm made; nothing for others'."""
    if not any(one.stored for one in guests):
        return [_nothing for _ in guests]
    from pxhelm.apply.memory import recall, target_of
    from pxhelm.apply.ports import ports_of
    from pxhelm.kinds import KINDS
    from pxhelm.plan.observe import Verdict, identify
    from pxhelm.resource.model import Existence

    ports = ports_of(services)
    memories = recall(ports, [key_of(one) for one in guests if one.stored])

    def proof_of(guest: Found) -> Proof:
        kind, memory = KINDS[guest.kind], memories[key_of(guest)]
        target = replace(target_of(ports, key_of(guest), memory), row=guest.row)

        def check() -> ApiGen[None]:
            live = yield from kind.observe(target)
            if live.existence is Existence.PRESENT and identify(kind, live, target, memory.known.seen) is Verdict.OURS:
                return
            raise PxhelmError(
                f"VMID {guest.vmid} is not {address_of(guest)} any more: it carries no proof that pxhelm made it",
                code=ExitCode.CONFLICT,
                hint=f"see what it is with `pxhelm api get {_path_of(guest)}/config`",
            )

        return check

    return [proof_of(one) if one.stored else _nothing for one in guests]


def _nothing() -> ApiGen[None]:
    yield from ()
