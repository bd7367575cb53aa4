"""Whether a guest is ready in the words of its manifest: agent, address, port, page, cloud-init (engine.md D13).

Asked only by who waits for it, one bounded question after the other; diff and plan never ask. ``reach`` is the network as
seen from where pxhelm runs.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import ApiGen, Request, Wait, call
from pxhelm.resource.model import Leaves, Live

TIMEOUT = 300.0
"""Seconds that a guest is waited for when its manifest says nothing."""
PAUSE = 2.0
"""Seconds between two rounds of questions."""
_EXEC_PAUSES = (0.2, 0.5, 1.0)
_READY = ("readiness.agent", "readiness.cloudInit")


@dataclass(frozen=True, slots=True)
class Reach:
    """A port that must answer."""

    host: str
    port: int
    scheme: str = ""
    """``http`` or ``https``; empty = a connection is enough."""
    path: str = "/"


def declared(leaves: Leaves) -> bool:
    """Whether the manifest says when the guest is ready."""
    flags = any(leaves.get(path) for path in _READY)
    return flags or any(path.startswith(("readiness.address.", "readiness.tcp.", "readiness.http.")) for path in leaves)


def timeout_of(leaves: Leaves) -> float:
    """Return how long the guest is waited for."""
    found = leaves.get("readiness.timeout")
    return float(found) if isinstance(found, (int, float)) else TIMEOUT


def unready(live: Live, leaves: Leaves, guest: str, reach: Callable[[Reach], bool]) -> ApiGen[str]:
    """Return why a guest is not ready; empty when it is. ``guest``: ``qemu`` or ``lxc``."""
    if live.power != "running":
        return "it does not run"
    base = f"/nodes/{live.node}/{guest}/{live.vmid}"
    if leaves.get("readiness.agent") and guest == "qemu":
        answer = yield from _ask(Request("POST", f"{base}/agent/ping", node=live.node))
        if answer is None:
            return "its guest agent does not answer"
    wants_address = any(p.startswith(("readiness.address.", "readiness.tcp.", "readiness.http.")) for p in leaves)
    addresses: list[str] = []
    if wants_address:
        addresses = yield from _addresses(live, leaves, guest, base)
        if not addresses:
            return f"it has no {_wish(leaves)}"
    for target in _targets(leaves, addresses[0] if addresses else ""):
        if not reach(target):
            what = f"{target.scheme}://{target.host}:{target.port}{target.path}" if target.scheme else "port"
            return f"{what} does not answer" if target.scheme else f"{target.host} port {target.port} does not answer"
    if leaves.get("readiness.cloudInit") and guest == "qemu":
        return (yield from _cloud_init(base, live.node))
    return ""


def _wish(leaves: Leaves) -> str:
    words = [str(v) for p, v in leaves.items() if p.startswith("readiness.address.")]
    return f"address yet ({', '.join(words)})" if words else "address yet"


def _targets(leaves: Leaves, host: str) -> list[Reach]:
    found = []
    if isinstance(port := leaves.get("readiness.tcp.port"), int):
        found.append(Reach(host, port))
    if any(path.startswith("readiness.http.") for path in leaves):
        scheme = str(leaves.get("readiness.http.scheme") or "http")
        http_port = leaves.get("readiness.http.port")
        number = http_port if isinstance(http_port, int) else 443 if scheme == "https" else 80
        found.append(Reach(host, number, scheme, str(leaves.get("readiness.http.path") or "/")))
    return found


def _ask(request: Request) -> ApiGen[object]:
    """Return an answer; None when the guest gives none (the agent is not there yet, the call times out)."""
    try:
        data = yield from call(request)
    except ApiError:
        return None
    return data if data is not None else {}


def _addresses(live: Live, leaves: Leaves, guest: str, base: str) -> ApiGen[list[str]]:
    """Return the addresses that fit: those that the manifest gives the guest, else those that the guest tells."""
    network = leaves.get("readiness.address.network")
    stated = [
        str(value).partition("/")[0]
        for path, value in leaves.items()
        if path.startswith("networks.") and path.endswith((".ip", ".ip6")) and "/" in str(value)
        and network in (None, path.split(".")[1])
    ]  # fmt: skip
    fitting = [address for address in stated if _fits(address, leaves)]
    if fitting:
        return fitting
    rest = "agent/network-get-interfaces" if guest == "qemu" else "interfaces"
    answer = yield from _ask(Request("GET", f"{base}/{rest}", node=live.node))
    rows = answer.get("result") if isinstance(answer, Mapping) else answer
    mac = str(live.intended.get(f"networks.{network}.mac") or "").lower() if network else ""
    return [a for a in _told(rows if isinstance(rows, Sequence) else (), mac) if _fits(a, leaves)]


def _told(rows: Sequence[object], mac: str) -> list[str]:
    found = []
    for row in rows:
        if not isinstance(row, Mapping) or (mac and str(row.get("hardware-address", "")).lower() != mac):
            continue
        listed = row.get("ip-addresses")
        entries = listed if isinstance(listed, Sequence) else ()
        found += [str(entry.get("ip-address", "")) for entry in entries if isinstance(entry, Mapping)]
    return found


def _fits(text: str, leaves: Leaves) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.is_loopback or address.is_link_local:
        return False
    family, cidr = leaves.get("readiness.address.family"), leaves.get("readiness.address.cidr")
    if family is not None and str(address.version) not in str(family):
        return False
    return cidr is None or address in ipaddress.ip_network(str(cidr), strict=False)


def _cloud_init(base: str, node: str) -> ApiGen[str]:
    started = yield from _ask(Request("POST", f"{base}/agent/exec", {"command": ["cloud-init", "status"]}, node=node))
    pid = started.get("pid") if isinstance(started, Mapping) else None
    if pid is None:
        return "its guest agent does not answer"
    for pause in _EXEC_PAUSES:
        status = yield from _ask(Request("GET", f"{base}/agent/exec-status", {"pid": int(str(pid))}, node=node))
        if isinstance(status, Mapping) and status.get("exited"):
            told = str(status.get("out-data") or "")
            return (
                ""
                if "status: done" in told or "status: disabled" in told
                else f"cloud-init says {told.strip() or 'nothing'}"
            )
        yield Wait(pause)
    return "cloud-init status does not answer"
