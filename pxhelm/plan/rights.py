"""What a plan's writes need the token to be allowed, against what it is allowed: said with the plan, not half-way through it.

Pure. The privileges are those that Proxmox' own API description names for these calls. What is said here is a warning, not a
refusal: Proxmox decides, and rights that come from a guest's pool are only partly told beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pxhelm.plan.model import ObjectPlan
from pxhelm.resource.step import Step

Granted = Mapping[str, Mapping[str, object]]
"""``/access/permissions``: path → privilege → whether it reaches below the path."""

_CONFIG = (
    (("cores", "sockets", "cpu", "cpulimit", "cpuunits", "vcpus", "numa", "affinity"), "VM.Config.CPU"),
    (("memory", "balloon", "shares", "swap", "hugepages", "allow-ksm"), "VM.Config.Memory"),
    (("net", "ipconfig", "nameserver", "searchdomain"), "VM.Config.Network"),
    (("scsi", "virtio", "sata", "efidisk", "tpmstate", "rootfs", "mp", "unused"), "VM.Config.Disk"),
    (("ciuser", "cipassword", "sshkeys", "citype", "ciupgrade", "cicustom"), "VM.Config.Cloudinit"),
    (("vga", "usb", "serial", "audio", "machine", "bios", "scsihw", "watchdog", "hostpci"), "VM.Config.HWType"),
)
"""First letters of parameters of a guest → the privilege that changing them takes; ``VM.Config.Options`` for others."""
_FREE = ("digest", "delete", "vmid", "node", "background_delay")
_VERBS = {
    "start": "VM.PowerMgmt",
    "stop": "VM.PowerMgmt",
    "shutdown": "VM.PowerMgmt",
    "restart": "VM.PowerMgmt",
    "migrate": "VM.Migrate",
    "resize": "VM.Config.Disk",
    "move": "VM.Config.Disk",
    "destroy": "VM.Allocate",
    "convert": "VM.Allocate",
}
_NATURAL = (
    ("/storage", "/storage/", "Datastore.Allocate"),
    ("/pools", "/pool/", "Pool.Allocate"),
    ("/cluster/sdn", "/sdn", "SDN.Allocate"),
    ("/cluster/mapping", "/mapping", "Mapping.Modify"),
    ("/cluster/backup", "/", "Sys.Modify"),
    ("/cluster/options", "/", "Sys.Modify"),
    ("/cluster/firewall", "/", "Sys.Modify"),
    ("/cluster/ha", "/", "Sys.Console"),
)
"""Beginning of a path → where the privilege is needed, and which."""


@dataclass(frozen=True, slots=True)
class Need:
    """A privilege on a path; one of several paths is enough."""

    privilege: str
    paths: tuple[str, ...]


def missing(objects: Iterable[ObjectPlan], granted: Granted) -> tuple[str, ...]:
    """Return a sentence for each privilege that the planned writes need and the token lacks, with the command that gives it."""
    found: dict[str, list[str]] = {}
    for o in objects:
        for step in o.steps:
            for need in needs(o, step):
                if not any(allowed(granted, path, need.privilege) for path in need.paths):
                    found.setdefault(f"{need.privilege} on {need.paths[0]}", []).append(o.key.address)
    return tuple(
        f"the token lacks {what}, which {_several(addresses)} needs:"
        f" pveum acl modify {what.rpartition(' ')[2]} --roles ROLE --tokens USER@REALM!ID with a role that has it"
        for what, addresses in found.items()
    )


def _several(addresses: list[str]) -> str:
    distinct = list(dict.fromkeys(addresses))
    return distinct[0] if len(distinct) == 1 else f"{distinct[0]} and {len(distinct) - 1} more"


def allowed(granted: Granted, path: str, privilege: str) -> bool:
    """Whether a privilege holds on a path: what is said of the nearest path above it counts, if it reaches below."""
    here = path
    while True:
        known = granted.get(here)
        if known is not None:
            return privilege in known and (here == path or bool(known[privilege]))
        if here == "/":
            return False
        here = here.rpartition("/")[0] or "/"


def needs(o: ObjectPlan, step: Step) -> Iterator[Need]:
    """Yield what one write needs."""
    if not o.vmid:
        for start, place, privilege in _NATURAL:
            if step.request.path.startswith(start):
                name = str(step.request.params.get("storage") or step.request.params.get("poolid") or "")
                yield Need(privilege, (f"{place}{name}".rstrip("/") or "/",))
                return
        return
    params = step.request.params
    pool = params.get("pool")
    own = (f"/vms/{o.vmid}", *((f"/pool/{pool}",) if pool else ()))
    if step.verb in ("create", "clone"):
        yield Need("VM.Allocate", own)
        if step.source:
            yield Need("VM.Clone", (f"/vms/{step.source}",))
    elif step.verb == "config":
        for privilege in dict.fromkeys(_of_config(params)):
            yield Need(privilege, own)
    elif step.verb in _VERBS:
        yield Need(_VERBS[step.verb], own)
    if step.storage:
        yield Need("Datastore.AllocateSpace", (f"/storage/{step.storage}",))


def _of_config(params: Mapping[str, object]) -> Iterator[str]:
    gone = str(params.get("delete") or "").split(",")
    for name in (*(n for n in params if n not in _FREE), *(n for n in gone if n)):
        yield next((right for starts, right in _CONFIG if name.startswith(starts)), "VM.Config.Options")
