"""The definition of a storage. Never touches the data on it: deleting removes the definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource.columns import gib, text
from pxhelm.resource.decode import decode as decode_config
from pxhelm.resource.decode import text_of
from pxhelm.resource.effect import Effect
from pxhelm.resource.encode import encode
from pxhelm.resource.field import Field
from pxhelm.resource.gates import version_problem
from pxhelm.resource.kind import Change, Column, Kind, Op
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Resource, Target
from pxhelm.resource.normal import Normal
from pxhelm.resource.step import Guard, Step

_X = Effect.REPLACE
_TYPES = (
    "dir", "nfs", "cifs", "lvm", "lvmthin", "zfspool", "rbd", "cephfs", "pbs", "btrfs", "iscsi", "iscsidirect", "zfs",
    "esxi",
)  # fmt: skip
_KEEP = ("last", "hourly", "daily", "weekly", "monthly", "yearly")


def _line(path: str, wire: str = "", effect: Effect = Effect.ONLINE) -> Field:
    return Field(path, "line", wire or path.lower(), effect=effect)


_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "storage", effect=_X, same=lambda _path, _wanted, _live: True),
    Field("type", "line", "type", effect=_X, choices=_TYPES),
    Field("content", "set", "content", form="commas"),
    Field("contentDirs.*", "line", "content-dirs", form="dirs"),
    Field("nodes", "set", "nodes", form="commas"),
    Field("enabled", "bool", "disable", form="not", default=True),
    Field("shared", "bool", "shared"),
    *(Field(f"pruneBackups.keep{k.capitalize()}", "int", f"prune-backups.keep-{k}", bounds=(0, None)) for k in _KEEP),
    Field("pruneBackups.keepAll", "bool", "prune-backups.keep-all"),
    Field("maxProtectedBackups", "int", "max-protected-backups", bounds=(-1, None)),
    *(
        Field(f"bandwidth.{k}", "rate", f"bwlimit.{k}", form="kibps")
        for k in ("default", "clone", "migration", "move", "restore")
    ),
    Field("format", "line", "format", choices=("raw", "qcow2", "subvol", "vmdk")),
    Field("preallocation", "line", "preallocation", choices=("off", "metadata", "falloc", "full"), default="metadata"),
    Field("snapshotAsVolumeChain", "bool", "snapshot-as-volume-chain"),
    _line("path", effect=_X),
    _line("isMountpoint", "is_mountpoint"),
    Field("createBasePath", "bool", "create-base-path", default=True),
    Field("createSubdirs", "bool", "create-subdirs", default=True),
    Field("mkdir", "bool", "mkdir", default=True),
    Field("nocow", "bool", "nocow"),
    _line("server"),
    _line("export", effect=_X),
    _line("share", effect=_X),
    Field("port", "int", "port", bounds=(1, 65535)),
    _line("options"),
    _line("subdir"),
    _line("domain"),
    _line("smbVersion", "smbversion"),
    _line("username"),
    Field("password", "secret", "password", write_only=True),
    Field("encryptionKey", "secret", "encryption-key", write_only=True),
    Field("masterPubkey", "secret", "master-pubkey", write_only=True),
    Field("keyring", "secret", "keyring", write_only=True),
    _line("fingerprint"),
    Field("skipCertVerification", "bool", "skip-cert-verification"),
    _line("datastore", effect=_X),
    _line("pbsNamespace", "namespace"),
    _line("vgName", "vgname", effect=_X),
    _line("thinPool", "thinpool", effect=_X),
    _line("base", effect=_X),
    Field("saferemove", "bool", "saferemove"),
    _line("saferemoveThroughput", "saferemove_throughput"),
    Field("saferemoveStepsize", "int", "saferemove-stepsize"),
    Field("taggedOnly", "bool", "tagged_only"),
    _line("pool"),
    _line("dataPool", "data-pool"),
    Field("monHosts", "list", "monhost", form="spaces"),
    Field("krbd", "bool", "krbd"),
    _line("fsName", "fs-name"),
    Field("fuse", "bool", "fuse"),
    _line("authSupported", "authsupported", effect=_X),
    _line("blockSize", "blocksize"),
    Field("sparse", "bool", "sparse"),
    _line("mountpoint"),
    _line("zfsBasePath", "zfs-base-path"),
    _line("lioTpg", "lio_tpg"),
    _line("comstarHG", "comstar_hg"),
    _line("comstarTG", "comstar_tg"),
    Field("noWriteCache", "bool", "nowritecache"),
    _line("iscsiProvider", "iscsiprovider", effect=_X),
    _line("portal", effect=_X),
    _line("target", effect=_X),
    Field("config.*", "raw", "*", help="any parameter, as Proxmox writes it"),
)


def identifier(resource: Resource) -> str:
    """Return the storage's id in Proxmox."""
    return str(resource.leaves.get("id", resource.key.name))


def observe(target: Target) -> ApiGen[Live]:
    """Read one definition; ``target.row["id"]`` names it when its id is not the object's name."""
    name = str(target.row.get("id") or target.key.name)
    try:
        data = yield from call(Request("GET", f"/storage/{name}"))
    except ApiError as error:
        if error.cls is ErrorClass.GONE:
            return ABSENT
        raise
    assert isinstance(data, Mapping)
    raw = {str(k): text_of(v) for k, v in data.items() if k not in ("digest", "storage")}
    leaves = {**decode_config(STORAGE, raw), "id": name}
    return Live(Existence.PRESENT, leaves, leaves, raw, str(data.get("digest", "")))


def steps(change: Change) -> tuple[Step, ...]:
    """Return the write still missing: at most one."""
    live = change.live
    if change.desired is None:
        if live.existence is not Existence.PRESENT:
            return ()
        name = str(live.intended.get("id") or change.target.key.name)
        why = "only the definition goes; the data stays"
        return (Step("delete", Request("DELETE", f"/storage/{name}"), Guard.NONE, (), Effect.ONLINE, why=why),)
    name, version = identifier(change.desired), change.surroundings.version
    if live.existence is Existence.UNKNOWN:
        return ()
    if live.existence is Existence.ABSENT:
        wanted = {p: v for p, v in change.desired.leaves.items() if p != "id"}
        found = encode(STORAGE, {}, {**wanted, "type": None}, version=version)
        params: dict[str, Param] = {"storage": name, "type": str(wanted.get("type", "")), **found.params}
        leaves = tuple(change.desired.leaves)
        return (Step("create", Request("POST", "/storage", params), Guard.ABSENT, leaves, Effect.ONLINE),)
    writes = {c.path: c.after if c.op is Op.SET else None for c in change.changes if c.effect < _X}
    found = encode(STORAGE, live.raw, writes, version=version)
    if not found:
        return ()
    params = found.as_params()
    if live.digest:
        params["digest"] = live.digest
    effect = max((c.effect for c in change.changes), default=Effect.ONLINE)
    return (Step("update", Request("PUT", f"/storage/{name}", params), Guard.DIGEST, found.leaves, effect),)


def refuse(change: Change) -> str:
    """Return why the definition cannot be written, or must stay: guests have volumes on it."""
    if change.desired is not None:
        problem = version_problem(STORAGE, change.desired.leaves, change.surroundings.version)
        if problem:
            return problem
    if change.desired is not None or change.live.existence is not Existence.PRESENT:
        if (
            change.desired is not None
            and change.live.existence is Existence.ABSENT
            and "type" not in change.desired.leaves
        ):
            return "a storage needs a type, such as type: dir"
        return ""
    name = str(change.live.intended.get("id") or change.target.key.name)
    users = [
        vmid
        for vmid, live in change.surroundings.templates.items()
        if any(p.endswith(".storage") and v == name for p, v in live.intended.items())
    ]
    return f"guests have volumes on {name}: {', '.join(str(v) for v in sorted(users)[:5])}" if users else ""


def decode(config: Mapping[str, object]) -> Leaves:
    """Return the leaves of a definition."""
    return decode_config(STORAGE, config)


def _share(row: Mapping[str, object]) -> str:
    used, total = row.get("disk"), row.get("maxdisk")
    return f"{used / total:.0%}" if isinstance(used, (int, float)) and isinstance(total, (int, float)) and total else ""


_NODES: Callable[[Mapping[str, object]], str] = text("nodes")

STORAGE = Kind(
    name="Storage",
    plural="storages",
    short=("sto", "storage"),
    namespaced=False,
    guest=False,
    rank=10,
    fields=_FIELDS,
    normalize=Normal,
    observe=observe,
    steps=steps,
    identifier=identifier,
    columns=(
        Column("TYPE", text("plugintype")),
        Column("CONTENT", text("content")),
        Column("USED%", _share),
        Column("NODES", _NODES),
        Column("SIZE", lambda row: gib(row.get("maxdisk")), wide=True),
        Column("SHARED", lambda row: "yes" if row.get("shared") else "no", wide=True),
    ),
    decode=decode,
    api="/storage",
    refuse=refuse,
)
