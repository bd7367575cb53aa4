"""The fast road from YAML text to values: libyaml's events straight into dicts, lists, floats, texts.

Serves documents without anchors in use, tags, merge keys and odd keys; for all else ``fast_value`` answers
``UNUSUAL`` and the exact road (``yaml_nodes``, ``yaml_decode``) is taken. Never words an error.
"""

from __future__ import annotations

from typing import Any, Final

from pxhelm.golang.bounds import bounds
from pxhelm.golang.yaml_decode import key_text
from pxhelm.golang.yaml_resolve import HINTS, resolve_plain


class _Unusual:
    pass


UNUSUAL: Final = _Unusual()
"""What ``fast_value`` returns for a document that needs the exact road."""

_CACHE_LIMIT = 4096
_cache: dict[str, object] = {}


def resolve_value(text: str) -> object:
    """Return the JSON value of a plain scalar that begins with one of ``HINTS``; UNUSUAL for infinities."""
    known = _cache.get(text, _cache)
    if known is not _cache:
        return known
    tag, value = resolve_plain(text)
    if tag in ("!!int", "!!float"):
        assert isinstance(value, int | float)
        number = float(value)
        value = number if number - number == 0 else UNUSUAL
    if len(_cache) > _CACHE_LIMIT:
        _cache.clear()
    _cache[text] = value
    return value


def key_of(text: str) -> str | _Unusual:
    """Return a plain key as JSON has it; UNUSUAL for merge keys and what JSON cannot have."""
    if text == "<<":
        return UNUSUAL
    if text == "" or text[0] in HINTS:
        return key_text(resolve_plain(text)[1]) or UNUSUAL
    return text


def fast_value(raw: bytes) -> object:
    """Return the value of the first document; UNUSUAL when it has anything out of the ordinary, errors included."""
    from yaml import YAMLError
    from yaml._yaml import CParser

    if b"\\/" in raw or raw.find(b"\xef\xbb\xbf", 1) > 0:
        return UNUSUAL  # libyaml knows the escape and skips the mark, goyaml does neither
    try:
        parser = CParser(raw)
        get = parser.get_event
        get()  # the stream's start
        if get().__class__.__name__ != "DocumentStartEvent":
            return None
        value = _document(get)
        if value is not UNUSUAL:
            get()  # the document's end: scanning it may fail
    except YAMLError:
        return UNUSUAL
    return value


def _document(get: Any) -> object:
    from yaml.events import MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

    cached = _cache.get
    stack: list[tuple[Any, Any]] = []
    container: Any = None  # the dict or list being filled
    key: Any = None  # None: in a dict, a key comes next
    is_map = False
    flow = 0
    while True:
        event = get()
        kind = event.__class__
        if kind is ScalarEvent:
            if event.tag is not None:
                return UNUSUAL
            value = event.value
            if is_map and key is None:
                key = key_of(value) if event.implicit[0] else value
                if key is UNUSUAL or (flow and "?" in value):
                    return UNUSUAL
                continue
            if event.implicit[0]:
                if flow and "?" in value:
                    return UNUSUAL
                if value == "":
                    value = None
                elif value[0] in HINTS:
                    value = cached(value, UNUSUAL)
                    if value is UNUSUAL and (value := resolve_value(event.value)) is UNUSUAL:
                        return UNUSUAL
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            if event.tag is not None or (is_map and key is None) or len(stack) >= bounds.yaml_depth:
                return UNUSUAL
            stack.append((container, key))
            is_map = kind is MappingStartEvent
            container = {} if is_map else []
            key = None
            if event.flow_style:
                flow += 1
            continue
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            value = container
            container, key = stack.pop()
            is_map = container.__class__ is dict
            if flow:
                flow -= 1
        else:
            return UNUSUAL  # an alias
        if is_map:
            container[key] = value
            key = None
        elif container is None:
            return value
        else:
            container.append(value)
