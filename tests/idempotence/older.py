"""What a version of Proxmox VE lacks: cases that are not played there, and that pxhelm has to refuse by the version's name."""

import json
import re

from pxhelm.kinds import KINDS
from pxhelm.proxmox.schema import load
from pxhelm.resource.table import table_of
from tests.idempotence import spelling
from tests.idempotence.bench import Bench
from tests.idempotence.cases import about, leaves
from tests.idempotence.readback import spot_of


def lacks(case, version):
    """Return what of a case a version does not have; empty when it has all of it."""
    kind = KINDS[case.kind]
    if case.since > version:
        return f"{case.path}={case.value!r}"
    elsewhere = _lacks_elsewhere(case, version)
    if elsewhere:
        return elsewhere
    paths = [case.path, *(path for spec in (case.base, case.beside, case.only) for path in leaves(spec))]
    if kind.api and not (load(version).endpoint("POST", kind.api) or load(version).endpoint("PUT", kind.api)):
        return kind.plural
    table = table_of(kind.fields, kind.slots)
    for path in paths:
        place = table.place(path)
        if place is None or not place.param or place.param.startswith("@"):
            continue
        newest, spec = (spelling.parameter(v, kind.api, place.param) for v in (spelling.NEWEST, version))
        if newest is not None and place.key:
            if spec is not None and any(name in spec.properties for name in spelling.formerly(newest, place.key)):
                continue
            if spec is not None and not spec.properties and newest.properties[place.key].default_key:
                continue  # the parameter is that value alone
            newest, spec = newest.properties.get(place.key), spec.properties.get(place.key) if spec else None
        if newest is not None and spec is None:
            return path
        if path == case.path and spec is not None and _takes(newest, case.value) and not _takes(spec, case.value):
            return f"{path}={case.value}"
    return ""


def _takes(spec, value):
    """Whether a parameter takes a word, or a list of words, by its schema."""
    words = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    if words and (spec.pattern or "").startswith("(?:(?:("):  # a list of words
        return re.fullmatch(spec.pattern, ";".join(words)) is not None
    return not spec.enum or all(word in spec.enum for word in words)


def _lacks_elsewhere(case, version):
    """Return what a version lacks of a field that another path than the object's own takes."""
    spot = spot_of(KINDS[case.kind], case)
    where = about(case.kind).read.get(spot.source, "") if spot is not None and spot.source else ""
    if not where:
        return ""
    path = re.sub(r"{\w+}", "1", where.partition("#")[0])
    newest, spec = (spelling.parameter(v, path, spot.param) for v in (spelling.NEWEST, version))
    if newest is None or (spec is not None and (not newest.enum or case.value not in newest.enum)):
        return ""
    return "" if spec is not None and case.value in spec.enum else f"{case.path}={case.value}"


def refused(cases, version):
    """Plan what a version lacks, each alone, and return case → why it is not refused by the version's name."""
    if not cases:
        return {}
    wrong, bench = {}, Bench(cases[0].kind, version)
    for number, case in enumerate(cases):
        name = about(case.kind).name or f"c{number}"
        document = {"apiVersion": "proxmox.io/v1", "kind": case.kind, "metadata": {"name": name}, "spec": case.wanted()}
        blocked = bench.plan(json.dumps(document)).plan.blocked
        if not any(f"Proxmox VE {version}" in each.message for each in blocked):
            wrong[case.name] = f"not refused by name: {[each.message for each in blocked]}"
    bench.close()
    return wrong
