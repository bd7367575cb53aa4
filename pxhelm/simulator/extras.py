"""Smaller endpoints: consoles, downloads, notes of volumes, statistics, bulk actions, what a node says about itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pxhelm.simulator import guests, volumes
from pxhelm.simulator.errors import ApiError, parameter_error
from pxhelm.simulator.firewall import MACROS, look
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.nodes import node_entry
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.qemu_create import start_now
from pxhelm.simulator.qemu_pending import deallocate
from pxhelm.simulator.qemu_power import power_off
from pxhelm.simulator.storage_list import put_file
from pxhelm.simulator.tasks import Job, Plan, Running, TaskError, fork
from pxhelm.simulator.world import Call, Routes, digest

_PERIODS = {"hour": 60, "day": 1800, "week": 10800, "month": 43200, "year": 604800, "decade": 6048000}
_APPLIANCES = (
    "debian-12-standard_12.7-1_amd64.tar.zst",
    "debian-13-standard_13.1-2_amd64.tar.zst",
    "ubuntu-24.04-standard_24.04-2_amd64.tar.zst",
)


# consoles


def _console(kind: str, prefix: str) -> Callable[[Call], dict[str, Any]]:
    def open_console(call: Call) -> dict[str, Any]:
        world = call.world
        if kind != "node":
            row = guests.look(world, kind, call.node, call.vmid)
            if row["run"] is None and prefix != "spice":
                raise ApiError(f"{guests.LABELS[kind]} {call.vmid} not running")
        name = str(call.params.get("vmid", ""))
        task = {"vnc": "vncproxy", "term": "termproxy" if kind != "node" else "vncshell", "spice": "spiceproxy"}[prefix]
        upid = fork(world, call.identity, Plan(call.node, task, name, "console", {}, 10.0))
        stamp = f"{int(world.now):08X}"
        return {
            "user": call.identity.name,
            "ticket": f"PVEVNC:{stamp}::{world.moment.entropy(48).hex()}",
            "port": str(5900 + world.number(100)),
            "upid": upid,
            "cert": "simulated",
        }

    return open_console


def _console_job(task: Running) -> None:
    task.log("starting proxy")


def send_key(call: Call) -> None:
    """PUT …/sendkey."""
    row = guests.look(call.world, "qemu", call.node, call.vmid)
    if row["run"] is None:
        raise ApiError(f"VM {call.vmid} not running")


def unlink(call: Call) -> None:
    """PUT …/unlink: free or detach disks."""
    row = guests.change(call.world, "qemu", call.node, call.vmid)
    guests.check_lock(row)
    for option in split_list(str(call.params["idlist"])):
        value = row["conf"].get(option)
        if value is not None and option.startswith("unused"):
            deallocate(call.world, row, option, value)
            del row["conf"][option]


# storage


def describe_volume(call: Call) -> None:
    """PUT …/content/{volume}: notes and protection."""
    volid = str(call.params["volume"])
    volid = volid if ":" in volid else f"{call.params['storage']}:{volid}"
    row = volumes.find(call.world, call.node, volid)
    if row is None:
        raise ApiError(f"volume '{volid}' does not exist")
    volumes.put(
        call.world, call.node, volid, {**row, **{k: call.params[k] for k in ("notes", "protected") if k in call.params}}
    )


def download(call: Call) -> str:
    """POST …/download-url."""
    params = call.params
    volid = f"{params['storage']}:{params['content']}/{params['filename']}"
    _need_content(call, str(params["storage"]), str(params["content"]))
    args = {"volid": volid, "url": params["url"]}
    return fork(call.world, call.identity, Plan(call.node, "download", str(params["filename"]), "download", args, 4.0))


def _need_content(call: Call, storage: str, content: str) -> None:
    row = volumes.need_available(call.world, storage, call.node)
    if content not in volumes.content_of(row):
        raise ApiError(f"storage '{storage}' is not configured for content-type '{content}'")


def _download_job(task: Running) -> None:
    volid = task.args["volid"]
    task.log(f"downloading {task.args['url']} to {volumes.path(task.world, volid)}")
    put_file(task.world, task.node, volid, 500_000_000, {"ostype": "debian"} if ":vztmpl/" in volid else None)
    task.log("download of '...' to '...' finished")


def appliances(call: Call) -> list[dict[str, Any]]:
    """GET /nodes/{node}/aplinfo."""
    del call
    return [
        {"template": t, "type": "lxc", "section": "system", "os": t.partition("-")[0], "version": "1"}
        for t in _APPLIANCES
    ]


def fetch_appliance(call: Call) -> str:
    """POST /nodes/{node}/aplinfo."""
    name = str(call.params["template"])
    if name not in _APPLIANCES:
        raise parameter_error("template", "no such template")
    _need_content(call, str(call.params["storage"]), "vztmpl")
    args = {"volid": f"{call.params['storage']}:vztmpl/{name}", "url": f"http://appliances/{name}"}
    return fork(call.world, call.identity, Plan(call.node, "download", name, "download", args, 4.0))


# bulk actions


def _bulk(verb: str) -> Callable[[Call], str]:
    def act(call: Call) -> str:
        wanted = call.params.get("vms") or []
        vmids = [str(v) for v in wanted] if isinstance(wanted, list) else split_list(str(wanted))
        local = call.state.get("cluster", "main")["local"]
        args = {"vmids": vmids or sorted(call.state.keys("guest"), key=int), "verb": verb}
        return fork(call.world, call.identity, Plan(local, f"bulk-{verb}", "", "bulk", args, 1.0 + len(vmids)))

    return act


def _bulk_job(task: Running) -> None:
    world, verb = task.world, task.args["verb"]
    word = {"start": "Starting", "shutdown": "Shutting down"}[verb]
    task.log(f"{word} guests: {', '.join(task.args['vmids'])}")
    for vmid in task.args["vmids"]:
        row = world.state.get("guest", vmid)
        if row is None or row["conf"].get("template"):
            continue
        label = guests.LABELS[row["kind"]]
        if bool(row["run"]) == (verb == "start"):
            task.warn(f"Skipping {label} {vmid}, {'already' if verb == 'start' else 'not'} running.")
        elif verb == "start":
            start_now(world, vmid)
        elif row["kind"] == "qemu":
            power_off(world, vmid)
        else:
            guests.run_state(world, vmid)["run"] = None


# nodes


def statistics(call: Call) -> list[dict[str, Any]]:
    """GET …/rrddata of a node or guest: a flat line."""
    step = _PERIODS.get(str(call.params.get("timeframe", "hour")), 60)
    now = int(call.world.now) // step * step
    if "vmid" in call.params:
        row = call.state.get("guest", call.vmid)
        if row is None:
            raise guests.missing("qemu" if "/qemu/" in call.path else "lxc", call.node, call.vmid)
        entry = {"cpu": 0.05 if row["run"] else 0, "maxcpu": 1, "netin": 0, "netout": 0, "diskread": 0, "diskwrite": 0}
    else:
        found = node_entry(call.world, call.node)
        entry = {"cpu": found["cpu"], "maxcpu": found["maxcpu"], "memused": found["mem"], "memtotal": found["maxmem"]}
    return [{"time": now - step * n, **entry} for n in range(70, 0, -1)]


def join_information(call: Call) -> dict[str, Any]:
    """GET /cluster/config/join; 424 on a node that is alone."""
    names = call.world.nodes()
    if len(names) < 2:
        raise ApiError("node is not in a cluster, no join info available!", 424)
    main = call.state.get("cluster", "main")
    nodes = []
    for name in names:
        row = call.state.get("node", name)
        nodes.append(
            {
                "name": name,
                "nodeid": str(row["nodeid"]),
                "pve_addr": row["ip"],
                "quorum_votes": "1",
                "ring0_addr": row["ip"],
            }
        )
    totem = {"cluster_name": main["name"], "config_version": str(main["version"])}
    return {"config_digest": digest(nodes), "nodelist": nodes, "preferred_node": main["local"], "totem": totem}


def manager_status(call: Call) -> dict[str, Any]:
    """GET /cluster/ha/status/manager_status."""
    local = call.state.get("cluster", "main")["local"]
    return {"manager_status": {"node_status": {}}, "quorum": {"node": local, "quorate": str(int(call.world.quorate))}}


def ha_move(call: Call) -> dict[str, Any]:
    """POST /cluster/ha/resources/{sid}/migrate and relocate: the request is queued."""
    sid = str(call.params["sid"])
    if not call.state.has("ha", sid):
        raise ApiError(f"cannot {call.path.rpartition('/')[2]} service '{sid}', not HA managed!")
    call.world.node(str(call.params["node"]))
    return {"sid": sid, "requested-node": call.params["node"]}


# firewall


def macros(call: Call) -> list[dict[str, str]]:
    """GET /cluster/firewall/macros."""
    del call
    return [{"macro": m, "descr": f"{m} traffic"} for m in MACROS]


def references(call: Call) -> list[dict[str, Any]]:
    """GET …/firewall/refs: names that rules may use."""
    found = []
    scopes = [("dc", "cluster")] + ([("guest", f"vm/{call.vmid}")] if "vmid" in call.params else [])
    for scope, where in scopes:
        row = look(call.world, where)
        found += [{"type": "alias", "name": n, "ref": f"{scope}/{n}", "scope": scope} for n in row["aliases"]]
        found += [{"type": "ipset", "name": n, "ref": f"+{scope}/{n}", "scope": scope} for n in row["ipsets"]]
    wanted = call.params.get("type")
    return [entry for entry in found if wanted in (None, entry["type"])]


def nothing(call: Call) -> list[Any]:
    """Answer with an empty list: there is none here."""
    Rights(call.world, call.identity)
    return []


def _routes() -> Routes:
    found: Routes = {
        ("GET", "/nodes/{node}/rrddata"): statistics,
        ("GET", "/cluster/firewall/refs"): references,
        ("POST", "/nodes/{node}/termproxy"): _console("node", "term"),
        ("POST", "/nodes/{node}/vncshell"): _console("node", "vnc"),
    }
    for kind in ("qemu", "lxc"):
        one = f"/nodes/{{node}}/{kind}/{{vmid}}"
        found |= {("POST", f"{one}/{name}proxy"): _console(kind, name) for name in ("vnc", "term", "spice")}
        found[("GET", f"{one}/rrddata")] = statistics
        found[("GET", f"{one}/firewall/refs")] = references
    return found


_STORAGE = "/nodes/{node}/storage/{storage}"
ROUTES: Routes = {
    **_routes(),
    ("PUT", "/nodes/{node}/qemu/{vmid}/sendkey"): send_key,
    ("PUT", "/nodes/{node}/qemu/{vmid}/unlink"): unlink,
    ("PUT", f"{_STORAGE}/content/{{volume}}"): describe_volume,
    ("POST", f"{_STORAGE}/download-url"): download,
    ("GET", "/nodes/{node}/aplinfo"): appliances,
    ("POST", "/nodes/{node}/aplinfo"): fetch_appliance,
    ("POST", "/cluster/bulk-action/guest/start"): _bulk("start"),
    ("POST", "/cluster/bulk-action/guest/shutdown"): _bulk("shutdown"),
    ("GET", "/cluster/config/join"): join_information,
    ("GET", "/cluster/ha/status/manager_status"): manager_status,
    ("POST", "/cluster/ha/resources/{sid}/migrate"): ha_move,
    ("POST", "/cluster/ha/resources/{sid}/relocate"): ha_move,
    ("GET", "/cluster/firewall/macros"): macros,
    ("GET", "/nodes/{node}/hardware/pci"): nothing,
    ("GET", "/nodes/{node}/hardware/usb"): nothing,
}
TASKS = {"console": Job(_console_job), "download": Job(_download_job), "bulk": Job(_bulk_job)}

__all__ = ["ROUTES", "TASKS", "TaskError"]
