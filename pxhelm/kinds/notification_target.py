"""Where notifications are sent: mail, Gotify, or any web hook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id, same_value
from pxhelm.resource.forms_sections import named_value
from pxhelm.resource.kind import Change, Column, Kind
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Target
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.words import worded
from pxhelm.secret import Secret

_X = Effect.REPLACE
_TYPES = ("gotify", "sendmail", "smtp", "webhook")
_WORDS = """
type         gotify, sendmail, smtp or webhook | path endpoints
server       Gotify's address, or name of the mail server
url          where the web hook is
method       how it is called
headers.*    a header of the call
body         what is sent, with {{ title }}, {{ message }} and such in it
port         port of the mail server; by mode unless given
mode         how the connection to the mail server is encrypted
username     account at the mail server
password     password of that account
fromAddress  sender
author       name of the sender
mailTo       addresses that get the mail
mailToUser   users of Proxmox whose addresses get the mail
secrets.*   | endpoint secret
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "name", effect=_X, same=same_id),
    Field("type", "line", effect=_X, choices=_TYPES, same=same_value, kept=True),
    Field("enabled", "bool", "disable", form="not", default=True),
    Field("comment", "line", "comment", effect=Effect.METADATA, marks=True),
    Field("server", "line", "server", kept=True),
    Field("token", "secret", "token", write_only=True, kept=True, help="of Gotify"),
    Field("url", "line", "url", kept=True),
    Field("method", "line", "method", choices=("post", "put", "get"), kept=True),
    Field("headers.*", "line", "header", form="headers"),
    Field("body", "text", "body", form="base64"),
    Field("secrets.*", "secret", write_only=True, help="for {{ secrets.NAME }} in url, headers and body"),
    Field("port", "int", "port"),
    Field("mode", "line", "mode", choices=("insecure", "starttls", "tls"), default="tls"),
    Field("username", "line", "username"),
    Field("password", "secret", "password", write_only=True),
    Field("fromAddress", "line", "from-address"),
    Field("author", "line", "author"),
    Field("mailTo", "set", "mailto", form="array-set"),
    Field("mailToUser", "set", "mailto-user", form="array-set"),
)
_NEEDS = {
    "gotify": ("server", "token"),
    "smtp": ("server", "fromAddress"),
    "webhook": ("url", "method"),
}
HOMES = {
    name: natural.Home(f"/cluster/notifications/endpoints/{name}", "name", needs={name: _NEEDS.get(name, ())})
    for name in _TYPES
}
_EVERY = natural.Home("/cluster/notifications/targets", "name")


def observe(target: Target) -> ApiGen[Live]:
    """Read one target: its type is in the list of all, the rest below its type."""
    name = natural.id_of(target)
    try:
        rows = yield from call(Request("GET", _EVERY.collection))
    except ApiError as error:
        if error.status == natural.NOT_THERE:
            return ABSENT
        raise
    found = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    row = next((row for row in found if row.get("name") == name and row.get("type") in HOMES), None)
    if row is None:
        return ABSENT
    home = HOMES[str(row["type"])]
    data = yield from natural.read(home, name)
    if data is None:
        return ABSENT
    told = {key: value for key, value in data.items() if key != "secret"}  # their names, and no values
    return natural.live_of(_of(home), home, name, told, {"type": str(row["type"])})


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return the rows of all targets, each with what the list of its type tells: a question for each type that there is."""
    found = dict((yield from natural.listing(_EVERY)))
    for name in sorted({str(row.get("type")) for row in found.values()} & HOMES.keys()):
        for key, row in (yield from natural.listing(HOMES[name])).items():
            found[key] = {**row, **found.get(key, {})}
    return found


def _server(row: Mapping[str, object]) -> str:
    return str(row.get("server") or row.get("url") or "")


def _of(home: natural.Home) -> Kind:
    """Return the kind as Proxmox' schema describes it for one type."""
    return replace(NOTIFICATION_TARGET, api=home.api)


def _type(change: Change) -> str:
    leaves: Leaves = change.desired.leaves if change.desired is not None else change.live.intended
    return str(leaves.get("type") or change.live.intended.get("type") or "")


def steps(change: Change) -> tuple[Step, ...]:
    """Return the write still missing; secrets of a web hook are written all together, since none can be read."""
    live = change.live
    home = HOMES.get(str(live.intended.get("type")) if live.existence is Existence.PRESENT else _type(change))
    if home is None:
        return ()
    found = natural.steps(_of(home), home, change)
    secrets = _secrets(change)
    touched = tuple(c.path for c in change.changes if c.path.startswith("secrets."))
    if change.desired is None or (live.existence is Existence.PRESENT and not touched):
        return found
    if not found and touched:
        params: dict[str, Param] = {"digest": live.digest} if live.digest else {}
        request = Request("PUT", home.path(natural.live_id(change)), params)
        found = (Step("update", request, Guard.DIGEST if live.digest else Guard.NONE, (), Effect.ONLINE),)
    return tuple(_with_secrets(step, secrets, touched) for step in found)


def _secrets(change: Change) -> list[str | Secret]:
    leaves = change.desired.leaves if change.desired is not None else {}
    return [
        Secret(named_value(path.partition(".")[2], value.reveal()))
        for path, value in sorted(leaves.items())
        if path.startswith("secrets.") and isinstance(value, Secret)
    ]


def _with_secrets(step: Step, secrets: list[str | Secret], touched: tuple[str, ...]) -> Step:
    params: dict[str, Param] = dict(step.request.params)
    if secrets:
        params["secret"] = secrets
    elif step.request.method == "PUT":
        gone = params.get("delete")
        params["delete"] = [*(gone if isinstance(gone, list) else []), "secret"]
    leaves = (*step.leaves, *(path for path in touched if path not in step.leaves))
    return replace(step, request=replace(step.request, params=params), leaves=leaves)


def refuse(change: Change) -> str:
    """Return why the target cannot be had."""
    if change.desired is None:
        return "it is one of Proxmox itself" if change.live.raw.get("origin") == "builtin" else ""
    home = HOMES.get(_type(change))
    if home is None:
        return f"a NotificationTarget needs a type: {', '.join(_TYPES)}"
    return natural.refuse(_of(home), home, change)


_DEFINED = Kind(
    name="NotificationTarget",
    plural="notificationtargets",
    short=("nt",),
    namespaced=False,
    guest=False,
    rank=17,
    fields=worded(_FIELDS, _WORDS),
    columns=(Column("TYPE", text("type")), Column("SERVER", _server)),
)
NOTIFICATION_TARGET = replace(
    natural.natural(_DEFINED, _EVERY),
    api=HOMES["smtp"].api,
    observe=observe,
    steps=steps,
    refuse=refuse,
    listing=listing,
)
