"""Processor and memory of a virtual machine."""

from __future__ import annotations

from pxhelm.resource.effect import Effect
from pxhelm.resource.effects import hotplugs
from pxhelm.resource.field import Field
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Leaves, Live, Reference, Value

R, O, M = Effect.RESTART, Effect.ONLINE, Effect.METADATA  # noqa: E741 - as in kinds.md 2.8
MIB = 1 << 20


def _vcpus(_path: str, _before: Value, _after: Value, live: Live) -> tuple[Effect, str]:
    return (O, "") if hotplugs(live, "cpu") else (R, "CPU hotplug is off")


def _memory(_path: str, before: Value, after: Value, live: Live) -> tuple[Effect, str]:
    if not hotplugs(live, "memory"):
        return R, "memory hotplug is off"
    if isinstance(before, int) and isinstance(after, int) and after < before:
        return R, "the running guest may not give memory back"
    return O, ""


def _minimum(_path: str, before: Value, after: Value, live: Live) -> tuple[Effect, str]:
    if live.intended.get("memory.ballooning") is False or (before is None) != (after is None):
        return R, "the ballooning device comes or goes with a restart"
    return O, ""


CPU: tuple[Field, ...] = (
    Field("cpu.cores", "int", "cores", effect=R, default=1, bounds=(1, None)),
    Field("cpu.sockets", "int", "sockets", effect=R, default=1, bounds=(1, None)),
    Field("cpu.vcpus", "int", "vcpus", effect=_vcpus, bounds=(1, None)),
    Field("cpu.type", "line", "cpu.cputype", effect=R, on_create="x86-64-v2-AES", refers=("CPUModel",)),
    Field("cpu.flags", "set", "cpu.flags", form="semicolons", effect=R),
    Field("cpu.hidden", "bool", "cpu.hidden", effect=R, default=False),
    Field("cpu.hvVendorID", "line", "cpu.hv-vendor-id", effect=R),
    Field("cpu.level", "int", "cpu.level", effect=R),
    Field("cpu.reportedModel", "line", "cpu.reported-model", effect=R),
    Field("cpu.physBits", "line", "cpu.phys-bits", effect=R),
    Field("cpu.guestPhysBits", "int", "cpu.guest-phys-bits", effect=R),
    Field("cpu.limit", "number", "cpulimit", default=0, bounds=(0, 128)),
    Field("cpu.units", "int", "cpuunits", default=100, bounds=(1, 262144)),
    Field("cpu.affinity", "line", "affinity", effect=R, root_only=True),
    Field("cpu.numa", "bool", "numa", effect=R, default=False),
    Field("numa.*.cpus", "list", "*.cpus", form="semicolon-list", effect=R),
    Field("numa.*.hostNodes", "list", "*.hostnodes", form="semicolon-list", effect=R),
    Field("numa.*.memory", "memory", "*.memory", form="mib", effect=R),
    Field("numa.*.extra.*", "raw", "*.*", effect=R, help="sub-options that have no field"),
    Field("numa.*.policy", "line", "*.policy", effect=R, choices=("preferred", "bind", "interleave")),
)

MEMORY: tuple[Field, ...] = (
    Field(
        "memory.size",
        "memory",
        "memory.current",
        form="mib",
        effect=_memory,
        default=512 * MIB,
        bounds=(16 * MIB, None),
    ),
    Field("memory.minimum", "memory", "balloon", form="balloon-minimum", effect=_minimum),
    Field("memory.ballooning", "bool", "balloon", form="balloon-enabled", effect=R, default=True),
    Field("memory.shares", "int", "shares", effect=M, default=1000, bounds=(0, 50000)),
    Field("memory.hugepages", "line", "hugepages", effect=R, choices=("any", "2", "1024"), root_only=True),
    Field("memory.keepHugepages", "bool", "keephugepages", effect=R, default=False, root_only=True),
    Field("memory.ksm", "bool", "allow-ksm", effect=R, default=True),
)

_CUSTOM = "custom-"


def model_of(_key: ObjectKey, leaves: Leaves) -> tuple[Reference, ...]:
    """Return the CPU model of one's own that a machine names: it is made first."""
    name = str(leaves.get("cpu.type", ""))
    custom = name.startswith(_CUSTOM)
    return (Reference("cpu.type", ("CPUModel",), "", name.removeprefix(_CUSTOM)),) if custom else ()


NUMA_SLOTS: tuple[str, ...] = tuple(f"numa{n}" for n in range(8))
