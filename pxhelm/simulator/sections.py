"""What Proxmox keeps as sections of a configuration file, from mappings of devices to notifications.

They differ in paths and names; how they are made, changed and removed is the same.
Secrets are kept apart and never read back, as in the real ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.world import Call, Routes, check_digest, digest


@dataclass(frozen=True, slots=True)
class Sections:
    """One file's sections of one type."""

    path: str
    parameter: str
    """Name of the id in requests."""
    table: str
    """Where they are in the state."""
    word: str
    """What they are called in messages."""
    shown: str = ""
    """Name of the id in answers, if another one."""
    secret: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Added to every answer."""
    builtin: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    made_at_item: bool = False
    again: tuple[str, ...] = ()
    """What an update has to say again."""

    @property
    def item(self) -> str:
        """Path of one."""
        return f"{self.path}/{{{self.parameter}}}"


def _rows(call: Call, of: Sections) -> dict[str, Mapping[str, Any]]:
    return {**of.builtin, **dict(call.state.items(of.table))}


def _view(of: Sections, name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    open_values = {k: v for k, v in row.items() if k not in of.secret}
    names = {"secret": [s.partition(",value=")[0] for s in row["secret"]]} if "secret" in row else {}
    return {**of.fixed, **open_values, **names, of.shown or of.parameter: name, "digest": digest(dict(row))}


def _named(call: Call, of: Sections, prefix: str = "") -> tuple[str, Mapping[str, Any]]:
    name = str(call.params[of.parameter])
    row = _rows(call, of).get(name)
    if row is None:
        raise ApiError(f"{prefix}{of.word} '{name}' does not exist")
    return name, row


def _values(call: Call, of: Sections) -> dict[str, Any]:
    left_out = (of.parameter, "delete", "digest", "node")
    return {k: v for k, v in call.params.items() if k not in left_out and v is not None}


def _handlers(of: Sections) -> dict[str, Callable[[Call], Any]]:
    def every(call: Call) -> list[dict[str, Any]]:
        return [_view(of, name, row) for name, row in _rows(call, of).items()]

    def read(call: Call) -> dict[str, Any]:
        return _view(of, *_named(call, of))

    def create(call: Call) -> None:
        name = str(call.params[of.parameter])
        if name in _rows(call, of):
            raise ApiError(f"create {of.word} failed: {of.word} ID '{name}' already defined")
        call.state.put(of.table, name, _values(call, of))

    def update(call: Call) -> None:
        prefix = f"update {of.word} failed: "
        name, row = _named(call, of, prefix)
        check_digest(call.params.get("digest"), digest(dict(row)), prefix)
        fresh = {**row, **_values(call, of)}
        gone = call.params.get("delete") or ""
        for option in gone if isinstance(gone, list) else split_list(str(gone)):
            fresh.pop(option, None)
        call.state.put(of.table, name, fresh)

    def delete(call: Call) -> None:
        name, _ = _named(call, of, f"delete {of.word} failed: ")
        call.state.delete(of.table, name)

    return {"every": every, "read": read, "create": create, "update": update, "delete": delete}


def _routes(of: Sections) -> Routes:
    on = _handlers(of)
    return {
        ("GET", of.path): on["every"],
        ("POST", of.item if of.made_at_item else of.path): on["create"],
        ("GET", of.item): on["read"],
        ("PUT", of.item): on["update"],
        ("DELETE", of.item): on["delete"],
    }


_ORIGIN = {"origin": "user-created"}
_ENDPOINTS = "/cluster/notifications/endpoints"
ALL = (
    Sections("/cluster/mapping/pci", "id", "mapping/pci", "PCI mapping", fixed={"type": "pci"}),
    Sections("/cluster/mapping/usb", "id", "mapping/usb", "USB mapping", fixed={"type": "usb"}),
    Sections("/cluster/metrics/server", "id", "metrics", "metrics server", secret=("token",), made_at_item=True),
    Sections(f"{_ENDPOINTS}/gotify", "name", "notify/gotify", "endpoint", secret=("token",), fixed=_ORIGIN),
    Sections(
        f"{_ENDPOINTS}/sendmail",
        "name",
        "notify/sendmail",
        "endpoint",
        fixed=_ORIGIN,
        builtin={"mail-to-root": {"mailto-user": ["root@pam"], "comment": "Send mails to root@pam's email address"}},
    ),
    Sections(f"{_ENDPOINTS}/smtp", "name", "notify/smtp", "endpoint", secret=("password",), fixed=_ORIGIN),
    Sections(f"{_ENDPOINTS}/webhook", "name", "notify/webhook", "endpoint", fixed=_ORIGIN),
    Sections(
        "/cluster/notifications/matchers",
        "name",
        "notify/matchers",
        "matcher",
        fixed=_ORIGIN,
        builtin={"default-matcher": {"mode": "all", "target": ["mail-to-root"], "comment": "Route all notifications"}},
    ),
    Sections(
        "/cluster/acme/plugins",
        "id",
        "acme/plugins",
        "ACME plugin",
        shown="plugin",
        secret=("data",),
        builtin={"standalone": {"type": "standalone"}},
    ),
    Sections("/cluster/jobs/realm-sync", "id", "realmsync", "realm-sync job", made_at_item=True),
    Sections("/cluster/qemu/custom-cpu-models", "cputype", "cpumodels", "CPU model"),
)


def targets(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/notifications/targets: the endpoints of every type."""
    found = []
    for of in ALL:
        if of.path.startswith(_ENDPOINTS):
            kind = of.path.rpartition("/")[2]
            for name, row in _rows(call, of).items():
                shown = {k: row[k] for k in ("comment", "disable") if k in row}
                found.append({"name": name, "type": kind, **shown, **of.fixed})
    return found


ROUTES: Routes = {("GET", "/cluster/notifications/targets"): targets}
for _of in ALL:
    ROUTES |= _routes(_of)
