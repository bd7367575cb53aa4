"""What a plan's writes need the token to be allowed, against what it is allowed: said with the plan, not half-way through it.

Pure. Theory: the API description of the cluster's version names, for most calls, the privileges and the path they are
needed on. What that says no to is sure, so such an object is refused before anything is written. What Proxmox decides in
its code alone (the options of a guest, space on a storage) is a warning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pxhelm.plan.model import Blocked, ObjectPlan, Plan
from pxhelm.proxmox.schema import Endpoint, Schema
from pxhelm.resource.step import Step

Granted = Mapping[str, Mapping[str, object]]
"""``/access/permissions``: path → privilege → whether it reaches below the path."""

_CONFIG = (
    (("scsihw", "vga", "usb", "serial", "audio", "machine", "bios", "watchdog", "hostpci"), "VM.Config.HWType"),
    (("cores", "sockets", "cpu", "cpulimit", "cpuunits", "vcpus", "numa", "affinity"), "VM.Config.CPU"),
    (("memory", "balloon", "shares", "swap", "hugepages", "allow-ksm"), "VM.Config.Memory"),
    (("net", "ipconfig", "nameserver", "searchdomain"), "VM.Config.Network"),
    (("scsi", "virtio", "sata", "efidisk", "tpmstate", "rootfs", "mp", "unused"), "VM.Config.Disk"),
    (("ciuser", "cipassword", "sshkeys", "citype", "ciupgrade", "cicustom"), "VM.Config.Cloudinit"),
)
"""First letters of parameters of a guest → the privilege that changing them takes; ``VM.Config.Options`` for others."""
_FREE = ("digest", "delete", "vmid", "node", "background_delay")
_GIVES_RIGHTS = ("/access/acl", "/access/roles", "/access/users", "/pools")
"""Where a plan may give rights to whoever applies it: what is missing before it may be there when it is needed."""
_VARIABLE = re.compile(r"\{([^}]+)\}")


@dataclass(frozen=True, slots=True)
class Need:
    """A privilege on a path; one of several paths is enough."""

    privilege: str
    paths: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.privilege} on {self.paths[0]}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call is allowed; None = that cannot be told beforehand."""

    allowed: bool | None
    missing: tuple[Need, ...] = ()


def judged(plan: Plan, granted: Granted, schema: Schema) -> Plan:
    """Return the plan without the objects that the token surely may not write: they are blocked, and named with what is missing.

    What is missing only perhaps is a warning, as is everything in a plan that gives rights itself.
    """
    gives = any(s.request.path.startswith(_GIVES_RIGHTS) for o in plan.objects for s in o.steps)
    refused: dict[str, Blocked] = {}
    lacking: dict[Need, list[str]] = {}
    for o in plan.objects:
        sure = tuple(dict.fromkeys(n for step in o.steps for n in denied(o, step, granted, schema)))
        if sure and not gives:
            refused[o.key.address] = _refusal(o, sure)
            continue
        perhaps = (n for step in o.steps for n in needs(o, step) if not _any(granted, n.privilege, n.paths))
        for need in dict.fromkeys((*sure, *perhaps)):
            lacking.setdefault(need, []).append(o.key.address)
    return replace(
        plan,
        objects=tuple(o for o in plan.objects if o.key.address not in refused),
        blocked=(*plan.blocked, *refused.values()),
        warnings=(
            *plan.warnings,
            *(f"the token lacks {need}, which {_several(of)} needs" for need, of in lacking.items()),
        ),
    )


def _refusal(o: ObjectPlan, missing: tuple[Need, ...]) -> Blocked:
    listed = ", ".join(str(need) for need in missing)
    return Blocked(
        o.key,
        "PermissionDenied",
        f"cannot {o.action.value} {o.key.address}: the token lacks {listed}",
        f"pveum acl modify {missing[0].paths[0]} --roles ROLE --tokens 'USER@REALM!ID' with a role that has it",
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


def _any(granted: Granted, privilege: str, paths: Iterable[str]) -> bool:
    return any(allowed(granted, path, privilege) for path in paths)


# -- what the API description says -----------------------------------------------------------------------------------------


def denied(o: ObjectPlan, step: Step, granted: Granted, schema: Schema) -> tuple[Need, ...]:
    """Return what the token lacks for a write by the API's own description; empty when it may, or when that cannot be told."""
    endpoint = schema.endpoint(step.request.method, step.request.path)
    if endpoint is None or step.errand is not None or step.operation is not None:
        return ()
    return _Judge(o, step, endpoint, granted).of(endpoint.permissions.get("check")).missing


class _Judge:
    """The check of one call: ``["perm", PATH, [PRIVILEGE …]]``, and those joined by ``and`` and ``or``."""

    def __init__(self, o: ObjectPlan, step: Step, endpoint: Endpoint, granted: Granted) -> None:
        self.granted = granted
        self.known = {**step.request.params, **endpoint.variables}
        pools = (str(s.request.params["pool"]) for s in o.steps if s.request.params.get("pool"))
        self.pool = next(pools, "")
        self.words: Mapping[str, Callable[[list[object]], Verdict]] = {
            "perm": self.perm,
            "and": self.both,
            "or": self.either,
        }

    def of(self, check: object) -> Verdict:
        if not isinstance(check, list) or not check or check[0] not in self.words:
            return Verdict(None)
        return self.words[str(check[0])](check[1:])

    def perm(self, rest: list[object]) -> Verdict:
        template, privileges, *options = rest
        if not isinstance(privileges, list):
            return Verdict(None)
        if "require_param" in options and options[options.index("require_param") + 1] not in self.known:
            return Verdict(False)
        names = _VARIABLE.findall(str(template))
        if any(name not in self.known for name in names):
            return Verdict(None)
        path = _VARIABLE.sub(lambda name: str(self.known[name[1]]), str(template))
        paths = (path, f"/pool/{self.pool}") if self.pool and path.startswith("/vms/") else (path,)
        held = [_any(self.granted, str(each), paths) for each in privileges]
        if any(held) if "any" in options else all(held):
            return Verdict(True)
        return Verdict(False, tuple(Need(str(p), paths) for p, has in zip(privileges, held, strict=True) if not has))

    def both(self, checks: list[object]) -> Verdict:
        found = [self.of(each) for each in checks]
        missing = tuple(need for each in found for need in each.missing)
        if missing:
            return Verdict(False, missing)
        return Verdict(None if any(each.allowed is None for each in found) else True)

    def either(self, checks: list[object]) -> Verdict:
        found = [self.of(each) for each in checks]
        if any(each.allowed for each in found):
            return Verdict(True)
        return Verdict(None) if any(each.allowed is None for each in found) else found[0]


# -- what Proxmox decides in its code --------------------------------------------------------------------------------------


def needs(o: ObjectPlan, step: Step) -> Iterator[Need]:
    """Yield what one write of a guest needs beyond what the API description says."""
    if not o.vmid:
        return
    params = step.request.params
    pool = params.get("pool")
    own = (f"/vms/{o.vmid}", *((f"/pool/{pool}",) if pool else ()))
    if step.verb == "create":
        yield Need("VM.Allocate", own)
    elif step.verb in ("config", "trash", "detach"):
        for privilege in dict.fromkeys(_of_config(params)):
            yield Need(privilege, own)
    if "startup" in params or "startup" in str(params.get("delete") or "").split(","):
        yield Need("Sys.Modify", ("/",))  # the order in which guests start is the node's business
    if step.storage:
        yield Need("Datastore.AllocateSpace", (f"/storage/{step.storage}",))


def _of_config(params: Mapping[str, object]) -> Iterator[str]:
    gone = str(params.get("delete") or "").split(",")
    for name in (*(n for n in params if n not in _FREE), *(n for n in gone if n)):
        yield next((right for starts, right in _CONFIG if name.startswith(starts)), "VM.Config.Options")
