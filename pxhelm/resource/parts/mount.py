"""Volumes of a container: the root file system and mount points.

``rootfs=STORAGE:SIZE`` breaks a container that exists and is only ever sent when it is made.
"""

from __future__ import annotations

from pxhelm.resource.effect import Effect
from pxhelm.resource.effects import grow_or_refuse
from pxhelm.resource.field import Field
from pxhelm.resource.model import Leaves, Live, Value

SLOTS: tuple[str, ...] = tuple(f"mp{n}" for n in range(256))
_OPTIONS = ("discard", "lazytime", "noatime", "nodev", "noexec", "nosuid")


def plug(_path: str, _before: Value, after: Value, _live: Live) -> tuple[Effect, str]:
    """Return the effect of a whole mount point that comes or goes."""
    if after is not None:
        return Effect.ONLINE, ""
    return Effect.RESTART, "a mount point leaves at the next start; its volume is kept as unused"


def plug_device(_path: str, _before: Value, after: Value, _live: Live) -> tuple[Effect, str]:
    """Return the effect of a device of the host that comes or goes."""
    return (Effect.ONLINE, "") if after is not None else (Effect.RESTART, "a device leaves at the next start")


def _same_volume(path: str, wanted: Leaves, live: Live) -> bool:
    return live.intended.get(path) is None or live.intended[path] == wanted[path]


def _move(path: str, before: Value, after: Value, _live: Live) -> tuple[Effect, str]:
    if before is not None and after is not None:
        return Effect.OFFLINE_OP, f"all data of {path.split('.')[-2]} is copied while the container is stopped"
    return Effect.ONLINE, ""


def _options(prefix: str, param: str, *, backup: bool) -> tuple[Field, ...]:
    r = Effect.RESTART
    backup_field = (Field(f"{prefix}.backup", "bool", f"{param}.backup", effect=r, default=False),) if backup else ()
    keep = (Field(f"{prefix}.keepAttrs", "bool", f"{param}.keepattrs", effect=r, default=False),) if backup else ()
    return (
        *backup_field,
        Field(f"{prefix}.acl", "bool", f"{param}.acl", effect=r),
        Field(f"{prefix}.quota", "bool", f"{param}.quota", effect=r, default=False),
        Field(f"{prefix}.mountOptions", "set", f"{param}.mountoptions", form="semicolons", effect=r, choices=_OPTIONS),
        Field(f"{prefix}.readOnly", "bool", f"{param}.ro", effect=r, default=False),
        Field(f"{prefix}.replicate", "bool", f"{param}.replicate", effect=r, default=True),
        Field(f"{prefix}.shared", "bool", f"{param}.shared", effect=r, default=False),
        Field(f"{prefix}.idmap", "line", f"{param}.idmap", effect=r),
        *keep,
    )


FIELDS: tuple[Field, ...] = (
    Field("rootfs.storage", "ref", "rootfs.volume", form="storage", effect=_move, refers=("Storage",)),
    Field("rootfs.size", "size", "rootfs.size", form="volume-size", effect=grow_or_refuse, help="grows, never shrinks"),
    Field("rootfs.volume", "volume", "rootfs.volume", form="ct-volume", effect=Effect.OFFLINE_OP, same=_same_volume),
    *_options("rootfs", "rootfs", backup=False),
    Field("mounts.*.path", "line", "*.mp", effect=Effect.RESTART, help="where it appears in the container"),
    Field("mounts.*.storage", "ref", "*.volume", form="storage", effect=_move, refers=("Storage",)),
    Field("mounts.*.size", "size", "*.size", form="volume-size", effect=grow_or_refuse, help="grows, never shrinks"),
    Field("mounts.*.volume", "volume", "*.volume", form="ct-volume", effect=Effect.RESTART, same=_same_volume),
    Field("mounts.*.hostPath", "line", "*.volume", form="host-path", effect=Effect.RESTART, root_only=True),
    *_options("mounts.*", "*", backup=True),
    Field("mounts.*.extra.*", "raw", "*.*", effect=Effect.RESTART, help="sub-options that have no field"),
    Field("mounts.*.reclaimPolicy", "line", choices=("Retain", "Delete"), help="what becomes of a removed volume"),
)
