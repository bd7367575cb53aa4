"""The HA manager's configuration: resources and rules. No manager runs: requests are queued, states stay as asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.world import Call, Routes, World, check_digest, digest

_RESOURCE = ("state", "max_restart", "max_relocate", "comment", "group", "failback", "auto-rebalance")


def _resources_digest(world: World) -> str:
    return digest(dict(world.state.items("ha")))


def _sid(world: World, given: str) -> str:
    """Return the full id of a resource that may be given as a bare number."""
    if ":" in given:
        return given
    row = world.state.get("guest", given)
    return f"{'ct' if row and row['kind'] == 'lxc' else 'vm'}:{given}"


def list_resources(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/ha/resources."""
    current = _resources_digest(call.world)
    wanted = call.params.get("type")
    return [{**row, "digest": current} for _, row in call.state.items("ha") if wanted in (None, row["type"])]


def read_resource(call: Call) -> dict[str, Any]:
    """GET /cluster/ha/resources/{sid}."""
    sid = _sid(call.world, str(call.params["sid"]))
    row = call.state.get("ha", sid)
    if row is None:
        raise ApiError(f"no such resource '{sid}'")
    return {**row, "digest": _resources_digest(call.world)}


def create_resource(call: Call) -> None:
    """POST /cluster/ha/resources."""
    world = call.world
    world.need_quorum()
    sid = _sid(world, str(call.params["sid"]))
    kind, _, vmid = sid.partition(":")
    guest = world.state.get("guest", vmid)
    if guest is None:
        raise ApiError(f"resource '{sid}' does not exist in cluster")
    if (guest["kind"] == "lxc") != (kind == "ct"):
        raise ApiError(f"resource '{sid}' - guest with ID {vmid} is not a {'VM' if kind == 'vm' else 'CT'}")
    if call.state.has("ha", sid):
        raise ApiError(f"create resource failed: resource ID '{sid}' already defined")
    call.state.put("ha", sid, {"sid": sid, "type": kind, **{k: call.params[k] for k in _RESOURCE if k in call.params}})


def update_resource(call: Call) -> None:
    """PUT /cluster/ha/resources/{sid}."""
    world, prefix = call.world, "update resources config failed: "
    sid = _sid(world, str(call.params["sid"]))
    check_digest(call.params.get("digest"), _resources_digest(world), prefix)
    if not call.state.has("ha", sid):
        raise ApiError(f"{prefix}no such resource '{sid}'")
    row = call.state.edit("ha", sid)
    row |= {k: call.params[k] for k in _RESOURCE if k in call.params}
    for option in split_list(str(call.params.get("delete", ""))):
        row.pop(option, None)


def delete_resource(call: Call) -> None:
    """DELETE /cluster/ha/resources/{sid}."""
    sid = _sid(call.world, str(call.params["sid"]))
    if not call.state.has("ha", sid):
        raise ApiError(f"cannot delete service '{sid}', not HA managed!")
    call.state.delete("ha", sid)
    for rule in call.state.keys("harule"):
        left = [s for s in split_list(call.state.get("harule", rule)["resources"]) if s != sid]
        if left:
            call.state.edit("harule", rule)["resources"] = ",".join(left)
        else:
            call.state.delete("harule", rule)


# rules


def _rules_digest(world: World) -> str:
    return digest(dict(world.state.items("harule")))


def _rule_view(world: World, name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    order = list(world.state.keys("harule")).index(name) + 1
    return {**row, "rule": name, "order": order, "digest": _rules_digest(world)}


def list_rules(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/ha/rules."""
    wanted, sid = call.params.get("type"), call.params.get("resource")
    found = []
    for name, row in call.state.items("harule"):
        if wanted in (None, row["type"]) and (sid is None or sid in split_list(row["resources"])):
            found.append(_rule_view(call.world, name, row))
    return found


def read_rule(call: Call) -> dict[str, Any]:
    """GET /cluster/ha/rules/{rule}."""
    name = str(call.params["rule"])
    row = call.state.get("harule", name)
    if row is None:
        raise ApiError(f"no such ha rule '{name}'")
    return _rule_view(call.world, name, row)


def _check_rule(call: Call, name: str, row: Mapping[str, Any], prefix: str) -> None:
    resources = split_list(str(row["resources"]))
    unmanaged = [s for s in resources if not call.state.has("ha", s)]
    if unmanaged:
        raise ApiError(f"{prefix}cannot use unmanaged resource(s) {', '.join(unmanaged)}.")
    nodes = [n.partition(":")[0] for n in split_list(str(row.get("nodes", "")))]
    absent = [n for n in nodes if not call.state.has("node", n)]
    if absent:
        raise ApiError(f"{prefix}cannot use non-existent node(s) {', '.join(absent)}.")
    problems = []
    if row["type"] == "resource-affinity":
        if len(resources) < 2:
            problems.append("rule is ineffective as there are less than two resources")
        if row.get("affinity") == "negative" and len(resources) >= len(call.world.nodes()) - (len(resources) < 2):
            problems.append("rule defines more resources than available nodes")
    if problems:
        raise ApiError(f"{prefix}400 Rule '{name}' is invalid.\nresources: {', '.join(problems)}")


def _rule_values(call: Call) -> dict[str, Any]:
    return {k: v for k, v in call.params.items() if k not in ("rule", "delete", "digest") and v is not None}


def create_rule(call: Call) -> None:
    """POST /cluster/ha/rules."""
    call.world.need_quorum()
    prefix = "create ha rule failed: "
    name = str(call.params["rule"])
    if call.state.has("harule", name):
        raise ApiError(f"{prefix}HA rule '{name}' already defined")
    row = _rule_values(call)
    _check_rule(call, name, row, prefix)
    call.state.put("harule", name, row)


def update_rule(call: Call) -> None:
    """PUT /cluster/ha/rules/{rule}."""
    prefix = "update HA rule failed: "
    name = str(call.params["rule"])
    if not call.state.has("harule", name):
        raise ApiError(f"{prefix}HA rule '{name}' does not exist")
    check_digest(call.params.get("digest"), _rules_digest(call.world), prefix)
    row = call.state.edit("harule", name)
    row |= _rule_values(call)
    for option in split_list(str(call.params.get("delete", ""))):
        row.pop(option, None)
    _check_rule(call, name, row, prefix)


def delete_rule(call: Call) -> None:
    """DELETE /cluster/ha/rules/{rule}: no error for one that is not there."""
    call.state.delete("harule", str(call.params["rule"]))


def status(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/ha/status/current: no manager has ever been active."""
    local = call.state.get("cluster", "main")["local"]
    standby = {
        "id": "fencing",
        "type": "fencing",
        "node": local,
        "armed-state": "standby",
        "status": "standby (CRM watchdog standby)",
    }
    quorum = {"id": "quorum", "type": "quorum", "node": local, "quorate": int(call.world.quorate)}
    return [{**quorum, "status": "OK" if call.world.quorate else "No quorum on node!"}, standby]


def groups_gone(call: Call) -> list[dict[str, Any]]:
    """Groups were replaced by rules."""
    raise ApiError(
        f"cannot {'index' if call.method == 'GET' else 'create'} group{'s' if call.method == 'GET' else ''}: ha groups have been migrated to rules"
    )


_ONE, _RULE = "/cluster/ha/resources/{sid}", "/cluster/ha/rules/{rule}"
ROUTES: Routes = {
    ("GET", "/cluster/ha/resources"): list_resources,
    ("POST", "/cluster/ha/resources"): create_resource,
    ("GET", _ONE): read_resource,
    ("PUT", _ONE): update_resource,
    ("DELETE", _ONE): delete_resource,
    ("GET", "/cluster/ha/rules"): list_rules,
    ("POST", "/cluster/ha/rules"): create_rule,
    ("GET", _RULE): read_rule,
    ("PUT", _RULE): update_rule,
    ("DELETE", _RULE): delete_rule,
    ("GET", "/cluster/ha/status/current"): status,
    ("GET", "/cluster/ha/groups"): groups_gone,
    ("POST", "/cluster/ha/groups"): groups_gone,
}
