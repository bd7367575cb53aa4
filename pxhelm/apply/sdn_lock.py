"""Proxmox' own lock of the SDN configuration, held from the first change that a run stages until it is applied (engine.md D9.5).

Taken when the first such change is sent, and given with it as ``lock-token``; whoever has no token is refused meanwhile.
Applying gives it back; what failed before that leaves its changes staged and the lock free. The token stands in the
store, so that a run that was killed leaves a lock behind only until the next one. Versions before 9 have no such lock: one
writer by convention. Never decides what is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from functools import partial

from pxhelm.apply.ports import Ports
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import Request, call
from pxhelm.store.outcome import LeaseHeldError

_LOCK = "/cluster/sdn/lock"
_APPLY = "/cluster/sdn"
_BELOW = "/cluster/sdn/"
_FREE = ("/firewall/", "/ips")
"""Paths below the SDN that are no part of what is staged."""
_SETTING = "sdn-lock"
"""Key in the settings of the cluster's row under which the token stands while it is held."""


@dataclass(slots=True)
class SdnLock:
    """The lock as one run holds it; its workers share it."""

    ports: Ports
    write: Callable[[Callable[[], object]], object]
    """Makes a change of the store and returns once it is on disk."""
    lease: Callable[[str], object]
    """Takes a lease of the store and keeps it alive; LeaseHeldError when another run has it."""
    free: Callable[[str], None]
    """Gives such a lease back."""
    mutex: AbstractContextManager[object]
    """One worker at a time."""
    token: str = ""

    def over(self, request: Request, version: str, *, stages: bool) -> Request:
        """Return the request with the token; taken now, if what is sent is the first change to be staged.

        ``version`` is the cluster's, ``9.2``. Raises ApiError (busy) while somebody else has the lock.
        """
        below = request.path == _APPLY or request.path.startswith(_BELOW)
        if request.method == "GET" or not below or any(word in request.path for word in _FREE):
            return request
        with self.mutex:
            known = self.ports.schema_of(version).endpoint("POST", _LOCK) is not None
            if stages and known and not self.token:
                self._take()
            return self._with_token(request) if self.token else request

    def _with_token(self, request: Request) -> Request:
        """Return the request with the token. Applying gives the lock back only if told so, whatever the schema's default says."""
        release = {"release-lock": True} if request.path == _APPLY else {}
        return replace(request, params={**request.params, "lock-token": self.token, **release})

    def applied(self, request: Request) -> None:
        """Note that a request was answered: applying what is staged has given the lock back."""
        if request.method == "PUT" and request.path == _APPLY and self.token:
            with self.mutex:
                self._forget()

    def release(self) -> None:
        """Give the lock back, if it is still held."""
        with self.mutex:
            if self.token:
                self._give_back(self.token)
                self._forget()

    def recover(self) -> None:
        """Give back the lock that a run left behind which was killed; not that of one which still lives."""
        left = self.write(self._kept)
        if left:
            with suppress(LeaseHeldError):
                self.lease(self._name)
                self._give_back(str(left))
                self._forget()

    @property
    def _name(self) -> str:
        return f"domain:{self.ports.cluster_name}/sdn"

    def _take(self) -> None:
        self.lease(self._name)
        try:
            self.token = str(self.ports.cluster.run(call(Request("POST", _LOCK, {"allow-pending": True}))))
        except ApiError:
            self.free(self._name)
            raise
        self.write(partial(self._keep, self.token))

    def _give_back(self, token: str) -> None:
        with suppress(ApiError):  # somebody forced it open, or it went with the end of another run
            self.ports.cluster.run(call(Request("DELETE", _LOCK, {"lock-token": token})))

    def _forget(self) -> None:
        self.token = ""
        self.write(partial(self._keep, ""))
        self.free(self._name)

    def _kept(self) -> str:
        row = self.ports.store.clusters.get(self.ports.cluster_name)
        return str(row.settings.get(_SETTING, "")) if row is not None else ""

    def _keep(self, token: str) -> None:
        row = self.ports.store.clusters.get(self.ports.cluster_name)
        if row is None:
            return
        rest = {name: value for name, value in row.settings.items() if name != _SETTING}
        self.ports.store.clusters.put(replace(row, settings={**rest, **({_SETTING: token} if token else {})}))
