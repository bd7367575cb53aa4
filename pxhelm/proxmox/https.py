"""HTTPS to one endpoint of a cluster (edge): connections, trust, files on their way up and down.

Sends once and says what came of it: never retries, never chooses another endpoint, never reads an answer's meaning.
Whether a failed request may have reached the server is decided here and nowhere else: before the connection stood it
certainly did not.
"""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlencode, urlsplit

from pxhelm.errors import PxhelmError, system_says
from pxhelm.files import replacing
from pxhelm.proxmox import wire
from pxhelm.proxmox.answer import causes, reason_of
from pxhelm.proxmox.connection import Certificate, Limits, Tls, fingerprint_of
from pxhelm.proxmox.request import MANUAL, Download, HttpAnswer, MaybeSent, NotSent, Pairs, Upload
from pxhelm.trust import system_authorities

if TYPE_CHECKING:
    import httpx

API = "/api2/json"
MOST = 128 << 20
"""Bytes of an answer that is kept in memory; the lists of the largest clusters are some megabytes."""
_CHUNK = 1 << 16


class HttpTransport:
    """HTTPS to one endpoint, at most ``per_endpoint`` connections."""

    def __init__(self, endpoint: str, tls: Tls, limits: Limits) -> None:
        sys.modules.setdefault("httpx._main", cast("Any", None))  # its own command line: half of the time to import
        import httpx

        self._endpoint = endpoint
        self._limits = limits
        count = limits.per_endpoint
        self._transport = httpx.HTTPTransport(
            verify=_context(tls),
            trust_env=False,
            limits=httpx.Limits(
                max_connections=count, max_keepalive_connections=count, keepalive_expiry=limits.keepalive
            ),
        )
        self._server_name = tls.server_name
        self._timeouts = {"connect": limits.connect, "read": limits.read, "write": limits.read, "pool": None}

    def send(self, method: str, path: str, pairs: Pairs, headers: Mapping[str, str]) -> HttpAnswer:
        """Send a form or a query."""
        import httpx

        text = urlencode(pairs, quote_via=quote)
        url, content = self._url(path), b""
        given = dict(headers)
        if method in ("POST", "PUT"):
            content = text.encode()
            given["content-type"] = "application/x-www-form-urlencoded"
        elif text:
            url = f"{url}?{text}"
        return self._exchange(httpx.Request(method, url, headers=given, content=content))

    def send_file(self, path: str, pairs: Pairs, headers: Mapping[str, str], upload: Upload) -> HttpAnswer:
        """Send a form with one file, read while it is sent."""
        import httpx

        start, end, kind = wire.multipart(pairs, upload.filename, os.urandom(16).hex())
        if upload.content is not None:
            made = start + upload.content() + end
            given = {**headers, "content-type": kind}
            return self._exchange(httpx.Request("POST", self._url(path), headers=given, content=made))
        try:
            size = Path(upload.path).stat().st_size
        except OSError as error:
            raise PxhelmError(f"cannot upload {upload.path}: {system_says(error)}") from None
        given = {
            **headers,
            "content-type": kind,
            "content-length": str(len(start) + size + len(end)),
        }
        body = _parts(start, upload, size, end)
        return self._exchange(httpx.Request("POST", self._url(path), headers=given, content=body))

    def receive(self, path: str, pairs: Pairs, headers: Mapping[str, str], download: Download) -> HttpAnswer:
        """Get a file, written while it comes."""
        import httpx

        text = urlencode(pairs, quote_via=quote)
        url = self._url(path) + (f"?{text}" if text else "")
        return self._exchange(httpx.Request("GET", url, headers=dict(headers)), download)

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def _url(self, path: str) -> str:
        return f"{self._endpoint}{'' if path.startswith(MANUAL) else API}{path}"

    def _exchange(self, request: httpx.Request, download: Download | None = None) -> HttpAnswer:
        import httpx

        request.extensions["timeout"] = self._timeouts
        if self._server_name:
            request.extensions["sni_hostname"] = self._server_name
        try:
            response = self._transport.handle_request(request)
            body = _received(response, download if download and response.status_code == 200 else Download())
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            raise _not_sent(self._endpoint, error, self._limits.connect) from None
        except httpx.TransportError as error:
            raise MaybeSent(reason_of(error, f"no answer within {self._limits.read:g} s")) from None
        reason = response.extensions.get("reason_phrase", b"").decode(errors="replace")
        return response.status_code, reason, response.headers, body


def _parts(start: bytes, upload: Upload, size: int, end: bytes) -> Iterator[bytes]:
    yield start
    sent = 0
    with Path(upload.path).open("rb") as file:
        while chunk := file.read(min(_CHUNK, size - sent)):
            sent += len(chunk)
            yield chunk
            if upload.progress is not None:
                upload.progress(sent, size)
    yield end


def _received(response: httpx.Response, download: Download) -> bytes:
    """Return the body, or nothing when it went to its file; what was cut off never gets the file's name."""
    chunks = _counted(response, download)
    if not download.path:
        return _gathered(chunks)
    try:
        with replacing(download.path) as file:
            for chunk in chunks:
                file.write(chunk)
    except OSError as error:
        raise PxhelmError(f"cannot write {download.path}: {system_says(error)}") from None
    return b""


def _gathered(chunks: Iterator[bytes]) -> bytes:
    """Return a body that is kept in memory; MaybeSent for one without end."""
    parts, size = [], 0
    for chunk in chunks:
        size += len(chunk)
        if size > MOST:
            raise MaybeSent(f"its answer is larger than {MOST >> 20} MiB")
        parts.append(chunk)
    return b"".join(parts)


def _counted(response: httpx.Response, download: Download) -> Iterator[bytes]:
    size, got = int(response.headers.get("content-length") or 0), 0
    try:
        for chunk in response.iter_bytes(_CHUNK):
            got += len(chunk)
            yield chunk
            if download.progress is not None:
                download.progress(got, size)
    finally:
        response.close()


def peek_certificate(endpoint: str, timeout: float = 5.0) -> Certificate:
    """Return the certificate that an endpoint shows, without trusting it; OSError when there is none."""
    import socket

    from cryptography import x509

    place = urlsplit(endpoint)
    context = _unverified(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    address = (place.hostname or "", place.port or 8006)
    with (
        socket.create_connection(address, timeout) as plain,
        context.wrap_socket(plain, server_hostname=place.hostname) as secured,
    ):
        der = secured.getpeercert(binary_form=True) or b""
    found = x509.load_der_x509_certificate(der)
    return Certificate(
        fingerprint_of(der), found.subject.rfc4514_string(), found.issuer.rfc4514_string(), found.not_valid_after_utc
    )


class _Pinned(ssl.SSLContext):
    """Trusts one certificate; looks at it before a byte of HTTP is sent."""

    fingerprint = ""

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:
        secured = super().wrap_socket(*args, **options)
        shown = fingerprint_of(secured.getpeercert(binary_form=True) or b"")
        if shown != self.fingerprint:
            secured.close()
            raise _WrongFingerprintError(f"its certificate has the fingerprint {shown}, not {self.fingerprint}")
        return secured


class _WrongFingerprintError(ssl.SSLError):
    pass


def _unverified(context: ssl.SSLContext) -> ssl.SSLContext:
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _context(tls: Tls) -> ssl.SSLContext:
    if tls.fingerprint:
        pinned = _Pinned(ssl.PROTOCOL_TLS_CLIENT)
        pinned.fingerprint = tls.fingerprint.upper()
        return _unverified(pinned)
    if tls.insecure:
        return _unverified(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    try:
        return ssl.create_default_context(cafile=tls.ca_file or system_authorities())
    except OSError as error:
        raise PxhelmError(f"cannot read CA file {tls.ca_file}: {error.strerror or error}") from None


def _not_sent(endpoint: str, error: Exception, timeout: float) -> NotSent:
    import socket

    for cause in causes(error):
        if isinstance(cause, _WrongFingerprintError):
            hint = "if the node got a new certificate, pin its fingerprint instead; else somebody is in between"
            return NotSent(str(cause.args[0]), trust=True, hint=hint)
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _distrust(endpoint, cause)
        if isinstance(cause, ssl.SSLError):
            return NotSent(f"no TLS: {(cause.reason or str(cause)).replace('_', ' ').lower()}")
        if isinstance(cause, socket.gaierror):
            return NotSent("the name cannot be resolved")
    return NotSent(reason_of(error, f"no connection within {timeout:g} s"))


def _distrust(endpoint: str, error: ssl.SSLCertVerificationError) -> NotSent:
    try:
        shown = peek_certificate(endpoint)
    except (OSError, ValueError):
        return NotSent(f"its certificate cannot be trusted: {error.verify_message}", trust=True)
    if error.verify_code == 10:
        reason = f"its certificate has expired on {shown.not_after:%Y-%m-%d %H:%M} UTC"
        return NotSent(
            reason, trust=True, hint="renew it on the node: pvecm updatecerts --force, then restart pveproxy"
        )
    if error.verify_code in (62, 64):
        reason = f"its certificate is for another name: {shown.subject}"
    else:
        reason = f"its certificate is not signed by a known authority ({error.verify_message})"
    hint = f"if {shown.fingerprint} is the SHA-256 fingerprint that `pvenode cert info` shows on the node, pin it as tls.fingerprint of the context; or give the cluster's own authority, /etc/pve/pve-root-ca.pem, as tls.caFile"
    return NotSent(reason, trust=True, hint=hint)
