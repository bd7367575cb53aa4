"""How a request proves who asks: an API token, or a ticket got with a password.

Only makes headers and requests; never sends them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.proxmox.request import Request
from pxhelm.secret import Secret

TICKET_LIFETIME = 7200.0
"""Seconds for which Proxmox takes a ticket."""
RENEW_AFTER = 3600.0
"""Age in seconds from which a ticket is used as the password for the next one."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """``USER@REALM!TOKENID`` and its secret; needs no CSRF token and is never renewed."""

    token_id: str
    secret: Secret

    def headers(self) -> dict[str, str]:
        """Return what every request carries."""
        return {"authorization": f"PVEAPIToken={self.token_id}={self.secret.reveal()}"}


@dataclass(frozen=True, slots=True)
class Login:
    """A user and a password."""

    user: str
    """With its realm: ``root@pam``."""
    password: Secret


Auth = ApiToken | Login


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a login gives: a cookie, and a header that every write must carry."""

    user: str
    cookie: Secret
    csrf: Secret
    issued: float
    """On the clock of the caller."""

    def headers(self, *, writes: bool) -> dict[str, str]:
        """Return what a request carries."""
        found = {"cookie": f"PVEAuthCookie={self.cookie.reveal()}"}
        if writes:
            found["csrfpreventiontoken"] = self.csrf.reveal()
        return found


def parse_token(text: str) -> ApiToken:
    """Return the token written ``USER@REALM!TOKENID=SECRET``, also with ``PVEAPIToken=`` before it.

    Raises PxhelmError, which does not show the text.
    """
    token_id, _, secret = text.strip().removeprefix("PVEAPIToken=").removeprefix("PVEAPIToken ").partition("=")
    user, _, name = token_id.partition("!")
    if not (secret and name and "@" in user):
        raise PxhelmError(
            "cannot use token: it is not of the form USER@REALM!TOKENID=SECRET",
            code=ExitCode.USAGE,
            hint="Proxmox shows the two parts when the token is made; join them with an equals sign",
        )
    return ApiToken(token_id, Secret(secret))


def ticket_request(login: Login, current: Ticket | None = None) -> Request:
    """Return the request for a ticket: with the password, or with the current ticket in its place."""
    return Request(
        "POST",
        "/access/ticket",
        {"username": login.user, "password": current.cookie if current is not None else login.password},
    )


def read_ticket(data: object, issued: float) -> Ticket:
    """Return the ticket of a reply; PxhelmError when the user has a second factor."""
    if not isinstance(data, Mapping) or not isinstance(data.get("ticket"), str):
        raise PxhelmError("cannot log in: the reply holds no ticket")
    user = str(data.get("username", ""))
    if data.get("NeedTFA") or data["ticket"].startswith("PVE:!tfa!"):
        raise PxhelmError(
            f"cannot log in as {user}: the user has a second factor", hint="use an API token; it needs no second factor"
        )
    return Ticket(user, Secret(data["ticket"]), Secret(str(data.get("CSRFPreventionToken", ""))), issued)
