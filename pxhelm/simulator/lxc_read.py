"""Reading containers: configuration, pending changes, status, lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pxhelm.simulator import guests
from pxhelm.simulator.guests import Guest
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.propstring import keys_of, split_properties
from pxhelm.simulator.qemu_read import ha_state, pending_rows, snapshot_conf
from pxhelm.simulator.world import Call, Routes, World

MIB = 1024 * 1024


def _shown(conf: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(conf)
    if "description" in found:
        found["description"] = str(found["description"]).rstrip("\n") + "\n"
    return found


def get_config(call: Call) -> dict[str, Any]:
    """GET …/config: with pending changes, or as applied with ``current``."""
    row = guests.look(call.world, "lxc", call.node, call.vmid)
    if "snapshot" in call.params:
        return {**_shown(snapshot_conf(row, call.params["snapshot"])), "digest": guests.digest_of(row)}
    conf = dict(row["conf"])
    if not call.params.get("current"):
        conf |= row["pending"]
        for option in row["gone"]:
            conf.pop(option, None)
    return {**_shown(conf), "digest": guests.digest_of(row)}


def get_pending(call: Call) -> list[dict[str, Any]]:
    """GET …/pending."""
    row = guests.look(call.world, "lxc", call.node, call.vmid)
    shown = {**row, "conf": _shown(row["conf"]), "pending": _shown(row["pending"])}
    return pending_rows(shown, guests.digest_of(row))


def _bytes(text: str) -> int:
    factor = {"K": 1024, "M": MIB, "G": 1024 * MIB, "T": MIB * MIB}.get(text[-1:], 1)
    return int(float(text.rstrip("KMGT") or 0) * factor)


def _settled(vmid: str, processors: int) -> Callable[[Guest], dict[str, Any]]:
    def compute(row: Guest) -> dict[str, Any]:
        conf = row["conf"]
        root = split_properties(keys_of("lxc", "rootfs"), str(conf.get("rootfs", "")))
        entry: dict[str, Any] = {
            "vmid": int(vmid),
            "type": "lxc",
            "name": guests.name_of(row, vmid),
            "cpus": int(conf.get("cores", processors)),
            "maxmem": int(conf.get("memory", 512)) * MIB,
            "maxswap": int(conf.get("swap", 512)) * MIB,
            "maxdisk": _bytes(root.get("size", "0")),
            **dict.fromkeys(("cpu", "mem", "disk", "diskread", "diskwrite", "netin", "netout", "swap"), 0),
        }
        entry |= {option: conf[option] for option in ("tags", "lock") if str(conf.get(option, "")).strip()}
        return entry | {"template": 1} if conf.get("template") else entry

    return compute


def status_of(world: World, row: Guest, vmid: str) -> dict[str, Any]:
    """Return what lists and ``status/current`` have in common."""
    run = row["run"]
    processors = int((world.state.get("node", row["node"]) or {}).get("cpus", 8))
    entry: dict[str, Any] = dict(world.state.derived("guest", vmid, "status", _settled(vmid, processors)))
    entry["status"] = "running" if run else "stopped"
    entry["uptime"] = max(0, int(world.now - run["since"])) if run else 0
    if run:
        entry["pid"] = run["pid"]
    return entry


def get_status(call: Call) -> dict[str, Any]:
    """GET …/status/current."""
    row = guests.look(call.world, "lxc", call.node, call.vmid)
    return {**status_of(call.world, row, call.vmid), "ha": ha_state(call.world, row, call.vmid)}


def list_guests(call: Call) -> list[dict[str, Any]]:
    """GET /nodes/{node}/lxc: those the asker may see."""
    rights = Rights(call.world, call.identity)
    return [
        status_of(call.world, row, vmid)
        for vmid, row in call.state.items("guest")
        if row["node"] == call.node and row["kind"] == "lxc" and rights.has(f"/vms/{vmid}", ["VM.Audit"])
    ]


def interfaces(call: Call) -> list[dict[str, Any]] | None:
    """GET …/interfaces: nothing while the container is stopped."""
    row = guests.look(call.world, "lxc", call.node, call.vmid)
    if row["run"] is None:
        return None
    zero = "00:00:00:00:00:00"
    found: list[dict[str, Any]] = [{"name": "lo", "hwaddr": zero, "hardware-address": zero, "ip-addresses": []}]
    for option in sorted(o for o in row["conf"] if o.startswith("net")):
        net = split_properties(keys_of("lxc", option), row["conf"][option])
        mac = net.get("hwaddr", "").lower()
        entry: dict[str, Any] = {"name": net["name"], "hwaddr": mac, "hardware-address": mac, "ip-addresses": []}
        address = net.get("ip", "")
        if address == "dhcp":
            number = int(call.vmid)
            address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}/8"
        if "/" in address:
            ip, _, prefix = address.partition("/")
            entry["inet"] = address
            entry["ip-addresses"].append({"ip-address": ip, "ip-address-type": "inet", "prefix": prefix})
        found.append(entry)
    return found


_ONE = "/nodes/{node}/lxc/{vmid}"
ROUTES: Routes = {
    ("GET", "/nodes/{node}/lxc"): list_guests,
    ("GET", f"{_ONE}/config"): get_config,
    ("GET", f"{_ONE}/pending"): get_pending,
    ("GET", f"{_ONE}/status/current"): get_status,
    ("GET", f"{_ONE}/interfaces"): interfaces,
}
