"""What the steps of one guest are built with: its kind, its API, and the change that is asked for. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

from pxhelm.proxmox.request import Param, Request
from pxhelm.resource.guest import GuestApi
from pxhelm.resource.kind import Change, Kind
from pxhelm.resource.model import Resource


@dataclass(frozen=True, slots=True)
class Writer:
    """Builds the steps of one guest."""

    kind: Kind
    api: GuestApi
    change: Change

    @property
    def desired(self) -> Resource:
        """What is wanted; there always is something here."""
        assert self.change.desired is not None
        return self.change.desired

    def request(self, method: str, rest: str, params: dict[str, Param]) -> Request:
        """Return a request to the guest where it is."""
        live = self.change.live
        assert method in ("POST", "PUT", "DELETE")
        path = self.api.path(live.node, live.vmid, rest)
        return Request(method, path, params, node=live.node)  # type: ignore[arg-type]

    def digested(self, params: dict[str, Param]) -> dict[str, Param]:
        """Return the parameters with the digest at which the guest was read."""
        return {**params, "digest": self.change.live.digest} if self.change.live.digest else params
