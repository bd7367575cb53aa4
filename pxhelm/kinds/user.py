"""A user of Proxmox VE. Tokens and rights are kinds of their own; they vanish with their user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.identity import ObjectKey, unmarked
from pxhelm.resource.kind import Change, Column, Kind, Mistake, Op
from pxhelm.resource.model import Existence, Leaves, Reference, Value
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.types import shown
from pxhelm.resource.words import worded
from pxhelm.secret import Secret

_M = Effect.METADATA
_WORDS = """
enabled    whether the user may log in
expire     when the account ends; never unless given
email      address for notifications
firstName  first name
lastName   last name
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "userid", effect=Effect.REPLACE, same=same_id, help="name@realm"),
    Field("enabled", "bool", "enable", default=True),
    Field("expire", "date-time", "expire", form="int", default=0),
    Field("groups", "refs", "groups", form="commas", refers=("Group",), help="all groups of the user"),
    Field("email", "line", "email", effect=_M),
    Field("firstName", "line", "firstname", effect=_M),
    Field("lastName", "line", "lastname", effect=_M),
    Field("comment", "note", "comment", effect=_M, marks=True),
    Field("password", "secret", "password", write_only=True, help="in realm pve only; a later change needs a ticket"),
    Field("keys", "secret", "keys", write_only=True, help="ids of a second factor (legacy)"),
)
HOME = natural.Home("/access/users", "userid")


def steps(change: Change) -> tuple[Step, ...]:
    """Return the writes still missing; a password is changed by a call of its own."""
    if change.desired is None or change.live.existence is not Existence.PRESENT:
        return natural.steps(USER, HOME, change)
    others = [c for c in change.changes if c.path != "password"]
    found = natural.update(USER, HOME, change, others)
    for each in change.changes:
        if each.path == "password" and each.op is Op.SET and isinstance(each.after, Secret):
            params: dict[str, Param] = {"userid": natural.live_id(change), "password": each.after}
            request = Request("PUT", "/access/password", params)
            found = (*found, Step("update", request, Guard.NONE, ("password",), Effect.ONLINE))
    return found


def realm_of(key: ObjectKey, leaves: Leaves) -> tuple[Reference, ...]:
    """Return the edge to the realm that the user belongs to."""
    return (Reference("id", ("Realm",), "", str(leaves.get("id") or key.name).rpartition("@")[2]),)


def check(key: ObjectKey, leaves: Leaves) -> Iterator[Mistake]:
    """Yield what cannot be the name of a user, and a password where Proxmox keeps none."""
    yield from natural.check(USER, HOME, key, leaves)
    name = str(leaves.get("id") or key.name)
    if "password" in leaves and not name.endswith("@pve"):
        yield Mistake("password", f"a password can be set for users of realm pve alone, and this is {name}")


def refuse(change: Change) -> str:
    """Return why the user cannot be had as asked for."""
    there = change.live.existence is Existence.PRESENT
    anew = any(each.path == "password" and each.op is Op.SET for each in change.changes)
    if there and anew and change.options.get("by-token"):
        return (
            "Proxmox lets no token change a password: sign in with one (a context with --user and --password-env), or "
            "leave it to the user"
        )
    return natural.refuse(USER, HOME, change)


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return the rows of all users, with their groups."""
    rows = yield from call(Request("GET", HOME.collection, {"full": True}))
    found = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    return {str(row["userid"]): unmarked({k: v for k, v in row.items() if k != "tokens"}) for row in found}


def _expires(row: Mapping[str, object]) -> str:
    expire: Value = int(str(row.get("expire") or 0))
    return str(shown("date-time", expire))


_DEFINED = Kind(
    name="User",
    plural="users",
    short=("user",),
    namespaced=False,
    guest=False,
    rank=16,
    fields=worded(_FIELDS, _WORDS),
    columns=(
        Column("ENABLED", lambda row: "yes" if row.get("enable", 1) else "no"),
        Column("EXPIRES", _expires),
        Column("GROUPS", text("groups")),
        Column("EMAIL", text("email"), wide=True),
    ),
)
USER = replace(
    natural.natural(_DEFINED, HOME), more_references=realm_of, steps=steps, check=check, refuse=refuse, listing=listing
)
