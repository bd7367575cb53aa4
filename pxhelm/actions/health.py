"""Whether an object of ours is as wanted, as far as lists tell. Never asks for anything."""

from __future__ import annotations

from pxhelm.actions.inspect import Found

_BY_HA = {"started": "running", "stopped": "stopped", "disabled": "stopped"}
_BY_POLICY = {"Running": "running", "Stopped": "stopped"}


def ready(one: Found) -> str:
    """Return ``True`` or ``False``; empty for what is not ours."""
    if one.stored is None:
        return ""
    settled = one.stored.observed_generation == one.stored.generation
    good = one.row and settled and _powered(one) and not one.row.get("lock") and one.row.get("hastate") != "error"
    return "True" if good and _whole(one) else "False"


def _powered(one: Found) -> bool:
    """Tell whether a guest is in the power state that is wanted; the HA manager's state decides where there is one."""
    policy = one.owned.get("power.policy") or one.owned.get("power")
    wanted = _BY_HA.get(str(one.owned.get("ha.state"))) or _BY_POLICY.get(str(policy))
    return wanted is None or str(one.row.get("status")) == wanted


def _whole(one: Found) -> bool:
    """Tell whether all members of a set that was counted are there, as wanted and ready."""
    counted = [one.row[name] for name in ("updatedReplicas", "availableReplicas") if name in one.row]
    return all(count == one.row.get("replicas") for count in counted)
