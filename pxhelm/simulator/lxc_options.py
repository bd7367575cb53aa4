"""The options of a container: which right each needs, what is normalised, what applies to a running one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.mountpoints import is_mount
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.propstring import keys_of, print_properties, split_properties
from pxhelm.simulator.world import World

CPU = frozenset(("cores", "cpuunits", "cpulimit"))
MEMORY = frozenset(("memory", "swap"))
NETWORK = frozenset(("nameserver", "searchdomain", "hostname"))
FAST_PLUG = frozenset(
    ["description", "hookscript", "lock", "onboot", "protection", "startup", "tags", "template", "timezone"]
)
HOT = CPU | MEMORY | NETWORK
READ_ONLY = ("unprivileged",)
REQUIRED = ("rootfs", "ostype")


def _only_root(what: str) -> ApiError:
    return ApiError(f"Permission check failed ({what} is only allowed for root@pam)", 403)


def check_rights(rights: Rights, vmid: str, pool: str, options: Mapping[str, Any]) -> None:
    """Refuse options whose privilege the asker does not have."""
    if rights.identity.root:
        return
    for option, value in options.items():
        if is_mount(option) or option.startswith("unused"):
            rights.need_vm(vmid, pool, ["VM.Config.Disk"])
        elif option in CPU:
            rights.need_vm(vmid, pool, ["VM.Config.CPU"])
        elif option in MEMORY:
            rights.need_vm(vmid, pool, ["VM.Config.Memory"])
        elif option in NETWORK or re.fullmatch(r"net\d+", option):
            rights.need_vm(vmid, pool, ["VM.Config.Network"])
        elif option == "features":
            _check_features(rights, vmid, pool, value)
        elif option == "hookscript":
            raise _only_root("changing the hookscript")
        elif option.startswith("dev"):
            raise _only_root("configuring device passthrough")
        else:
            rights.need_vm(vmid, pool, ["VM.Config.Options"])
            if option == "startup":
                rights.need("/", ["Sys.Modify"])


def _check_features(rights: Rights, vmid: str, pool: str, value: Any) -> None:
    rights.need_vm(vmid, pool, ["VM.Allocate"])
    features = split_properties(keys_of("lxc", "features"), str(value or ""))
    if any(v != "0" for k, v in features.items() if k != "nesting"):
        raise ApiError(
            "Permission check failed (changing feature flags (except nesting) is only allowed for root@pam)", 403
        )


def net_line(world: World, text: str) -> str:
    """Return a network line as it is kept: hardware address and type added, the options in order."""
    keys = keys_of("lxc", "net0")
    net = split_properties(keys, text)
    net.setdefault("hwaddr", world.mac())
    net["type"] = "veth"
    return print_properties(keys, net)
