"""What one run stages of the network of nodes, and whether a node can still be reached after its reload (engine.md D9.5).

What was there before is read, and kept in the store, before anything of a node is staged. What is not applied in the end is
taken back, unless others have staged something beside it. Watched is a node whose own address the plan could cost it: the
plan changes the interface that has it, one below that, or makes another interface take one of these. Contact is lost when
the node does not answer the API in time, or not at its own address though it did before; then every interface is staged
again as it was, and the network is reloaded once more. Where even that cannot be sent, only somebody at the node's console
can help, and is told how. After a run that was killed the next one does what that one would have done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace

from pxhelm.apply.command import Outcome, Result
from pxhelm.apply.kept import NETWORKS, Kept
from pxhelm.apply.network_back import Before, address_of, at_stake, reload_of, restore
from pxhelm.apply.staging import KEEP, Staging, others_staged
from pxhelm.errors import PxhelmError
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import Request, call
from pxhelm.resource.domain import NETWORK_CHANGES, network_of
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Kind
from pxhelm.resource.readiness import Reach
from pxhelm.store.outcome import LeaseHeldError

_PAUSE = 1.0
_API = 8006
_GOOD = (Result.DONE, Result.UNCHANGED)


@dataclass(slots=True)
class NetworkWatch:
    """The nodes whose network a run changes; its workers share it."""

    kept: Kept
    staging: Staging
    seconds: float
    """How long a node may take to answer again."""
    lease: Callable[[str], object]
    """Takes a lease of the store and keeps it alive; LeaseHeldError when another run has it."""
    free: Callable[[str], None]
    """Gives such a lease back."""
    mutex: AbstractContextManager[object]
    """One worker at a time."""
    nodes: dict[str, Before] = field(default_factory=dict)
    taken_back: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Node → interfaces of which something was staged that is not any more."""
    left: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Node → interfaces of which something is staged still, though it was not applied."""
    lost: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Node → what became of it after it was lost, and what to do."""

    def over(self, kind: Kind, request: Request, version: str) -> None:
        """Keep how a node is before the first change to be staged there, and that it is reloaded before that is sent.

        ``version`` is the cluster's, ``9.2``. LeaseHeldError when another run stages there; ApiError when the node cannot
        be read, or others have staged something.
        """
        node = request.node
        ours = NETWORK_CHANGES.name in (kind.domain, kind.name) and request.path.startswith(f"/nodes/{node}/network")
        if request.method == "GET" or not ours:
            return
        with self.mutex:
            if node not in self.nodes:
                self._begin(node, request, version)
            if (request.method, request.path) == ("PUT", reload_of(node).path):
                self._keep(replace(self.nodes[node], reloading=self.kept.ports.now()))

    def end(self, outcomes: Mapping[ObjectKey, Outcome]) -> None:
        """See what became of each node: keep, restore, or take back what was not applied."""
        for node, before in list(self.nodes.items()):
            endings = [outcomes[key] for key in self.staging.endings(NETWORK_CHANGES.name, node) if key in outcomes]
            if before.reloading and any(each.result is Result.INTERRUPTED for each in endings):
                self._leave(node)  # how the reload ends is seen by the next run
                continue
            failed = any(each.result is Result.FAILED and each.steps for each in endings)
            until = self.kept.ports.now() + self.seconds
            if before.reloading and before.address and (failed or not self._answers(before, until)):
                self.lost[node] = self._back(before, failed=failed)
            else:
                self._close(before, applied=all(each.result in _GOOD for each in endings))

    def recover(self) -> Iterator[tuple[str, str]]:
        """Do what runs have left undone that were killed, and yield node and what became of it.

        Left alone is what a living run works on, and what this run goes on with.
        """
        for node, raw in self.kept.get(NETWORKS).items():
            before = Before.load(raw)
            with suppress(LeaseHeldError):
                self.lease(self._name(node))
                self.nodes[node] = before
                told = self._recovered(before)
                self.nodes.pop(node, None)
                self.free(self._name(node))
                if told:
                    yield node, told

    def _name(self, node: str) -> str:
        return f"domain:{self.kept.ports.cluster_name}/network/{node}"

    def _begin(self, node: str, request: Request, version: str) -> None:
        self.lease(self._name(node))
        try:
            left = self.kept.get(NETWORKS).get(node)
            ours = tuple(sorted(self.staging.of_node(node)))
            if left:
                before = Before.load(left)
                self._keep(replace(before, ours=tuple(sorted({*before.ours, *ours})), reloading=0.0))
            else:
                self._keep(self._seen(node, request, version))
        except ApiError:
            self.free(self._name(node))
            raise

    def _seen(self, node: str, request: Request, version: str) -> Before:
        """Look at a node of which nothing is staged by us."""
        cluster, ours = self.kept.ports.cluster, self.staging.of_node(node)
        rows, pending = cluster.run(network_of(node))
        others = [each for each in pending if each not in ours]
        if others and not self.staging.with_others:
            raise others_staged(request, others)
        before = Before(node, version, rows, tuple(sorted(ours)), alone=not pending)
        address = "" if self.staging.keep_network else cluster.run(address_of(node))
        if address and at_stake(rows, address, self.staging.networks.get(node, ())):
            return replace(before, address=address, direct=self.kept.ports.reach(Reach(address, _API)))
        return before

    def _close(self, before: Before, *, applied: bool) -> None:
        try:
            if not applied:
                self._take_back(before)
        except ApiError:
            self._leave(before.node)
            return
        self._forget(before.node)

    def _recovered(self, before: Before) -> str:
        """Finish what was left of a node, and return what became of it; empty when there is nothing to tell."""
        node = before.node
        if before.reloading and self.staging.keep_network:
            self._forget(node)
            return ""
        if before.reloading and before.address and not self._answers(before, before.reloading + self.seconds):
            return "; ".join(self._back(before))
        ours = self.staging.of_node(node)
        try:
            _, pending = self.kept.ports.cluster.run(network_of(node, before.rows))
            if pending and ours and {*before.ours} <= ours:
                return ""  # staged by us, and staged again by this run: it goes on with it
            self._take_back(before)
        except ApiError as error:
            return f"a run that was cut off has left the network of {node} open: {error.message}"
        self._forget(node)
        if node in self.taken_back:
            names = ", ".join(self.taken_back.pop(node))
            return f"a run that was cut off had staged changes of {names} on {node}: they were taken back"
        if node in self.left:
            names = ", ".join(self.left.pop(node))
            return f"a run that was cut off has left changes of {names} staged on {node}"
        return ""

    def _take_back(self, before: Before) -> None:
        """Drop what is staged on a node, if nobody else has a part in it."""
        node, cluster = before.node, self.kept.ports.cluster
        _, pending = cluster.run(network_of(node, before.rows))
        if pending and before.alone and {*pending} <= {*before.ours}:
            cluster.run(call(Request("DELETE", f"/nodes/{node}/network", node=node)))
            self.taken_back[node] = tuple(pending)
        elif pending:
            self.left[node] = tuple(pending)

    def _answers(self, before: Before, until: float) -> bool:
        ports = self.kept.ports
        while True:
            with suppress(ApiError):
                ports.cluster.run(network_of(before.node))
                if not before.direct or ports.reach(Reach(before.address, _API)):
                    return True
            if ports.now() >= until:
                return False
            ports.sleep(min(_PAUSE, self.seconds))

    def _back(self, before: Before, *, failed: bool = False) -> tuple[str, str]:
        """Make the network of a node what it was; return what is to be said, and what to do."""
        node, ports = before.node, self.kept.ports
        lost = f"node {node} could not be reached within {self.seconds:g} s after its network was reloaded"
        lost = f"the network of node {node} could not be reloaded" if failed else lost
        try:
            ports.cluster.run(restore(before, ports.schema_of(before.version)))
        except ApiError as error:
            self._leave(node)
            message = f"{lost}, and what was there before could not be restored: {error.message}"
            return message, (
                f"on the console of {node}: put back /etc/network/interfaces, then ifreload -a; before, it had "
                f"{before.told()}; the next pxhelm apply tries again"
            )
        self._forget(node)
        hint = f"look at addresses, gateways and ports; --{KEEP} leaves a network as it is, whatever comes of it"
        return f"{lost}: its interfaces are again what they were before", hint

    def _keep(self, before: Before) -> None:
        self.nodes[before.node] = before
        self.kept.put_of(NETWORKS, before.node, before.dump())

    def _leave(self, node: str) -> None:
        """Leave a node to the next run: the store keeps what it has to know."""
        self.nodes.pop(node, None)
        with suppress(PxhelmError):
            self.free(self._name(node))

    def _forget(self, node: str) -> None:
        self.kept.put_of(NETWORKS, node, {})
        self._leave(node)
