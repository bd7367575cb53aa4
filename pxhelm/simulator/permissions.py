"""Who may do what: roles on paths, pools, groups, tokens with privilege separation; the checks of the schema."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pxhelm.simulator.errors import ApiError, denied
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.models import ADMINISTRATOR, ROLES
from pxhelm.simulator.world import Identity, World

Privileges = Mapping[str, int]
"""Privilege to 1 if it is propagated, else 0."""

_TOP = ("/", "/access", "/access/groups", "/nodes", "/pool", "/sdn", "/storage", "/vms")
_PATHS = re.compile(
    r"/(?:|access|access/groups(?:/[\w.\-]+)?|access/realm(?:/[\w.\-]+)?|nodes(?:/[\w.\-]+)?"
    r"|pool(?:/[A-Za-z0-9.\-_]+(?:/[A-Za-z0-9.\-_]+){0,2})?|sdn(?:/(?:controllers|dns|ipams|fabrics)(?:/[\w.\-]+)?)?"
    r"|sdn/zones(?:/[\w.\-]+(?:/[\w.\-]+(?:/[1-9][0-9]{0,3})?)?)?|storage(?:/[\w.\-]+)?|vms(?:/[1-9][0-9]{2,})?"
    r"|mapping(?:/(?:pci|usb|dir|hwrng|cpu|notifications)(?:/[\w.\-]+)?)?)"
)


def normalize_path(path: str) -> str | None:
    """Return an ACL path without doubled and last slashes; ``None`` for what cannot carry rights."""
    clean = re.sub(r"/+", "/", path)
    if len(clean) > 1:
        clean = clean.rstrip("/")
    return clean if _PATHS.fullmatch(clean) else None


def privileges_of(world: World, role: str) -> Sequence[str]:
    """Return the privileges of a role, built in or not."""
    if role in ROLES:
        return ROLES[role]
    row = world.state.get("role", role)
    return row["privs"] if row else ()


class Rights:
    """The rights of one identity, worked out when asked for."""

    def __init__(self, world: World, identity: Identity) -> None:
        self._world = world
        self._identity = identity
        self._known: dict[str, Privileges] = {}
        self._pools: dict[tuple[str, str], dict[str, list[str]]] = {}

    @property
    def identity(self) -> Identity:
        """Whose rights these are."""
        return self._identity

    def on(self, path: str) -> Privileges:
        """Return the privileges on a path."""
        found = self._known.get(path)
        if found is None:
            found = self._known[path] = self._privileges(path)
        return found

    def _privileges(self, path: str) -> Privileges:
        user, token = self._identity.user, self._identity.token
        if not token:
            return self._user_privileges(user, path)
        row = (self._world.state.get("user", user) or {}).get("tokens", {}).get(token)
        if row is not None and not row.get("privsep", 1):
            return self._user_privileges(user, path)
        own = self._from_roles("token", f"{user}!{token}", path)
        if user == "root@pam":
            return own
        limit = self._user_privileges(user, path)
        return {p: int(bool(v and limit[p])) for p, v in own.items() if p in limit}

    def _user_privileges(self, user: str, path: str) -> Privileges:
        if user == "root@pam":
            return dict.fromkeys(ADMINISTRATOR, 1)
        return self._from_roles("user", user, path)

    def _from_roles(self, kind: str, name: str, path: str) -> Privileges:
        roles = dict(self._roles(kind, name, path))
        pooled = self._pool_roles(kind, name).get(path)
        if pooled and "NoAccess" not in roles:
            if "NoAccess" in pooled:
                return {}
            for role in pooled:
                roles.setdefault(role, 0)
        found: dict[str, int] = {}
        for role, propagate in roles.items():
            for privilege in privileges_of(self._world, role):
                found[privilege] = found.get(privilege) or propagate
        return found

    def _roles(self, kind: str, name: str, path: str) -> Mapping[str, int]:
        roles: Mapping[str, int] = {}
        groups = (self._world.state.get("user", name) or {}).get("groups", ()) if kind == "user" else ()
        for place in _upwards(path):
            row = self._world.state.get("acl", place)
            if row is None:
                roles = {r: p for r, p in roles.items() if p}
                continue
            final = place == path
            own = _given(row.get(kind, {}).get(name), final=final)
            if not own:
                for group in groups:
                    own |= _given(row.get("group", {}).get(group), final=final)
            roles = own or {r: p for r, p in roles.items() if p}
        return {"NoAccess": roles["NoAccess"]} if "NoAccess" in roles else roles

    def _pool_roles(self, kind: str, name: str) -> dict[str, list[str]]:
        found = self._pools.get((kind, name))
        if found is None:
            found = self._pools[kind, name] = {}
            for pool, row in self._world.state.items("pool"):
                roles = list(self._roles(kind, name, f"/pool/{pool}"))
                if roles:
                    for vmid in row["vms"]:
                        found.setdefault(f"/vms/{vmid}", []).extend(roles)
                    for storage in row["storage"]:
                        found.setdefault(f"/storage/{storage}", []).extend(roles)
        return found

    # checks

    def has(self, path: str, privileges: Iterable[str], *, any_of: bool = False) -> bool:
        """Tell whether the privileges are there."""
        held = self.on(path)
        return any(p in held for p in privileges) if any_of else all(p in held for p in privileges)

    def need(self, path: str, privileges: Sequence[str], *, any_of: bool = False) -> None:
        """Refuse in Proxmox' words if the privileges are not there."""
        held = self.on(path)
        if any_of:
            if not any(p in held for p in privileges):
                raise denied(f"{path}, {'|'.join(privileges)}")
            return
        for privilege in privileges:
            if privilege not in held:
                raise denied(f"{path}, {privilege}")

    def need_vm(self, vmid: str, pool: str, privileges: Sequence[str], *, any_of: bool = False) -> None:
        """Refuse unless the privileges are there on the pool that is meant or on the guest."""
        if pool and self.has(f"/pool/{pool}", privileges, any_of=any_of):
            return
        self.need(f"/vms/{vmid}", privileges, any_of=any_of)

    def effective(self) -> dict[str, dict[str, int]]:
        """Return the privileges on every path that matters: those of ACLs, pools, and the top ones."""
        paths = set(_TOP)
        for path in self._world.state.keys("acl"):
            paths.update(_upwards(path))
        for _, row in self._world.state.items("pool"):
            paths.update(f"/vms/{vmid}" for vmid in row["vms"])
            paths.update(f"/storage/{storage}" for storage in row["storage"])
        return {path: dict(found) for path in sorted(paths) if (found := self.on(path))}


def _upwards(path: str) -> Iterator[str]:
    yield "/"
    if path != "/":
        parts = path.strip("/").split("/")
        for count in range(1, len(parts) + 1):
            yield "/" + "/".join(parts[:count])


def _given(roles: Mapping[str, int] | None, *, final: bool) -> dict[str, int]:
    return {role: propagate for role, propagate in (roles or {}).items() if final or propagate}


def check_access(rights: Rights, permissions: Mapping[str, Any], params: Mapping[str, Any], world: World) -> None:
    """Do what the schema demands before the parameters are looked at."""
    if permissions.get("user") == "world":
        return
    if not rights.identity.user:
        raise denied("user != null")
    if rights.identity.root:
        return
    if not permissions:
        raise denied("user != root@pam")
    if permissions.get("user") == "all":
        return
    if permissions.get("check"):
        if not _check(rights, permissions["check"], params, world, quiet=False):
            raise denied()
        return
    raise denied()


def _check(rights: Rights, check: Sequence[Any], params: Mapping[str, Any], world: World, *, quiet: bool) -> bool:
    kind = check[0]
    if kind == "or":
        if any(_check(rights, part, params, world, quiet=True) for part in check[1:]):
            return True
        if quiet:
            return False
        raise denied()
    if kind == "and":
        return all(_check(rights, part, params, world, quiet=quiet) for part in check[1:])
    try:
        return _single(rights, check, params, world)
    except ApiError:
        if quiet:
            return False
        raise


def _single(rights: Rights, check: Sequence[Any], params: Mapping[str, Any], world: World) -> bool:
    kind = check[0]
    if kind == "perm":
        options = dict(zip(check[3::2], check[4::2], strict=False))
        required = options.get("require_param")
        if required and params.get(required) is None:
            return False
        path = re.sub(r"\{(\w+)\}", lambda m: str(params.get(m[1], "")), check[1])
        rights.need(normalize_path(path) or path, check[2], any_of=bool(options.get("any")))
        return True
    if kind == "perm-modify":
        path = re.sub(r"\{(\w+)\}", lambda m: str(params.get(m[1], "")), check[1])
        need_permissions_modify(rights, normalize_path(path) or "/access")
        return True
    if kind == "userid-param":
        user = str(params.get("userid", ""))
        if check[1] == "self":
            if world.state.has("user", user) and user == rights.identity.user and not rights.identity.token:
                return True
            raise denied()
        rights.need(f"/access/realm/{user.rpartition('@')[2]}", [check[1]])
        return True
    if kind == "userid-group":
        return _user_group(rights, check, params, world)
    raise denied()


def _user_group(rights: Rights, check: Sequence[Any], params: Mapping[str, Any], world: World) -> bool:
    privileges = check[1]
    options = dict(zip(check[2::2], check[3::2], strict=False))
    existing = options.get("groups_param") != "create"
    user = str(params.get("userid", ""))
    if existing and not world.state.has("user", user):
        raise ApiError(f"no such user ('{user}')")
    if rights.has("/access/groups", privileges, any_of=True):
        return True
    mine = {g for g in world.state.keys("group") if rights.has(f"/access/groups/{g}", privileges, any_of=True)}
    if options.get("groups_param"):
        wanted = split_list(str(params.get("groups", "")))
        if not wanted:
            raise denied(f"/access/groups, {'|'.join(privileges)}")
        for group in wanted:
            if group not in mine:
                raise denied(f"/access/groups/{group}, {'|'.join(privileges)}")
    if existing and not mine & set((world.state.get("user", user) or {}).get("groups", ())):
        raise denied()
    return True


def need_permissions_modify(rights: Rights, path: str) -> None:
    """Refuse unless rights on the path may be handed out."""
    for prefix, privilege in (("/storage/", "Datastore"), ("/vms/", "VM"), ("/pool/", "Pool")):
        if path.startswith(prefix):
            held = rights.on(path)
            if "Permissions.Modify" in held or f"{privilege}.Allocate" in held:
                return
            raise denied(f"{path}, Permissions.Modify|{privilege}.Allocate")
    rights.need(path, ["Permissions.Modify"])
