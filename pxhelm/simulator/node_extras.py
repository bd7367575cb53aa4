"""A node's own configuration, its capabilities, and starting or stopping all of its guests."""

from __future__ import annotations

from typing import Any

from pxhelm.simulator import certificate, guests
from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.models import CPU_MODELS_BY_VENDOR
from pxhelm.simulator.qemu_create import start_now
from pxhelm.simulator.qemu_power import check_start, power_off
from pxhelm.simulator.tasks import Job, Plan, Running, TaskError, fork
from pxhelm.simulator.world import Call, Routes, check_digest, digest


def read_config(call: Call) -> dict[str, Any]:
    """GET /nodes/{node}/config."""
    row = call.state.get("nodeconfig", call.node)
    if row is None:
        return {}
    found = {k: str(v) if isinstance(v, int) else v for k, v in row.items()}
    text = str(row.get("description", ""))
    found["description"] = f"{text.rstrip(chr(10))}\n" if text else ""
    return {**found, "digest": digest(row)}


def update_config(call: Call) -> None:
    """PUT /nodes/{node}/config."""
    old = call.state.get("nodeconfig", call.node) or {}
    check_digest(call.params.get("digest"), digest(old))
    row = {**old, **{k: v for k, v in call.params.items() if k not in ("node", "delete", "digest")}}
    for option in split_list(str(call.params.get("delete", ""))):
        row.pop(option, None)
    call.state.put("nodeconfig", call.node, row)


def dns(call: Call) -> dict[str, str]:
    """GET /nodes/{node}/dns."""
    return dict(call.state.get("nodedns", call.node) or {"search": "test.local", "dns1": "127.0.0.1"})


def set_dns(call: Call) -> None:
    """PUT /nodes/{node}/dns: all servers at once; what is not named is gone."""
    call.state.put(
        "nodedns", call.node, {k: call.params[k] for k in ("search", "dns1", "dns2", "dns3") if k in call.params}
    )


def clock(call: Call) -> dict[str, Any]:
    """GET /nodes/{node}/time."""
    now = int(call.world.now)
    return {"localtime": now, "time": now, "timezone": "Etc/UTC", **(call.state.get("nodetime", call.node) or {})}


def set_time(call: Call) -> None:
    """PUT /nodes/{node}/time."""
    call.state.put("nodetime", call.node, {"timezone": call.params["timezone"]})


def hosts(call: Call) -> dict[str, str]:
    """GET /nodes/{node}/hosts."""
    row = call.state.get("nodehosts", call.node)
    address = (call.state.get("node", call.node) or {}).get("ip", "")
    text = str(row["data"]) if row else f"127.0.0.1 localhost\n{address} {call.node}.test.local {call.node}\n"
    return {"data": text, "digest": digest(text)}


def set_hosts(call: Call) -> None:
    """POST /nodes/{node}/hosts."""
    check_digest(call.params.get("digest"), hosts(call)["digest"])
    call.state.put("nodehosts", call.node, {"data": call.params["data"]})


def certificates(call: Call) -> list[dict[str, Any]]:
    """GET /nodes/{node}/certificates/info: the cluster's own authority, made when it is first asked for."""
    row = call.state.get("authority", "main")
    if row is None:
        made = certificate.make(call.world.now, ["localhost"])
        row = {"pem": made.authority.decode(), "key": made.authority_key.decode()}
        call.state.put("authority", "main", row)
    found = [certificate.facts(str(row["pem"]).encode(), "pve-root-ca.pem")]
    if row.get("server"):
        found.append(certificate.facts(str(row["server"]).encode(), "pve-ssl.pem"))
    return found


def cpu_models(call: Call) -> list[dict[str, Any]]:
    """GET /nodes/{node}/capabilities/qemu/cpu."""
    del call
    found: list[dict[str, Any]] = []
    for vendor, names in CPU_MODELS_BY_VENDOR.items():
        more = {"vendor": "default", "abstract": 1} if vendor == "abstract" else {"vendor": vendor}
        found += [{"name": name, "custom": 0, **more} for name in names]
    return found


def _chosen(call: Call, *, running: bool, everything: bool) -> list[str]:
    wanted = (
        [str(v) for v in call.params.get("vms") or []]
        if isinstance(call.params.get("vms"), list)
        else split_list(str(call.params.get("vms") or ""))
    )
    found = []
    for vmid in sorted(call.state.keys("guest"), key=int):
        row = call.state.get("guest", vmid)
        if row["node"] != call.node or bool(row["run"]) != running or row["conf"].get("template"):
            continue
        if wanted and vmid not in wanted:
            continue
        if everything or row["conf"].get("onboot"):
            found.append(vmid)
    return found


def start_all(call: Call) -> str:
    """POST /nodes/{node}/startall."""
    call.world.need_quorum()
    vmids = _chosen(call, running=False, everything=bool(call.params.get("force")))
    return fork(
        call.world, call.identity, Plan(call.node, "startall", "", "startall", {"vmids": vmids}, 1.0 + len(vmids))
    )


def _start_all_job(task: Running) -> None:
    world = task.world
    for vmid in task.args["vmids"]:
        row = world.state.get("guest", vmid)
        if row is None or row["run"]:
            continue
        task.log(f"Starting {guests.LABELS[row['kind']]} {vmid}")
        try:
            if row["kind"] == "qemu":
                check_start(world, task.node, vmid, skip_lock=False)
            start_now(world, vmid)
        except (TaskError, ApiError) as error:
            task.log(str(error))


def stop_all(call: Call) -> str:
    """POST /nodes/{node}/stopall."""
    vmids = _chosen(call, running=True, everything=True)
    timeout = call.params.get("timeout", 180)
    args = {"vmids": vmids, "timeout": timeout, "force": call.params.get("force-stop", 1)}
    seconds = 1.0 + (float(timeout) if vmids else 0.0)
    return fork(call.world, call.identity, Plan(call.node, "stopall", "", "stopall", args, seconds))


def _stop_all_job(task: Running) -> None:
    world, args = task.world, task.args
    for vmid in args["vmids"]:
        row = world.state.get("guest", vmid)
        if row is None or not row["run"]:
            continue
        task.log(f"Stopping {guests.LABELS[row['kind']]} {vmid} (timeout = {args['timeout']} seconds)")
        if args["force"] or row["conf"].get("kvm", 1):
            if row["kind"] == "qemu":
                power_off(world, vmid)
            else:
                guests.run_state(world, vmid)["run"] = None


ROUTES: Routes = {
    ("GET", "/nodes/{node}/config"): read_config,
    ("PUT", "/nodes/{node}/config"): update_config,
    ("GET", "/nodes/{node}/dns"): dns,
    ("PUT", "/nodes/{node}/dns"): set_dns,
    ("GET", "/nodes/{node}/time"): clock,
    ("PUT", "/nodes/{node}/time"): set_time,
    ("GET", "/nodes/{node}/hosts"): hosts,
    ("POST", "/nodes/{node}/hosts"): set_hosts,
    ("GET", "/nodes/{node}/certificates/info"): certificates,
    ("GET", "/nodes/{node}/capabilities/qemu/cpu"): cpu_models,
    ("POST", "/nodes/{node}/startall"): start_all,
    ("POST", "/nodes/{node}/stopall"): stop_all,
}
TASKS = {"startall": Job(_start_all_job), "stopall": Job(_stop_all_job)}
