"""Turns what came back over HTTP into a ``Response`` or an ``ApiError``. Never decides what to do next."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pxhelm.proxmox.errors import ApiError, ErrorClass, Failure
from pxhelm.proxmox.request import HttpAnswer, NotSent, Request, Response
from pxhelm.proxmox.schema import Endpoint
from pxhelm.proxmox.shape import misfit

_FIRST_BYTES = 40
_ADDRESS = "is this the address of a Proxmox VE node? its port is 8006"
_PROXY = "is there a proxy in between? a node answers at its own address, port 8006"
_UNKNOWN = "it is unknown whether the change was made"


def read_answer(request: Request, answer: HttpAnswer, endpoint: Endpoint | None = None) -> Response:
    """Return the data of a success, of the shape that the endpoint promises; raises ApiError for everything else.

    Until PVE 8.4 the reason line is all that says what went wrong; later the body has the whole text.
    """
    status, reason, headers, body = answer
    if status >= 400:
        content = _json(body)
        errors = content.get("errors")
        raise ApiError(
            Failure(
                request.method,
                request.path,
                status,
                str(content.get("message") or reason),
                {str(k): str(v) for k, v in errors.items()} if isinstance(errors, Mapping) else {},
            )
        )
    if status >= 300:
        target = headers.get("location", "elsewhere")
        raise _foreign(request, status, f"the server redirects to {target}", _ADDRESS)
    if request.download is not None:
        return Response(body, date=headers.get("date", ""))
    content = _json(body)
    if "data" not in content:
        start = f"the text {body[:_FIRST_BYTES].decode(errors='replace')!r}" if body else "nothing"
        raise _malformed(request, status, f"expected JSON with data, got {start}")
    data = content.pop("data")
    if endpoint is not None and (wrong := misfit(endpoint, data)):
        raise _malformed(request, status, wrong)
    return Response(data, content, headers.get("date", ""))


def _json(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _malformed(request: Request, status: int, wrong: str) -> ApiError:
    """Return the error of an answer that Proxmox would not give; what became of a write is unknown then."""
    message = f"the server answered with something that is no Proxmox answer: {wrong}"
    if not request.writes:
        return _foreign(request, status, message, _PROXY)
    failure = Failure(request.method, request.path, status, message)
    return ApiError(failure, cls=ErrorClass.TRANSIENT, hint=f"{_UNKNOWN}; {_PROXY}")


def _foreign(request: Request, status: int, message: str, hint: str) -> ApiError:
    return ApiError(Failure(request.method, request.path, status, message), cls=ErrorClass.INVALID, hint=hint)


def untrusted(request: Request, endpoint: str, failed: NotSent) -> ApiError:
    """Return the error of a request that was not sent because the server cannot be trusted."""
    failure = Failure(request.method, request.path, 0, f"{endpoint} is not trusted: {failed}", sent=False)
    return ApiError(failure, cls=ErrorClass.DENIED, hint=failed.hint)


def broken(request: Request, reason: str, *, sent: bool) -> ApiError:
    """Return the error of a request without an answer."""
    hint = _UNKNOWN if sent else "check the address, and whether the node is up"
    failure = Failure(request.method, request.path, 0, reason, sent=sent)
    return ApiError(failure, cls=ErrorClass.TRANSIENT, hint=hint)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and those behind it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def reason_of(error: Exception, timed_out: str) -> str:
    """Return what the operating system says, without the library's decoration."""
    for cause in causes(error):
        if isinstance(cause, TimeoutError):
            return timed_out
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
    return str(error) or type(error).__name__
