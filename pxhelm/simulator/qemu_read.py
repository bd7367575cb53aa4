"""Reading virtual machines: configuration, pending changes, status, lists, features, cloud-init."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pxhelm.simulator import drives, guests, volumes
from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.guests import Guest
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.propstring import keys_of, split_properties
from pxhelm.simulator.world import Call, Routes, World

MIB = 1024 * 1024
_PRESSURE = (
    "pressurecpufull",
    "pressurecpusome",
    "pressureiofull",
    "pressureiosome",
    "pressurememoryfull",
    "pressurememorysome",
)
_HIDDEN = "**********"


def _masked(conf: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(conf)
    if "cipassword" in found:
        found["cipassword"] = _HIDDEN
    return found


def snapshot_conf(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the configuration of a snapshot; Proxmox' error when there is none."""
    found = row["snaps"].get(name)
    if found is None:
        raise ApiError(f"snapshot '{name}' does not exist")
    return _masked(found)


def get_config(call: Call) -> dict[str, Any]:
    """GET …/config: with pending changes, or as applied with ``current``."""
    row = guests.look(call.world, "qemu", call.node, call.vmid)
    if "snapshot" in call.params:
        return {**snapshot_conf(row, call.params["snapshot"]), "digest": guests.digest_of(row)}
    conf = dict(row["conf"])
    if not call.params.get("current"):
        conf |= row["pending"]
        for option in row["gone"]:
            conf.pop(option, None)
    return {**_masked(conf), "digest": guests.digest_of(row)}


def pending_rows(row: Mapping[str, Any], digest: str) -> list[dict[str, Any]]:
    """Return value, pending value and deletion of each option, the digest among them."""
    conf = _masked(row["conf"])
    pending = _masked(row["pending"])
    found: list[dict[str, Any]] = [
        {"key": o, "value": conf[o], "delete": how} for o, how in row["gone"].items() if o in conf
    ]
    conf["digest"] = digest
    for option in sorted({*conf, *pending} - set(row["gone"])):
        entry: dict[str, Any] = {"key": option}
        if option in conf:
            entry["value"] = conf[option]
        if option in pending and (option not in conf or pending[option] != conf[option]):
            entry["pending"] = pending[option]
        found.append(entry)
    return found


def get_pending(call: Call) -> list[dict[str, Any]]:
    """GET …/pending."""
    row = guests.look(call.world, "qemu", call.node, call.vmid)
    return pending_rows(row, guests.digest_of(row))


def memory_mib(conf: Mapping[str, Any]) -> int:
    """Return the configured memory."""
    text = conf.get("memory")
    return int(split_properties(keys_of("qemu", "memory"), str(text))["current"]) if text else 512


def cpus(conf: Mapping[str, Any]) -> int:
    """Return the configured processors."""
    count = int(conf.get("sockets", 1)) * int(conf.get("cores", 1))
    return min(count, int(conf.get("vcpus", count)))


def disk_bytes(conf: Mapping[str, Any]) -> int:
    """Return the size of the disk a machine boots from."""
    order = drives.boot_order(conf)
    candidates = (
        [o for o in order if drives.is_drive(o) and o in conf] if order else [o for o, _ in drives.drives_of(conf)]
    )
    for option in candidates:
        drive = drives.parse(option, conf[option])
        if not drives.is_cdrom(drive):
            return _bytes(drive.get("size", "0"))
    return 0


def _bytes(text: str) -> int:
    factor = {"K": 1024, "M": MIB, "G": 1024 * MIB, "T": MIB * MIB}.get(text[-1:], 1)
    return int(float(text.rstrip("KMGT")) * factor)


def _settled(vmid: str) -> Callable[[Guest], dict[str, Any]]:
    def compute(row: Guest) -> dict[str, Any]:
        conf = row["conf"]
        entry: dict[str, Any] = {
            "vmid": int(vmid),
            "name": guests.name_of(row, vmid),
            "cpus": cpus(conf),
            "maxmem": memory_mib(conf) * MIB,
            "maxdisk": disk_bytes(conf),
            **dict.fromkeys(("cpu", "mem", "memhost", "disk", "netin", "netout"), 0),
        }
        entry |= {option: conf[option] for option in ("tags", "lock") if str(conf.get(option, "")).strip()}
        return entry | {"template": 1} if conf.get("template") else entry

    return compute


def status_of(world: World, row: Guest, vmid: str) -> dict[str, Any]:
    """Return what lists and ``status/current`` have in common."""
    run = row["run"]
    entry: dict[str, Any] = dict(world.state.derived("guest", vmid, "status", _settled(vmid)))
    entry["status"] = "running" if run else "stopped"
    entry["uptime"] = max(0, int(world.now - run["since"])) if run else 0
    if run:
        entry["pid"] = run["pid"]
        entry |= dict.fromkeys(_PRESSURE, 0)
    return entry


def qmp_status(row: Mapping[str, Any]) -> str:
    """Return the state as QEMU names it."""
    return str(row["run"].get("state", "running")) if row["run"] else "stopped"


def get_status(call: Call) -> dict[str, Any]:
    """GET …/status/current."""
    world = call.world
    row = guests.look(world, "qemu", call.node, call.vmid)
    entry = status_of(world, row, call.vmid)
    entry["qmpstatus"] = qmp_status(row)
    entry["ha"] = ha_state(world, row, call.vmid)
    conf = row["conf"]
    if str(conf.get("agent", "0")).partition(",")[0] in ("1", "enabled=1"):
        entry["agent"] = 1
    if any(f"serial{n}" in conf for n in range(4)):
        entry["serial"] = 1
    nets = [o for o in conf if o.startswith("net")]
    if row["run"] and nets:
        entry["nics"] = {f"tap{call.vmid}i{o[3:]}": {"netin": 0, "netout": 0} for o in nets}
    return entry


def ha_state(world: World, row: Mapping[str, Any], vmid: str) -> dict[str, Any]:
    """Return the ``ha`` part of a status."""
    return {"managed": 1, "state": None} if guests.ha_managed(world, row, vmid) else {"managed": 0}


def list_guests(call: Call) -> list[dict[str, Any]]:
    """GET /nodes/{node}/qemu: those the asker may see."""
    rights = Rights(call.world, call.identity)
    found = []
    for vmid, row in call.state.items("guest"):
        if row["node"] == call.node and row["kind"] == "qemu" and rights.has(f"/vms/{vmid}", ["VM.Audit"]):
            entry = status_of(call.world, row, vmid)
            if call.params.get("full"):
                entry["qmpstatus"] = qmp_status(row)
            found.append(entry)
    return found


def feature(call: Call) -> dict[str, Any]:
    """GET …/feature."""
    world = call.world
    row = guests.look(world, "qemu", call.node, call.vmid)
    wanted = call.params["feature"]
    has = True
    for _, drive in drives.drives_of(row["conf"]):
        if drives.is_cdrom(drive):
            continue
        if wanted == "snapshot":
            has = has and volumes.has_snapshots(world, drive["file"])
        elif wanted == "clone":
            has = has and volumes.parse(world, drive["file"]).is_base
    return {"hasFeature": int(has), "nodes": [call.node] if _local(world, row["conf"]) else world.nodes()}


def _local(world: World, conf: Mapping[str, Any]) -> bool:
    names = [d["file"].partition(":")[0] for _, d in drives.drives_of(conf) if ":" in d["file"]]
    return any(not (world.state.get("storage", n) or {}).get("shared") for n in names)


def cloud_init(call: Call) -> list[dict[str, Any]]:
    """GET …/cloudinit: what cloud-init would be told anew."""
    row = guests.look(call.world, "qemu", call.node, call.vmid)
    conf = _masked({**row["conf"], **row["pending"]})
    return [{"key": o, "value": conf[o]} for o in ("cipassword", "ciuser", "sshkeys") if o in conf]


def regenerate_cloud_init(call: Call) -> None:
    """PUT …/cloudinit."""
    guests.look(call.world, "qemu", call.node, call.vmid)


def dump_cloud_init(call: Call) -> str:
    """GET …/cloudinit/dump."""
    row = guests.look(call.world, "qemu", call.node, call.vmid)
    conf = row["conf"]
    if call.params["type"] == "network":
        search = (call.state.get("node", call.node) or {}).get("search", "test.local")
        return f"version: 1\nconfig:\n    - type: nameserver\n      address:\n      - '127.0.0.1'\n      search:\n      - '{search}'\n"
    if call.params["type"] == "meta":
        return f"instance-id: {guests.digest_of(row)}\n"
    return f"#cloud-config\nhostname: {guests.name_of(row, call.vmid)}\nmanage_etc_hosts: true\nuser: {conf.get('ciuser', 'root')}\n"


def agent(call: Call) -> Any:
    """Any command of the guest agent: none of the machines has one that answers, but a running one answers pings."""
    row = guests.look(call.world, "qemu", call.node, call.vmid)
    if str(row["conf"].get("agent", "0")).partition(",")[0] not in ("1", "enabled=1"):
        raise ApiError("No QEMU guest agent configured")
    if row["run"] is None:
        raise ApiError(f"VM {call.vmid} is not running")
    if row["conf"].get("kvm", 1) == 0:
        raise ApiError("QEMU guest agent is not running")
    return {"result": {}}


def interfaces(call: Call) -> Any:
    """GET …/agent/network-get-interfaces."""
    agent(call)
    row = guests.look(call.world, "qemu", call.node, call.vmid)
    found = []
    for option in sorted(o for o in row["conf"] if o.startswith("net")):
        net = split_properties(keys_of("qemu", "net0"), row["conf"][option])
        config = str(row["conf"].get(f"ipconfig{option[3:]}", ""))
        address = next((p[3:] for p in config.split(",") if p.startswith("ip=") and "/" in p), "")
        entry: dict[str, Any] = {
            "name": f"eth{option[3:]}",
            "hardware-address": net["macaddr"].lower(),
            "ip-addresses": [],
        }
        if not address:
            number = int(call.vmid)
            address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}/8"
        ip, _, prefix = address.partition("/")
        entry["ip-addresses"].append({"ip-address": ip, "ip-address-type": "ipv4", "prefix": int(prefix)})
        found.append(entry)
    return {"result": found}


def monitor(call: Call) -> str:
    """POST …/monitor."""
    row = guests.look(call.world, "qemu", call.node, call.vmid)
    return "" if row["run"] else f"ERROR: VM {call.vmid} not running\n"


_ONE = "/nodes/{node}/qemu/{vmid}"
ROUTES: Routes = {
    ("GET", "/nodes/{node}/qemu"): list_guests,
    ("GET", f"{_ONE}/config"): get_config,
    ("GET", f"{_ONE}/pending"): get_pending,
    ("GET", f"{_ONE}/status/current"): get_status,
    ("GET", f"{_ONE}/feature"): feature,
    ("GET", f"{_ONE}/cloudinit"): cloud_init,
    ("PUT", f"{_ONE}/cloudinit"): regenerate_cloud_init,
    ("GET", f"{_ONE}/cloudinit/dump"): dump_cloud_init,
    ("POST", f"{_ONE}/agent/ping"): agent,
    ("GET", f"{_ONE}/agent/network-get-interfaces"): interfaces,
    ("POST", f"{_ONE}/monitor"): monitor,
}
