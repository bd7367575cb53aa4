"""Whether an object of ours is as wanted, as far as lists tell. Never asks for anything."""

from __future__ import annotations

from pxhelm.actions.inspect import Found

_BY_HA = {"started": "running", "stopped": "stopped", "disabled": "stopped"}
_BY_POLICY = {"Running": "running", "Stopped": "stopped"}


def ready(one: Found) -> str:
    """Return ``True`` or ``False``; empty for what is not ours."""
    return "" if one.stored is None else str(not unready(one)[0])


def unready(one: Found) -> tuple[str, str]:
    """Return why an object of ours is not ready, as a reason in one word and as a text; empty when it is."""
    assert one.stored is not None
    power, wanted = str(one.row.get("status")), _wanted_power(one)
    problems = (
        (not one.row, "Missing", "it does not exist"),
        (one.stored.observed_generation != one.stored.generation, "NotApplied", "what is wanted is not applied yet"),
        (wanted not in ("", power), "PowerState", f"it is {power}, and shall be {wanted}"),
        (bool(one.row.get("lock")), "Locked", f"it is locked: {one.row.get('lock')}"),
        (one.row.get("hastate") == "error", "HAError", "the HA manager has given it up"),
        (not _whole(one), "Members", "members of it are missing, not updated or not ready"),
    )
    return next(((reason, text) for wrong, reason, text in problems if wrong), ("", ""))


def _wanted_power(one: Found) -> str:
    """Return the power state that a guest shall be in, empty for any; the HA manager's state decides where there is one."""
    policy = one.owned.get("power.policy") or one.owned.get("power")
    return _BY_HA.get(str(one.owned.get("ha.state"))) or _BY_POLICY.get(str(policy), "")


def _whole(one: Found) -> bool:
    """Tell whether all members of a set that was counted are there, as wanted and ready."""
    counted = [one.row[name] for name in ("updatedReplicas", "availableReplicas") if name in one.row]
    return all(count == one.row.get("replicas") for count in counted)
