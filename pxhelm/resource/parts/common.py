"""What both guest kinds say alike: identity, placement, power, start-up order, readiness."""

from __future__ import annotations

from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.model import Leaves, Live, Value

M, O, X = Effect.METADATA, Effect.ONLINE, Effect.REPLACE  # noqa: E741 - as in kinds.md 2.8

POWER_POLICIES = ("Running", "Stopped", "OnCreate", "Unmanaged")


def same_power(path: str, wanted: Leaves, live: Live) -> bool:
    """Whether the power state is as the policy wants it; ``OnCreate`` and ``Unmanaged`` want nothing of a guest."""
    state = {"Running": "running", "Stopped": "stopped"}.get(str(wanted[path]))
    return state is None or live.power == state


def same_node(path: str, wanted: Leaves, live: Live) -> bool:
    """Whether the guest may stay where it is: only ``Pin`` makes another node a difference (engine.md D2.5)."""
    if wanted.get("placement.policy") != "Pin":
        return True
    nodes = wanted[path]
    return live.node in nodes if isinstance(nodes, tuple) else live.node == nodes


def same_template(path: str, wanted: Leaves, live: Live) -> bool:
    """Whether the guest is (or is not) a template."""
    return bool(wanted[path]) == bool(live.intended.get(path))


def _power(_path: str, before: Value, after: Value, _live: Live) -> tuple[Effect, str]:
    if after == "Stopped" and before == "Running":
        return Effect.ONLINE_DISRUPTIVE, "the guest is shut down"
    return O, ""


def _template(_path: str, _before: Value, after: Value, _live: Live) -> tuple[Effect, str]:
    if not after:
        return Effect.REFUSED, "a template cannot become a guest again"
    return Effect.OFFLINE_OP, "a template cannot be started any more"


def _pool(_path: str, before: Value, after: Value, _live: Live) -> tuple[Effect, str]:
    return O, f"moves from pool {before} to {after}" if before and after else ""


BASICS: tuple[Field, ...] = (
    Field(
        "vmid",
        "int",
        "vmid",
        effect=X,
        bounds=(100, 999999999),
        kept=True,
        same=lambda p, w, v: not v.vmid or w[p] == v.vmid,
    ),
    Field("description", "note", "description", form="description", effect=M),
    Field("tags", "tags", "tags", form="tags", effect=M, default=()),
    Field("pool", "ref", "pool", effect=_pool, refers=("Pool",)),
    Field("protection", "bool", "protection", effect=M, default=False),
    Field("placement.nodes", "list", "node", kept=True, same=same_node, help="where to create it, or with Pin keep it"),
    Field("placement.policy", "line", choices=("Prefer", "Pin", "Ignore")),
    Field("placement.targetStorage", "ref", refers=("Storage",)),
    Field("placement.bandwidth", "rate"),
    Field("isTemplate", "bool", "template", effect=_template, default=False, kept=True, same=same_template),
    Field("power.policy", "line", "start", effect=_power, choices=POWER_POLICIES, kept=True, same=same_power),
    Field(
        "power.restart",
        "line",
        choices=("Never", "IfRequired", "Window"),
        help="whether pending changes may restart it",
    ),
    Field("power.window", "windows", help="when restart: Window may restart it: [DAYS] HH:MM-HH:MM [ZONE]"),
    Field("power.shutdownTimeout", "duration", bounds=(1, None)),
    Field("power.onTimeout", "line", choices=("Fail", "Stop")),
    Field("startup.onBoot", "bool", "onboot", effect=M, default=False),
    Field("startup.order", "int", "startup.order", effect=M),
    Field("startup.upDelay", "duration", "startup.up", effect=M),
    Field("startup.downDelay", "duration", "startup.down", effect=M),
    Field("readiness.agent", "bool"),
    Field("readiness.cloudInit", "bool"),
    Field("readiness.timeout", "duration"),
    Field("readiness.address.network", "line"),
    Field("readiness.address.family", "line"),
    Field("readiness.address.cidr", "line"),
    Field("readiness.tcp.port", "int", bounds=(1, 65535)),
    Field("readiness.http.scheme", "line", choices=("http", "https")),
    Field("readiness.http.port", "int", bounds=(1, 65535)),
    Field("readiness.http.path", "line"),
)

RAW: tuple[Field, ...] = (
    Field("config.*", "raw", "*", effect=Effect.RESTART, help="any parameter, as Proxmox writes it"),
)
