"""The definition of a storage. Never touches the data on it: deleting removes the definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from pxhelm.resource import natural
from pxhelm.resource.columns import gib, text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import EffectRule, Field, same_id
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Change, Column, Kind
from pxhelm.resource.model import Existence, Leaves, Live, Reference, Value
from pxhelm.resource.table import spec_of
from pxhelm.resource.words import worded

_X = Effect.REPLACE
_TYPES = (
    "dir", "nfs", "cifs", "lvm", "lvmthin", "zfspool", "rbd", "cephfs", "pbs", "btrfs", "iscsi", "iscsidirect", "zfs",
    "esxi", "glusterfs",
)  # fmt: skip
_KEEP = ("last", "hourly", "daily", "weekly", "monthly", "yearly")


def _line(path: str, wire: str = "", effect: Effect = Effect.ONLINE) -> Field:
    return Field(path, "line", wire or path.lower(), effect=effect)


def _fixed_for(*types: str) -> EffectRule:
    """Return the effect of a parameter that Proxmox calls fixed for some types (recorded: server of nfs)."""

    def effect(_path: str, _before: Value, _after: Value, live: Live) -> tuple[Effect, str]:
        if live.intended.get("type") in types:
            return Effect.REPLACE, f"a storage of type {live.intended['type']} keeps what it was defined with"
        return Effect.ONLINE, ""

    return effect


_WORDS = """
type                   what it is; says which of the fields it takes
content                what it may hold: images, rootdir, iso, vztmpl, backup, snippets, import
contentDirs.*          another folder for one content, such as iso: special/iso
shared                 all nodes see the same; for a network file system mounted outside of Proxmox
maxProtectedBackups    protected backups of a guest at most; -1 for any number
format                 image format of new volumes
preallocation          how much of a new image file is reserved
snapshotAsVolumeChain  snapshots as a chain of volumes, for storages that have none of their own
path                   folder on the nodes
isMountpoint           yes, or a path: offline unless something is mounted there
createBasePath         make the folder if it is not there
createSubdirs          make the folders of the contents in it
mkdir                  the older word for both of these
nocow                  no copy on write for files: faster, and without checksums
server                 name or address of the server
export                 what the server exports
share                  name of the share
port                   port of the server, if it is another than usual
options                options of the mount
subdir                 folder in the share
domain                 domain of the account
smbVersion             version of the protocol
username               account at the server
password               password of that account
encryptionKey          key with which backups are encrypted; autogen has one made
masterPubkey           public key with which that key is kept in each backup
keyring                key of the Ceph client
fingerprint            SHA-256 of the server's certificate
skipCertVerification   do not check the server's certificate
datastore              datastore of the backup server
pbsNamespace           namespace in the datastore
vgName                 volume group
thinPool               thin pool in the volume group
base                   volume that is activated first, such as an iSCSI disk
saferemove             overwrite volumes that are removed
saferemoveThroughput   how fast, as cstream -t takes it
saferemoveStepsize     MiB that are overwritten at once
taggedOnly             only volumes with a tag of Proxmox
pool                   ZFS or Ceph pool
dataPool               erasure coded pool for the data
monHosts               monitors of another Ceph cluster
krbd                   map volumes by the kernel
fsName                 name of the Ceph file system
fuse                   mount it by FUSE
authSupported          how the client authenticates
blockSize              block size of ZFS volumes, such as 16k
sparse                 volumes take space when they are written
mountpoint             where the ZFS file system is mounted
zfsBasePath            where its block devices are found
lioTpg                 portal group of Linux' LIO
comstarHG              host group of comstar
comstarTG              target group of comstar
noWriteCache           the target caches no writes
iscsiProvider          software of the target, such as LIO
portal                 address of the iSCSI portal, with a port if need be
target                 name of the iSCSI target
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "storage", effect=_X, same=same_id),
    Field("type", "line", "type", effect=_X, choices=_TYPES),
    Field("content", "set", "content", form="commas"),
    Field("contentDirs.*", "line", "content-dirs", form="dirs"),
    Field("nodes", "set", "nodes", form="commas"),
    Field("enabled", "bool", "disable", form="not", default=True),
    Field("shared", "bool", "shared", default=False),
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
    Field("server", "line", "server", effect=_fixed_for("nfs", "cifs", "pbs")),
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
    Field("pool", "line", "pool", effect=_fixed_for("zfspool", "zfs")),
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
)


HOME = natural.Home(
    "/storage",
    "storage",
    needs={
        "": ("type",),
        "dir": ("path",),
        "btrfs": ("path",),
        "nfs": ("server", "export"),
        "cifs": ("server", "share"),
        "pbs": ("server", "datastore"),
        "esxi": ("server", "username", "password"),
        "glusterfs": ("server",),
        "lvm": ("vgName",),
        "lvmthin": ("vgName", "thinPool"),
        "zfspool": ("pool",),
        "iscsi": ("portal", "target"),
        "iscsidirect": ("portal", "target"),
        "zfs": ("pool", "portal", "target", "blockSize", "iscsiProvider"),
    },
    why_delete="only the definition goes; the data stays",
)


def base_of(_key: ObjectKey, leaves: Leaves) -> tuple[Reference, ...]:
    """Return the edge to the storage that a volume group is on: ``san`` of ``san:0.0.1.scsi-…``."""
    below = str(leaves.get("base") or "").partition(":")[0]
    return (Reference("base", ("Storage",), "", below),) if below else ()


_SHOWN = 5


def refuse(change: Change) -> str:
    """Return why the definition cannot be written, or must stay: guests have volumes on it."""
    if change.desired is not None:
        wanted, version = str(change.desired.leaves.get("type", "")), change.surroundings.version
        spec = spec_of(HOME.api, version, "type")
        if wanted and spec is not None and wanted not in spec.enum:
            return f"Proxmox VE {version} does not have storages of type {wanted}"
    if change.desired is not None or change.live.existence is not Existence.PRESENT:
        return natural.refuse(STORAGE, HOME, change)
    name = natural.live_id(change)
    users = change.surroundings.using.get(name, ())
    more = ", …" if len(users) > _SHOWN else ""
    return f"guests have something on {name}: {', '.join(map(str, users[:_SHOWN]))}{more}" if users else ""


def _share(row: Mapping[str, object]) -> str:
    used, total = row.get("disk"), row.get("maxdisk")
    return f"{used / total:.0%}" if isinstance(used, (int, float)) and isinstance(total, (int, float)) and total else ""


_NODES: Callable[[Mapping[str, object]], str] = text("nodes")

_DEFINED = Kind(
    name="Storage",
    plural="storages",
    short=("sto", "storage"),
    namespaced=False,
    guest=False,
    rank=10,
    fields=worded(_FIELDS, _WORDS),
    columns=(
        Column("TYPE", lambda row: str(row.get("plugintype") or row.get("type") or "")),
        Column("CONTENT", text("content")),
        Column("USED%", _share),
        Column("NODES", _NODES),
        Column("SIZE", lambda row: gib(row.get("maxdisk")), wide=True),
        Column("SHARED", lambda row: "yes" if row.get("shared") else "no", wide=True),
        Column("PATH", text("path"), wide=True),
    ),
)
STORAGE = replace(natural.natural(_DEFINED, HOME), more_references=base_of, refuse=refuse)
