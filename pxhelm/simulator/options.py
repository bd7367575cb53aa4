"""What a simulator is asked for. Never opens anything."""

from __future__ import annotations

from dataclasses import dataclass

from pxhelm.simulator.scenario import Event, Prepared
from pxhelm.simulator.seed import Machine


@dataclass(frozen=True, slots=True)
class Options:
    """What a simulator is asked for."""

    state_file: str = ":memory:"
    """Path of the SQLite file, made when it is not there; ``:memory:`` keeps nothing."""
    nodes: int = 3
    guests: int = 0
    """Guests of somebody else in a fresh cluster."""
    seed: int = 1
    time_scale: float = 1.0
    """Factor on everything that takes time: tasks, locks, delayed refusals; 0 = at once."""
    statistics: float = 0.0
    """Seconds between two visits of the statistics daemon, 10 in a real cluster: until the next one
    ``/cluster/resources`` shows a new guest as ``unknown`` and without a name. 0 = it knows at once."""
    release: str = "9.2"
    """Version of Proxmox VE whose API it has: 7.4 and 8.4 refuse what they did not know yet."""
    latency: float = 0.0
    """Seconds that every answer takes longer."""
    faults: tuple[str, ...] = ()
    """As ``pxhelm.simulator.faults`` describes them."""
    machines: tuple[Machine, ...] = ()
    """The nodes of a fresh cluster one by one, instead of ``nodes``."""
    requests: tuple[Prepared, ...] = ()
    """Sent as root to a fresh cluster before anybody else's."""
    events: tuple[Event, ...] = ()
    """What happens by itself, in the order of time."""
    address: str = "127.0.0.1"
    port: int = 8006
    """0 = any free one."""
