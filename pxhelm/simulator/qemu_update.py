"""Changing the configuration of a virtual machine: ``PUT`` at once, ``POST`` as a task.

After ``update_vm_api`` of qemu-server: what is refused when, and in which words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from pxhelm.simulator import clusterlog, drives, guests, volumes
from pxhelm.simulator.errors import ApiError, parameter_error
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.guests import Guest
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.propstring import keys_of, split_properties
from pxhelm.simulator.qemu_options import (
    check_bridges,
    check_cpu,
    check_device,
    check_rights,
    check_tags,
    default_machine,
    exists,
    net_line,
    stored,
    tags_line,
)
from pxhelm.simulator.qemu_pending import apply_stopped, clean_up, deallocate, hotplug
from pxhelm.simulator.tasks import JOBS, Job, Plan, Running, fork, need_flock
from pxhelm.simulator.world import Call, Routes, World

_KEY = re.compile(r"(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-\S+|sk-\S+) (AAAA[A-Za-z0-9+/]{40,}={0,2})(?: .*)?")
_CONTROL = ("node", "vmid", "digest", "background_delay", "skiplock", "delete", "revert", "force", "skip-cloud-init")


@dataclass(slots=True)
class Update:
    """A change of a configuration, checked."""

    values: dict[str, Any]
    delete: list[str] = field(default_factory=list)
    revert: list[str] = field(default_factory=list)
    force: bool = False
    skip_lock: bool = False
    digest: str = ""

    def text(self, vmid: str) -> str:
        """Return the line of the log that tells of it."""
        parts = [f"-{k} {'<hidden>' if k == 'cipassword' else v}" for k, v in sorted(self.values.items())]
        if self.delete:
            parts.append(f"-delete {','.join(self.delete)}")
        return f"update VM {vmid}: {' '.join(parts)}"


def need_root_for_skiplock(call: Call) -> None:
    """Refuse ``skiplock`` to all but root."""
    if call.params.get("skiplock") and not call.identity.root:
        raise parameter_error("skiplock", "Only root may use this option.")


def check_ssh_keys(values: Mapping[str, Any]) -> None:
    """Refuse SSH keys that are none."""
    if "sshkeys" not in values:
        return
    for line in unquote(str(values["sshkeys"])).splitlines():
        if line.strip() and not line.startswith("#") and not _KEY.fullmatch(line.strip()):
            raise ApiError("SSH public key validation error")


def check_hookscript(world: World, node: str, values: Mapping[str, Any]) -> None:
    """Refuse a hook script that is not there or not executable."""
    script = values.get("hookscript")
    if script is None:
        return
    row = volumes.find(world, node, script)
    if row is None:
        raise parameter_error("hookscript", f"script '{script}' does not exist\n")
    if not row.get("executable"):
        raise parameter_error("hookscript", f"script '{script}' is not executable\n")


def _read(call: Call) -> Update:
    need_root_for_skiplock(call)
    params = call.params
    values = {k: v for k, v in params.items() if k not in _CONTROL}
    check_ssh_keys(values)
    reverts, deletes = split_list(str(params.get("revert", ""))), split_list(str(params.get("delete", "")))
    null = any(v is None for v in call.raw.values())
    if not values and not reverts and not deletes and not null:
        raise ApiError("no options specified")
    for option in reverts:
        if not exists(option):
            raise parameter_error("revert", f"unknown option '{option}'")
        if option in values:
            raise parameter_error("delete", f"you can't use '-{option}' and -revert {option}' at the same time")
    for option in deletes:
        if option in values:
            raise parameter_error("delete", f"you can't use '-{option}' and -delete {option}' at the same time")
        if option in reverts:
            raise parameter_error("revert", f"you can't use '-delete {option}' and '-revert {option}' at the same time")
        if not exists(option):
            raise parameter_error("delete", f"unknown option '{option}'")
    return Update(
        values,
        deletes,
        reverts,
        force=bool(params.get("force")),
        skip_lock=bool(params.get("skiplock")),
        digest=str(params.get("digest", "")),
    )


def _normalise(call: Call, update: Update) -> None:
    world, values = call.world, update.values
    for option in list(values):
        if drives.is_drive(option):
            values[option] = drives.clean(option, values[option])
        elif re.fullmatch(r"net\d+", option):
            values[option] = net_line(world, values[option])
        elif option == "vmgenid" and str(values[option]) == "1":
            values[option] = world.uuid()
    check_hookscript(world, call.node, values)
    rights = Rights(world, call.identity)
    check_rights(rights, call.vmid, "", update.delete)
    check_rights(rights, call.vmid, "", values)
    drives.check_access(world, rights, call.vmid, values)
    check_bridges(world, rights, values)
    check_cpu(world, values)


def update_now(call: Call) -> None:
    """PUT …/config."""
    update = _read(call)
    _normalise(call, update)
    need_flock(call.world, guests.flock("qemu", call.vmid))
    _check(call.world, call.node, call.vmid, update)
    guests.need_writable(call.world, "qemu", call.node, call.vmid)
    clusterlog.write(call.world, call.node, call.identity, update.text(call.vmid))
    run_update(call.world, Rights(call.world, call.identity), call.vmid, update)


def update_later(call: Call) -> str | None:
    """POST …/config."""
    update = _read(call)
    _normalise(call, update)
    _check(call.world, call.node, call.vmid, update)
    args: dict[str, Any] = {
        "vmid": call.vmid,
        "values": update.values,
        "delete": update.delete,
        "revert": update.revert,
    }
    args |= {"force": update.force, "skip_lock": update.skip_lock, "digest": update.digest}
    clusterlog.write(call.world, call.node, call.identity, update.text(call.vmid))
    delay = call.params.get("background_delay", 0)
    seconds = 0.0 if delay else 0.5
    holds = [guests.flock("qemu", call.vmid)]
    upid = fork(call.world, call.identity, Plan(call.node, "qmconfig", call.vmid, "qmconfig", args, seconds, holds))
    row = call.state.get("task", upid)
    if delay and row and row["status"] is not None:
        if row["status"] != "OK":
            raise ApiError(row["status"])
        return None
    return upid


def _job(task: Running) -> None:
    a = task.args
    update = Update(
        a["values"], a["delete"], a["revert"], force=a["force"], skip_lock=a["skip_lock"], digest=a["digest"]
    )
    task.log(update.text(a["vmid"]))
    _check(task.world, task.node, a["vmid"], update)
    guests.need_writable(task.world, "qemu", task.node, a["vmid"])
    task.log(*run_update(task.world, task.rights, a["vmid"], update))


def _check(world: World, node: str, vmid: str, update: Update) -> None:
    row = guests.look(world, "qemu", node, vmid)
    if update.digest and update.digest != guests.digest_of(row):
        raise ApiError("checksum mismatch (file change by other user?)")
    if not update.skip_lock:
        guests.check_lock(row)
    values = update.values
    if "memory" in values or "balloon" in values:
        memory = values.get("memory") or row["pending"].get("memory") or row["conf"].get("memory") or "512"
        limit = int(split_properties(keys_of("qemu", "memory"), str(memory))["current"])
        balloon = values.get("balloon", row["pending"].get("balloon", row["conf"].get("balloon", 0)))
        if balloon and int(balloon) > limit:
            raise ApiError("balloon value too large (must be smaller than assigned memory)")


def run_update(world: World, rights: Rights, vmid: str, update: Update) -> list[str]:
    """Make a checked change; return what the log says. A failed hot plug leaves the value pending and is raised."""
    row: Guest = world.state.edit("guest", vmid)
    values = dict(update.values)
    delete = list(update.delete)
    for option in update.revert:
        if option in row["conf"]:
            values[option] = row["conf"][option]
        elif option in row["pending"]:
            delete.append(option)
    editor = _Editor(world, rights, vmid, row)
    for option in delete:
        editor.delete(option, force=update.force)
    for option in sorted(values):
        editor.set(option, values[option], values, delete)
    drives.forget_used(row)
    clean_up(row)
    if row["run"] is None:
        apply_stopped(world, vmid, row)
        return editor.log
    errors = hotplug(world, vmid, row, editor.modified)
    if errors:
        error = ApiError("Parameter verification failed.", 400, errors)
        error.keep = True
        raise error
    return editor.log


class _Editor:
    """Writes changes to the pending section."""

    def __init__(self, world: World, rights: Rights, vmid: str, row: Guest) -> None:
        self._world = world
        self._rights = rights
        self._vmid = vmid
        self._row = row
        self._order = drives.boot_order(row["conf"])
        self.modified: set[str] = set()
        self.log: list[str] = []

    def delete(self, option: str, *, force: bool) -> None:
        row = self._row
        value = row["conf"].get(option, row["pending"].get(option))
        if value is None:
            return
        self.modified.add(option)
        was_pending = row["pending"].pop(option, None) is not None
        if option in self._order:
            self._order.remove(option)
            row["pending"]["boot"] = drives.boot_text(self._order)
            self.modified.add("boot")
        if option.startswith("unused"):
            guests.check_protection(row, f"can't remove unused disk '{value}'")
            self._rights.need(f"/vms/{self._vmid}", ["VM.Config.Disk"])
            deallocate(self._world, row, option, value)
            row["conf"].pop(option, None)
            return
        if drives.is_drive(option):
            guests.check_protection(row, f"can't remove drive '{option}'")
            drive = drives.parse(option, value)
            self._check_drive(drive)
            if was_pending:
                drives.register_unused(self._world, row, self._vmid, drive)
        elif re.fullmatch(r"(?:serial|usb|hostpci)\d+", option):
            check_device(self._rights, self._vmid, "", option, (value, None))
        elif option == "tags":
            check_tags(self._world, self._rights, self._vmid, str(value), "")
        if option in row["conf"]:
            row["gone"][option] = 2 if force else 1

    def _check_drive(self, drive: Mapping[str, str]) -> None:
        path = f"/vms/{self._vmid}"
        if drives.is_cloud_init(drive):
            self._rights.need(path, ["VM.Config.Cloudinit", "VM.Config.CDROM"])
        else:
            self._rights.need(path, ["VM.Config.CDROM" if drives.is_cdrom(drive, strict=True) else "VM.Config.Disk"])

    def set(self, option: str, value: Any, values: Mapping[str, Any], deleted: list[str]) -> None:
        row = self._row
        pending, conf = row["pending"], row["conf"]
        self.modified.add(option)
        value = stored(option, value)
        if pending.get(option) == value and option in pending:
            return
        if drives.is_drive(option):
            self._set_drive(option, str(value))
        elif re.fullmatch(r"(?:serial|usb|hostpci)\d+", option):
            check_device(self._rights, self._vmid, "", option, (conf.get(option), str(value)))
            pending[option] = value
        elif option == "tags":
            check_tags(self._world, self._rights, self._vmid, str(conf.get("tags", "")), str(value))
            pending[option] = tags_line(self._world, str(value))
        elif option == "boot":
            self._set_boot(str(value), values, deleted)
        elif option.startswith("unused"):
            conf[option] = value
        elif option == "description" and str(value).strip("\n"):
            pending[option] = str(value).rstrip("\n")
        elif option == "description":
            pending.pop(option, None)
            if option in conf:
                row["gone"][option] = 1
            return
        else:
            pending[option] = " " if value == "" else value
        pending.update(default_machine(option, value) if "machine" not in conf else {})
        row["gone"].pop(option, None)

    def _set_boot(self, value: str, values: Mapping[str, Any], deleted: list[str]) -> None:
        row = self._row
        devices = drives.boot_order({"boot": value})
        for device in devices:
            there = device in row["conf"] or device in row["pending"] or device in values
            if not there or device in deleted:
                raise ApiError(f"invalid bootorder: device '{device}' does not exist'")
        row["pending"]["boot"] = drives.boot_text(devices) if devices else value or " "
        self._order = devices

    def _set_drive(self, option: str, value: str) -> None:
        row = self._row
        drive = drives.parse(option, value)
        if option in row["conf"]:
            self._check_drive(drives.parse(option, row["conf"][option]))
        self._check_drive(drive)
        if option in row["pending"]:
            drives.register_unused(self._world, row, self._vmid, drives.parse(option, row["pending"][option]))
        maker = drives.Maker(self._world, row["node"], self._vmid, row["conf"])
        row["pending"].update(maker.make({option: value}))
        self.log.extend(maker.log)
        if self._order and drives.is_cdrom(drive, strict=True) and option not in self._order:
            self._order.append(option)
            row["pending"]["boot"] = drives.boot_text(self._order)
            self.modified.add("boot")


_CONFIG = "/nodes/{node}/qemu/{vmid}/config"
ROUTES: Routes = {("PUT", _CONFIG): update_now, ("POST", _CONFIG): update_later}
TASKS = {"qmconfig": Job(_job)}

__all__ = [
    "JOBS",
    "ROUTES",
    "TASKS",
    "Update",
    "check_hookscript",
    "check_ssh_keys",
    "need_root_for_skiplock",
    "run_update",
]
