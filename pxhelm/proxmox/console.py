"""Tickets for the consoles of guests and nodes. Never opens the console: that is a WebSocket, and a door's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlencode

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.secret import Secret

ConsoleKind = Literal["termproxy", "vncproxy"]


@dataclass(frozen=True, slots=True)
class ConsoleTicket:
    """What opens one console within some seconds."""

    path: str
    """API path of the guest or node."""
    port: int
    ticket: Secret
    user: str
    upid: str
    """The task that serves it, running until the console is closed."""
    password: Secret
    """Of the VNC server, where it wants another than the ticket."""

    @property
    def websocket(self) -> str:
        """The API path of the WebSocket; holds the ticket, so it is not to be shown."""
        return f"{self.path}/vncwebsocket?{urlencode({'port': self.port, 'vncticket': self.ticket.reveal()}, quote_via=quote)}"


def open_console(path: str, kind: ConsoleKind, node: str) -> ApiGen[ConsoleTicket]:
    """Ask for a console of a guest (``guest_path``) or a node (``/nodes/NAME``)."""
    params: dict[str, Param] = {"websocket": True} if kind == "vncproxy" else {}
    data = yield from call(Request("POST", f"{path}/{kind}", params, node=node))
    if not isinstance(data, Mapping) or not data.get("ticket"):
        raise PxhelmError(f"cannot open a console of {path}: the reply holds no ticket")
    ticket = Secret(str(data["ticket"]))
    password = Secret(str(data["password"])) if data.get("password") else ticket
    return ConsoleTicket(
        path, int(data["port"]), ticket, str(data.get("user", "")), str(data.get("upid", "")), password
    )
