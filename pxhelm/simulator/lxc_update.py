"""Changing the configuration of a container: always at once, pending where a running one cannot take it."""

from __future__ import annotations

import re
from typing import Any

from pxhelm.simulator import guests, mountpoints, volumes
from pxhelm.simulator.drives import add_unused
from pxhelm.simulator.errors import ApiError, parameter_error
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.guests import Guest
from pxhelm.simulator.lxc_options import FAST_PLUG, HOT, READ_ONLY, REQUIRED, check_rights, net_line
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.propstring import keys_of, split_properties
from pxhelm.simulator.qemu_options import check_bridges, check_tags, exists, stored, tags_line
from pxhelm.simulator.qemu_pending import has_bridge
from pxhelm.simulator.tasks import need_flock
from pxhelm.simulator.world import Call, Routes, World, check_digest

_CONTROL = ("node", "vmid", "digest", "delete", "revert")


def update(call: Call) -> None:
    """PUT …/config."""
    world, params, vmid = call.world, call.params, call.vmid
    values = {k: v for k, v in params.items() if k not in _CONTROL}
    deletes, reverts = split_list(str(params.get("delete", ""))), split_list(str(params.get("revert", "")))
    if not values and not deletes and not reverts:
        raise ApiError("no options specified")
    _check_names(values, deletes, reverts)
    rights = Rights(world, call.identity)
    check_rights(rights, vmid, "", {**dict.fromkeys(deletes), **values})
    mountpoints.check_access(world, rights, vmid, {k: v for k, v in values.items() if mountpoints.is_mount(k)})
    check_bridges(world, rights, values, "lxc")
    guests.look(world, "lxc", call.node, vmid)
    need_flock(world, guests.flock("lxc", vmid))
    look = guests.look(world, "lxc", call.node, vmid)
    check_digest(params.get("digest"), guests.digest_of(look))
    guests.check_lock(look)
    row = guests.change(world, "lxc", call.node, vmid)
    for option in reverts:
        row["pending"].pop(option, None)
        row["gone"].pop(option, None)
    for option in deletes:
        _delete(world, row, vmid, option)
    for option in sorted(values):
        _set(call, row, option, stored(option, values[option], "lxc"))
    if row["run"] is None:
        apply_stopped(world, row)
    else:
        _plug(row)


def _check_names(values: dict[str, Any], deletes: list[str], reverts: list[str]) -> None:
    for name, options in (("revert", reverts), ("delete", deletes)):
        for option in options:
            if option in values:
                raise parameter_error("delete", f"you can't use '-{option}' and -{name} {option}' at the same time")
            if not exists(option, "lxc"):
                raise parameter_error(name, f"unknown option '{option}'")
    for option in deletes:
        if option in REQUIRED:
            raise ApiError(f"unable to delete required option '{option}'")
        if option in READ_ONLY:
            raise ApiError(f"unable to delete read-only option: '{option}'")


def _delete(world: World, row: Guest, vmid: str, option: str) -> None:
    value = row["conf"].get(option, row["pending"].get(option))
    row["pending"].pop(option, None)
    if value is None:
        return
    if option.startswith("unused"):
        guests.check_protection(row, f"can't remove CT {vmid} drive '{option}'")
        _free(world, row, value)
        row["conf"].pop(option, None)
        return
    if mountpoints.is_mount(option):
        guests.check_protection(row, f"can't remove CT {vmid} drive '{option}'")
    if option in row["conf"]:
        row["gone"][option] = 1


def _free(world: World, row: Guest, volid: str) -> None:
    for snap in row["snaps"].values():
        if any(m["volume"] == volid for _, m in mountpoints.mounts_of(snap)):
            raise ApiError(f"cannot delete volume '{volid}' - it is still in use by snapshots")
    if volumes.find(world, row["node"], volid) is not None:
        volumes.free(world, row["node"], volid)


def _set(call: Call, row: Guest, option: str, value: Any) -> None:
    world, conf = call.world, row["conf"]
    if option in READ_ONLY:
        raise ApiError(f"unable to modify read-only option: '{option}'")
    if option == "tags":
        check_tags(world, Rights(world, call.identity), call.vmid, str(conf.get("tags", "")), str(value))
        value = tags_line(world, str(value))
    elif re.fullmatch(r"net\d+", option):
        bridge = split_properties(keys_of("lxc", "net0"), str(value)).get("bridge", "")
        if not has_bridge(world, row["node"], bridge):
            raise ApiError(f"bridge '{bridge}' does not exist")
        value = net_line(world, str(value))
    elif option != "rootfs" and mountpoints.is_mount(option):
        value = mountpoints.Maker(world, row["node"], call.vmid).make({option: str(value)})[option]
    elif option == "description" and not value:
        row["pending"].pop(option, None)
        conf.pop(option, None)
        return
    elif value == "":
        value = " "
    row["pending"][option] = value
    row["gone"].pop(option, None)


def _forget_used(row: Guest) -> None:
    used = {m["volume"] for part in (row["conf"], row["pending"]) for _, m in mountpoints.mounts_of(part)}
    for key in [k for k, v in row["conf"].items() if k.startswith("unused") and v in used]:
        del row["conf"][key]


def apply_stopped(world: World, row: Guest) -> None:
    """Make every pending change of a stopped container."""
    conf = row["conf"]
    for option in sorted(row["gone"]):
        _detach(world, row, option)
        conf.pop(option, None)
    row["gone"] = {}
    for option, value in row["pending"].items():
        if mountpoints.is_mount(option) and option != "rootfs" and option in conf:
            old = mountpoints.parse(option, conf[option])["volume"]
            if old != mountpoints.parse(option, value)["volume"]:
                _detach(world, row, option)
        conf[option] = value
    row["pending"] = {}
    _forget_used(row)


def _detach(world: World, row: Guest, option: str) -> None:
    if mountpoints.is_mount(option) and option in row["conf"]:
        volume = mountpoints.parse(option, row["conf"][option])["volume"]
        if not volume.startswith("/") and volumes.find(world, row["node"], volume) is not None:
            add_unused(row, volume)


def _plug(row: Guest) -> None:
    """Let a running container take what it can."""
    conf = row["conf"]
    for option in list(row["gone"]):
        if option in FAST_PLUG or option in ("swap", "cpulimit", "cpuunits") or option.startswith("net"):
            conf.pop(option, None)
            del row["gone"][option]
    for option, value in list(row["pending"].items()):
        new_mount = mountpoints.is_mount(option) and option not in conf
        if option in FAST_PLUG or option in HOT or option.startswith("net") or new_mount or conf.get(option) == value:
            conf[option] = value
            del row["pending"][option]
    _forget_used(row)


ROUTES: Routes = {("PUT", "/nodes/{node}/lxc/{vmid}/config"): update}
