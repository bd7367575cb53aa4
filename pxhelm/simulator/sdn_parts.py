"""The other parts of software defined networks: controllers, IPAMs, DNS servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pxhelm.simulator import sdn_state
from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.world import Call, Routes, digest

_PARTS = {"controllers": "controller", "ipams": "ipam", "dns": "dns"}


def _view(name: str, key: str, row: dict[str, Any]) -> dict[str, Any]:
    return {key: name, **row, "digest": digest(row)}


def _rows(call: Call, part: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {"pve": {"type": "pve"}} if part == "ipams" else {}
    return found | dict(call.state.items(f"sdn/{part}"))


def _named(call: Call, part: str) -> tuple[str, dict[str, Any]]:
    name = str(call.params[_PARTS[part]])
    row = _rows(call, part).get(name)
    if row is None:
        raise ApiError(f"sdn '{name}' does not exist")
    return name, row


def _list(part: str) -> Callable[[Call], list[dict[str, Any]]]:
    def list_all(call: Call) -> list[dict[str, Any]]:
        wanted = call.params.get("type")
        rows = sdn_state.seen(call, part) if part == "controllers" else _rows(call, part).items()
        return [_view(name, _PARTS[part], row) for name, row in rows if wanted in (None, row.get("type"))]

    return list_all


def _read(part: str) -> Callable[[Call], dict[str, Any]]:
    def read(call: Call) -> dict[str, Any]:
        name, row = _named(call, part)
        return _view(name, _PARTS[part], row)

    return read


def _create(part: str) -> Callable[[Call], None]:
    def create(call: Call) -> None:
        key = _PARTS[part]
        name = str(call.params[key])
        if name in _rows(call, part):
            raise ApiError(f"create sdn {key} object failed: sdn {key} object ID '{name}' already defined")
        call.state.put(f"sdn/{part}", name, {k: v for k, v in call.params.items() if k not in (key, "lock-token")})

    return create


def _update(part: str) -> Callable[[Call], None]:
    def update(call: Call) -> None:
        name, row = _named(call, part)
        values = {k: v for k, v in call.params.items() if k not in (_PARTS[part], "digest", "delete", "lock-token")}
        fresh = {**row, **values}
        for option in split_list(str(call.params.get("delete", ""))):
            fresh.pop(option, None)
        call.state.put(f"sdn/{part}", name, fresh)

    return update


def _delete(part: str) -> Callable[[Call], None]:
    def delete(call: Call) -> None:
        name, _ = _named(call, part)
        key = "ipam" if part == "ipams" else "controller" if part == "controllers" else "dns"
        used = next((z for z, row in call.state.items("sdn/zones") if row.get(key) == name), None)
        if used:
            raise ApiError(f"delete sdn {key} object failed: {key} '{name}' is used by zone {used}")
        call.state.delete(f"sdn/{part}", name)

    return delete


ROUTES: Routes = {}
for _part, _key in _PARTS.items():
    _every, _one = f"/cluster/sdn/{_part}", f"/cluster/sdn/{_part}/{{{_key}}}"
    ROUTES |= {
        ("GET", _every): _list(_part),
        ("POST", _every): sdn_state.locked(f"create sdn {_key} object failed", _create(_part)),
        ("GET", _one): _read(_part),
        ("PUT", _one): sdn_state.locked(f"update sdn {_key} object failed", _update(_part)),
        ("DELETE", _one): sdn_state.locked(f"delete sdn {_key} object failed", _delete(_part)),
    }
