"""HTTP as pveproxy speaks it, without a socket: what a request says, what an answer looks like."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from pxhelm.simulator.errors import ApiError, BareError
from pxhelm.simulator.world import Text

BODY_LIMIT = 512 * 1024
METHODS = ("GET", "POST", "PUT", "DELETE")
_PERL = "at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 1089."


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as it came in."""

    method: str
    target: str
    """Path and query, still quoted."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it goes out."""

    status: int
    reason: str
    body: bytes = b""
    content_type: str = "application/json;charset=UTF-8"
    delay: float = 0.0
    """Seconds to wait before it is sent."""


def path_of(request: HttpRequest) -> tuple[str, str]:
    """Return format and path below it; a bare error for what the server does not know."""
    if request.method not in METHODS:
        raise BareError(501, f"method '{request.method}' not available")
    path = unquote(request.target.partition("?")[0], errors="replace")
    if "chunked" in request.headers.get("transfer-encoding", "").lower():
        raise BareError(501, "chunked transfer encoding not supported")
    found = re.fullmatch(r"/api2(?:/([^/]*)(/.*)?)?/?", path)
    if not found:
        raise BareError(500, f"no such file '{path}'", f"no such file '{path}'\n")
    form, rest = found[1] or "", found[2] or ""
    if form not in ("json", "extjs"):
        text = f"no formatter for uri {rest or '/'}, {form}"
        raise BareError(501, text, text)
    return form, rest or "/"


def _pairs(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="replace"):
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def parameters_of(request: HttpRequest) -> tuple[dict[str, Any], tuple[str, bytes] | None]:
    """Return the parameters of query and body, and the uploaded file."""
    found = _pairs(request.target.partition("?")[2])
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method in ("GET", "DELETE"):
        if request.body:
            text = f"Unexpected content for method '{request.method}'"
            raise BareError(501, text, text)
        return found, None
    if kind == "multipart/form-data":
        fields, upload = _multipart(request)
        return {**found, **fields}, upload
    if len(request.body) > BODY_LIMIT:
        raise BareError(501, "for data too large", "for data too large")
    if kind == "application/json":
        return {**found, **_json(request.body)}, None
    if request.body and kind not in ("", "application/x-www-form-urlencoded"):
        text = f"upload 'Content-Type '{kind}' not implemented"
        raise BareError(506, text, text)
    return {**found, **_pairs(request.body.decode("utf-8", "replace"))}, None


def _json(body: bytes) -> dict[str, Any]:
    text = body.decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        rest = text[error.pos : error.pos + 20] or "(end of string)"
        said = (
            "malformed JSON string, neither tag, array, object, number, string or atom, at character offset "
            f'{error.pos} (before "{rest}") {_PERL}'
        )
        raise BareError(500, said, f"{said}\n") from None
    if found is None:
        return {}
    if isinstance(found, dict):
        return found
    said = f"Not a HASH reference {_PERL}"
    if isinstance(found, str):
        said = f'Can\'t use string ("{found}") as a HASH ref while "strict refs" in use {_PERL}'
    raise BareError(500, said, f"{said}\n")


def _multipart(request: HttpRequest) -> tuple[dict[str, Any], tuple[str, bytes]]:
    found = re.search(r'boundary="?([^";]+)"?', request.headers.get("content-type", ""))
    if not found:
        raise BareError(400, "Bad Request")
    fields: dict[str, Any] = {}
    upload: tuple[str, bytes] | None = None
    for part in request.body.split(b"--" + found[1].encode())[1:]:
        head, gap, content = part.partition(b"\r\n\r\n")
        if not gap:
            continue
        name = re.search(rb'[; ]name="([^"]*)"', head)
        file = re.search(rb'filename="([^"]*)"', head)
        content = content.removesuffix(b"\r\n")
        if not name:
            raise BareError(400, "Bad Request")
        if file:
            upload = (file[1].decode(), content)
            fields["filename"] = upload[0]
        elif name[1] in (b"content", b"checksum", b"checksum-algorithm"):
            fields[name[1].decode()] = content.decode()
        else:
            raise BareError(400, "Bad Request")
    if upload is None:
        raise BareError(400, "Bad Request")
    return fields, upload


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def success(form: str, data: Any, extra: Mapping[str, Any]) -> Answer:
    """Return the answer of a request that went well."""
    if isinstance(data, Text):
        return Answer(200, "OK", str(data).encode(), "text/plain")
    body = {"data": data, **extra}
    if form == "extjs":
        body["success"] = 1
    return Answer(200, "OK", _dump(body))


def failure(form: str, error: ApiError) -> Answer:
    """Return the answer of a request that failed."""
    if isinstance(error, BareError):
        return Answer(error.status, error.message, error.text.encode(), "text/plain", error.delay)
    end = "" if error.status == 501 else "\n"
    body: dict[str, Any] = {"data": None, "message": f"{error.message}{end}"}
    if error.errors is not None:
        body["errors"] = error.errors
    reason = error.message.partition("\n")[0]
    if form == "extjs":
        body["success"] = 0
        body["status"] = str(error.status) if error.errors is not None else error.status
        return Answer(200, "OK", _dump(body), delay=error.delay)
    return Answer(error.status, reason, _dump(body), delay=error.delay)


_SECRET = re.compile(r"password|secret|token$|sshkeys|key$", re.IGNORECASE)


def logged_parameters(request: HttpRequest) -> dict[str, Any]:
    """Return the parameters as the request log keeps them: what may be secret is masked, files are left out."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        return {"upload": len(request.body)}
    try:
        found, _ = parameters_of(request)
    except BareError:
        return {}
    return {k: "***" if _SECRET.search(k) else v for k, v in found.items()}
