"""The definitions of storages: storage.cfg through the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pxhelm.simulator import volumes
from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.world import Call, Routes, World, check_digest, digest

_COMMON = frozenset(["nodes", "content", "disable", "shared", "type", "storage", "bwlimit", "digest", "delete"])
_DIRECTORY = (
    "prune-backups",
    "max-protected-backups",
    "format",
    "preallocation",
    "mkdir",
    "create-base-path",
    "create-subdirs",
    "is_mountpoint",
    "content-dirs",
    "snapshot-as-volume-chain",
    "maxfiles",
)
_TYPES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "dir": (("path",), _DIRECTORY),
    "btrfs": (("path",), ("nocow", *_DIRECTORY)),
    "nfs": (("server", "export"), ("options", *_DIRECTORY)),
    "cifs": (("server", "share"), ("username", "password", "domain", "smbversion", "subdir", "options", *_DIRECTORY)),
    "cephfs": ((), ("monhost", "username", "subdir", "fuse", "keyring", "fs-name", "options", *_DIRECTORY)),
    "lvm": (
        ("vgname",),
        (
            "base",
            "saferemove",
            "saferemove_throughput",
            "saferemove-stepsize",
            "tagged_only",
            "snapshot-as-volume-chain",
        ),
    ),
    "lvmthin": (("thinpool", "vgname"), ()),
    "zfspool": (("pool",), ("blocksize", "sparse", "mountpoint", "zfs-base-path")),
    "rbd": ((), ("monhost", "pool", "username", "krbd", "keyring", "namespace", "data-pool")),
    "iscsi": (("portal", "target"), ()),
    "iscsidirect": (("portal", "target"), ()),
    "pbs": (
        ("server", "datastore"),
        (
            "username",
            "password",
            "fingerprint",
            "namespace",
            "encryption-key",
            "port",
            "prune-backups",
            "max-protected-backups",
        ),
    ),
    "zfs": (
        ("portal", "target", "pool", "iscsiprovider"),
        ("blocksize", "sparse", "nowritecache", "comstar_tg", "comstar_hg", "lio_tpg", "zfs-base-path"),
    ),
    "esxi": (("server", "username", "password"), ("skip-cert-verification",)),
}
"""By type: the properties without which it cannot be, and the others it may have."""
_FIXED = frozenset(
    ["path", "server", "export", "vgname", "thinpool", "base", "portal", "target", "datastore", "pool", "share"]
)
_BLOCK_CONTENT = ("images", "rootdir", "none")
_SHARED = ("nfs", "cifs", "cephfs", "rbd", "iscsi", "iscsidirect", "pbs", "zfs", "esxi")
_MOUNTED = ("nfs", "cifs", "cephfs")
_DEFAULT_CONTENT = {
    "nfs": ["images"],
    "cifs": ["images"],
    "cephfs": ["backup"],
    "pbs": ["backup"],
    "iscsi": ["images"],
    "esxi": ["import"],
}
_LISTS = ("content", "nodes")


def _digest(world: World) -> str:
    return digest(dict(world.state.items("storage")))


def _view(world: World, name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    entry = {k: v for k, v in row.items() if v not in (0, None) or k not in ("disable", "shared")}
    entry["storage"] = name
    entry["content"] = ",".join(sorted(volumes.content_of(row)))
    entry["digest"] = _digest(world)
    entry.pop("size", None)
    entry.pop("password", None)
    if row.get("nodes"):
        entry["nodes"] = ",".join(row["nodes"])
    if "prune-backups" in row and isinstance(row["prune-backups"], str):
        entry["prune-backups"] = row["prune-backups"]
    return entry


def list_all(call: Call) -> list[dict[str, Any]]:
    """GET /storage."""
    rights = Rights(call.world, call.identity)
    found = []
    for name, row in call.state.items("storage"):
        if "type" in call.params and row["type"] != call.params["type"]:
            continue
        if rights.has(f"/storage/{name}", ["Datastore.Audit", "Datastore.AllocateSpace"], any_of=True):
            found.append(_view(call.world, name, row))
    return found


def read(call: Call) -> dict[str, Any]:
    """GET /storage/{storage}."""
    name = str(call.params["storage"])
    return _view(call.world, name, volumes.storage(call.world, name))


def _values(params: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in params.items():
        if key in ("storage", "digest", "delete"):
            continue
        found[key] = split_list(str(value)) if key in _LISTS else value
    return found


def create(call: Call) -> dict[str, Any]:
    """POST /storage."""
    world, params = call.world, call.params
    name, kind = str(params["storage"]), str(params["type"])
    required, optional = _TYPES[kind]
    for key in params:
        if key not in _COMMON and key not in required and key not in optional:
            raise ApiError(f"unexpected property '{key}'")
    for key in required:
        if key not in params:
            raise ApiError(f"missing value for required option '{key}'")
    values = _values(params)
    directory = kind in volumes.DIRECTORY_TYPES or kind in ("pbs", "esxi")
    if not directory and any(c not in _BLOCK_CONTENT for c in values.get("content", ())):
        raise ApiError("storage does not support content type 'none'")
    world.need_lock("storage_cfg", "create storage failed: ")
    if call.state.has("storage", name):
        raise ApiError(f"create storage failed: storage ID '{name}' already defined")
    if "content" not in values:
        values["content"] = list(_DEFAULT_CONTENT.get(kind, ("images", "rootdir")))
    if kind in _SHARED:
        values["shared"] = 1
    if kind in _MOUNTED:
        values.setdefault("path", f"/mnt/pve/{name}")
    call.state.put("storage", name, values)
    return {"storage": name, "type": kind}


def update(call: Call) -> dict[str, Any]:
    """PUT /storage/{storage}."""
    world, params, prefix = call.world, call.params, "update storage failed: "
    name = str(params["storage"])
    world.need_lock("storage_cfg", prefix)
    check_digest(params.get("digest"), _digest(world), prefix)
    row = call.state.get("storage", name)
    if row is None:
        raise ApiError(f"{prefix}storage '{name}' does not exist")
    values = _values(params)
    required, optional = _TYPES[row["type"]]
    for key, value in values.items():
        if key in _FIXED and (key in required or key in row) and str(row.get(key)) != str(value):
            raise ApiError(f"{prefix}can't change value of fixed parameter '{key}'")
        if key not in _COMMON and key not in required and key not in optional:
            raise ApiError(f"{prefix}unexpected property '{key}'")
    deletes = split_list(str(params.get("delete", "")))
    for key in deletes:
        if key in required:
            raise ApiError(f"{prefix}unable to delete required option '{key}'")
        if key not in optional and key not in _COMMON:
            raise ApiError(f"{prefix}no such option '{key}'")
    row = call.state.edit("storage", name)
    row |= values
    for key in deletes:
        row.pop(key, None)
    return {"storage": name, "type": row["type"]}


def delete(call: Call) -> None:
    """DELETE /storage/{storage}."""
    name = str(call.params["storage"])
    call.world.need_lock("storage_cfg", "delete storage failed: ")
    if not call.state.has("storage", name):
        raise ApiError(f"delete storage failed: storage '{name}' does not exist")
    call.state.delete("storage", name)
    call.state.delete("acl", f"/storage/{name}")


ROUTES: Routes = {
    ("GET", "/storage"): list_all,
    ("POST", "/storage"): create,
    ("GET", "/storage/{storage}"): read,
    ("PUT", "/storage/{storage}"): update,
    ("DELETE", "/storage/{storage}"): delete,
}
