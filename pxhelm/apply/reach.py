"""The network as seen from here: does a port, does a page answer (edge). Asks once, for three seconds; decides nothing."""

from __future__ import annotations

import http.client
import socket
import ssl

from pxhelm.resource.readiness import Reach

_PROBE = 3.0
"""Seconds that one question may take."""


def reach(target: Reach) -> bool:
    """Whether a port answers within three seconds; a page with any status below 500 does."""
    if not target.scheme:
        try:
            socket.create_connection((target.host, target.port), timeout=_PROBE).close()
        except OSError:
            return False
        return True
    context = ssl._create_unverified_context()  # noqa: S323, SLF001 - a guest that was just made has no known certificate
    made = (
        http.client.HTTPSConnection(target.host, target.port, timeout=_PROBE, context=context)
        if target.scheme == "https"
        else http.client.HTTPConnection(target.host, target.port, timeout=_PROBE)
    )
    try:
        made.request("GET", target.path)
        return made.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        made.close()
