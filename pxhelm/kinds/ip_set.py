"""A set of addresses that firewall rules name; the order of its entries means nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id, same_value
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Change, Column, Kind, Op
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Reference, Target, Value
from pxhelm.resource.normal import Normal, keyed
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.types import pairs
from pxhelm.resource.words import worded

_D = Effect.ONLINE_DISRUPTIVE
_WORDS = """
entries.*.noMatch  take it out of a wider range of the set | entry nomatch
entries.*.comment  a remark | entry comment
entries.*          | entry cidr
"""
HOME = natural.Home("/cluster/firewall/ipset", "name", listed=True)
_ENTRY = "entries."


def normalize(spec: Mapping[str, object]) -> Normal:
    """Return the spec with its entries by address."""
    normal = Normal(spec)
    keyed(normal, "entries", "cidr")
    return normal


def aliases(_key: ObjectKey, leaves: Leaves) -> tuple[Reference, ...]:
    """Return the edges to the aliases that stand for addresses."""
    names = (path.removeprefix(_ENTRY).removeprefix("dc/") for path in leaves if path.startswith(_ENTRY))
    return tuple(Reference(f"{_ENTRY}{name}", ("FirewallAlias",), "", name) for name in names if name[:1].isalpha())


def observe(target: Target) -> ApiGen[Live]:
    """Read one set with its entries."""
    name = natural.id_of(target)
    row = yield from natural.read(HOME, name)
    if row is None:
        return ABSENT
    rows = yield from call(Request("GET", HOME.path(name)))
    found = [each for each in rows if isinstance(each, Mapping)] if isinstance(rows, list) else []
    leaves: dict[str, Value] = {f"{_ENTRY}{each['cidr']}": _record(each) for each in found}
    return natural.live_of(IP_SET, HOME, name, row, leaves)


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return a row per set, with how many entries it has."""
    found = yield from natural.listing(HOME)
    rows: dict[str, Mapping[str, object]] = {}
    for name, row in found.items():
        entries = yield from call(Request("GET", HOME.path(name)))
        rows[name] = {**row, "entries": len(entries) if isinstance(entries, list) else 0}
    return rows


def _record(row: Mapping[str, object]) -> Value:
    known: list[Value] = [("noMatch", True)] if str(row.get("nomatch") or "0") == "1" else []
    return (*known, *((("comment", str(row["comment"])),) if row.get("comment") else ()))


def steps(change: Change) -> tuple[Step, ...]:
    """Return the writes still missing: the set, then what comes into it, then what goes."""
    live = change.live
    if live.existence is Existence.UNKNOWN:
        return ()
    if change.desired is None:
        return natural.deletion(HOME, change, {"force": True}) if live.existence is Existence.PRESENT else ()
    name = IP_SET.identifier(change.desired)
    if live.existence is Existence.ABSENT:
        own = {path: value for path, value in change.desired.leaves.items() if not path.startswith(_ENTRY)}
        made = natural.creation(IP_SET, HOME, change, own)
        wanted = {path: value for path, value in change.desired.leaves.items() if path.startswith(_ENTRY)}
        return (*made, *(_add(name, path, value) for path, value in sorted(wanted.items())))
    found: list[Step] = []
    for each in change.changes:
        if each.path == "comment":
            # without a call of its own, a comment is changed by renaming the set to what it is called
            told: dict[str, Param] = {"name": name, "rename": name, "comment": str(each.after or "")}
            params = natural.marked(IP_SET, change, told)
            found.append(
                Step("update", Request("POST", HOME.collection, params), Guard.NONE, ("comment",), each.effect)
            )
        elif each.path.startswith(_ENTRY) and each.op is Op.SET and each.before is None:
            found.append(_add(name, each.path, each.after))
        elif each.path.startswith(_ENTRY) and each.op is Op.SET:
            found.append(_write("update", Request("PUT", _path(name, each.path), _entry(each.after)), each.path))
    gone = [each for each in change.changes if each.path.startswith(_ENTRY) and each.op is Op.UNSET]
    found += [_write("remove", Request("DELETE", _path(name, e.path)), e.path) for e in gone]
    return tuple(found)


def _path(name: str, path: str) -> str:
    return f"{HOME.path(name)}/{quote(path.removeprefix(_ENTRY), safe='')}"


def _entry(value: Value) -> dict[str, Param]:
    known = pairs(value)
    return {"nomatch": bool(known.get("noMatch")), "comment": str(known.get("comment") or "")}


def _add(name: str, path: str, value: Value) -> Step:
    params = {"cidr": path.removeprefix(_ENTRY), **{k: v for k, v in _entry(value).items() if v}}
    return _write("insert", Request("POST", HOME.path(name), params), path)


def _write(verb: str, request: Request, path: str) -> Step:
    return Step(verb, request, Guard.NONE, (path,), _D, detail={"entry": path.removeprefix(_ENTRY)})


_DEFINED = Kind(
    name="IPSet",
    plural="ipsets",
    short=("ipset",),
    namespaced=False,
    guest=False,
    rank=18,
    fields=worded(
        (
            Field("id", "line", "name", effect=Effect.REPLACE, same=same_id),
            Field("comment", "line", "comment", effect=Effect.METADATA, marks=True),
            Field(
                "entries.*",
                "record",
                effect=_D,
                same=same_value,
                parts=(Field("noMatch", "bool"), Field("comment", "line")),
                help="addresses and ranges; noMatch takes one out of a wider range",
            ),
        ),
        _WORDS,
    ),
    normalize=normalize,
    shared=True,
    columns=(Column("ENTRIES", text("entries")),),
)
IP_SET = replace(
    natural.natural(_DEFINED, HOME), more_references=aliases, observe=observe, steps=steps, listing=listing
)
