"""Users, groups, tokens, passwords, tickets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pxhelm.simulator import auth
from pxhelm.simulator.errors import ApiError, denied, parameter_error
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.permissions import Rights, normalize_path
from pxhelm.simulator.world import Call, Identity, Routes, World

_TEXTS = ("comment", "email", "firstname", "lastname", "keys")
_CAPS = {
    "vms": ("VM.",),
    "storage": ("Datastore.",),
    "access": ("User.Modify", "Group.Allocate"),
    "nodes": ("Sys.",),
    "sdn": ("SDN.",),
    "mapping": ("Mapping.",),
}
_CAP_PATHS = {
    "vms": "/vms",
    "storage": "/storage",
    "access": "/access",
    "nodes": "/nodes",
    "sdn": "/sdn",
    "mapping": "/mapping",
}
_DC = ("Sys.Audit", "Sys.Modify", "SDN.Use", "SDN.Allocate", "SDN.Audit")


def create_ticket(call: Call) -> dict[str, Any]:
    """POST /access/ticket."""
    world, params = call.world, call.params
    user = str(params["username"])
    if "realm" in params and "@" not in user:
        user = f"{user}@{params['realm']}"
    if not auth.enabled(world, user) or not auth.right_password(world, user, str(params["password"])):
        raise auth.failed_login(world)
    answer = {
        "username": user,
        "ticket": auth.make_ticket(world, user),
        "CSRFPreventionToken": auth.make_csrf(world, user),
        "cap": capabilities(world, user),
    }
    if Rights(world, Identity(user)).has("/", ["Sys.Audit"]):
        answer["clustername"] = world.state.get("cluster", "main")["name"]
    return answer


def capabilities(world: World, user: str) -> dict[str, dict[str, int]]:
    """Return what the GUI would let a user do."""
    rights = Rights(world, Identity(user))
    found: dict[str, dict[str, int]] = {"dc": {p: 1 for p in _DC if p in rights.on("/")}}
    for area, prefixes in _CAPS.items():
        held = rights.on(_CAP_PATHS[area])
        found[area] = {p: 1 for p in held if p.startswith(prefixes)}
        if "Permissions.Modify" in held:
            found[area]["Permissions.Modify"] = 1
    return found


def change_password(call: Call) -> None:
    """PUT /access/password."""
    world, params = call.world, call.params
    user = str(params["userid"])
    if not call.identity.root:
        confirmation = params.get("confirmation-password")
        if confirmation is None:
            raise parameter_error("confirmation-password", "password is required to modify user")
        if not auth.right_password(world, call.identity.user, str(confirmation)):
            raise auth.failed_login(world)
    if not world.state.has("user", user):
        raise ApiError(f"no such user ('{user}')")
    auth.set_password(world, user, str(params["password"]))


def permissions(call: Call) -> dict[str, Any]:
    """GET /access/permissions."""
    rights = Rights(call.world, call.identity)
    wanted = str(call.params.get("userid", ""))
    if wanted and wanted != call.identity.name:
        rights.need("/access", ["Sys.Audit"])
        user, _, token = wanted.partition("!")
        rights = Rights(call.world, Identity(user, token))
    if "path" in call.params:
        path = normalize_path(str(call.params["path"])) or str(call.params["path"])
        held = rights.on(path)
        return {path: dict(held)} if held else {}
    return rights.effective()


# users


def _need_lock(world: World, prefix: str) -> None:
    world.need_lock("user_cfg", prefix)


def _tokens_view(row: Mapping[str, Any]) -> dict[str, Any] | None:
    tokens = {name: _token_view(token) for name, token in row.get("tokens", {}).items()}
    return tokens or None


def _token_view(token: Mapping[str, Any]) -> dict[str, Any]:
    found = {"privsep": token.get("privsep", 1), "expire": token.get("expire", 0)}
    return {**found, "comment": token["comment"]} if token.get("comment") else found


def _user_view(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {"enable": row.get("enable", 1), "expire": row.get("expire", 0)}
    return found | {k: row[k] for k in _TEXTS if k in row}


def list_users(call: Call) -> list[dict[str, Any]]:
    """GET /access/users."""
    rights = Rights(call.world, call.identity)
    everybody = rights.has("/access/groups", ["User.Modify", "Sys.Audit"], any_of=True)
    groups = [
        g
        for g in call.state.keys("group")
        if rights.has(f"/access/groups/{g}", ["User.Modify", "Sys.Audit"], any_of=True)
    ]
    found = []
    for user, row in call.state.items("user"):
        if not (everybody or user == call.identity.user or set(groups) & set(row.get("groups", ()))):
            continue
        if "enabled" in call.params and call.params["enabled"] != row.get("enable", 1):
            continue
        entry = {"userid": user, "realm-type": _realm_type(call.world, user), **_user_view(row)}
        if call.params.get("full"):
            tokens = _tokens_view(row)
            entry["groups"] = ",".join(row.get("groups", []))
            entry["tokens"] = [{"tokenid": n, **t} for n, t in tokens.items()] if tokens else None
        found.append(entry)
    return found


def _realm_type(world: World, user: str) -> str:
    row = world.state.get("realm", user.rpartition("@")[2])
    return str(row["type"]) if row else ""


def create_user(call: Call) -> None:
    """POST /access/users."""
    world, params = call.world, call.params
    prefix = "create user failed: "
    _need_lock(world, prefix)
    user = str(params["userid"])
    name, _, realm = user.rpartition("@")
    if world.state.has("user", user):
        raise ApiError(f"{prefix}user '{user}' already exists")
    if not world.state.has("realm", realm):
        raise ApiError(f"{prefix}auth domain '{realm}' does not exist")
    groups = split_list(str(params.get("groups", "")))
    for group in groups:
        if not world.state.has("group", group):
            raise ApiError(f"{prefix}no such group '{group}'")
    if "password" in params:
        if realm == "pam":
            raise ApiError(f"{prefix}change password failed: user '{name}' does not exist")
        auth.set_password(world, user, str(params["password"]))
    row: dict[str, Any] = {
        "enable": params.get("enable", 1),
        "expire": params.get("expire", 0),
        "groups": groups,
        "tokens": {},
    }
    row |= {k: params[k] for k in _TEXTS if params.get(k)}
    world.state.put("user", user, row)


def _user(world: World, user: str, prefix: str = "") -> Any:
    row = world.state.get("user", user)
    if row is None:
        raise ApiError(f"{prefix}no such user ('{user}')")
    return row


def read_user(call: Call) -> dict[str, Any]:
    """GET /access/users/{userid}."""
    row = _user(call.world, str(call.params["userid"]))
    return {**_user_view(row), "groups": sorted(row.get("groups", [])), "tokens": _tokens_view(row)}


def update_user(call: Call) -> None:
    """PUT /access/users/{userid}."""
    world, params = call.world, call.params
    prefix = "update user failed: "
    _need_lock(world, prefix)
    user = str(params["userid"])
    _user(world, user, prefix)
    row = world.state.edit("user", user)
    row |= {k: params[k] for k in (*_TEXTS, "enable", "expire") if k in params}
    if "groups" in params:
        groups = split_list(str(params["groups"]))
        for group in groups:
            if not world.state.has("group", group):
                raise ApiError(f"{prefix}no such group '{group}'")
        row["groups"] = sorted({*row.get("groups", []), *groups}) if params.get("append") else groups


def delete_user(call: Call) -> None:
    """DELETE /access/users/{userid}: no error for one that is not there."""
    _need_lock(call.world, "delete user failed: ")
    user = str(call.params["userid"])
    row = call.state.get("user", user)
    call.state.delete("user", user)
    call.state.delete("password", user)
    drop_from_acl(call.world, "user", user)
    for token in row.get("tokens", {}) if row else ():
        drop_from_acl(call.world, "token", f"{user}!{token}")


def drop_from_acl(world: World, kind: str, name: str) -> None:
    """Remove a user, group or token from every ACL."""
    for path in world.state.keys("acl"):
        if name in world.state.get("acl", path).get(kind, {}):
            row = world.state.edit("acl", path)
            del row[kind][name]
            if not any(row.values()):
                world.state.delete("acl", path)


# tokens


def _may_manage_tokens(call: Call, user: str) -> None:
    _user(call.world, user)
    if call.identity.user != user and not Rights(call.world, call.identity).has("/access/groups", ["User.Modify"]):
        raise denied()


def list_tokens(call: Call) -> list[dict[str, Any]]:
    """GET /access/users/{userid}/token."""
    user = str(call.params["userid"])
    row = _user(call.world, user)
    return [{"tokenid": name, **_token_view(token)} for name, token in row["tokens"].items()]


def read_token(call: Call) -> dict[str, Any]:
    """GET /access/users/{userid}/token/{tokenid}."""
    return _token_view(_token(call))


def _token(call: Call) -> Any:
    user, token = str(call.params["userid"]), str(call.params["tokenid"])
    found = _user(call.world, user)["tokens"].get(token)
    if found is None:
        raise ApiError(f"no such token '{token}' for user '{user}'")
    return found


def create_token(call: Call) -> dict[str, Any]:
    """POST /access/users/{userid}/token/{tokenid}: the only answer that shows the secret."""
    params = call.params
    user, name = str(params["userid"]), str(params["tokenid"])
    if name in _user(call.world, user)["tokens"]:
        raise parameter_error("tokenid", "Token already exists.")
    token: dict[str, Any] = {k: params[k] for k in ("comment", "expire") if k in params}
    token |= {"privsep": params.get("privsep", 1), "secret": call.world.uuid()}
    call.state.edit("user", user)["tokens"][name] = token
    info: dict[str, Any] = {k: str(params[k]) for k in ("comment", "expire", "privsep") if k in params}
    info.setdefault("privsep", 1)
    return {"full-tokenid": f"{user}!{name}", "info": info, "value": token["secret"]}


def update_token(call: Call) -> dict[str, Any]:
    """PUT /access/users/{userid}/token/{tokenid}."""
    params = call.params
    user, name = str(params["userid"]), str(params["tokenid"])
    _token(call)
    token = call.state.edit("user", user)["tokens"][name]
    token |= {k: params[k] for k in ("comment", "expire", "privsep") if k in params}
    for option in split_list(str(params.get("delete", ""))):
        token.pop(option, None)
    answer = _token_view(token)
    if params.get("regenerate"):
        token["secret"] = call.world.uuid()
        answer |= {"value": token["secret"], "full-tokenid": f"{user}!{name}"}
    return answer


def delete_token(call: Call) -> None:
    """DELETE /access/users/{userid}/token/{tokenid}."""
    user, name = str(call.params["userid"]), str(call.params["tokenid"])
    _token(call)
    del call.state.edit("user", user)["tokens"][name]
    drop_from_acl(call.world, "token", f"{user}!{name}")


_USER = "/access/users/{userid}"
_TOKEN = f"{_USER}/token/{{tokenid}}"
ROUTES: Routes = {
    ("POST", "/access/ticket"): create_ticket,
    ("PUT", "/access/password"): change_password,
    ("GET", "/access/permissions"): permissions,
    ("GET", "/access/users"): list_users,
    ("POST", "/access/users"): create_user,
    ("GET", _USER): read_user,
    ("PUT", _USER): update_user,
    ("DELETE", _USER): delete_user,
    ("GET", f"{_USER}/token"): list_tokens,
    ("GET", _TOKEN): read_token,
    ("POST", _TOKEN): create_token,
    ("PUT", _TOKEN): update_token,
    ("DELETE", _TOKEN): delete_token,
}
