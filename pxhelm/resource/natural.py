"""Kinds that Proxmox keeps under an id of their own: from a table and the place where they live to all four functions.

Theory: which parameters an update takes, whether it knows ``digest`` and ``delete``, and what it wants to be told again is
in the API schema of the cluster's version; so a kind says only where it lives. A kind that is irregular replaces a function
and calls the one here for the rest. Never sends anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import quote

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.proxmox.schema import Endpoint, load
from pxhelm.resource.allowed import unfit_id, unfit_values
from pxhelm.resource.decode import decode as decode_config
from pxhelm.resource.decode import text_of
from pxhelm.resource.effect import Effect
from pxhelm.resource.encode import Encoded, encode
from pxhelm.resource.field import Field
from pxhelm.resource.forms import form_of
from pxhelm.resource.gates import version_problem
from pxhelm.resource.identity import ObjectKey, join_comment, split_comment, unmarked
from pxhelm.resource.kind import Change, Kind, LeafChange, Mistake, Op
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Resource, Target, Value
from pxhelm.resource.references import unresolved
from pxhelm.resource.staged import staged
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.table import table_of

RAW = Field("config.*", "raw", "*", help="any parameter, as Proxmox writes it")
NOT_THERE = 501
"""What a server answers for a path that its version does not have."""
NOWHERE = "~"
"""The id of an object of which nothing was ever sent: nothing in Proxmox is called so."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where Proxmox keeps the objects of a kind."""

    collection: str
    """Path of all of them: ``/access/groups``."""
    parameter: str
    """The parameter that holds the id: ``groupid``."""
    item: str = ""
    """Path of one, with ``{id}``; empty = below the collection."""
    listed: bool = False
    """One is read as a row of the collection: there is no GET of one, or it says less."""
    made_at_item: bool = False
    """It is created by a POST to its own path."""
    query: Mapping[str, Param] = field(default_factory=dict)
    """Parameters of the read."""
    staged: bool = False
    """The list tells what runs from what is staged (``pending``)."""
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """``spec.type`` → leaves without which Proxmox creates none, beyond what the schema says; the key ``""`` for all."""
    also: Mapping[str, Param] = field(default_factory=dict)
    """Parameters that a creation takes besides the table's: ``type: subnet``."""
    why_delete: str = ""
    """What the plan says beside a removal."""

    @property
    def api(self) -> str:
        """Return the path whose POST (or, where there is none, PUT) takes the kind's parameters."""
        return self.template if self.made_at_item else self.collection

    @property
    def template(self) -> str:
        """Return the path of one object as the schema finds it."""
        return (self.item or f"{self.collection}/{{id}}").replace("{id}", "x")

    def path(self, name: str) -> str:
        """Return the path of one object."""
        return (self.item or f"{self.collection}/{{id}}").replace("{id}", quote(name, safe="@!:+"))


def natural(kind: Kind, home: Home) -> Kind:
    """Return the kind with the functions that follow from where it lives, and raw parameters."""
    made = replace(kind, api=home.api, identifier=identifier, fields=(*kind.fields, RAW))
    return replace(
        made,
        observe=partial(observe, made, home),
        steps=partial(steps, made, home),
        refuse=partial(refuse, made, home),
        decode=partial(decode_config, made),
        listing=partial(listing, home),
        check=partial(check, made, home),
    )


def check(kind: Kind, home: Home, key: ObjectKey, leaves: Leaves) -> Iterator[Mistake]:
    """Yield what no cluster would take: an id that cannot be one, values that the schema forbids."""
    if any(each.path == "id" and each.wire == home.parameter for each in kind.fields):
        name = str(leaves.get("id") or default_id(key))
        yield from unfit_id(kind.name, (home.api, home.parameter), name, "id" if "id" in leaves else "")
    if f"config.{home.parameter}" in leaves:
        yield Mistake(f"config.{home.parameter}", f"config.{home.parameter} cannot be set raw", "write spec.id")
    yield from unfit_values(kind, {path: value for path, value in leaves.items() if path != "id"})


def identifier(resource: Resource) -> str:
    """Return the object's id in Proxmox: ``spec.id``, else its name, after its namespace where it has one (kinds.md 2.2)."""
    return str(resource.leaves.get("id") or default_id(resource.key))


def default_id(key: ObjectKey) -> str:
    """Return the id that a name stands for."""
    return key.name if key.namespace in ("", "default") else f"{key.namespace}-{key.name}"


def id_of(target: Target) -> str:
    """Return the id under which an object is looked for."""
    return str(target.row.get("id") or default_id(target.key))


def observe(kind: Kind, home: Home, target: Target) -> ApiGen[Live]:
    """Read one object; absent when Proxmox says so."""
    name = id_of(target)
    data = yield from read(home, name)
    return ABSENT if data is None else live_of(kind, home, name, data)


def read(home: Home, name: str) -> ApiGen[Mapping[str, object] | None]:
    """Return one object as Proxmox has it; None when there is none, as where this version has no such path (501)."""
    if home.listed:
        rows = yield from call(Request("GET", home.collection, dict(home.query)))
        found = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
        return next((row for row in found if str(row.get(home.parameter)) == name), None)
    try:
        data = yield from call(Request("GET", home.path(name), dict(home.query)))
    except ApiError as error:
        if error.cls is ErrorClass.GONE or error.status == NOT_THERE:
            return None
        raise
    return data if isinstance(data, Mapping) else {}


def listing(home: Home) -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return the rows of all objects by their ids."""
    pending = {"pending": True} if home.staged else {}
    rows = yield from call(Request("GET", home.collection, {**home.query, **pending}))
    found = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    known = [row for each in found if (row := staged(each) if home.staged else each) is not None]
    return {str(row[home.parameter]): unmarked(row) for row in known if row.get(home.parameter)}


def live_of(kind: Kind, home: Home, name: str, data: Mapping[str, object], more: Leaves | None = None) -> Live:
    """Return an object from what a read said, with leaves that stand elsewhere; the mark of its comment is no part of it."""
    param = _marking(kind)
    text, marker = split_comment(text_of(data[param])) if param and data.get(param) else ("", None)
    if marker is not None:
        data = {**data, param: text}
    raw = {
        str(k): text_of(v)
        for k, v in data.items()
        if k not in ("digest", home.parameter) and v not in (None, "", [], {})
    }
    leaves: dict[str, Value] = {**decode_config(kind, raw), "id": name, **(more or {})}
    return Live(Existence.PRESENT, leaves, leaves, raw, str(data.get("digest") or ""), marker=marker)


def _marking(kind: Kind) -> str:
    """Return the parameter whose text ends with the mark; empty for kinds that have none."""
    return next((each.wire for each in kind.fields if each.marks), "")


def marked(kind: Kind, change: Change, params: Mapping[str, Param], *, new: bool = False) -> dict[str, Param]:
    """Return parameters in which a comment that is written, or unset, still says whose the object is."""
    found, param = dict(params), _marking(kind)
    marker = change.target.marker or change.live.marker
    if not param or marker is None:
        return found
    gone = found.get("delete")
    names = list(gone) if isinstance(gone, (list, tuple)) else [n for n in str(gone or "").split(",") if n]
    if param in names:
        left = [name for name in names if name != param]
        del found["delete"]
        if left:
            found["delete"] = left if isinstance(gone, (list, tuple)) else ",".join(str(name) for name in left)
    elif param not in found and not new:
        return found
    found[param] = join_comment(str(found.get(param) or "").rstrip(), marker)
    return found


def steps(kind: Kind, home: Home, change: Change) -> tuple[Step, ...]:
    """Return the write still missing: at most one."""
    live = change.live
    if live.existence is Existence.UNKNOWN:
        return ()
    if change.desired is None:
        return deletion(home, change) if live.existence is Existence.PRESENT else ()
    raise_unresolved(kind, change)
    if live.existence is Existence.ABSENT:
        return creation(kind, home, change)
    return update(kind, home, change)


def raise_unresolved(kind: Kind, change: Change) -> None:
    """Raise PxhelmError for a reference to a guest that is nowhere to be found."""
    if change.desired is None:
        return
    for path, text in unresolved(kind, change.desired):
        why, hint = missing_guest(text, change)
        where = change.desired.locate(path) if change.desired.locate else None
        address = change.desired.key.address
        raise PxhelmError(f"cannot write {path} of {address}: {text}: {why}", where=where, hint=hint)


def missing_guest(name: str, change: Change) -> tuple[str, str]:
    """Return why a guest could not be found by its name, and what to write."""
    rows = change.surroundings.guests.items()
    same = sorted(f"{vmid} on {row.get('node')}" for vmid, row in rows if row.get("name") == name)
    if not same:
        return "no guest has that name", "write {vmid: NUMBER}"
    return f"several guests have that name: {', '.join(same)}", "write {vmid: NUMBER}"


def creation(kind: Kind, home: Home, change: Change, leaves: Leaves | None = None) -> tuple[Step, ...]:
    """Return the step that makes the object of these leaves (of all that are wanted)."""
    assert change.desired is not None
    wanted = change.desired.leaves if leaves is None else leaves
    name, version = kind.identifier(change.desired), change.surroundings.version
    writes = {path: value for path, value in wanted.items() if path != "id"}
    params: dict[str, Param] = dict(home.also)
    if not home.made_at_item:
        params[home.parameter] = name
    params |= encode(kind, {}, writes, version=version).params
    path = home.path(name) if home.made_at_item else home.collection
    params = marked(kind, change, params, new=True)
    return (Step("create", Request("POST", path, params), Guard.ABSENT, tuple(wanted), Effect.ONLINE),)


def update(
    kind: Kind, home: Home, change: Change, changes: Iterable[LeafChange] | None = None, path: str = ""
) -> tuple[Step, ...]:
    """Return the step that makes the changed leaves true (all that can be changed in place); nothing when there are none."""
    live, version = change.live, change.surroundings.version
    possible = [c for c in (change.changes if changes is None else changes) if c.effect < Effect.REPLACE]
    encoded = encode(kind, live.raw, {c.path: c.after if c.op is Op.SET else None for c in possible}, version=version)
    encoded = _with_secrets_to_delete(kind, encoded, possible)
    if not encoded:
        return ()
    path = path or home.path(live_id(change))
    params = marked(kind, change, changed_params(kind, encoded, live, load(version).endpoint("PUT", path)))
    guard = Guard.DIGEST if "digest" in params else Guard.NONE
    effect = max((c.effect for c in possible), default=Effect.ONLINE)
    return (Step("update", Request("PUT", path, params), guard, encoded.leaves, effect),)


def changed_params(kind: Kind, encoded: Encoded, live: Live, endpoint: Endpoint | None) -> dict[str, Param]:
    """Return the parameters of an update as this version of Proxmox wants them.

    Where there is no ``delete`` the value that means nothing is written; what has to be said again is taken from what is.
    """
    params: dict[str, Param] = dict(encoded.params)
    known: Mapping[str, object] = endpoint.parameters if endpoint is not None else {}
    if encoded.delete and "delete" in known:
        array = endpoint is not None and endpoint.parameters["delete"].type == "array"
        params["delete"] = list(encoded.delete) if array else ",".join(encoded.delete)
    elif encoded.delete:
        params |= {name: _nothing(kind, name) for name in encoded.delete}
    if live.digest and "digest" in known:
        params["digest"] = live.digest
    together = {spec.requires for name, spec in endpoint.parameters.items() if name in params} if endpoint else set()
    for name, spec in endpoint.parameters.items() if endpoint is not None else ():
        again = name in live.raw and name not in params and name not in endpoint.variables  # type: ignore[union-attr]
        if again and (not spec.optional or name in together):
            params[name] = live.raw[name].split("\n") if spec.type == "array" else live.raw[name]
    return params


def _nothing(kind: Kind, param: str) -> Param:
    """Return what has to be written for a parameter that shall have no value."""
    places = table_of(kind.fields, kind.slots).places_of(param)
    default = places[0].field.default if places else None
    if default is None:
        return ""
    content: dict[str, str | int | float | bool | list[str]] = {}
    form_of(places[0].field.type, places[0].field.form).write(content, "", places[0].slot, default)
    return content.get("", "")


def _with_secrets_to_delete(kind: Kind, encoded: Encoded, changes: Iterable[LeafChange]) -> Encoded:
    """Return the parameters with secrets that nobody wants any more among those to delete: no read shows them."""
    table = table_of(kind.fields, kind.slots)
    places = [table.place(c.path) for c in changes if c.op is Op.UNSET]
    gone = [p for p in places if p is not None and p.field.write_only and p.param and p.param not in encoded.delete]
    leaves = (*encoded.leaves, *(p.path for p in gone if p.path not in encoded.leaves))
    return replace(encoded, delete=(*encoded.delete, *(p.param for p in gone)), leaves=leaves)


def deletion(home: Home, change: Change, params: Mapping[str, Param] | None = None) -> tuple[Step, ...]:
    """Return the step that removes the object."""
    request = Request("DELETE", home.path(live_id(change)), dict(params or {}))
    return (Step("delete", request, Guard.NONE, (), Effect.ONLINE, why=home.why_delete),)


def still_set(kind: Kind, change: Change) -> tuple[str, ...]:
    """Return the parameters that we set and that are still set: what an object that cannot be destroyed loses when it goes."""
    table = table_of(kind.fields, kind.slots)
    places = (table.place(path) for path in change.applied if path in change.live.intended)
    return tuple(dict.fromkeys(p.param for p in places if p is not None and p.param and p.param in change.live.raw))


def live_id(change: Change) -> str:
    """Return the id of the object that is there."""
    return str(change.live.intended.get("id") or id_of(change.target))


def refuse(kind: Kind, home: Home, change: Change) -> str:
    """Return why the object cannot be had on this cluster, or not as it is asked for."""
    if change.desired is None:
        return ""
    version = change.surroundings.version
    facts = load(version)
    if not facts.methods(home.collection) and not facts.methods(home.template):
        return f"Proxmox VE {version} has no {kind.plural}"
    problem = version_problem(kind, change.desired.leaves, version)
    if problem or change.live.existence is not Existence.ABSENT:
        return problem
    leaves = change.desired.leaves
    type_name = str(leaves.get("type", ""))
    missing = [path for path in (*home.needs.get("", ()), *home.needs.get(type_name, ())) if path not in leaves]
    if not missing:
        return ""
    return f"a {kind.name}{f' of type {type_name}' if type_name else ''} needs {' and '.join(dict.fromkeys(missing))}"
