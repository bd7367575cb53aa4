"""The options of the data centre: datacenter.cfg through the API."""

from __future__ import annotations

from typing import Any

from pxhelm.simulator.formats import split_list
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.world import Call, Routes

_OBJECTS = (
    "crs",
    "ha",
    "migration",
    "notify",
    "tag-style",
    "user-tag-access",
    "u2f",
    "webauthn",
    "next-id",
    "replication",
)
"""Options that read back as objects."""
_DEFAULT_KEY = "type"
"""What a value without a key is, in ``migration`` and ``replication``."""


def _object(text: str) -> dict[str, Any]:
    parts = [part if "=" in part else f"{_DEFAULT_KEY}={part}" for part in text.split(",") if part]
    found: dict[str, Any] = dict(part.partition("=")[::2] for part in parts)
    if "user-allow-list" in found:
        found["user-allow-list"] = split_list(found["user-allow-list"])
    return found


def read(call: Call) -> dict[str, Any]:
    """GET /cluster/options."""
    row = dict(call.state.get("datacenter", "main") or {})
    rights = Rights(call.world, call.identity)
    tags = sorted(split_list(str(row.get("registered-tags", ""))))
    found: dict[str, Any] = {"mac_prefix": "BC:24:11", "description": "", "allowed-tags": tags}
    if not rights.has("/", ["Sys.Audit"]):
        return {k: v for k, v in {**row, **found}.items() if k in ("tag-style", "console", "allowed-tags")}
    for option, value in row.items():
        found[option] = _object(str(value)) if option in _OBJECTS else value
    if "description" in row:
        found["description"] = str(row["description"]).rstrip("\n") + "\n"
    if "registered-tags" in row:
        found["registered-tags"] = tags
    return found


def update(call: Call) -> None:
    """PUT /cluster/options."""
    from pxhelm.simulator.errors import ApiError

    values = {k: v for k, v in call.params.items() if k != "delete"}
    call.world.need_lock("datacenter_cfg")
    bounds = _object(str(values.get("next-id", "")))
    if bounds and int(bounds.get("lower", 100)) > int(bounds.get("upper", 1000000)):
        text = f"lower ({bounds['lower']}) <= upper ({bounds['upper']}) boundary rule broken"
        raise ApiError(text)
    has = call.state.has("datacenter", "main")
    row = call.state.edit("datacenter", "main") if has else call.state.put("datacenter", "main", {})
    row |= {k: str(v) for k, v in values.items()}
    for option in split_list(str(call.params.get("delete", ""))):
        row.pop(option, None)


ROUTES: Routes = {("GET", "/cluster/options"): read, ("PUT", "/cluster/options"): update}
