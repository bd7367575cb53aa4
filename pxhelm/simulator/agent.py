"""The guest agent: a running machine that has one enabled answers, one with ``kvm: 0`` has nobody in it to answer."""

from __future__ import annotations

import base64
from typing import Any

from pxhelm.simulator import guests, shell
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
    """POST …/agent/exec: runs at once in the simulated system; what it printed is asked for by its PID."""
    agent(call)
    command = call.params["command"]
    words = [str(w) for w in command] if isinstance(command, list) else [str(command)]
    files = _files(call)
    before = dict(files)
    host = guests.name_of(guests.look(call.world, "qemu", call.node, call.vmid), call.vmid)
    done = shell.run(words, str(call.params.get("input-data") or "").encode(), files, host)
    for name in before.keys() - files.keys():
        call.state.delete("agentfile", f"{call.vmid}/{name}")
    for name, content in files.items():
        if before.get(name) != content:
            _keep(call, name, content)
    pid = 1000 + call.world.number(30000)
    texts = {"out": done.out.decode("latin-1"), "err": done.err.decode("latin-1"), "code": done.code}
    call.state.put("agentexec", f"{call.vmid}/{pid}", texts)
    return {"pid": pid}


def execution(call: Call) -> dict[str, Any]:
    """GET …/agent/exec-status: each byte of what was printed is one character, as Perl makes JSON of bytes."""
    agent(call)
    row = call.state.get("agentexec", f"{call.vmid}/{call.params['pid']}")
    if row is None:
        raise ApiError(f"Agent error: PID {call.params['pid']} does not exist")
    answer = {"exited": 1, "exitcode": row["code"]}
    answer |= {f"{name}-data": row[name] for name in ("out", "err") if row[name]}
    return answer


def _files(call: Call) -> dict[str, bytes]:
    start = f"{call.vmid}/"
    rows = ((key, call.state.get("agentfile", key)) for key in call.state.keys("agentfile") if key.startswith(start))
    return {key.removeprefix(start): base64.b64decode(row["content"]) for key, row in rows}


def _keep(call: Call, name: str, content: bytes) -> None:
    call.state.put("agentfile", f"{call.vmid}/{name}", {"content": base64.b64encode(content).decode()})


def write_file(call: Call) -> None:
    """POST …/agent/file-write: the whole file is what was sent."""
    agent(call)
    content = str(call.params["content"])
    _keep(
        call, str(call.params["file"]), content.encode() if call.params.get("encode", 1) else base64.b64decode(content)
    )


def read_file(call: Call) -> dict[str, Any]:
    """GET …/agent/file-read: from an offset on, decoded or as base64; ``truncated`` when there is more."""
    agent(call)
    name = str(call.params["file"])
    row = call.state.get("agentfile", f"{call.vmid}/{name}")
    if row is None:
        raise ApiError(
            f"can't open file: Agent error: failed to open file '{name}' (mode: 'r'): No such file or directory"
        )
    whole = base64.b64decode(row["content"])
    begin = int(call.params.get("offset") or 0)
    data = whole[begin : begin + int(call.params.get("count") or 16777216)]
    shown = data.decode("latin-1") if call.params.get("decode", 1) else base64.b64encode(data).decode()
    answer: dict[str, Any] = {"content": shown, "bytes-read": len(data)}
    return answer | ({"truncated": 1} if begin + len(data) < len(whole) else {})


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
