"""What one run stages of the SDN, and Proxmox' own lock around it, from the first change until it is applied (engine.md D9.5).

The lock is taken when the first change is sent, and given with it as ``lock-token``; whoever has no token is refused
meanwhile. Applying gives it back. What is not applied in the end is taken back, so that nobody's next apply brings half of
it about, unless others have staged something beside it. All of that stands in the store before it happens: after a run that
was killed, the next one goes on with what was staged if it stages the same, and else takes it back.

Proxmox makes the token and shows it once, in the answer. A run that was killed before it could keep it leaves a lock that
nobody can prove to be its own: the next one says so, and never breaks it. Versions before 9 have no such lock; a lease of
the store keeps runs of pxhelm apart there. Never decides what is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pxhelm.apply.kept import SDN, Kept
from pxhelm.apply.sdn_back import ROLLBACK, take_back
from pxhelm.apply.staging import Staging, others_staged
from pxhelm.proxmox.errors import ApiError, ErrorClass, Failure
from pxhelm.proxmox.request import Request, call
from pxhelm.resource.domain import SDN_CHANGES, pending_of_sdn
from pxhelm.resource.kind import Kind
from pxhelm.store.outcome import LeaseHeldError

_LOCK = "/cluster/sdn/lock"
_APPLY = "/cluster/sdn"
_BELOW = "/cluster/sdn/"
_FREE = ("/firewall/", "/ips")
"""Paths below the SDN that are no part of what is staged."""


@dataclass(slots=True)
class SdnLock:
    """The lock as one run holds it; its workers share it."""

    kept: Kept
    staging: Staging
    lease: Callable[[str], object]
    """Takes a lease of the store and keeps it alive; LeaseHeldError when another run has it."""
    free: Callable[[str], None]
    """Gives such a lease back."""
    mutex: AbstractContextManager[object]
    """One worker at a time."""
    held: Mapping[str, Any] | None = None
    """What the store keeps of us since the first change: ``token``, ``ours``, ``alone``, ``version``."""
    taken_back: tuple[str, ...] = ()
    """Ids of what was staged and is not any more."""
    left: tuple[str, ...] = ()
    """Ids of what is staged still, though it was not applied."""
    problem: str = ""
    """Why it could not be taken back; the lock is then held still, for the next run to go on with."""

    def over(self, kind: Kind, request: Request, version: str) -> Request:
        """Return the request with the token; taken now, if what is sent is the first change to be staged.

        ``version`` is the cluster's, ``9.2``. Raises ApiError: busy while somebody else has the lock, protected when it
        cannot be told whose it is, or when others have staged something.
        """
        below = request.path == _APPLY or request.path.startswith(_BELOW)
        if request.method == "GET" or not below or any(word in request.path for word in _FREE):
            return request
        stages = kind.domain == SDN_CHANGES.name
        with self.mutex:
            if self.held is None and (stages or request.path == _APPLY):
                self._begin(request, version, stages=stages)
            token = self.held.get("token") if self.held is not None else ""
        return _with_token(request, str(token)) if token else request

    def applied(self, request: Request) -> None:
        """Note that a request was answered: applying what is staged has given the lock back."""
        if request.method == "PUT" and request.path == _APPLY:
            with self.mutex:
                if self.held is not None:
                    self._forget()

    def refused(self, request: Request, error: ApiError) -> None:
        """Note that a request was refused: a token that is not right any more is no token of ours."""
        if error.cls is ErrorClass.BUSY and error.what == "lock" and "lock-token" in request.params:
            with self.mutex:
                if self.held is not None and self.held.get("token") == request.params["lock-token"]:
                    self._forget()

    def end(self) -> None:
        """Take back what was staged and not applied, and give the lock back."""
        with self.mutex:
            if self.held is not None:
                self._end(self.staging.sdn)

    def recover(self) -> str:
        """End what a run has left behind that was killed, and return what became of it; empty when there is nothing to tell.

        Left alone is what a living run holds, what this run goes on with, and a lock of which nobody knows the token.
        """
        left = self.kept.get(SDN)
        ours = frozenset(left.get("ours", ()))
        if not left or left.get("asking") or (self.staging.sdn and ours <= self.staging.sdn and self._pending()):
            return ""
        with suppress(LeaseHeldError):
            self.lease(self._name)
            self.held = left
            self._end(ours)
            if self.taken_back:
                return (
                    f"a run that was cut off had staged changes of {', '.join(self.taken_back)}: they were taken back"
                )
            if self.left:
                return f"a run that was cut off has left {', '.join(self.left)} staged in the SDN{self.problem}"
        return ""

    @property
    def _name(self) -> str:
        return f"domain:{self.kept.ports.cluster_name}/sdn"

    def _begin(self, request: Request, version: str, *, stages: bool) -> None:
        """Go on with what a run that was cut off has staged, or begin anew."""
        left = self.kept.get(SDN)
        if not left and not stages:
            return
        self.lease(self._name)
        try:
            if left and not left.get("asking"):
                self._adopt(request, left)
                return
            self._keep({"token": self._taken(left, version), "ours": sorted(self.staging.sdn), "version": version})
            self._look(request)
        except ApiError:
            self.held = None
            self.free(self._name)
            raise

    def _adopt(self, request: Request, left: Mapping[str, Any]) -> None:
        """Go on under the lock of a run that was cut off, with what it has staged."""
        others = sorted({*left.get("ours", ())} - self.staging.sdn)
        if others and not self.staging.with_others:
            raise others_staged(request, others)
        self._keep({**left, "ours": sorted({*left.get("ours", ()), *self.staging.sdn})})

    def _taken(self, left: Mapping[str, Any], version: str) -> str:
        """Take the lock and return its token; empty where this version has none."""
        ports = self.kept.ports
        if ports.schema_of(version).endpoint("POST", _LOCK) is None:
            return ""
        asking = left.get("asking") or ports.now()
        self.kept.put(SDN, {"asking": asking})
        try:
            return str(ports.cluster.run(call(Request("POST", _LOCK, {"allow-pending": True}))))
        except ApiError as error:
            if left.get("asking") and error.cls is ErrorClass.BUSY:
                raise _whose(error, asking) from error
            if not left.get("asking") and not (error.sent and error.cls is ErrorClass.TRANSIENT):
                self.kept.put(SDN, {})  # it was refused: nothing of ours is there
            raise

    def _look(self, request: Request) -> None:
        """See that nobody but us has something staged, now that nobody can any more."""
        pending = self._pending()
        others = [each for each in pending if each not in self.staging.sdn]
        if others and not self.staging.with_others:
            self._give_back()
            self._forget()
            raise others_staged(request, others)
        assert self.held is not None
        self._keep({**self.held, "alone": not pending})

    def _end(self, ours: Collection[str]) -> None:
        assert self.held is not None
        try:
            self._take_back(ours)
            self._give_back()
        except ApiError as error:
            self.held = None  # the store keeps it for the next run
            self.free(self._name)
            self.left, self.problem = self.left or tuple(sorted(ours)), f", since {error.message}"
            return
        self._forget()

    def _take_back(self, ours: Collection[str]) -> None:
        assert self.held is not None
        pending = self._pending()
        if not pending:
            return
        self.left = pending
        if not self.held.get("alone") or set(pending) - set(ours):
            return
        ports, token = self.kept.ports, str(self.held.get("token", ""))
        schema = ports.schema_of(str(self.held.get("version", "")))
        if schema.endpoint("POST", ROLLBACK) is not None:
            ports.cluster.run(call(_with_token(Request("POST", ROLLBACK), token)))
        else:
            ports.cluster.run(take_back(schema))
        self.taken_back, self.left = pending, ()

    def _pending(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.kept.ports.cluster.run(pending_of_sdn()))))

    def _give_back(self) -> None:
        assert self.held is not None
        token = self.held.get("token")
        if token:
            with suppress(ApiError):  # somebody forced it open, or taking back has given it back already
                self.kept.ports.cluster.run(call(Request("DELETE", _LOCK, {"lock-token": token})))

    def _keep(self, held: Mapping[str, Any]) -> None:
        self.held = held
        self.kept.put(SDN, held)

    def _forget(self) -> None:
        self.held = None
        self.kept.put(SDN, {})
        self.free(self._name)


def _with_token(request: Request, token: str) -> Request:
    """Return the request with the token. What ends the staging gives the lock back only if told so, whatever the schema says."""
    release = {"release-lock": True} if request.path in (_APPLY, ROLLBACK) else {}
    return replace(request, params={**request.params, **({"lock-token": token, **release} if token else {})})


def _whose(error: ApiError, asking: float) -> ApiError:
    """Return what to say of a lock that may be our own, taken by a run that was killed before it knew the token."""
    at = f"{datetime.fromtimestamp(asking, UTC):%Y-%m-%d %H:%M:%S} UTC"
    told = (
        f"the SDN is locked, and it cannot be told by whom: a run of pxhelm was cut off while it took the lock at {at}, "
        f"before Proxmox answered with its token"
    )
    hint = (
        "if nobody else changes the SDN now, break the lock and give the same command again: "
        "pxhelm api delete /cluster/sdn/lock force=1"
    )
    failure = Failure(error.failure.method, error.failure.path, message=told)
    return ApiError(failure, cls=ErrorClass.PROTECTED, hint=hint)
