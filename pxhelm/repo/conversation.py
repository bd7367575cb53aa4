"""One conversation with one repository of an OCI registry (edge): requests, answers, and being let in.

A refusal is answered with what it asks for, once: Basic, or a Bearer token from the service that it names. Never follows
a challenge that came from somewhere else than the registry.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlencode, urlsplit

from pxhelm.errors import PxhelmError
from pxhelm.golang.fmt import value_text
from pxhelm.golang.strconv import quote
from pxhelm.repo.access import Access, Credential
from pxhelm.repo.body import read_body
from pxhelm.repo.faults import go_method, reason
from pxhelm.repo.reference import Reference

if TYPE_CHECKING:
    import httpx

MOST: Final = 64 << 20
"""Bytes of one answer."""
LONGEST: Final = 300.0
"""Seconds that one answer may take."""
_NOT_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"})
"""What OpenSSL says when the other side answers in plain text."""


class RejectedError(PxhelmError):
    """An answer that was not what was asked for; in the words of oras-go."""


class Connections(Protocol):
    """Hands out HTTP connections for a way of being let in."""

    def client(self, access: Access) -> httpx.Client:
        """Return the connections."""


@dataclass(slots=True)
class States:
    """What one command knows of registries beyond a single conversation."""

    connections: Connections
    credential: Callable[[str], Credential | None]
    """What is kept for a host."""
    tokens: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """Values of the Authorization header by base URL, path and actions."""
    plain: set[str] = field(default_factory=set)
    """Hosts that answered in plain HTTP when asked by HTTPS."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a registry said."""

    method: str
    url: str
    status: int
    content: bytes
    headers: Mapping[str, str]
    following: str = ""
    """Where the next page is."""

    @property
    def location(self) -> str:
        """Where to go on."""
        return self.headers.get("location", "")

    def document(self) -> dict[str, Any]:
        """Return the JSON object in it; PxhelmError when there is none."""
        try:
            found = json.loads(self.content)
        except (ValueError, RecursionError) as e:
            raise RejectedError(f"{self.method} {quote(self.url)}: failed to decode response: {e}") from None
        if not isinstance(found, dict):
            raise RejectedError(f"{self.method} {quote(self.url)}: failed to decode response: it is no object")
        return found

    def insist(self, *wanted: int) -> Answer:
        """Return itself, or raise RejectedError when the status is another."""
        if self.status not in wanted:
            raise RejectedError(f"{self.method} {quote(self.url)}: response status code {self.status}: {self._fault()}")
        return self

    def _fault(self) -> str:
        """Return the registry's own errors, else the name of the status."""
        try:
            told = [_told(one) for one in json.loads(self.content)["errors"]]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            told = []
        try:
            return "; ".join(told) or HTTPStatus(self.status).phrase
        except ValueError:
            return ""


def _told(error: Mapping[str, Any]) -> str:
    code = str(error.get("code", "")).replace("_", " ").lower()
    texts = [code, str(error.get("message") or "")]
    if error.get("detail") is not None:
        texts.append(value_text(error["detail"]))
    return ": ".join(filter(None, texts))


class Conversation:
    """Requests to one repository for certain actions."""

    def __init__(self, states: States, reference: Reference, access: Access, actions: str) -> None:
        self._states, self._access, self._actions = states, access, actions
        self._host, self._path = reference.host, reference.path
        name = "registry-1.docker.io" if reference.host == "docker.io" else reference.host
        self.base = f"{'http' if access.plain_http else 'https'}://{name}"
        self.root = f"{self.base}/v2/{reference.path}"

    @property
    def fell_back(self) -> bool:
        """Whether the registry speaks plain HTTP although it was asked by HTTPS."""
        return not self._access.plain_http and self._host in self._states.plain

    def send(self, method: str, url: str, content: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request, and once more with what a refusal asks for.

        Raises:
            PxhelmError: when there is no answer, or no way to be let in.
        """
        key = (self.base, self._path, self._actions)
        given = dict(headers or {})
        token = self._states.tokens.get(key)
        if token:
            given["Authorization"] = token
        answer = self._exchange(method, url, content, given)
        if answer.status != HTTPStatus.UNAUTHORIZED or not _same_origin(answer.url, url, self.fell_back):
            return answer
        fresh = self._authorization(answer)
        if not fresh or fresh == token:
            return answer
        self._states.tokens[key] = given["Authorization"] = fresh
        return self._exchange(method, url, content, given)

    def _exchange(self, method: str, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        import httpx

        client = self._states.connections.client(self._access)
        fallback = url.startswith("https://") and not (self._access.ca_file or self._access.cert_file)
        try:
            if self.fell_back:
                return _read(client, method, _plain(url), content, headers)
            try:
                return _read(client, method, url, content, headers)
            except httpx.ConnectError as e:
                if not fallback or self._access.insecure or not _answered_plainly(e):
                    raise
                # As Helm: charts of a plain registry can be read without --plain-http, but no credentials are sent.
                self._states.plain.add(self._host)
                return _read(client, method, _plain(url), content, headers)
        except (httpx.HTTPError, httpx.InvalidURL) as e:
            raise PxhelmError(f"{go_method(method)} {quote(url)}: {reason(e, url)}") from None

    def _authorization(self, refused: Answer) -> str:
        """Return the Authorization header that a refusal asks for; empty when it names no way that we know."""
        credential = self._credential()
        if self.fell_back and credential is not None:
            return ""  # the refusal stands: nobody said --plain-http
        kind, _, rest = refused.headers.get("www-authenticate", "").partition(" ")
        if kind.lower() == "basic":
            if credential is None or not credential.username:
                raise RejectedError(f"{refused.method} {quote(refused.url)}: basic credential not found")
            return _basic(credential)
        if kind.lower() != "bearer":
            return ""
        asked = challenge(rest)
        try:
            check_realm(asked.get("realm", ""), refused.url)
            return f"Bearer {self._token(asked, credential)}"
        except PxhelmError as e:
            raise RejectedError(f"{refused.method} {quote(refused.url)}: {e.message}") from None

    def _token(self, asked: Mapping[str, str], credential: Credential | None) -> str:
        """Get a token from the service that the registry names."""
        import httpx

        scopes = set(filter(None, asked.get("scope", "").split(" ")))
        if self._path and self._actions:
            scopes = {s for s in scopes if not s.startswith(f"repository:{self._path}:")}
            scopes.add(f"repository:{self._path}:{self._actions}")
        query = {"scope": " ".join(sorted(scopes)), "service": asked.get("service", "")}
        query = {name: text for name, text in query.items() if text}
        client, realm = self._states.connections.client(self._access), asked["realm"]
        try:
            if credential is not None and credential.identity:
                form = {"grant_type": "refresh_token", "refresh_token": credential.identity, "client_id": "pxhelm"}
                body = urlencode({**query, **form}).encode()
                headers = {"Content-Type": "application/x-www-form-urlencoded"}
                answer = _read(client, "POST", realm, body, headers)
            else:
                headers = {"Authorization": _basic(credential)} if credential else {}
                mark = "&" if urlsplit(realm).query else "?"
                answer = _read(client, "GET", f"{realm}{mark}{urlencode(query)}" if query else realm, b"", headers)
        except (httpx.HTTPError, httpx.InvalidURL) as e:
            raise PxhelmError(f"Get {quote(realm)}: {reason(e, realm)}") from None
        found = answer.insist(HTTPStatus.OK).document()
        token = found.get("access_token") or found.get("token")
        if not token:
            raise RejectedError(f"{answer.method} {quote(answer.url)}: empty token returned")
        return str(token)

    def _credential(self) -> Credential | None:
        if self._access.username and self._access.password.reveal():
            return Credential(self._access.username, self._access.password.reveal())
        return self._states.credential(self._host)


def _read(client: httpx.Client, method: str, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
    """Send a request and read at most ``MOST`` bytes of the answer, for at most ``LONGEST`` seconds."""
    with client.stream(method, url, content=content or None, headers=dict(headers)) as answer:
        body = read_body(answer, url, MOST, LONGEST)
        following = str(answer.links.get("next", {}).get("url", ""))
        return Answer(method, str(answer.url), answer.status_code, body, answer.headers, following)


def _plain(url: str) -> str:
    return url.replace("https://", "http://", 1)


def _basic(credential: Credential) -> str:
    pair = f"{credential.username}:{credential.password}".encode()
    return "Basic " + base64.b64encode(pair).decode()


def _answered_plainly(error: BaseException) -> bool:
    import ssl

    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLError) and found.reason in _NOT_TLS:
            return True
        found = found.__cause__ or found.__context__
    return False


def _same_origin(answered: str, asked: str, fell_back: bool) -> bool:
    left, right = urlsplit(answered), urlsplit(_plain(asked) if fell_back else asked)
    return (left.scheme, left.netloc) == (right.scheme, right.netloc)


def challenge(text: str) -> dict[str, str]:
    """Return the parameters of a WWW-Authenticate header, quoted or bare."""
    import re

    found = re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))', text)
    return {name.lower(): re.sub(r"\\(.)", r"\1", quoted) or bare for name, quoted, bare in found}


def check_realm(realm: str, registry: str) -> None:
    """Refuse a token service that credentials must not be sent to, by the rules of oras-go.

    Raises:
        PxhelmError: for a downgrade to HTTP and for private addresses that are not the registry's own.
    """
    told, asked = urlsplit(realm), urlsplit(registry)
    if told.scheme not in ("http", "https"):
        raise RejectedError(f"bearer realm {quote(realm)} uses unsupported scheme {quote(told.scheme)}")
    if told.scheme == "http" and asked.scheme == "https":
        raise RejectedError(f"bearer realm {quote(realm)} uses http but registry was contacted over https")
    try:
        address = ip_address(told.hostname or "")
    except ValueError:
        return
    if (address.is_private or address.is_link_local) and told.hostname != asked.hostname:
        raise RejectedError(
            f"bearer realm host {quote(told.hostname or '')} is a loopback, link-local, private, or unspecified address"
        )
