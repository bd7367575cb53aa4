"""Storages as nodes see them: space, status, and what lies on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from pxhelm.simulator import drives, volumes
from pxhelm.simulator.errors import ApiError, parameter_error
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.tasks import Job, Plan, Running, TaskError, fork
from pxhelm.simulator.world import Call, Routes, World

GIB = 1024**3
_RIGHTS = ("Datastore.Audit", "Datastore.AllocateSpace")


def used_space(world: World) -> dict[str, int]:
    """Return what is used of every storage, by ``NODE/STORAGE``, shared ones under ``*``."""
    found: dict[str, int] = {}
    for key, row in world.state.items("volume"):
        place = key.partition(":")[0]
        found[place] = found.get(place, 0) + int(row.get("used", row["size"]))
    return found


def space(world: World, used: Mapping[str, int], node: str, name: str) -> tuple[int, int]:
    """Return the size of a storage and what is used of it, from ``used_space``."""
    row = world.state.get("storage", name)
    total = int(row.get("size", 252 * GIB))
    return total, min(total, used.get(f"{'*' if row.get('shared') else node}/{name}", 0))


def _status(world: World, node: str, name: str, known: Mapping[str, int]) -> dict[str, Any]:
    row = volumes.storage(world, name)
    here = not row.get("disable") and not (row.get("nodes") and node not in row["nodes"])
    total, used = space(world, known, node, name) if here else (0, 0)
    return {
        "type": row["type"],
        "content": ",".join(sorted(volumes.content_of(row))),
        "shared": int(bool(row.get("shared"))),
        "enabled": int(here),
        "active": int(here),
        "total": total,
        "used": used,
        "avail": total - used,
    }


def list_storages(call: Call) -> list[dict[str, Any]]:
    """GET /nodes/{node}/storage."""
    rights = Rights(call.world, call.identity)
    params = call.params
    wanted = set(str(params.get("content", "")).replace(";", ",").split(",")) - {""}
    known = used_space(call.world)
    found = []
    for name in call.state.keys("storage"):
        if "storage" in params and params["storage"] != name:
            continue
        if not rights.has(f"/storage/{name}", _RIGHTS, any_of=True):
            continue
        entry = {"storage": name, **_status(call.world, call.node, name, known)}
        if (params.get("enabled") and not entry["enabled"]) or (
            wanted and not wanted & set(entry["content"].split(","))
        ):
            continue
        if wanted and not entry["enabled"]:
            continue
        if entry["active"]:
            entry["used_fraction"] = entry["used"] / entry["total"] if entry["total"] else 0
        found.append(entry)
    return found


def storage_status(call: Call) -> dict[str, Any]:
    """GET /nodes/{node}/storage/{storage}/status."""
    if not call.state.has("storage", call.params["storage"]):
        raise parameter_error("storage", "No such storage.")
    return _status(call.world, call.node, call.params["storage"], used_space(call.world))


def _entry(volid: str, row: Mapping[str, Any]) -> dict[str, Any]:
    kind = row["content"]
    entry = {"volid": volid, "content": kind, "size": row["size"], "ctime": row["ctime"], "format": row["format"]}
    if kind in ("images", "rootdir"):
        entry |= {"vmid": int(row["vmid"]), "parent": row.get("parent"), "used": row.get("used", row["size"])}
    elif kind == "backup" and row.get("vmid"):
        entry |= {"vmid": int(row["vmid"]), "subtype": row.get("subtype", "qemu")}
        entry |= {k: row[k] for k in ("notes", "protected") if row.get(k)}
    return entry


def list_content(call: Call) -> list[dict[str, Any]]:
    """GET /nodes/{node}/storage/{storage}/content."""
    world, name = call.world, call.params["storage"]
    row = volumes.need_available(world, name, call.node)
    rights = Rights(world, call.identity)
    vmid = call.params.get("vmid")
    wanted = call.params.get("content")
    content = set(volumes.content_of(row))
    everything = rights.has(f"/storage/{name}", ["Datastore.Allocate"])
    found = []
    for volid in volumes.names_on(world, call.node, name):
        volume = volumes.find(world, call.node, volid)
        if volume is None:
            continue
        kind = volume["content"]
        if kind not in content and not (kind in ("images", "rootdir") and content & {"images", "rootdir"}):
            continue
        if wanted and kind != wanted:
            continue
        if vmid is not None and not _listed_for(volume, str(vmid)):
            continue
        if not everything and not _visible(rights, volume):
            continue
        found.append(_entry(volid, volume))
    return found


def _listed_for(volume: Mapping[str, Any], vmid: str) -> bool:
    """Filtering by guest leaves ISO files and templates out, and keeps snippets and imports."""
    kind = volume["content"]
    if kind in ("images", "rootdir", "backup"):
        return str(volume.get("vmid", "")) == vmid
    return kind in ("snippets", "import")


def _visible(rights: Rights, volume: Mapping[str, Any]) -> bool:
    kind = volume["content"]
    if kind in ("iso", "vztmpl", "import"):
        return True
    if kind in ("images", "rootdir"):
        return rights.has(f"/vms/{volume['vmid']}", ["VM.Config.Disk"]) or rights.has(
            f"/vms/{volume['vmid']}", ["VM.Audit"]
        )
    if kind == "backup":
        return bool(volume.get("vmid")) and rights.has(f"/vms/{volume['vmid']}", ["VM.Backup"])
    return False


def _volid(call: Call) -> str:
    volume = unquote(str(call.params["volume"]))
    name = str(call.params["storage"])
    if ":" not in volume:
        volume = f"{name}:{volume}"
    volumes.parse(call.world, volume)
    return volume


def allocate(call: Call) -> str:
    """POST /nodes/{node}/storage/{storage}/content."""
    params = call.params
    name, vmid, file = str(params["storage"]), str(params["vmid"]), str(params["filename"])
    Rights(call.world, call.identity).need(f"/storage/{name}", ["Datastore.AllocateSpace"])
    form = params.get("format") or (file.rpartition(".")[2] if file.endswith((".raw", ".qcow2", ".vmdk")) else "raw")
    size = str(params["size"])
    factor = {"M": 1024, "G": 1024 * 1024}.get(size[-1:], 1)
    kib = int(size.rstrip("MG")) * factor
    volid, _ = volumes.allocate(call.world, call.node, volumes.Wanted(name, vmid, kib, form, file))
    return volid


def volume_info(call: Call) -> dict[str, Any]:
    """GET …/content/{volume}."""
    volid = _volid(call)
    drives.check_volume_access(call.world, Rights(call.world, call.identity), "", volid)
    row = volumes.find(call.world, call.node, volid)
    if row is None:
        raise ApiError(f"volume_size_info on '{volid}' failed - no format")
    form = row["format"] if row["content"] in ("images", "rootdir") else "raw"
    return {
        "path": volumes.path(call.world, volid),
        "size": row["size"],
        "used": row.get("used", row["size"]),
        "format": form,
    }


def delete_volume(call: Call) -> str | None:
    """DELETE …/content/{volume}."""
    volumes.need_available(call.world, call.params["storage"], call.node)
    volid = _volid(call)
    name = volumes.parse(call.world, volid)
    rights = Rights(call.world, call.identity)
    storage = volid.partition(":")[0]
    if name.content in ("images", "backup") and name.vmid:
        rights.need(f"/storage/{storage}", ["Datastore.Allocate"])
    else:
        rights.need(f"/storage/{storage}", ["Datastore.AllocateTemplate"])
    owner = f"{name.vmid}@{storage}" if name.vmid else storage
    return fork(call.world, call.identity, Plan(call.node, "imgdel", owner, "imgdel", {"volid": volid}, 0.5))


def _delete_job(task: Running) -> None:
    volid = task.args["volid"]
    world = task.world
    found = volumes.find(world, task.node, volid)
    if found is not None and found.get("protected"):
        storage, _, volname = volid.partition(":")
        raise TaskError(f"cannot remove protected volume '{volname}' on '{storage}'")
    if found is None:
        task.log(f"disk image '{volumes.path(world, volid)}' does not exist")
    else:
        volumes.free(world, task.node, volid)
    task.log(f"Removed volume '{volid}'")


_SUFFIXES = {
    "iso": (".iso", ".img"),
    "vztmpl": (".tar.gz", ".tar.xz", ".tar.zst", ".tar.bz2", ".tar"),
    "import": (".ova", ".qcow2", ".raw", ".vmdk"),
}


def upload(call: Call) -> str:
    """POST /nodes/{node}/storage/{storage}/upload."""
    if call.upload is None:
        raise parameter_error("filename", "property is missing and it is not optional")
    file, content = call.upload
    name, kind = str(call.params["storage"]), str(call.params["content"])
    row = volumes.need_available(call.world, name, call.node)
    if kind not in volumes.content_of(row):
        raise ApiError(f"storage '{name}' does not support '{kind}' content")
    if not file.endswith(_SUFFIXES[kind]):
        raise parameter_error("filename", "wrong file extension")
    args = {"volid": f"{name}:{kind}/{file}", "size": len(content), "node": call.node, "content": kind}
    algorithm = call.params.get("checksum-algorithm")
    if algorithm:
        import hashlib

        args |= {"got": hashlib.new(algorithm, content).hexdigest(), "expect": str(call.params.get("checksum", ""))}
    return fork(call.world, call.identity, Plan(call.node, "imgcopy", "", "imgcopy", args, 1.0))


def _upload_job(task: Running) -> None:
    args, world = task.args, task.world
    task.log("starting file import from: /var/tmp/pveupload")
    if "got" in args:
        task.log("calculating checksum...")
        if args["got"] != args["expect"]:
            raise TaskError(f"checksum mismatch: got '{args['got']}' != expect '{args['expect']}'")
    task.log(
        f"target node: {task.node}",
        f"target file: {volumes.path(world, args['volid'])}",
        f"file size is: {args['size']}",
    )
    put_file(world, task.node, args["volid"], args["size"])
    task.log("command: cp -- /var/tmp/pveupload", "finished file import successfully")


_FORMATS = {"tar.gz": "tgz", "tar.xz": "txz", "tar.zst": "tzst", "tar.bz2": "tbz2"}


def put_file(world: World, node: str, volid: str, size: int, more: Mapping[str, Any] | None = None) -> None:
    """Let a file appear on a storage."""
    name = volumes.parse(world, volid)
    form = _FORMATS.get(name.format, name.format) if name.content == "vztmpl" else name.format
    if name.content == "snippets":
        form = "snippet"
    elif name.content == "iso":
        form = "iso"
    row = {"size": size, "format": form, "content": name.content, "ctime": int(world.now)}
    volumes.put(world, node, volid, {**row, **(more or {})})


_ONE = "/nodes/{node}/storage/{storage}"
ROUTES: Routes = {
    ("GET", "/nodes/{node}/storage"): list_storages,
    ("GET", f"{_ONE}/status"): storage_status,
    ("GET", f"{_ONE}/content"): list_content,
    ("POST", f"{_ONE}/content"): allocate,
    ("GET", f"{_ONE}/content/{{volume}}"): volume_info,
    ("DELETE", f"{_ONE}/content/{{volume}}"): delete_volume,
    ("POST", f"{_ONE}/upload"): upload,
}
TASKS = {"imgdel": Job(_delete_job), "imgcopy": Job(_upload_job)}
