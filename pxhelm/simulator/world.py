"""What a handler is given: the state, the moment, who asks, and the checked parameters.

Never looks at a clock or at randomness itself: both come with the moment.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.state import State

Json = Any


@dataclass(frozen=True, slots=True)
class Moment:
    """The world outside, at the time of one request."""

    now: float
    """Seconds since 1970."""
    entropy: Callable[[int], bytes]
    """Returns so many random bytes."""
    scale: float = 1.0
    """Factor on everything that takes time in a real cluster; 0 = at once."""
    statistics: float = 0.0
    """Every how many seconds the statistics daemon comes by, 10 in a real cluster; 0 = it is always there already."""
    release: str = "9.2"
    """Version of Proxmox VE whose API it has."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks."""

    user: str
    """``root@pam``; empty = nobody."""
    token: str = ""
    """The id of the API token used, if any."""

    @property
    def name(self) -> str:
        """``user@realm`` or ``user@realm!token``, as Proxmox writes it in UPIDs."""
        return f"{self.user}!{self.token}" if self.token else self.user

    @property
    def root(self) -> bool:
        """Whether this is root@pam by ticket: a token of root is not root."""
        return self.user == "root@pam" and not self.token


class World:
    """The state at one moment."""

    def __init__(self, state: State, moment: Moment) -> None:
        self.state = state
        self.moment = moment

    @property
    def now(self) -> float:
        """The time of the request."""
        return self.moment.now

    def seconds(self, real: float) -> float:
        """Return how long something takes here that takes so long in a real cluster."""
        return real * self.moment.scale

    def uuid(self) -> str:
        """Return a fresh UUID (version 4)."""
        raw = bytearray(self.moment.entropy(16))
        raw[6] = raw[6] & 0x0F | 0x40
        raw[8] = raw[8] & 0x3F | 0x80
        text = raw.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def mac(self) -> str:
        """Return a fresh MAC address with the data centre's prefix."""
        prefix = str(self.option("mac_prefix", "BC:24:11")).rstrip(":").split(":")
        tail = [f"{byte:02X}" for byte in self.moment.entropy(6 - len(prefix))]
        return ":".join(prefix + tail)

    def number(self, below: int) -> int:
        """Return a random number."""
        return int.from_bytes(self.moment.entropy(6), "big") % below

    def option(self, name: str, default: Json = None) -> Json:
        """Return an option of datacenter.cfg."""
        return (self.state.get("datacenter", "main") or {}).get(name, default)

    # nodes and quorum

    def nodes(self) -> list[str]:
        """Return the names of the nodes, sorted."""
        return sorted(self.state.keys("node"))

    def node(self, name: str) -> Json:
        """Return a node's row; the error of a name that is not in the cluster otherwise."""
        row = self.state.get("node", name)
        if row is None:
            raise ApiError(f"no such cluster node '{name}'")
        return row

    def online(self, name: str) -> bool:
        """Tell whether a node is in the cluster network."""
        row = self.state.get("node", name)
        return bool(row and row.get("online", True))

    @property
    def quorate(self) -> bool:
        """Whether the node that is asked has quorum."""
        return bool((self.state.get("cluster", "main") or {}).get("quorate", True))

    def need_quorum(self) -> None:
        """Refuse what creates or starts something while there is no quorum."""
        if not self.quorate:
            raise ApiError("cluster not ready - no quorum?")

    def need_lock(self, file: str, prefix: str = "") -> None:
        """Refuse a change of a cluster file, after the lock's time-out, while there is no quorum."""
        if not self.quorate:
            error = ApiError(f"{prefix}cfs-lock 'file-{file}' error: no quorum!")
            error.delay = self.seconds(9)
            raise error


@dataclass(slots=True)
class Call:
    """One checked request on its way to a handler."""

    world: World
    method: str
    path: str
    """The template."""
    params: dict[str, Json]
    """Checked and typed; those of the path included."""
    identity: Identity
    raw: Mapping[str, Json] = field(default_factory=dict)
    """As they were sent."""
    extra: dict[str, Json] = field(default_factory=dict)
    """Keys beside ``data`` in the answer."""
    upload: tuple[str, bytes] | None = None
    """File name and content of an upload."""

    @property
    def state(self) -> State:
        """The rows."""
        return self.world.state

    @property
    def node(self) -> str:
        """The node in the path."""
        return str(self.params.get("node", ""))

    @property
    def vmid(self) -> str:
        """The guest in the path."""
        return str(self.params["vmid"])


class Text(str):
    """A reply that is plain text, not JSON."""

    __slots__ = ()


Handler = Callable[[Call], Json]
Routes = dict[tuple[str, str], Handler]


def digest(*parts: Json) -> str:
    """Return the digest Proxmox would show for a configuration with this content."""
    return hashlib.sha1(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def check_digest(given: Json, current: str, prefix: str = "") -> None:
    """Refuse a change that was made against another state."""
    if given and given != current:
        raise ApiError(f"{prefix}detected modified configuration - file changed by other user? Try again.")
