"""What is done from here: a page is asked, a program is run, a file is delivered (edge). Decides nothing about it."""

from __future__ import annotations

import os
import subprocess
import time
from http.client import HTTPException
from urllib.parse import urlsplit

from pxhelm.apply.deliveries import NO_WAY, Ways, deliver
from pxhelm.apply.reach import status_of
from pxhelm.proxmox.errors import ApiError, ErrorClass, Failure
from pxhelm.resource.readiness import Reach
from pxhelm.resource.step import Delivery, Errand

_PAUSE = 1.0
_ANSWER = 10.0
"""Seconds that one answer of a page may take."""


def do(errand: Errand | Delivery, ways: Ways = NO_WAY) -> tuple[str, ...]:
    """Do it, and return the lines that a program printed; ApiError when it does not end as it should."""
    if isinstance(errand, Delivery):
        deliver(errand, ways)
        return ()
    return _run(errand) if errand.command else _until_answered(errand)


def _until_answered(errand: Errand) -> tuple[str, ...]:
    deadline = time.monotonic() + errand.limit
    while True:
        why = _ask(errand)
        if not why:
            return ()
        if time.monotonic() + _PAUSE > deadline:
            raise _failure("GET", errand.url, why)
        time.sleep(_PAUSE)


def _ask(errand: Errand) -> str:
    """Return why the answer is not the one that is expected; empty when it is."""
    parts = urlsplit(errand.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = status_of(Reach(parts.hostname or "", port, parts.scheme, path), _ANSWER, verify=not errand.insecure)
    except (OSError, HTTPException) as error:
        return str(getattr(error, "strerror", None) or f"{error}" or type(error).__name__).lower()
    return "" if found == errand.status else f"it answered with status {found}, not {errand.status}"


def _run(errand: Errand) -> tuple[str, ...]:
    program = errand.command[0]
    try:
        done = subprocess.run(  # noqa: S603 - the operator allowed it
            errand.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=errand.limit or None,
            check=False,
            env={**os.environ, **errand.environment},
        )
    except subprocess.TimeoutExpired:
        raise _failure("run", program, f"it did not end within {errand.limit:g} s, and was stopped") from None
    except OSError as error:
        raise _failure("run", program, (error.strerror or str(error)).lower()) from None
    lines = tuple(done.stdout.decode("utf-8", "replace").splitlines())
    if done.returncode:
        last = f": {lines[-1]}" if lines else ""
        raise _failure("run", program, f"it ended with status {done.returncode}{last}")
    return lines


def _failure(verb: str, what: str, why: str) -> ApiError:
    return ApiError(Failure(verb, what, 0, why), cls=ErrorClass.FAILED)
