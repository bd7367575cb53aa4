"""A token of a user. Its secret is shown once, in the answer to its creation, and goes where ``writeTo`` says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote

from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.resource import natural
from pxhelm.resource.allowed import unfit_values
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Change, Column, Kind, Mistake, Op
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Reference, Resource, SecretSource, Target
from pxhelm.resource.references import bare
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.types import shown
from pxhelm.resource.words import worded

_WORDS = """
user                 the user whose token it is
tokenID              what comes after the ! in its name
privilegeSeparation  it has only the rights that are given to it, not all of its user
expire               when it ends; never unless given
rotate               | update regenerate
"""
_X = Effect.REPLACE
_NAME = re.compile(r"[^\s:/@!]+@[A-Za-z][A-Za-z0-9._-]+![A-Za-z][A-Za-z0-9._-]+")


def _to(path: str, text: str) -> Field:
    return Field(f"writeTo.{path}", "line", help=text, same=lambda _path, _wanted, _live: True)


def identifier(resource: Resource) -> str:
    """Return ``user!id``: as the two fields say, else as the object is called."""
    user, _, token = resource.key.name.partition("!")
    return f"{resource.leaves.get('user') or user}!{resource.leaves.get('tokenID') or token}"


def of_user(key: ObjectKey, leaves: Leaves) -> tuple[Reference, ...]:
    """Return the edge to the user whose token it is, also where only its name says whose."""
    user = str(leaves.get("user") or key.name.partition("!")[0])
    return (Reference("user", ("User",), "", user),)


def home(name: str) -> natural.Home:
    """Return where a token lives: below its user."""
    user, _, token = name.partition("!")
    path = f"/access/users/{quote(user, safe='@')}/token"
    return natural.Home(path, "tokenid", item=f"{path}/{quote(token, safe='')}", made_at_item=True)


def observe(target: Target) -> ApiGen[Live]:
    """Read one token."""
    name = natural.id_of(target)
    # the list of users, since a token of a user that is not there yet is not absent but forbidden
    data = (yield from listing()).get(name)
    if data is None:
        return ABSENT
    user, _, token = name.partition("!")
    return natural.live_of(API_TOKEN, home(name), name, data, {"user": user, "tokenID": token})


def _goes_to(leaves: Leaves) -> SecretSource | None:
    if "writeTo.file" in leaves:
        return SecretSource("file", str(leaves["writeTo.file"]))
    if "writeTo.secretRef.name" in leaves:
        return SecretSource(
            "secretRef", str(leaves["writeTo.secretRef.name"]), str(leaves.get("writeTo.secretRef.key", "token"))
        )
    return None


def steps(change: Change) -> tuple[Step, ...]:
    """Return the writes still missing."""
    wanted = change.desired
    if wanted is None or change.live.existence is Existence.UNKNOWN:
        return natural.steps(API_TOKEN, home(natural.live_id(change)), change)
    goes_to = _goes_to(wanted.leaves)
    if change.live.existence is Existence.ABSENT:
        place = home(API_TOKEN.identifier(wanted))
        inputs = {p: v for p, v in wanted.leaves.items() if p not in ("user", "tokenID")}
        (made,) = natural.creation(API_TOKEN, place, change, inputs)
        return (replace(made, leaves=tuple(wanted.leaves), secret_to=goes_to),)
    place = home(natural.live_id(change))
    others = [c for c in change.changes if c.path != "rotate"]
    found = natural.update(API_TOKEN, place, change, others)
    if any(c.path == "rotate" and c.op is Op.SET for c in change.changes):
        request = Request("PUT", place.path(""), {"regenerate": True})
        step = Step("update", request, Guard.NONE, ("rotate",), Effect.ONLINE, why="the old secret ends")
        found = (*found, replace(step, secret_to=goes_to))
    return found


def check(key: ObjectKey, leaves: Leaves) -> Iterator[Mistake]:
    """Yield what cannot be the name of a token, and a secret that could go to two places."""
    user, _, token = str(leaves.get("id") or key.name).partition("!")
    name = f"{bare(str(leaves.get('user') or user))}!{leaves.get('tokenID') or token}"
    if not _NAME.fullmatch(name):
        path = next((each for each in ("id", "user", "tokenID") if each in leaves), "")
        hint = "the id has two or more letters, digits, - _ or ., a letter first"
        yield Mistake(path, f"a token is called USER@REALM!ID, and this is {name}", hint)
    yield from unfit_values(API_TOKEN, {path: value for path, value in leaves.items() if path not in ("id", "tokenID")})
    if not any(path.startswith("writeTo.") for path in leaves):
        lost = "W106: nothing says where the secret goes, which Proxmox shows once: it would be lost"
        yield Mistake("writeTo", lost, "write writeTo: {secretRef: {name: NAME, key: KEY}}", lint=True)
    if "writeTo.file" in leaves and "writeTo.secretRef.name" in leaves:
        yield Mistake("writeTo", "writeTo has both file and secretRef; the secret goes to one place")


def refuse(change: Change) -> str:
    """Return why the token cannot be had as asked for."""
    if change.desired is None:
        return ""
    name = API_TOKEN.identifier(change.desired)
    if "rotate" in change.desired.leaves and not change.surroundings.version.startswith("9"):
        return f"Proxmox VE {change.surroundings.version} does not have rotate"
    return natural.refuse(API_TOKEN, home(name), change)


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return the rows of all tokens of all users."""
    rows = yield from call(Request("GET", "/access/users", {"full": True}))
    found: dict[str, Mapping[str, object]] = {}
    for row in rows if isinstance(rows, list) else []:
        tokens = row.get("tokens")
        for token in tokens if isinstance(tokens, list) else []:
            found[f"{row['userid']}!{token['tokenid']}"] = token
    return found


_DEFINED = Kind(
    name="APIToken",
    plural="apitokens",
    short=("tok", "token"),
    namespaced=False,
    guest=False,
    rank=17,
    fields=worded(
        (
            Field("id", "line", "tokenid", effect=_X, same=same_id, help="USER@REALM!ID, as the name says it"),
            Field("user", "ref", "userid", effect=_X, refers=("User",)),
            Field("tokenID", "line", "tokenid", effect=_X),
            Field("privilegeSeparation", "bool", "privsep", default=True),
            Field("expire", "date-time", "expire", form="int", default=0),
            Field("comment", "note", "comment", effect=Effect.METADATA, marks=True),
            replace(Field("rotate", "line", write_only=True), help="any text; another one makes a new secret (9.x)"),
            _to("secretRef.name", "the Secret that gets the token's secret, once"),
            _to("secretRef.key", "its key"),
            _to("file", "the file that gets it"),
        ),
        _WORDS,
    ),
    columns=(
        Column("PRIVSEP", lambda row: "no" if row.get("privsep") in (0, False) else "yes"),
        Column("EXPIRES", lambda row: str(shown("date-time", int(str(row.get("expire") or 0))))),
    ),
)
API_TOKEN = replace(
    natural.natural(_DEFINED, home("u@pve!t0")),
    identifier=identifier,
    more_references=of_user,
    observe=observe,
    steps=steps,
    refuse=refuse,
    check=check,
    listing=listing,
)
