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
    try:
        return status_of(target, _PROBE, verify=False) < 500  # a guest that was just made has no known certificate
    except (OSError, http.client.HTTPException):
        return False


def status_of(page: Reach, seconds: float, *, verify: bool) -> int:
    """Return the status with which a page answers; OSError or HTTPException when it does not within so many seconds."""
    context = ssl.create_default_context() if verify else ssl._create_unverified_context()  # noqa: S323, SLF001
    made = (
        http.client.HTTPSConnection(page.host, page.port, timeout=seconds, context=context)
        if page.scheme == "https"
        else http.client.HTTPConnection(page.host, page.port, timeout=seconds)
    )
    try:
        made.request("GET", page.path, headers={"User-Agent": "pxhelm"})
        return made.getresponse().status
    finally:
        made.close()
