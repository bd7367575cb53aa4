"""The guest agent: a running machine that has one enabled answers, one with ``kvm: 0`` has nobody in it to answer."""

from __future__ import annotations

import base64
from typing import Any

from pxhelm.simulator import guests
from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.qemu_power import power_off
from pxhelm.simulator.qemu_read import agent
from pxhelm.simulator.world import Call, Routes

_OS = {
    "id": "debian",
    "name": "Debian GNU/Linux",
    "pretty-name": "Debian GNU/Linux 12 (bookworm)",
    "version": "12 (bookworm)",
    "version-id": "12",
    "kernel-release": "6.1.0-26-amd64",
    "machine": "x86_64",
}


def _answer(call: Call, result: Any) -> dict[str, Any]:
    agent(call)
    return {"result": result}


def os_info(call: Call) -> dict[str, Any]:
    """GET …/agent/get-osinfo."""
    return _answer(call, dict(_OS))


def host_name(call: Call) -> dict[str, Any]:
    """GET …/agent/get-host-name."""
    row = guests.look(call.world, "qemu", call.node, call.vmid)
    return _answer(call, {"host-name": guests.name_of(row, call.vmid)})


def clock(call: Call) -> dict[str, Any]:
    """GET …/agent/get-time, in nanoseconds."""
    return _answer(call, int(call.world.now * 1e9))


def info(call: Call) -> dict[str, Any]:
    """GET …/agent/info."""
    return _answer(call, {"version": "8.2.4", "supported_commands": []})


def empty(call: Call) -> dict[str, Any]:
    """Answer with nothing: users, file systems, memory blocks."""
    return _answer(call, [])


def done(call: Call) -> dict[str, Any]:
    """Answer that it was done: freeze, thaw, trim, passwords."""
    return _answer(call, {})


def shutdown(call: Call) -> dict[str, Any]:
    """POST …/agent/shutdown."""
    answer = _answer(call, {})
    power_off(call.world, call.vmid)
    return answer


def execute(call: Call) -> dict[str, Any]:
    """POST …/agent/exec: every command succeeds and prints its own line."""
    agent(call)
    command = call.params["command"]
    words = [str(w) for w in command] if isinstance(command, list) else [str(command)]
    pid = 1000 + call.world.number(30000)
    call.state.put("agentexec", f"{call.vmid}/{pid}", {"out": " ".join(words) + "\n"})
    return {"pid": pid}


def execution(call: Call) -> dict[str, Any]:
    """GET …/agent/exec-status."""
    agent(call)
    row = call.state.get("agentexec", f"{call.vmid}/{call.params['pid']}")
    if row is None:
        raise ApiError(f"Agent error: PID {call.params['pid']} does not exist")
    return {"exited": 1, "exitcode": 0, "out-data": row["out"]}


def write_file(call: Call) -> None:
    """POST …/agent/file-write."""
    agent(call)
    content = str(call.params["content"])
    if call.params.get("encode", 1) == 0:
        content = base64.b64decode(content).decode("utf-8", "replace")
    call.state.put("agentfile", f"{call.vmid}/{call.params['file']}", {"content": content})


def read_file(call: Call) -> dict[str, Any]:
    """GET …/agent/file-read."""
    agent(call)
    row = call.state.get("agentfile", f"{call.vmid}/{call.params['file']}")
    if row is None:
        raise ApiError(
            f"can't open file: Agent error: failed to open file '{call.params['file']}' (mode: 'r'): No such file or directory"
        )
    return {"content": row["content"], "bytes-read": len(row["content"])}


_AGENT = "/nodes/{node}/qemu/{vmid}/agent"
ROUTES: Routes = {
    ("GET", f"{_AGENT}/get-osinfo"): os_info,
    ("GET", f"{_AGENT}/get-host-name"): host_name,
    ("GET", f"{_AGENT}/get-time"): clock,
    ("GET", f"{_AGENT}/info"): info,
    ("GET", f"{_AGENT}/get-users"): empty,
    ("GET", f"{_AGENT}/get-fsinfo"): empty,
    ("GET", f"{_AGENT}/get-vcpus"): empty,
    ("GET", f"{_AGENT}/get-memory-blocks"): empty,
    ("POST", f"{_AGENT}/fsfreeze-freeze"): done,
    ("POST", f"{_AGENT}/fsfreeze-thaw"): done,
    ("POST", f"{_AGENT}/fsfreeze-status"): done,
    ("POST", f"{_AGENT}/fstrim"): done,
    ("POST", f"{_AGENT}/set-user-password"): done,
    ("POST", f"{_AGENT}/shutdown"): shutdown,
    ("POST", f"{_AGENT}/exec"): execute,
    ("GET", f"{_AGENT}/exec-status"): execution,
    ("POST", f"{_AGENT}/file-write"): write_file,
    ("GET", f"{_AGENT}/file-read"): read_file,
}
