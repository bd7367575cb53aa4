"""A Linux container. Never sends a root file system to one that exists, and knows no SMBIOS: its marker is its proof."""

from __future__ import annotations

from collections.abc import Mapping

from pxhelm.proxmox.request import ApiGen
from pxhelm.resource.columns import GUEST
from pxhelm.resource.decode import decode as decode_config
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.guest import LXC, clone_source, observe_guest
from pxhelm.resource.guest_make import guest_steps, refuse_guest
from pxhelm.resource.kind import Change, Kind, Surroundings
from pxhelm.resource.model import Leaves, Live, Resource, Target
from pxhelm.resource.normal import Normal, guest_shorthand, move, numbered, slots
from pxhelm.resource.parts import common, firewall, firewall_rules, ha, mount, nic
from pxhelm.resource.parts.words import worded
from pxhelm.resource.step import Step
from pxhelm.resource.writer import Writer

_R, _O, _M, _X = Effect.RESTART, Effect.ONLINE, Effect.METADATA, Effect.REPLACE
_MIB = 1 << 20
_OS = (
    "debian", "devuan", "ubuntu", "centos", "fedora", "opensuse", "archlinux", "alpine", "gentoo", "nixos", "unmanaged",
)  # fmt: skip
_ARCH = ("amd64", "i386", "arm64", "armhf", "riscv32", "riscv64")

_OWN: tuple[Field, ...] = (
    Field("hostname", "name", "hostname", help="default: metadata.name"),
    Field("placement.restart", "bool"),
    Field("placement.timeout", "duration"),
    Field(
        "source.image",
        "ref",
        "ostemplate",
        form="line",
        creation_only=True,
        refers=("Image",),
        help="what it is made of",
    ),
    Field("source.clone.name", "ref", creation_only=True, refers=("Container",)),
    Field("source.clone.mode", "line", creation_only=True, choices=("Full", "Linked")),
    Field("source.clone.snapshot", "line", creation_only=True),
    Field("source.clone.storage", "ref", creation_only=True, refers=("Storage",)),
    Field("source.clone.bandwidth", "rate", creation_only=True),
    Field("source.backup.volume", "volume", creation_only=True, via="create ostemplate"),
    Field("source.backup.storage", "ref", creation_only=True, refers=("Storage",)),
    Field("source.backup.bandwidth", "rate", creation_only=True),
    Field("source.backup.unique", "bool", creation_only=True, help="fresh MAC addresses, default true"),
    Field("source.backup.ignoreUnpackErrors", "bool", creation_only=True, help="go on when a file cannot be unpacked"),
    Field("unprivileged", "bool", "unprivileged", effect=_X, default=False, kept=True),
    Field("osType", "line", "ostype", effect=_R, choices=_OS, kept=True),
    Field("arch", "line", "arch", effect=_R, choices=_ARCH, default="amd64"),
    Field("cpu.cores", "int", "cores", bounds=(1, 8192)),
    Field("cpu.limit", "number", "cpulimit", default=0, bounds=(0, 8192)),
    Field("cpu.units", "int", "cpuunits", default=100, bounds=(0, 500000)),
    Field("memory.size", "memory", "memory", form="mib", default=512 * _MIB, bounds=(16 * _MIB, None)),
    Field("memory.swap", "memory", "swap", form="mib", default=512 * _MIB, bounds=(0, None)),
    Field("dns.servers", "list", "nameserver", form="spaces", effect=_R),
    Field("dns.search", "line", "searchdomain", effect=_R),
    Field("features.nesting", "bool", "features.nesting", effect=_R, default=False),
    Field("features.keyctl", "bool", "features.keyctl", effect=_R, default=False, root_only=True),
    Field("features.fuse", "bool", "features.fuse", effect=_R, default=False, root_only=True),
    Field("features.mknod", "bool", "features.mknod", effect=_R, default=False, root_only=True),
    Field("features.forceRWSys", "bool", "features.force_rw_sys", effect=_R, default=False, root_only=True),
    Field("features.mount", "set", "features.mount", form="semicolons", effect=_R, root_only=True),
    Field("devices.*.path", "line", "*.path", effect=_R, root_only=True),
    Field("devices.*.uid", "int", "*.uid", effect=_R, root_only=True, bounds=(0, None)),
    Field("devices.*.gid", "int", "*.gid", effect=_R, root_only=True, bounds=(0, None)),
    Field("devices.*.mode", "line", "*.mode", effect=_R, root_only=True),
    Field("devices.*.denyWrite", "bool", "*.deny-write", effect=_R, default=False, root_only=True),
    Field("devices.*.extra.*", "raw", "*.*", effect=_R, help="sub-options that have no field"),
    Field("console.enabled", "bool", "console", effect=_R, default=True),
    Field("console.mode", "line", "cmode", effect=_R, choices=("tty", "console", "shell"), default="tty"),
    Field("console.ttys", "int", "tty", effect=_R, default=2, bounds=(0, 6)),
    Field("password", "secret", "password", creation_only=True, write_only=True),
    Field("sshKeys", "set", "ssh-public-keys", form="lines", creation_only=True),
    Field("timezone", "line", "timezone", effect=_R),
    Field("entrypoint", "line", "entrypoint", effect=_R, default="/sbin/init"),
    Field("env.*", "text", "env", form="env", effect=_R),
    Field("options.hookScript", "ref", "hookscript", form="line", effect=_M, root_only=True, refers=("Snippet",)),
    Field("options.debug", "bool", "debug", effect=_R, default=False),
)


def normalize(spec: Mapping[str, object]) -> Mapping[str, object]:
    """Expand the shorthand of kinds.md 2.5."""
    normal = Normal(spec)
    guest_shorthand(normal)
    ha.normalize(normal)
    firewall_rules.normalize(normal, ("firewall",))
    move(normal, "template", ("source", "image"))
    slots(normal, "mounts", numbered("mp"))
    return normal


def observe(target: Target) -> ApiGen[Live]:
    """Read one container."""
    return observe_guest(CONTAINER, LXC, target)


def steps(change: Change) -> tuple[Step, ...]:
    """Return the writes still missing."""
    return guest_steps(Writer(CONTAINER, LXC, change))


def refuse(change: Change) -> str:
    """Return why it must not be touched as asked."""
    return refuse_guest(Writer(CONTAINER, LXC, change))


def decode(config: Mapping[str, object]) -> Leaves:
    """Return the leaves of a configuration."""
    return decode_config(CONTAINER, config)


def sources(resource: Resource, surroundings: Surroundings) -> tuple[int, ...]:
    """Return the VMID of the template it is cloned from."""
    found = clone_source(resource, surroundings, LXC)
    return (found,) if found else ()


CONTAINER = Kind(
    name="Container",
    plural="containers",
    short=("ct", "lxc", "cts"),
    namespaced=True,
    guest=True,
    rank=60,
    fields=worded(
        (
            *_OWN,
            *common.BASICS,
            *mount.FIELDS,
            *nic.CONTAINER_FIELDS,
            *ha.FIELDS,
            *firewall.fields(firewall.GUEST, "firewall.", sets=True),
            *common.RAW,
        ),
        {"placement.targetStorage": "storage for its volumes on the other node | migrate target-storage"},
    ),
    normalize=normalize,
    observe=observe,
    steps=steps,
    identifier=lambda resource: str(resource.leaves.get("hostname", resource.key.name)),
    columns=GUEST,
    decode=decode,
    slots={
        "mounts": mount.SLOTS,
        "networks": nic.SLOTS,
        "devices": tuple(f"dev{n}" for n in range(256)),
    },
    lone={"ha": ha.RAW},
    device_effects={"mounts": mount.plug, "networks": nic.plug_container, "ha": ha.plug, "devices": mount.plug_device},
    api="/nodes/{node}/lxc",
    beyond=("ha", "firewall"),
    sources=sources,
    refuse=refuse,
    check=firewall.unguarded,
)
