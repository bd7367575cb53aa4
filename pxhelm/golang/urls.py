"""Go's net/url as far as sprig and Helm show it: a URL taken apart and put together.

Never opens one.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from pxhelm.golang import netip
from pxhelm.golang.strconv import quote
from pxhelm.golang.value import go_bytes, go_string


class UrlError(ValueError):
    """A text that is no URL; the text is Go's."""


_ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
_SAFE = {
    "path": frozenset((_ALNUM + "$&+,/:;=@").encode()),
    "user": frozenset((_ALNUM + "$&+,;=").encode()),
    "host": frozenset((_ALNUM + "!$&'()*+,;=:[]<>\"").encode()),
    "fragment": frozenset((_ALNUM + "$&+,/:;=?@!()*").encode()),
}
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})?")
_ESCAPE_OR_ODD = re.compile(rb"%([0-9A-Fa-f]{2})?|[\x00-\x20#/?@\\^`{|}\x7f]")
"""As above, or an ASCII character that no host name has."""
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+\-.]*):")
_PORT = re.compile(r"(?::[0-9]*)?\Z")
_USERINFO = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(slots=True)
class Url:
    """A URL; everything but the query is unescaped."""

    scheme: str = ""
    opaque: str = ""
    user: tuple[str, str | None] | None = None
    """Name and, if there is a colon, password."""
    host: str = ""
    path: str = ""
    query: str = ""
    fragment: str = ""
    force_query: bool = False
    omit_host: bool = False

    def hostname(self) -> str:
        """Return the host without port and brackets."""
        colon = self.host.rfind(":")
        host = self.host[:colon] if colon >= 0 and _PORT.match(self.host, colon) else self.host
        return host[1:-1] if host.startswith("[") and host.endswith("]") else host

    def userinfo(self) -> str:
        """Return ``user:password``, escaped; empty without either."""
        if self.user is None:
            return ""
        name, password = self.user
        return escape(name, "user") + ("" if password is None else ":" + escape(password, "user"))

    def __str__(self) -> str:
        out = f"{self.scheme}:" if self.scheme else ""
        if self.opaque:
            out += self.opaque
        else:
            out += self._hierarchy(out)
        if self.force_query or self.query:
            out += "?" + self.query
        return f"{out}#{escape(self.fragment, 'fragment')}" if self.fragment else out

    def _hierarchy(self, before: str) -> str:
        out = ""
        if (self.scheme or self.host or self.user is not None) and not (
            self.omit_host and not self.host and self.user is None
        ):
            if self.host or self.path or self.user is not None:
                out += "//"
            if self.user is not None:
                out += self.userinfo() + "@"
            out += escape(self.host, "host")
        path = self.path if self.path == "*" else escape(self.path, "path")
        if path and path[0] != "/" and self.host:
            out += "/"
        if not before and not out and ":" in path.split("/", 1)[0]:
            out += "./"
        return out + path


def escape(text: str, part: str) -> str:
    """Escape what must not stand in that part of a URL."""
    safe = _SAFE[part]
    return "".join(chr(byte) if byte in safe else f"%{byte:02X}" for byte in go_bytes(text))


def unescape(text: str, part: str) -> str:
    """Resolve ``%41``; UrlError with Go's text."""
    raw = go_bytes(text)
    for found in (_ESCAPE_OR_ODD if part in ("host", "zone") else _ESCAPE).finditer(raw):
        shown = raw[found.start() : found.start() + 3]
        if shown[:1] != b"%":
            raise UrlError(f"invalid character {quote(go_string(found[0]))} in host name")
        if found[1] is None or (shown != b"%25" and not _may_be_escaped(int(found[1], 16), part)):
            raise UrlError(f"invalid URL escape {quote(go_string(shown))}")
    return go_string(_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), raw))


def _may_be_escaped(byte: int, part: str) -> bool:
    """Whether a host may have the byte escaped: one that is no ASCII, in a zone one that may stand there, or a space."""
    if part == "zone":
        return byte == 0x20 or byte in _SAFE["host"]
    return part != "host" or byte >= 0x80


def parse(text: str) -> Url:
    """Read a URL as ``url.Parse``; UrlError with Go's text."""
    bare, _, fragment = text.partition("#")
    shown = bare
    try:
        url = _parse(bare)
        shown = text
        url.fragment = unescape(fragment, "fragment")
    except UrlError as error:
        raise UrlError(f"parse {quote(shown)}: {error}") from None
    return url


def join(base: str, path: str) -> str:
    """Return a URL with a path below it, as Helm's URLJoin, or the two as paths when the first is no URL."""
    try:
        url = parse(base)
    except UrlError:
        return posixpath.normpath(f"{base}/{path}")
    url.path = posixpath.normpath(f"{url.path}/{path}")
    return str(url)


def _parse(text: str) -> Url:
    if _CONTROL.search(text):
        raise UrlError("net/url: invalid control character in URL")
    if text == "*":
        return Url(path="*")
    url = Url()
    rest = text
    found = _SCHEME.match(text)
    if found:
        url.scheme = found[1].lower()
        rest = text[found.end() :]
    elif text.startswith(":"):
        raise UrlError("missing protocol scheme")
    if rest.endswith("?") and rest.count("?") == 1:
        url.force_query, rest = True, rest[:-1]
    else:
        rest, _, url.query = rest.partition("?")
    if not rest.startswith("/"):
        if url.scheme:
            url.opaque = rest
            return url
        if ":" in rest.split("/", 1)[0]:
            raise UrlError("first path segment in URL cannot contain colon")
    if (url.scheme or not rest.startswith("///")) and rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        url.user, url.host = _authority(url.scheme, authority)
    elif url.scheme and rest.startswith("/"):
        url.omit_host = True
    url.path = unescape(rest, "path")
    return url


def _authority(scheme: str, authority: str) -> tuple[tuple[str, str | None] | None, str]:
    userinfo, at, host = authority.rpartition("@")
    host = _host(scheme, host)
    if not at:
        return None, host
    if not _USERINFO.match(userinfo):
        raise UrlError("net/url: invalid userinfo")
    name, colon, password = userinfo.partition(":")
    return (unescape(name, "user"), unescape(password, "user") if colon else None), host


def _host(scheme: str, host: str) -> str:
    bracket = host.rfind("[")
    if bracket > 0:
        raise UrlError("invalid IP-literal")
    if bracket == 0:
        end = host.rfind("]")
        if end < 0:
            raise UrlError("missing ']' in host")
        _check_port(host[end + 1 :])
        address, mark, zone = host[1:end].partition("%25")
        address = unescape(address, "host") + unescape(mark + zone, "zone")
        _check_address(address)
        return f"[{address}]{host[end + 1 :]}"
    colon = host.find(":")
    if colon >= 0:
        _check_port(host[colon if scheme in ("http", "https") else host.rfind(":") :])
    return unescape(host, "host")


def _check_port(port: str) -> None:
    if not _PORT.match(port):
        raise UrlError(f"invalid port {quote(port)} after host")


def _check_address(address: str) -> None:
    try:
        version = netip.version(address)
    except netip.AddressError as error:
        raise UrlError(f"invalid host: {error}") from None
    if version == 4:
        raise UrlError("invalid IP-literal")
