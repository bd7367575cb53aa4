"""A CPU model of one's own, which machines name as ``cpu.type: custom-ID``."""

from __future__ import annotations

from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Column, Kind
from pxhelm.resource.words import worded

_WORDS = """
hvVendorID     vendor that Windows is told
level          highest CPUID level that is shown
guestPhysBits  width of physical addresses that the guest sees
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "cputype", effect=Effect.REPLACE, same=same_id),
    Field("reportedModel", "line", "reported-model", help="the model that the guest is told"),
    Field("flags", "set", "flags", form="semicolons", help="flags on and off, such as +aes and -hle"),
    Field("hidden", "bool", "hidden", default=False, help="do not identify as a KVM machine"),
    Field("hvVendorID", "line", "hv-vendor-id"),
    Field("level", "int", "level"),
    Field("physBits", "line", "phys-bits", help="bits of addresses that the guest sees, or host"),
    Field("guestPhysBits", "int", "guest-phys-bits"),
)
CPU_MODEL = natural.natural(
    Kind(
        name="CPUModel",
        plural="cpumodels",
        short=("cpu",),
        namespaced=False,
        guest=False,
        rank=16,
        fields=worded(_FIELDS, _WORDS),
        columns=(Column("TYPE", text("reported-model")),),
    ),
    natural.Home("/cluster/qemu/custom-cpu-models", "cputype", needs={"": ("reportedModel",)}),
)
