"""Who will have a file once the guests of the same plan are as they are wanted (engine.md D9.1). Pure.

What a plan foresees is no proof: before the file is removed, whoever removes it asks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pxhelm.plan.model import ObjectPlan
from pxhelm.plan.observe import View
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.uses import Use


def after(view: View, planned: Mapping[ObjectKey, ObjectPlan]) -> View:
    """Return the view without the uses of files that the steps planned so far put an end to; snapshots keep theirs."""
    uses = view.surroundings.uses
    if not any(uses.values()):
        return view
    guests = {o.vmid: o for o in planned.values() if o.vmid}
    left = {
        file: tuple(use for use in found if use.vmid not in guests or not _ends(use, file, guests[use.vmid]))
        for file, found in uses.items()
    }
    return replace(view, surroundings=replace(view.surroundings, uses=left))


def _ends(use: Use, file: str, o: ObjectPlan) -> bool:
    """Whether a guest is written to so that a parameter names the file no more."""
    if use.snapshot or not use.key:
        return False
    for step in o.steps:
        params = step.request.params
        deleted = str(params.get("delete") or "").split(",")
        if use.key in deleted or (use.key in params and file not in str(params[use.key])):
            return True
    return False
