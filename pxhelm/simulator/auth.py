"""Who is asking: tickets, CSRF tokens, API tokens, passwords. Never stores a password as it is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import unquote

from pxhelm.simulator.errors import ApiError, BareError
from pxhelm.simulator.world import Identity, World

TICKET_LIFE = 7200
FAILURE_DELAY = 3.0
_TICKET = re.compile(r"PVE:([^\s:]+):([0-9A-F]{8})::(\S+)")


def hash_password(salt: str, password: str) -> str:
    """Return what is stored of a password."""
    return f"{salt}${hashlib.sha256((salt + password).encode()).hexdigest()}"


def set_password(world: World, user: str, password: str) -> None:
    """Store a password."""
    world.state.put("password", user, hash_password(world.moment.entropy(8).hex(), password))


def right_password(world: World, user: str, password: str) -> bool:
    """Tell whether the password, or a ticket in its place, is the user's."""
    if password.startswith("PVE:"):
        return ticket_user(world, password) == user
    stored = world.state.get("password", user)
    return bool(stored) and hmac.compare_digest(hash_password(stored.partition("$")[0], password), stored)


def enabled(world: World, user: str) -> bool:
    """Tell whether the user exists, is enabled and has not expired."""
    row = world.state.get("user", user)
    if row is None or not row.get("enable", 1):
        return False
    expire = row.get("expire", 0)
    return not (expire and expire < world.now)


def _sign(world: World, text: str) -> str:
    key = str(world.state.get("cluster", "main")["key"])
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode().rstrip("=")


def make_ticket(world: World, user: str) -> str:
    """Return a login ticket."""
    plain = f"PVE:{user}:{int(world.now):08X}"
    return f"{plain}::{_sign(world, plain)}"


def make_csrf(world: World, user: str) -> str:
    """Return the token that writes with a ticket need."""
    stamp = f"{int(world.now):08X}"
    return f"{stamp}:{_sign(world, f'{stamp}:{user}')}"


def ticket_user(world: World, ticket: str) -> str:
    """Return whose valid ticket it is; empty if it is forged or old."""
    found = _TICKET.fullmatch(ticket)
    if not found:
        return ""
    user, stamp, signature = found.groups()
    age = world.now - int(stamp, 16)
    good = hmac.compare_digest(signature, _sign(world, f"PVE:{user}:{stamp}")) and -300 < age < TICKET_LIFE
    return user if good and enabled(world, user) else ""


def _refused(world: World, reason: str) -> BareError:
    return BareError(401, reason, delay=world.seconds(FAILURE_DELAY))


def failed_login(world: World) -> ApiError:
    """Return the answer to a login that failed."""
    error = ApiError("authentication failure", 401)
    error.delay = world.seconds(FAILURE_DELAY)
    return error


def _cookie(headers: Mapping[str, str]) -> str:
    authorization = headers.get("authorization", "")
    if authorization.startswith("PVEAuthCookie="):
        return unquote(authorization.removeprefix("PVEAuthCookie="))
    for part in headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == "PVEAuthCookie":
            return unquote(value)
    return ""


def identify(world: World, headers: Mapping[str, str], *, writes: bool) -> Identity:
    """Return who asks; a bare 401, delayed, when that cannot be told."""
    authorization = headers.get("authorization", "")
    found = re.match(r"PVEAPIToken[ =](.*)", authorization)
    if found:
        return _token(world, found[1])
    ticket = _cookie(headers)
    if not ticket:
        raise _refused(world, "No ticket")
    user = ticket_user(world, ticket)
    if not user:
        raise _refused(world, "Authentication failed!")
    if writes:
        given = headers.get("csrfpreventiontoken", "")
        stamp = given.partition(":")[0]
        if not given or not hmac.compare_digest(given, f"{stamp}:{_sign(world, f'{stamp}:{user}')}"):
            raise _refused(world, "Permission denied - invalid csrf token")
    return Identity(user)


def _token(world: World, text: str) -> Identity:
    found = re.fullmatch(r"([^\s!]+)!([^\s=]+)=(\S+)", text)
    if found and enabled(world, found[1]):
        row = world.state.get("user", found[1])["tokens"].get(found[2])
        if row and hmac.compare_digest(row["secret"], found[3]):
            expire = row.get("expire", 0)
            if not expire or expire > world.now:
                return Identity(found[1], found[2])
    raise _refused(world, "Authentication failed!")
