"""Why a connection failed, in Go's words where Go has words for it (edge: knows the errors of sockets and of TLS)."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from urllib.parse import urlsplit


def reason(error: BaseException, url: str) -> str:
    """Return why a request failed, as Go says it where Go has words for it."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLError):
            return _untrusted(found)
        if isinstance(found, socket.gaierror):
            return f"dial tcp: lookup {urlsplit(url).hostname}: no such host"
        if isinstance(found, TimeoutError) and not found.errno:
            return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        if isinstance(found, OSError) and found.errno:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            text = os.strerror(found.errno).lower()
            if found.errno in (errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH):
                return f"dial tcp {parts.hostname}:{port}: connect: {text}"
            return str(found.strerror or text).lower()
        found = found.__cause__ or found.__context__
    return str(error) or type(error).__name__


def _untrusted(error: ssl.SSLError) -> str:
    """Return Go's words for a TLS connection that was not made."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return f"tls: {(error.reason or str(error)).lower().replace('_', ' ')}"
    known = {10: "certificate has expired or is not yet valid", 9: "certificate has expired or is not yet valid"}
    if error.verify_code == 62:  # X509_V_ERR_HOSTNAME_MISMATCH
        known[62] = f"certificate is not valid for the name: {error.verify_message}"
    text = known.get(error.verify_code, "certificate signed by unknown authority")
    return f"tls: failed to verify certificate: x509: {text}"


def shown(url: str) -> str:
    """Return a URL as it may be shown: a password in it is ``***``, as in Go's url.Error."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    name, _, host = parts.netloc.rpartition("@")
    return url.replace(f"{name}@{host}", f"{name.partition(':')[0]}:***@{host}", 1)


def go_method(method: str) -> str:
    """Return a method as Go's url.Error writes it: ``Get``."""
    return method[:1] + method[1:].lower()
