"""TOML as BurntSushi/toml prints it; ``toml_decode`` reads it.

Never a file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from pxhelm.golang.strconv import format_float
from pxhelm.golang.times import Time
from pxhelm.golang.toml_decode import LOCAL_DATE, LOCAL_DATETIME, LOCAL_TIME, TomlError, key_part, quoted
from pxhelm.golang.value import Struct, is_nil, kind_name, sorted_texts, type_name

_INDENT = "  "
_LAYOUTS = {
    LOCAL_DATETIME: "2006-01-02T15:04:05.999999999", LOCAL_DATE: "2006-01-02", LOCAL_TIME: "15:04:05.999999999",
}  # fmt: skip
"""How a time is printed that was read without a zone."""


def encode(value: object) -> str:
    """Print a value as the library's encoder does; TomlError with its text."""
    encoder = _Encoder()
    encoder.encode((), _as_maps(value))
    return "".join(encoder.out)


def _as_maps(value: object) -> Any:
    """Return a map of its fields for a Go struct, and a list with such maps; nil fields are left out.

    One level deep: what a map holds is looked at when it is printed, so that an error before it is told first.
    """
    if is_nil(value):
        return value
    if isinstance(value, list):
        return [_as_maps(item) for item in value]
    fields: dict[str, str] | None = getattr(value, "GO_FIELDS", None)
    if fields is None:
        return value
    embedded = getattr(value, "GO_LAYOUT", {})
    found = {name: getattr(value, at) for name, at in fields.items()}
    return Struct(
        (name, item)
        for name, item in found.items()
        if not is_nil(item) and not (name in embedded and hasattr(item, "GO_FIELDS"))
    )


def _opened(value: dict[str, object]) -> dict[str, object]:
    """Return a map with what it holds as maps."""
    items = ((name, _as_maps(item)) for name, item in value.items())
    return Struct(items) if isinstance(value, Struct) else dict(items)


class _Encoder:
    def __init__(self) -> None:
        self.out: list[str] = []

    def encode(self, key: tuple[str, ...], value: object) -> None:
        if value is None:
            return
        if isinstance(value, complex) and not key:
            raise TomlError("unsupported type for key '': complex128")
        if isinstance(value, dict):
            self._table(key, value)
        elif isinstance(value, list) and _is_table_array(value):
            self._array_of_tables(key, value)
        else:
            self._pair(key, value, inline=False)

    def _newline(self) -> None:
        if self.out:
            self.out.append("\n")

    def _array_of_tables(self, key: tuple[str, ...], value: list[object]) -> None:
        if not key:
            raise TomlError("toml: top-level values must be Go maps or structs")
        for item in value:
            assert isinstance(item, dict)
            self._newline()
            self.out.append(f"{_INDENT * (len(key) - 1)}[[{'.'.join(map(key_part, key))}]]")
            self._newline()
            self._map(key, item)

    def _table(self, key: tuple[str, ...], value: dict[str, object]) -> None:
        if len(key) == 1:
            self._newline()
        if key:
            self.out.append(f"{_INDENT * (len(key) - 1)}[{'.'.join(map(key_part, key))}]")
            self._newline()
        self._map(key, value)

    def _map(self, key: tuple[str, ...], value: dict[str, object]) -> None:
        value = _opened(value)
        for name in _ordered(value):
            if not is_nil(value[name]):
                self.encode((*key, name), value[name])

    def _pair(self, key: tuple[str, ...], value: object, *, inline: bool) -> None:
        if not key:
            self.out.append(_element(value))
            return
        self.out.append(f"{_INDENT * (len(key) - 1)}{key_part(key[-1])} = {_element(value)}")
        if not inline:
            self._newline()


def _ordered(value: dict[str, object]) -> Iterator[str]:
    tables = [name for name, item in value.items() if _is_table(item)]
    direct = [name for name in value if name not in set(tables)]
    if isinstance(value, Struct):  # whose fields have an order
        yield from (*direct, *tables)
    else:
        yield from sorted_texts(direct)
        yield from sorted_texts(tables)


def _is_table(value: object) -> bool:
    return (isinstance(value, dict) and not is_nil(value)) or (isinstance(value, list) and _is_table_array(value))


def _is_table_array(value: list[object]) -> bool:
    if any(map(is_nil, value)):
        raise TomlError("toml: cannot encode array with nil element")
    found = bool(value) and all(isinstance(item, dict) for item in value)
    for item in value:
        if isinstance(item, list):
            _is_table_array(item)
    return found


def _element(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, int):
        return quoted(str(value)) if type_name(value) == "time.Duration" else int.__repr__(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_element, value)) + "]"
    if isinstance(value, dict):
        return _inline(value)
    if isinstance(value, Time):
        return value.format(_LAYOUTS.get(value.zone, "2006-01-02T15:04:05.999999999Z07:00"))
    if isinstance(value, bytes):
        return "[" + ", ".join(map(str, value)) + "]"
    go_json = getattr(value, "go_json", None)
    if go_json is not None:
        return _element(go_json())
    raise TomlError(f"unsupported type: {kind_name(value)}")


def _float(number: float) -> str:
    if math.isnan(number):
        return "nan" if math.copysign(1, number) > 0 else "-nan"
    text = format_float(number)
    named = {"+Inf": "inf", "-Inf": "-inf"}.get(text)
    if named:
        return named
    return text if "e" in text or "." in text else text + ".0"


def _inline(value: dict[str, object]) -> str:
    value = _opened(value)
    names = list(_ordered(value))
    tables = [name for name in names if _is_table(value[name])]
    direct = names[: len(names) - len(tables)]
    out: list[str] = []
    for group, trailing in ((direct, bool(tables)), (tables, False)):
        for i, name in enumerate(group):
            if not is_nil(value[name]):
                out.append(f"{key_part(name)} = {_element(value[name])}")
                if trailing or i != len(group) - 1:
                    out.append(", ")
    return "{" + "".join(out) + "}"
