"""Network interfaces: of virtual machines with their cloud-init addresses, and of containers."""

from __future__ import annotations

from pxhelm.resource.effect import Effect
from pxhelm.resource.effects import hotplugs, next_boot, silent
from pxhelm.resource.field import Field
from pxhelm.resource.model import Live, Value

SLOTS: tuple[str, ...] = tuple(f"net{n}" for n in range(32))
NETWORKS = ("SDNVNet", "Network")

_MODELS = (
    "virtio", "e1000", "e1000e", "rtl8139", "vmxnet3", "e1000-82540em", "e1000-82544gc", "e1000-82545em",
    "i82551", "i82557b", "i82559er", "ne2k_isa", "ne2k_pci", "pcnet",
)  # fmt: skip


def plug(_path: str, _before: Value, _after: Value, live: Live) -> tuple[Effect, str]:
    """Return the effect of a whole interface that comes or goes."""
    if hotplugs(live, "network"):
        return Effect.ONLINE_DISRUPTIVE, "the interface is plugged while the guest runs"
    return Effect.RESTART, "network hotplug is off"


def plug_container(_path: str, _before: Value, _after: Value, _live: Live) -> tuple[Effect, str]:
    """Return the effect of a container's interface that comes or goes."""
    return Effect.ONLINE, ""


def _replug(_path: str, _before: Value, _after: Value, live: Live) -> tuple[Effect, str]:
    if hotplugs(live, "network"):
        return Effect.ONLINE_DISRUPTIVE, "the interface is unplugged and plugged again"
    return Effect.RESTART, "network hotplug is off"


def _flap(_path: str, _before: Value, _after: Value, _live: Live) -> tuple[Effect, str]:
    return Effect.ONLINE, "the link goes down for a moment"


_SHARED: tuple[Field, ...] = (
    Field("networks.*.bridge", "ref", "net#.bridge", effect=_flap, refers=NETWORKS),
    Field("networks.*.vlan", "int", "net#.tag", bounds=(1, 4094)),
    Field("networks.*.trunks", "set", "net#.trunks", form="semicolons"),
    Field("networks.*.firewall", "bool", "net#.firewall", default=False),
    Field("networks.*.rate", "rate", "net#.rate", form="mbps"),
    Field("networks.*.connected", "bool", "net#.link_down", form="not", default=True),
)

VM_FIELDS: tuple[Field, ...] = (
    Field("networks.*.model", "line", "net#.model", effect=_replug, choices=_MODELS, on_create="virtio"),
    Field("networks.*.mac", "mac", "net#.macaddr", effect=_replug, kept=True),
    Field("networks.*.queues", "int", "net#.queues", effect=_replug, bounds=(0, 64)),
    Field("networks.*.mtu", "int", "net#.mtu", effect=_replug, bounds=(1, 65520)),
    Field("networks.*.hostTunnel", "bool", "net#.host-tunnel", effect=silent),
    *_SHARED,
    Field("networks.*.ip", "cidr", "ipconfig#.ip", effect=next_boot, help="through cloud-init"),
    Field("networks.*.gateway", "address", "ipconfig#.gw", effect=next_boot),
    Field("networks.*.ip6", "cidr6", "ipconfig#.ip6", effect=next_boot),
    Field("networks.*.gateway6", "address", "ipconfig#.gw6", effect=next_boot),
    Field("networks.*.extra.*", "raw", "net#.*", effect=_replug, help="sub-options that have no field"),
)

CONTAINER_FIELDS: tuple[Field, ...] = (
    Field("networks.*.name", "line", "net#.name", on_create="eth#"),
    Field("networks.*.mac", "mac", "net#.hwaddr", kept=True),
    Field("networks.*.mtu", "int", "net#.mtu", bounds=(64, 65535)),
    Field("networks.*.hostManaged", "bool", "net#.host-managed"),
    *_SHARED,
    Field("networks.*.ip", "ct-cidr", "net#.ip"),
    Field("networks.*.gateway", "address", "net#.gw"),
    Field("networks.*.ip6", "ct-cidr6", "net#.ip6"),
    Field("networks.*.gateway6", "address", "net#.gw6"),
    Field("networks.*.extra.*", "raw", "net#.*", help="sub-options that have no field"),
)
