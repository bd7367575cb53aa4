"""The options of a virtual machine: which right each needs, what is normalised, what applies to a running one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from pxhelm.proxmox.schema import load
from pxhelm.simulator.drives import is_drive
from pxhelm.simulator.errors import ApiError, parameter_error
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.propstring import keys_of, print_properties, split_properties
from pxhelm.simulator.world import World

_OWN = (
    "meta",
    "vmstate",
    "parent",
    "snaptime",
    "runningmachine",
    "runningcpu",
    "runningnets",
    "running-nets-host-mtu",
    "pending",
)
_NOT_CONFIG = [
    "node",
    "vmid",
    "archive",
    "bwlimit",
    "force",
    "live-restore",
    "pool",
    "start",
    "storage",
    "unique",
    "ha-managed",
    "import-working-storage",
    "digest",
    "delete",
    "revert",
    "skiplock",
    "background_delay",
    "background-delay",
    "skip-cloud-init",
    "cdrom",
]

CPU = frozenset(["cores", "sockets", "cpu", "cpulimit", "cpuunits", "numa", "smp", "vcpus"])
MEMORY = frozenset(["memory", "balloon", "shares", "hugepages", "keephugepages", "allow-ksm"])
HARDWARE = frozenset(
    [
        "acpi",
        "arch",
        "audio0",
        "bios",
        "hotplug",
        "kvm",
        "machine",
        "scsihw",
        "serial0",
        "serial1",
        "serial2",
        "serial3",
        "smbios1",
        "tablet",
        "vga",
        "watchdog",
        "rng0",
        "vmgenid",
        "amd-sev",
        "intel-tdx",
        "ivshmem",
    ]
)
GENERAL = frozenset(
    [
        "agent",
        "autostart",
        "description",
        "keyboard",
        "localtime",
        "migrate_downtime",
        "migrate_speed",
        "name",
        "onboot",
        "ostype",
        "protection",
        "reboot",
        "startdate",
        "startup",
        "tdf",
        "template",
        "tags",
        "spice_enhancements",
        "hookscript",
    ]
)
POWER = frozenset(("freeze",))
DISK = frozenset(("boot", "bootdisk", "vmstatestorage"))
CLOUD_INIT = frozenset(
    ["cicustom", "cipassword", "citype", "ciuser", "ciupgrade", "nameserver", "searchdomain", "sshkeys"]
)
FAST_PLUG = frozenset(
    [
        "description",
        "hookscript",
        "lock",
        "migrate_downtime",
        "migrate_speed",
        "name",
        "onboot",
        "protection",
        "shares",
        "startup",
        "tags",
        "template",
        "vmstatestorage",
    ]
)
HOTPLUG_DEFAULT = frozenset(("network", "disk", "usb"))
_LATER = re.compile(r"(?:unused|serial|usb|hostpci)\d+")


@lru_cache(maxsize=2)
def config_types(kind: str) -> dict[str, str]:
    """Return the type of every option of a guest's configuration, indexed ones without their number."""
    endpoint = load().endpoint("POST", f"/nodes/{{node}}/{kind}")
    assert endpoint is not None
    found: dict[str, str] = {n.removesuffix("[n]"): endpoint.parameters[n].type for n in endpoint.parameters}
    return {n: t for n, t in found.items() if n not in _NOT_CONFIG} | dict.fromkeys(_OWN, "string")


def exists(option: str, kind: str = "qemu") -> bool:
    """Tell whether there is such an option."""
    types = config_types(kind)
    return option in types or option.rstrip("0123456789") in types


def stored(option: str, value: Any, kind: str = "qemu") -> Any:
    """Return a value as the configuration keeps it; the error of one it cannot read back."""
    if isinstance(value, str) and value.startswith("+") and config_types(kind).get(option) == "integer":
        raise ApiError(f"unable to parse value of '{option}' - type check ('integer') failed - got '{value}'")
    return value


def check_rights(rights: Rights, vmid: str, pool: str, options: Iterable[str]) -> None:
    """Refuse options whose privilege the asker does not have; disks and the like are looked at later."""
    if rights.identity.root:
        return
    for option in options:
        if is_drive(option) or option in ("cdrom", "tags") or _LATER.fullmatch(option):
            continue
        if option in CPU or re.fullmatch(r"numa\d+", option):
            rights.need_vm(vmid, pool, ["VM.Config.CPU"])
        elif option in MEMORY:
            rights.need_vm(vmid, pool, ["VM.Config.Memory"])
        elif option in HARDWARE:
            rights.need_vm(vmid, pool, ["VM.Config.HWType"])
        elif option in GENERAL:
            rights.need_vm(vmid, pool, ["VM.Config.Options"])
            if option == "startup":
                rights.need("/", ["Sys.Modify"])
        elif option in POWER:
            rights.need_vm(vmid, pool, ["VM.PowerMgmt"])
        elif option in DISK:
            rights.need_vm(vmid, pool, ["VM.Config.Disk"])
        elif re.fullmatch(r"net\d+", option):
            rights.need_vm(vmid, pool, ["VM.Config.Network"])
        elif option in CLOUD_INIT or re.fullmatch(r"ipconfig\d+", option):
            rights.need_vm(vmid, pool, ["VM.Config.Cloudinit", "VM.Config.Network"], any_of=True)
        else:
            raise ApiError(f"only root can set '{option}' config")


def check_device(rights: Rights, vmid: str, pool: str, option: str, values: tuple[str | None, str | None]) -> None:
    """Refuse real serial ports, USB and PCI devices to all but root; ``values`` are the old and the new line."""
    if rights.identity.root:
        return
    new = values[1]
    stem = option.rstrip("0123456789")
    if stem == "serial":
        if all(v in (None, "socket") for v in values):
            rights.need_vm(vmid, pool, ["VM.Config.HWType"])
            return
        raise ApiError(f"only root can {'modify' if new is not None else 'delete'} '{option}' config for real devices")
    if stem == "usb" and all(v is None or v.startswith(("spice", "mapping=", "host=spice")) for v in values):
        rights.need_vm(vmid, pool, ["VM.Config.HWType"])
        return
    if stem == "hostpci" and all(v is None or v.startswith("mapping=") for v in values):
        rights.need_vm(vmid, pool, ["VM.Config.HWType"])
        return
    kind = "real" if stem == "usb" else "non-mapped"
    raise ApiError(f"only root can set '{option}' config for {kind} devices")


def check_bridges(world: World, rights: Rights, options: Mapping[str, Any], kind: str = "qemu") -> None:
    """Refuse network cards on bridges the asker may not use."""
    if rights.identity.root:
        return
    for option in sorted(o for o in options if re.fullmatch(r"net\d+", o)):
        net = split_properties(keys_of(kind, option), options[option])
        bridge = net.get("bridge")
        if not bridge:
            continue
        vnet = world.state.get("sdn/vnets", bridge)
        zone = vnet["zone"] if vnet else "localnetwork"
        path = f"/sdn/zones/{zone}/{bridge}"
        if net.get("tag"):
            path += f"/{net['tag']}"
        rights.need(path, ["SDN.Use"])


def net_line(world: World, text: str, option: str = "net0") -> str:
    """Return a network line as it is kept: a MAC address added, the options in order."""
    keys = keys_of("qemu", option)
    net = split_properties(keys, text)
    net.setdefault("macaddr", world.mac())
    return print_properties(keys, net)


def tags_line(world: World, text: str) -> str:
    """Return tags as they are kept: lower case, sorted, once each; a blank when there are none."""
    style = str(world.option("tag-style") or "")
    tags = split_list(text)
    if "case-sensitive=1" not in style:
        tags = [t.lower() for t in tags]
    tags = list(dict.fromkeys(tags))
    if "ordering=config" not in style:
        tags.sort()
    return ";".join(tags) or " "


def check_cpu(world: World, options: Mapping[str, Any]) -> None:
    """Refuse a CPU model of one's own that there is not."""
    if "cpu" not in options:
        return
    name = split_properties(keys_of("qemu", "cpu"), str(options["cpu"])).get("cputype", "")
    if name.startswith("custom-") and not world.state.has("cpumodels", name.removeprefix("custom-")):
        raise parameter_error("cpu", f"invalid format - Custom cputype '{name.removeprefix('custom-')}' not found\n")


def check_tags(world: World, rights: Rights, vmid: str, old: str, new: str) -> None:
    """Refuse tags the asker may not add or take away."""
    if rights.identity.root:
        return
    rights.need(f"/vms/{vmid}", ["VM.Config.Options"])
    access = dict(p.split("=", 1) for p in str(world.option("user-tag-access") or "").split(",") if "=" in p)
    privileged = split_list(str(world.option("registered-tags") or ""))
    mode = access.get("user-allow", "free")
    allowed = set(split_list(access.get("user-allow-list", "")))
    if mode == "existing":
        for _, row in world.state.items("guest"):
            allowed |= set(split_list(str(row["conf"].get("tags", ""))))
    for tag in sorted(set(split_list(old.lower())) ^ set(split_list(new.lower()))):
        free = tag not in privileged and (mode == "free" or (mode in ("list", "existing") and tag in allowed))
        if not free and "Sys.Modify" not in rights.on("/"):
            raise ApiError(f"Permission check failed (/, Sys.Modify for modifying tag '{tag}')", 403)


def hotplug_features(conf: Mapping[str, Any]) -> frozenset[str]:
    """Return what may be plugged into a running machine."""
    text = str(conf.get("hotplug", "1"))
    if text.strip() in ("", "0"):
        return frozenset()
    return HOTPLUG_DEFAULT if text == "1" else frozenset(split_list(text))


def default_machine(option: str, value: Any) -> dict[str, Any]:
    """Return what Proxmox adds when an option is set: Windows guests get their machine version pinned."""
    if option == "ostype" and str(value).startswith("win"):
        return {"machine": "pc-i440fx-11.1"}
    return {}
