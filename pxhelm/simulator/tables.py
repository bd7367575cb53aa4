"""The tables of the simulated API: which function answers what, which job a task runs."""

from __future__ import annotations

from types import ModuleType

from pxhelm.simulator import (
    access,
    acl,
    lxc_read,
    nodes,
    pools,
    qemu_clone,
    qemu_create,
    qemu_power,
    qemu_read,
    qemu_update,
    storage_config,
    storage_list,
    tasks,
)
from pxhelm.simulator.world import Routes

_MODULES: tuple[ModuleType, ...] = (
    access,
    acl,
    lxc_read,
    nodes,
    pools,
    qemu_clone,
    qemu_create,
    qemu_power,
    qemu_read,
    qemu_update,
    storage_config,
    storage_list,
    tasks,
)

HANDLERS: Routes = {}
INDEXES: dict[str, tuple[str, ...]] = {}
"""Directory listings that differ from the paths below."""


def register() -> None:
    """Fill the tables, once."""
    if HANDLERS:
        return
    for module in _MODULES:
        HANDLERS.update(module.ROUTES)
        tasks.JOBS.update(getattr(module, "TASKS", {}))
