"""Operations on guests of ours under the lease of their object, so that no apply works on one at the same time.

The lease is renewed as answers come (engine.md D8.5). Guests of others have none. Never waits for a lease.
"""

from __future__ import annotations

from typing import TypeVar

from pxhelm.actions.services import Services
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.proxmox.request import ApiGen
from pxhelm.store.leases import Lease
from pxhelm.store.outcome import LeaseHeldError

T = TypeVar("T")
SECONDS = 60.0
"""For which a lease is taken: longer than any pause between two answers."""


def leased(services: Services, uid: str, what: str, operation: ApiGen[T]) -> ApiGen[T]:
    """Run an operation under the lease of an object and give the lease back; PxhelmError (LOCKED) when it is held.

    ``what`` is what could not be done then, such as ``start VirtualMachine/web``.
    """
    leases, process = services.store.leases, services.process
    try:
        lease = leases.acquire(f"object:{uid}", process.holder, SECONDS, _now(services), process.is_dead)
    except LeaseHeldError as held:
        who = held.message.partition(": ")[2]
        raise PxhelmError(
            f"cannot {what}: another command works on it ({who})",
            code=ExitCode.LOCKED,
            hint="try again when it has ended",
        ) from None
    try:
        answer, error = None, None
        while True:
            try:
                asked = operation.throw(error) if error is not None else operation.send(answer)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # what the operation returns
            lease = _renewed(services, lease)
            answer, error = None, None
            try:
                answer = yield asked
            except PxhelmError as failure:
                error = failure
    finally:
        operation.close()
        leases.release(lease)


def _renewed(services: Services, lease: Lease) -> Lease:
    """Return the lease, renewed when a third of its time is over; LeaseLost when somebody took it over."""
    now = _now(services)
    if lease.expires_at - now > SECONDS * 2 / 3:
        return lease
    return services.store.leases.renew(lease, SECONDS, now)


def _now(services: Services) -> float:
    return services.now().timestamp()
