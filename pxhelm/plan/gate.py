"""What the cluster's version would refuse: every planned request against the API schema of that version.

Pure. Finds what is wrong for certain, such as an option that this version lacks; what it lets pass may still be refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from pxhelm.proxmox import schema
from pxhelm.proxmox.check import Problem, check
from pxhelm.proxmox.schema import Schema
from pxhelm.resource.step import Step


def refused(steps: Iterable[Step], version: str, schema_of: Callable[[str], Schema] = schema.load) -> str:
    """Return why the requests of steps cannot be sent to a cluster of this version; empty when they can."""
    facts = schema_of(version)
    told: dict[str, Problem] = {}
    for step in steps:
        request = step.request
        endpoint = facts.endpoint(request.method, request.path)
        if endpoint is None:
            return f"Proxmox VE {version} has no {request.method} {_template(request.method, request.path)}"
        params = {**request.params, **({"filename": request.upload.filename} if request.upload is not None else {})}
        for problem in check(endpoint, params, version):
            if problem.name not in endpoint.variables:  # a VMID may still be open
                told.setdefault(problem.name, problem)
    if not told:
        return ""
    listed = "; ".join(f"{p.name}: {p.text}{f' ({p.hint})' if p.hint else ''}" for p in told.values())
    return f"Proxmox VE {version} would refuse it: {listed}"


@lru_cache(maxsize=64)
def _template(method: str, path: str) -> str:
    """Return the template of a path that another version has, else the path."""
    for version in reversed(schema.versions()):
        endpoint = schema.load(version).endpoint(method, path)
        if endpoint is not None:
            return endpoint.path
    return path
