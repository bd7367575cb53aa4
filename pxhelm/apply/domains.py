"""The domains of staged changes in one run: the SDN and the networks of nodes, each guarded from its first change to its end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from pxhelm.apply.command import Outcome, Result
from pxhelm.apply.kept import NETWORKS, SDN, kept
from pxhelm.apply.network_watch import NetworkWatch
from pxhelm.apply.ports import Ports
from pxhelm.apply.sdn_lock import SdnLock
from pxhelm.apply.staging import Staging
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import Request
from pxhelm.resource.domain import NETWORK_CHANGES, SDN_CHANGES, place_of
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Kind

_GOOD = (Result.DONE, Result.UNCHANGED)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of something that a run had left behind that was cut off."""

    kind: str
    """Of what ends its domain."""
    place: str
    told: str


@dataclass(frozen=True, slots=True)
class Domains:
    """What guards the domains; the workers of a run share it."""

    staging: Staging
    sdn: SdnLock
    network: NetworkWatch

    def over(self, kind: Kind, request: Request, version: str) -> Request:
        """Return a request as it is to be sent; everything that has to be so before it is done by then.

        ``version`` is the cluster's, ``9.2``. Raises LeaseHeldError and ApiError, and then nothing is to be sent.
        """
        self.network.over(kind, request, version)
        return self.sdn.over(kind, request, version)

    def applied(self, request: Request) -> None:
        """Note that a request was answered."""
        self.sdn.applied(request)

    def refused(self, request: Request, error: ApiError) -> None:
        """Note that a request was refused."""
        self.sdn.refused(request, error)

    def recover(self) -> Iterator[Recovered]:
        """Yield what runs had left behind that were killed, and what became of it now."""
        told = self.sdn.recover()
        if told:
            yield Recovered(SDN_CHANGES.name, "cluster", told)
        for node, told in self.network.recover():
            yield Recovered(NETWORK_CHANGES.name, node, told)

    def end(self, outcomes: Mapping[ObjectKey, Outcome]) -> dict[ObjectKey, Outcome]:
        """End each domain, and return the outcomes with what became of everything that was staged and is not applied."""
        self.sdn.end()
        self.network.end(outcomes)
        found = dict(outcomes)
        for ending, members in self.staging.members.items():
            end = found.get(ending, Outcome(Result.BLOCKED))
            failure, gone = self._failure(ending, end)
            if failure is None:
                continue
            if ending in found:
                found[ending] = failure
            for key, name in members.items():
                if name in gone and (key not in found or found[key].result in _GOOD):
                    found[key] = replace(failure, steps=0, live=None)
        return found

    def _failure(self, ending: ObjectKey, end: Outcome) -> tuple[Outcome | None, Collection[str]]:
        """Return how an ending failed, with what became of what was staged, and the ids of which nothing is left of that."""
        place, sdn = place_of(ending), ending.kind == SDN_CHANGES.name
        if not sdn and place in self.network.lost:
            message, hint = self.network.lost[place]
            lost = replace(end, result=Result.FAILED, reason="LostContact", message=message, hint=hint)
            return lost, self.staging.members[ending].values()
        if end.result in _GOOD:
            return None, ()
        back = self.sdn.taken_back if sdn else self.network.taken_back.get(place, ())
        left = self.sdn.left if sdn else self.network.left.get(place, ())
        if back:
            return replace(end, message=f"{end.message}; what was staged ({', '.join(back)}) was taken back"), back
        if left:
            path = "post /cluster/sdn/rollback" if sdn else f"delete /nodes/{place}/network"
            hint = f"the same command goes on with it; pxhelm api {path} drops everything that is staged there"
            why = self.sdn.problem if sdn else ""
            return replace(end, message=f"{end.message}; still staged: {', '.join(left)}{why}", hint=hint), ()
        return None, ()


def left_behind(ports: Ports) -> bool:
    """Whether a run, this or another, has something staged that it neither applied nor took back."""
    return bool(kept(ports, SDN) or kept(ports, NETWORKS))
