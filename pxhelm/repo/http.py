"""Chart repositories over HTTP (edge): one download at a time, with the repository's own credentials.

Never follows more than ten redirections, never sends credentials to another host unless told to, and never waits or reads
without end.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pxhelm.errors import PxhelmError, system_says
from pxhelm.golang.strconv import quote
from pxhelm.repo.access import Access
from pxhelm.repo.body import read_body
from pxhelm.repo.faults import reason, shown
from pxhelm.trust import system_authorities

if TYPE_CHECKING:
    import httpx

MOST = 256 << 20
"""Bytes of one answer; public indexes reach tens of megabytes."""


class Web:
    """Downloads over http and https; one connection pool for each way of being let in."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._clients: dict[tuple[object, ...], httpx.Client] = {}

    def get(self, url: str, access: Access) -> bytes:
        """Return what stands behind a URL.

        Raises:
            PxhelmError: in Go's words.
        """
        import httpx

        scheme = url.partition(":")[0]
        if scheme not in ("http", "https"):
            raise PxhelmError(f"could not find protocol handler for: {scheme if '://' in url else ''}")
        client = self.client(access)
        auth = None
        if access.username and (access.pass_credentials or not access.home or same_host(access.home, url)):
            auth = httpx.BasicAuth(access.username, access.password.reveal())
        try:
            with client.stream("GET", url, auth=auth, timeout=access.seconds) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise PxhelmError(f"failed to fetch {shown(url)} : {answer.status_code} {answer.reason_phrase}")
                return read_body(answer, url, self._most, access.seconds)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as e:
            raise PxhelmError(f"Get {quote(shown(url))}: {reason(e, url)}") from None

    def client(self, access: Access) -> httpx.Client:
        """Return the connections for this way of being let in."""
        import httpx

        key = (access.ca_file, access.cert_file, access.key_file, access.insecure)
        if key not in self._clients:
            self._clients[key] = httpx.Client(
                verify=_trust(access), follow_redirects=True, max_redirects=10, headers={"User-Agent": "pxhelm"}
            )
        return self._clients[key]

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()


def same_host(left: str, right: str) -> bool:
    """Tell whether two URLs lead to one scheme, host and port."""
    a, b = urlsplit(left), urlsplit(right)
    return (a.scheme, a.netloc.rpartition("@")[2]) == (b.scheme, b.netloc.rpartition("@")[2])


def _why(error: OSError, access: Access) -> str:
    """Return why a certificate and its key cannot be used; OpenSSL does not tell which file it was."""
    for path in (access.cert_file, access.key_file):
        try:
            Path(path).open("rb").close()
        except OSError as e:
            return f"open {path}: {system_says(e)}"
    return str(error)


def _trust(access: Access) -> Any:
    import ssl

    try:
        # A CA file is the only authority then, as in Helm.
        context = ssl.create_default_context(cafile=access.ca_file or system_authorities())
    except OSError:
        raise PxhelmError(f"can't create TLS config for client: can't read CA file: {access.ca_file}") from None
    try:
        if access.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if access.cert_file:
            context.load_cert_chain(access.cert_file, access.key_file or None)
    except OSError as e:
        pair = f"can't load key pair from cert {access.cert_file} and key {access.key_file}"
        raise PxhelmError(f"can't create TLS config for client: {pair}: {_why(e, access)}") from None
    return context
