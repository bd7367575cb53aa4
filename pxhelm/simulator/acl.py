"""ACLs, roles, groups, realms."""

from __future__ import annotations

from typing import Any

from pxhelm.simulator.access import drop_from_acl
from pxhelm.simulator.errors import ApiError, parameter_error, parameter_errors
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.models import ROLES
from pxhelm.simulator.permissions import Rights, need_permissions_modify, normalize_path, privileges_of
from pxhelm.simulator.world import Call, Routes, World, digest


def _need_lock(world: World, prefix: str) -> None:
    world.need_lock("user_cfg", prefix)


def list_acl(call: Call) -> list[dict[str, Any]]:
    """GET /access/acl: those on paths whose rights the asker may hand out or audit."""
    rights = Rights(call.world, call.identity)
    audit = rights.has("/access", ["Sys.Audit", "Permissions.Modify"], any_of=True)
    found = []
    for path in sorted(call.state.keys("acl")):
        if not audit:
            try:
                need_permissions_modify(rights, path)
            except ApiError:
                continue
        row = call.state.get("acl", path)
        for kind in ("group", "user", "token"):
            for name, roles in sorted(row.get(kind, {}).items()):
                for role, propagate in sorted(roles.items()):
                    found.append({"path": path, "type": kind, "ugid": name, "roleid": role, "propagate": propagate})
    return found


def update_acl(call: Call) -> None:
    """PUT /access/acl."""
    world, params = call.world, call.params
    names = {k: split_list(str(params.get(f"{k}s", ""))) for k in ("group", "user", "token")}
    if not any(f"{k}s" in params for k in names):
        text = "either 'users', 'groups' or 'tokens' is required."
        raise parameter_errors({"users": text, "groups": text, "tokens": text})
    path = normalize_path(str(params["path"]))
    if path is None:
        raise parameter_error("path", f"invalid ACL path '{params['path']}'")
    prefix = "ACL update failed: "
    _need_lock(world, prefix)
    roles = split_list(str(params["roles"]))
    _check_superset(call, path, roles)
    for role in roles:
        if role not in ROLES and not world.state.has("role", role):
            raise ApiError(f"{prefix}role '{role}' does not exist")
    _check_names(world, names, prefix)
    row = world.state.edit("acl", path) if world.state.has("acl", path) else world.state.put("acl", path, {})
    for kind, wanted in names.items():
        for name in wanted:
            held = row.setdefault(kind, {}).setdefault(name, {})
            for role in roles:
                if params.get("delete"):
                    held.pop(role, None)
                else:
                    held[role] = params.get("propagate", 1)
            if not held:
                del row[kind][name]
    if not any(row.values()):
        world.state.delete("acl", path)


def _check_superset(call: Call, path: str, roles: list[str]) -> None:
    """Whoever may hand out rights only because of VM.Allocate and the like may give no more than he has."""
    rights = Rights(call.world, call.identity)
    held = rights.on(path)
    if call.identity.root or "Permissions.Modify" in held:
        return
    for role in roles:
        if any(p not in held for p in privileges_of(call.world, role)):
            text = f"Cannot add role '{role}' - requires 'Permissions.Modify' or superset of privileges."
            raise ApiError(f"ACL update failed: 400 Parameter verification failed.\nrole: {text}")


def _check_names(world: World, names: dict[str, list[str]], prefix: str) -> None:
    for group in names["group"]:
        if not world.state.has("group", group):
            raise ApiError(f"{prefix}group '{group}' does not exist")
    for user in names["user"]:
        if not world.state.has("user", user):
            raise ApiError(f"{prefix}user '{user}' does not exist")
    for full in names["token"]:
        user, _, token = full.partition("!")
        if token not in (world.state.get("user", user) or {}).get("tokens", {}):
            raise ApiError(f"{prefix}no such token '{token}' for user '{user}'")


# roles


def list_roles(call: Call) -> list[dict[str, Any]]:
    """GET /access/roles."""
    found = [{"roleid": r, "privs": ",".join(p), "special": 1} for r, p in ROLES.items()]
    return found + [{"roleid": r, "privs": ",".join(sorted(row["privs"]))} for r, row in call.state.items("role")]


def create_role(call: Call) -> None:
    """POST /access/roles."""
    prefix = "create role failed: "
    role = str(call.params["roleid"])
    if role.lower().startswith("pve"):
        raise parameter_error("roleid", "cannot use role ID starting with the (case-insensitive) 'PVE' namespace")
    _need_lock(call.world, prefix)
    if role in ROLES or call.state.has("role", role):
        raise ApiError(f"{prefix}role '{role}' already exists")
    call.state.put("role", role, {"privs": split_list(str(call.params.get("privs", "")))})


def read_role(call: Call) -> dict[str, int]:
    """GET /access/roles/{roleid}."""
    role = str(call.params["roleid"])
    if role not in ROLES and not call.state.has("role", role):
        raise ApiError(f"role '{role}' does not exist")
    return dict.fromkeys(privileges_of(call.world, role), 1)


def update_role(call: Call) -> None:
    """PUT /access/roles/{roleid}."""
    role = str(call.params["roleid"])
    if role in ROLES:
        raise ApiError(f"auto-generated role '{role}' cannot be modified")
    _need_lock(call.world, "update role failed: ")
    if not call.state.has("role", role):
        raise ApiError(f"update role failed: role '{role}' does not exist")
    row = call.state.edit("role", role)
    given = split_list(str(call.params.get("privs", "")))
    row["privs"] = sorted({*row["privs"], *given}) if call.params.get("append") else given


def delete_role(call: Call) -> None:
    """DELETE /access/roles/{roleid}: its ACLs go with it."""
    role = str(call.params["roleid"])
    if role in ROLES:
        raise ApiError(f"auto-generated role '{role}' cannot be deleted")
    _need_lock(call.world, "delete role failed: ")
    if not call.state.has("role", role):
        raise ApiError(f"delete role failed: role '{role}' does not exist")
    call.state.delete("role", role)
    for path in call.state.keys("acl"):
        row = call.state.edit("acl", path)
        for kind in ("group", "user", "token"):
            for name in list(row.get(kind, {})):
                row[kind][name].pop(role, None)
                if not row[kind][name]:
                    del row[kind][name]
        if not any(row.values()):
            call.state.delete("acl", path)


# groups


def _members(world: World, group: str) -> list[str]:
    return [user for user, row in world.state.items("user") if group in row.get("groups", ())]


def list_groups(call: Call) -> list[dict[str, Any]]:
    """GET /access/groups."""
    rights = Rights(call.world, call.identity)
    found = []
    for group, row in call.state.items("group"):
        if rights.has(f"/access/groups/{group}", ["User.Modify", "Sys.Audit", "Group.Allocate"], any_of=True):
            found.append({"groupid": group, "users": ",".join(_members(call.world, group)), **row})
    return found


def create_group(call: Call) -> None:
    """POST /access/groups."""
    prefix = "create group failed: "
    _need_lock(call.world, prefix)
    group = str(call.params["groupid"])
    if call.state.has("group", group):
        raise ApiError(f"{prefix}group '{group}' already exists")
    call.state.put("group", group, {k: call.params[k] for k in ("comment",) if k in call.params})


def _group(call: Call, prefix: str) -> str:
    group = str(call.params["groupid"])
    if not call.state.has("group", group):
        raise ApiError(f"{prefix}group '{group}' does not exist")
    return group


def read_group(call: Call) -> dict[str, Any]:
    """GET /access/groups/{groupid}."""
    group = _group(call, "")
    return {**call.state.get("group", group), "members": _members(call.world, group)}


def update_group(call: Call) -> None:
    """PUT /access/groups/{groupid}."""
    group = _group(call, "update group failed: ")
    call.state.edit("group", group).update({k: call.params[k] for k in ("comment",) if k in call.params})


def delete_group(call: Call) -> None:
    """DELETE /access/groups/{groupid}: members stay users."""
    group = _group(call, "delete group failed: ")
    for user in _members(call.world, group):
        call.state.edit("user", user)["groups"].remove(group)
    call.state.delete("group", group)
    drop_from_acl(call.world, "group", group)


# realms


def list_realms(call: Call) -> list[dict[str, Any]]:
    """GET /access/domains."""
    return [
        {"realm": r, **{k: row[k] for k in ("type", "comment", "default", "tfa") if k in row}}
        for r, row in call.state.items("realm")
    ]


def create_realm(call: Call) -> None:
    """POST /access/domains."""
    realm = str(call.params["realm"])
    if call.state.has("realm", realm):
        raise ApiError(f"add auth server failed: authentication domain '{realm}' already exists")
    call.state.put("realm", realm, {k: v for k, v in call.params.items() if k not in ("realm", "password")})


def _realm(call: Call, prefix: str) -> str:
    realm = str(call.params["realm"])
    if not call.state.has("realm", realm):
        raise ApiError(f"{prefix}authentication domain '{realm}' does not exist")
    return realm


def read_realm(call: Call) -> dict[str, Any]:
    """GET /access/domains/{realm}."""
    row = call.state.get("realm", _realm(call, ""))
    found = {**row, "digest": digest(row)}
    if row["type"] in ("pam", "pve"):
        found["plugin"] = {"pam": "PVE::Auth::PAM", "pve": "PVE::Auth::PVE"}[row["type"]]
    return found


def update_realm(call: Call) -> None:
    """PUT /access/domains/{realm}."""
    row = call.state.edit("realm", _realm(call, "update auth server failed: "))
    row |= {k: v for k, v in call.params.items() if k not in ("realm", "delete", "digest", "password")}
    for key in split_list(str(call.params.get("delete", ""))):
        row.pop(key, None)


def delete_realm(call: Call) -> None:
    """DELETE /access/domains/{realm}: the built-in ones stay, without an error."""
    realm = _realm(call, "delete auth server failed: ")
    if realm not in ("pam", "pve"):
        call.state.delete("realm", realm)


ROUTES: Routes = {
    ("GET", "/access/acl"): list_acl,
    ("PUT", "/access/acl"): update_acl,
    ("GET", "/access/roles"): list_roles,
    ("POST", "/access/roles"): create_role,
    ("GET", "/access/roles/{roleid}"): read_role,
    ("PUT", "/access/roles/{roleid}"): update_role,
    ("DELETE", "/access/roles/{roleid}"): delete_role,
    ("GET", "/access/groups"): list_groups,
    ("POST", "/access/groups"): create_group,
    ("GET", "/access/groups/{groupid}"): read_group,
    ("PUT", "/access/groups/{groupid}"): update_group,
    ("DELETE", "/access/groups/{groupid}"): delete_group,
    ("GET", "/access/domains"): list_realms,
    ("POST", "/access/domains"): create_realm,
    ("GET", "/access/domains/{realm}"): read_realm,
    ("PUT", "/access/domains/{realm}"): update_realm,
    ("DELETE", "/access/domains/{realm}"): delete_realm,
}
