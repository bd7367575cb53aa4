"""Which cluster answers: the fingerprint of its root certificate and its name, as generators of requests.

A cluster makes its certificate authority once; all of its nodes show it, to any user, and a node that joins takes it over.
Never decides whether it is the right cluster.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Mapping

from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Request, call

ROOT = "pve-root-ca.pem"


def root_certificate() -> ApiGen[str]:
    """Return the SHA-256 fingerprint of the root certificate (``AA:BB:…``); empty when the server shows none."""
    try:
        rows = yield from call(Request("GET", "/nodes/localhost/certificates/info"))
    except ApiError as error:
        if error.status in (400, 403, 404, 501):
            return ""
        raise
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, Mapping) and row.get("filename") == ROOT:
            return str(row.get("fingerprint") or "").upper() or _fingerprint(str(row.get("pem") or ""))
    return ""


def cluster_name() -> ApiGen[str]:
    """Return the cluster's name; empty for a node alone, and for a token that may not see it."""
    try:
        rows = yield from call(Request("GET", "/cluster/status"))
    except ApiError as error:
        if error.cls is not ErrorClass.DENIED:
            raise
        return ""
    found = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    return next((str(row.get("name", "")) for row in found if row.get("type") == "cluster"), "")


def _fingerprint(pem: str) -> str:
    """Return the fingerprint of a certificate's text: the schema promises neither it nor a fingerprint."""
    inner = pem.partition("-----BEGIN CERTIFICATE-----")[2].partition("-----END CERTIFICATE-----")[0]
    try:
        raw = binascii.a2b_base64(inner)
    except binascii.Error:
        return ""
    told = hashlib.sha256(raw).hexdigest().upper() if raw else ""
    return ":".join(told[i : i + 2] for i in range(0, len(told), 2))
