"""Pending changes of a virtual machine: applied at once when it is stopped, plugged or kept back when it runs.

After ``vmconfig_apply_pending`` and ``vmconfig_hotplug_pending`` of qemu-server.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pxhelm.simulator import drives, volumes
from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.guests import Guest
from pxhelm.simulator.propstring import keys_of, split_properties
from pxhelm.simulator.qemu_options import FAST_PLUG, hotplug_features
from pxhelm.simulator.world import World

_LIVE_DISK = frozenset(
    key
    for stem in ("bps", "iops", "mbps")
    for way in ("", "_rd", "_wr")
    for key in (f"{stem}{way}", f"{stem}{way}_max", f"{stem}{way}_max_length")
) | {"backup", "replicate", "size", "file", "media", "shared"}


class _NotNowError(Exception):
    """The change waits for a restart."""


def clean_up(row: Guest) -> None:
    """Drop pending values that are what the machine has, and deletions of what it has not."""
    conf = row["conf"]
    for option in [o for o, v in row["pending"].items() if o in conf and conf[o] == v]:
        del row["pending"][option]
    for option in [o for o in row["gone"] if o not in conf]:
        del row["gone"][option]


def apply_stopped(world: World, vmid: str, row: Guest) -> None:
    """Make every pending change of a stopped machine."""
    conf = row["conf"]
    for option in sorted(row["gone"]):
        force = row["gone"][option] == 2
        if option in conf and drives.is_drive(option):
            delete_or_detach(world, vmid, row, option, force=force)
        conf.pop(option, None)
    row["gone"] = {}
    clean_up(row)
    for option, value in list(row["pending"].items()):
        if option in conf and drives.is_drive(option):
            drives.register_unused(world, row, vmid, drives.parse(option, conf[option]))
        conf[option] = value
    row["pending"] = {}
    drives.forget_used(row)


def delete_or_detach(world: World, vmid: str, row: Guest, option: str, *, force: bool) -> None:
    """Take a disk's volume away: freed with ``force``, else kept as ``unusedN``."""
    drive = drives.parse(option, row["conf"][option])
    if force and not drives.is_cdrom(drive, strict=True):
        deallocate(world, row, option, drive["file"])
    else:
        drives.register_unused(world, row, vmid, drive)


def deallocate(world: World, row: Mapping[str, Any], option: str, volid: str) -> None:
    """Free a volume, unless something else of the guest refers to it."""
    for snap in row["snaps"].values():
        if any(drives.is_drive(o) and drives.parse(o, line)["file"] == volid for o, line in snap.items()):
            raise ApiError(f"unable to delete '{volid}' - volume is still in use (snapshot?)")
    elsewhere = [
        o
        for o, line in row["conf"].items()
        if o != option and drives.is_drive(o) and drives.parse(o, line)["file"] == volid
    ]
    if not elsewhere and volumes.find(world, row["node"], volid) is not None:
        volumes.free(world, row["node"], volid)


def hotplug(world: World, vmid: str, row: Guest, modified: set[str]) -> dict[str, str]:
    """Plug what can be plugged into a running machine; return what went wrong, by option."""
    conf, errors = row["conf"], {}
    for option in [o for o in row["pending"] if o in FAST_PLUG]:
        conf[option] = row["pending"].pop(option)
    features = hotplug_features(conf)
    for option in sorted(row["gone"]):
        if option not in modified:
            continue
        try:
            _unplug(world, vmid, row, option, features)
        except _NotNowError:
            continue
        except ApiError as error:
            errors[option] = f"hotplug problem - {error}\n"
            continue
        conf.pop(option, None)
        row["gone"].pop(option, None)
    for option, value in list(row["pending"].items()):
        if option not in modified:
            continue
        try:
            _plug(world, vmid, row, option, features)
        except _NotNowError:
            continue
        except ApiError as error:
            errors[option] = f"hotplug problem - {error}\n"
            continue
        conf[option] = value
        del row["pending"][option]
    drives.forget_used(row)
    return errors


def _unplug(world: World, vmid: str, row: Guest, option: str, features: frozenset[str]) -> None:
    if option in FAST_PLUG or option in ("cpuunits", "cpulimit"):
        return
    if re.fullmatch(r"net\d+", option):
        if "network" in features:
            return
    elif drives.is_drive(option):
        if "disk" in features and not re.match(r"efidisk|tpmstate|ide|sata", option):
            delete_or_detach(world, vmid, row, option, force=row["gone"][option] == 2)
            return
    elif re.fullmatch(r"usb\d+", option):
        if "usb" in features:
            return
    elif option == "balloon" and str(row["conf"].get("balloon", 1)) != "0":
        return
    raise _NotNowError


def _plug(world: World, vmid: str, row: Guest, option: str, features: frozenset[str]) -> None:
    conf, value = row["conf"], row["pending"][option]
    if option in ("cpuunits", "cpulimit"):
        return
    if option == "hotplug":
        if "memory" not in f"{value}{conf.get('hotplug', '')}":
            return
    elif option == "balloon":
        if bool(int(conf.get("balloon", 1))) == bool(int(value)):
            return
    elif re.fullmatch(r"net\d+", option):
        _plug_net(world, row, option, features)
        return
    elif drives.is_drive(option):
        _plug_disk(world, vmid, row, option, features)
        return
    elif re.fullmatch(r"usb\d+", option) and "usb" in features and option not in conf:
        return
    raise _NotNowError


def _plug_net(world: World, row: Guest, option: str, features: frozenset[str]) -> None:
    keys = keys_of("qemu", "net0")
    new = split_properties(keys, row["pending"][option])
    old = split_properties(keys, row["conf"][option]) if option in row["conf"] else None
    same = old is not None and all(old.get(k) == new.get(k) for k in ("model", "macaddr", "queues", "mtu"))
    if not same and "network" not in features:
        raise _NotNowError
    bridge = new.get("bridge")
    if bridge and (old is None or old.get("bridge") != bridge) and not has_bridge(world, row["node"], bridge):
        raise ApiError(f"interface {bridge} does not exist" if same else f"bridge '{bridge}' does not exist")


def has_bridge(world: World, node: str, bridge: str) -> bool:
    """Tell whether a node has a bridge, its own or a virtual network's."""
    interfaces = world.state.get("network", node) or {}
    if bridge in interfaces.get("active", {}):
        return True
    applied = world.state.get("sdn", "running") or {}
    return bridge in applied.get("vnets", {})


def _plug_disk(world: World, vmid: str, row: Guest, option: str, features: frozenset[str]) -> None:
    if option in ("efidisk0", "tpmstate0"):
        raise _NotNowError
    new = drives.parse(option, row["pending"][option])
    if option in row["conf"]:
        old = drives.parse(option, row["conf"][option])
        if new.get("media", "disk") != old.get("media", "disk"):
            raise ApiError("unable to change media type")
        if drives.is_cdrom(old):
            if new["file"] == "none" and drives.is_cloud_init(old):
                drives.register_unused(world, row, vmid, old)
            return
        if new["file"] == old["file"]:
            changed = {k for k in {*new, *old} if new.get(k) != old.get(k)}
            if changed - _LIVE_DISK:
                raise _NotNowError
            return
        if "disk" not in features:
            raise _NotNowError
        if re.match(r"ide|sata", option):
            raise _NotNowError
        drives.register_unused(world, row, vmid, old)
        return
    if "disk" not in features or re.match(r"ide|sata", option):
        raise _NotNowError
