"""URLs taken apart and joined, and host names.

Names are looked up by the host alone, and only where the user allowed it.
"""

from __future__ import annotations

from typing import Any

from pxhelm.golang import urls
from pxhelm.golang.value import kind_name
from pxhelm.gotemplate.signature import Function, FunctionError, function

_MAP = "map[string]interface {}"


def url_parse(text: str) -> dict[str, object]:
    """Take a URL apart."""
    try:
        url = urls.parse(text)
    except urls.UrlError as error:
        raise FunctionError(f"unable to parse url: {error}") from None
    return {
        "fragment": url.fragment,
        "host": url.host,
        "hostname": url.hostname(),
        "opaque": url.opaque,
        "path": url.path,
        "query": url.query,
        "scheme": url.scheme,
        "userinfo": url.userinfo(),
    }


def _part(parts: dict[str, object], key: str) -> str:
    if key not in parts:
        return ""
    value = parts[key]
    if value is None:
        raise FunctionError("runtime error: invalid memory address or nil pointer dereference")
    if not isinstance(value, str):
        raise FunctionError(f"unable to parse {key} key, must be of type string, but {kind_name(value)} found")
    return value


def url_join(parts: dict[str, object]) -> str:
    """Put a URL together."""
    url = urls.Url()
    url.scheme, url.host, url.path = (_part(parts, key) for key in ("scheme", "host", "path"))
    url.query, url.opaque, url.fragment = (_part(parts, key) for key in ("query", "opaque", "fragment"))
    userinfo = _part(parts, "userinfo")
    if userinfo:
        try:
            url.user = urls.parse(f"proto://{userinfo}@host").user
        except urls.UrlError as error:
            raise FunctionError(f"unable to parse userinfo in dict: {error}") from None
    return str(url)


def get_host_by_name(host: Any, name: str) -> str:
    """Return an address of a host; the empty text unless look-ups are allowed."""
    lookup = getattr(host, "dns", None)
    return lookup(name) if callable(lookup) else ""


FUNCTIONS: dict[str, Function] = {
    "urlParse": function(url_parse, "string", result=_MAP),
    "urlJoin": function(url_join, _MAP, result="string"),
    "getHostByName": function(get_host_by_name, "string", host=True, result="string"),
}
