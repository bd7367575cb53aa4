"""Whose signatures under certificates this machine trusts (edge). Never decides whether to trust a server."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where Linux systems keep their authorities, as Go's crypto/x509 looks for them."""


def system_authorities() -> str | None:
    """Return the file of the system's certificate authorities; None where OpenSSL finds them by itself.

    The binary brings the OpenSSL of the system that it was built on, which looks where that one keeps them.
    """
    places = ssl.get_default_verify_paths()
    if places.cafile or places.capath:
        return None
    found = next((name for name in _BUNDLES if Path(name).is_file()), None)
    if found is not None:
        return found
    import certifi

    return certifi.where()
