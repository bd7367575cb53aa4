"""Clients of clusters: a real one over HTTPS, and the simulated one in this process. Never sends a request."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.auth import ApiToken, Login, parse_token
from pxhelm.proxmox.client import Client, LocalTransport
from pxhelm.proxmox.connection import Connection, Limits, Tls
from pxhelm.settings import Context

if TYPE_CHECKING:
    from pxhelm.simulator.serve import Simulator

_PACE = 0.01
"""Factor on the durations of the built-in cluster's tasks: they can be seen, nobody waits for them."""


def real(context: Context) -> Client:
    """Return a client of the context's cluster; PxhelmError when the context does not say how to sign in."""
    tls = Tls(context.ca_file, context.fingerprint, context.insecure, context.server_name)
    limits = replace(Limits(), per_second=context.per_second)
    if context.at_once:
        limits = replace(limits, in_flight=context.at_once, per_endpoint=context.at_once)
    return Client(Connection(context.endpoints, _auth(context), tls, limits))


def _auth(context: Context) -> ApiToken | Login:
    if context.token_id:
        return ApiToken(context.token_id, context.token.read(f"the token of context {context.name}"))
    if context.user:
        return Login(context.user, context.password.read(f"the password of context {context.name}"))
    raise PxhelmError(
        f"cannot sign in to context {context.name}: it has neither a token nor a user",
        hint=f"add one with `pxhelm config add {context.name}`",
    )


def open_simulated(path: Path) -> Simulator:
    """Open the simulated cluster kept in a file; PxhelmError when the file is none or cannot be used."""
    from pxhelm.simulator.options import Options
    from pxhelm.simulator.serve import open_simulator

    try:
        return open_simulator(Options(str(path), nodes=3, time_scale=_PACE))
    except (sqlite3.DatabaseError, OSError) as error:
        raise PxhelmError(
            f"cannot open the simulated cluster {path}: {error}", hint="remove the file to begin with a fresh cluster"
        ) from None


def simulated(simulator: Simulator) -> Client:
    """Return a client of a simulated cluster, signed in with the token that it is seeded with."""
    from pxhelm.simulator import seed

    return Client(
        Connection(("simulator",), parse_token(seed.TOKEN)),
        open_transport=lambda _endpoint: LocalTransport(simulator.send),
    )
