"""Chart.yaml and Chart.lock as Go decodes them: names in any case, scalars into strings, its error texts.

Takes what the YAML parser made of the text; never parses text itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from pxhelm.chart.model import ChartError, Dependency, Lock, Maintainer
from pxhelm.golang.strconv import format_float32

_Decode = Callable[[Any, "_Place"], Any]


class _Place:
    """Where in the struct a value goes, for Go's error text."""

    __slots__ = ("path", "struct")

    def __init__(self, struct_name: str, path: str = "") -> None:
        self.struct = struct_name
        self.path = path

    def mismatch(self, value: object, go_type: str) -> ChartError:
        if not self.path:
            target = f"Go value of type {go_type}"
        else:
            target = f"Go struct field {self.struct}.{self.path} of type {go_type}"
        return ChartError(
            f"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {_json_kind(value)} into {target}"
        )


def _json_kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def scalar_text(value: object) -> str:
    """Return a scalar as sigs.k8s.io/yaml writes it where a string is wanted: floats by their 32-bit digits."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format_float32(value)
    return str(value)


def _string(value: Any, place: _Place) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        raise place.mismatch(value, "string")
    return scalar_text(value)


def _bool(value: Any, place: _Place) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise place.mismatch(value, "bool")


def _list_of(item: _Decode, go_type: str) -> _Decode:
    def decode(value: Any, place: _Place) -> tuple[Any, ...]:
        if value is None:
            return ()
        if not isinstance(value, list):
            raise place.mismatch(value, go_type)
        return tuple(item(v, place) for v in value)

    return decode


def _strings_by_name(value: Any, place: _Place) -> Mapping[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise place.mismatch(value, "map[string]string")
    return {str(k): _string(v, place) for k, v in sorted(value.items())}


def _anything(value: Any, _place: _Place) -> Any:
    """Return what JSON makes of it: every number is float64."""
    if isinstance(value, list):
        return [_anything(v, _place) for v in value]
    if isinstance(value, dict):
        return {str(k): _anything(v, _place) for k, v in value.items()}
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _fields(value: dict[str, Any], place: _Place, fields: Mapping[str, tuple[str, _Decode]]) -> dict[str, Any]:
    """Decode the known keys of a mapping, in the order of sorted JSON keys, names folded as Go folds them."""
    found: dict[str, Any] = {}
    for key in sorted(value):
        name = key if key in fields else key.casefold()
        known = fields.get(name) or fields.get(_FOLDED.get(name, ""))
        if known is None:
            continue
        json_name = name if name in fields else _FOLDED[name]
        inner = _Place(place.struct, f"{place.path}.{json_name}" if place.path else json_name)
        if value[key] is not None or known[0] not in found:
            found[known[0]] = known[1](value[key], inner)
    return found


def _struct(cls: type, name: str, fields: Mapping[str, tuple[str, _Decode]]) -> _Decode:
    def decode(value: Any, place: _Place) -> Any:
        if value is None:
            # A nil pointer; ``validate`` refuses it.
            return None
        if not isinstance(value, dict):
            raise place.mismatch(value, f"chart.{name}")
        return cls(**_fields(value, _Place(name, place.path), fields))

    return decode


_STRINGS: Final = _list_of(_string, "[]string")

_DEPENDENCY: Final[Mapping[str, tuple[str, _Decode]]] = {
    "name": ("name", _string),
    "version": ("version", _string),
    "repository": ("repository", _string),
    "condition": ("condition", _string),
    "tags": ("tags", _STRINGS),
    "enabled": ("enabled", _bool),
    "import-values": ("import_values", _list_of(_anything, "[]interface {}")),
    "alias": ("alias", _string),
}
_MAINTAINER: Final[Mapping[str, tuple[str, _Decode]]] = {
    "name": ("name", _string),
    "email": ("email", _string),
    "url": ("url", _string),
}
_DEPENDENCIES: Final = _list_of(_struct(Dependency, "Dependency", _DEPENDENCY), "[]*chart.Dependency")
_METADATA: Final[Mapping[str, tuple[str, _Decode]]] = {
    "name": ("name", _string),
    "home": ("home", _string),
    "sources": ("sources", _STRINGS),
    "version": ("version", _string),
    "description": ("description", _string),
    "keywords": ("keywords", _STRINGS),
    "maintainers": (
        "maintainers",
        _list_of(_struct(Maintainer, "Maintainer", _MAINTAINER), "[]*chart.Maintainer"),
    ),
    "icon": ("icon", _string),
    "apiVersion": ("api_version", _string),
    "condition": ("condition", _string),
    "tags": ("tags", _string),
    "appVersion": ("app_version", _string),
    "deprecated": ("deprecated", _bool),
    "annotations": ("annotations", _strings_by_name),
    "kubeVersion": ("kube_version", _string),
    "dependencies": ("dependencies", _DEPENDENCIES),
    "type": ("type", _string),
}
_LOCK: Final[Mapping[str, tuple[str, _Decode]]] = {
    "generated": ("generated", _string),
    "digest": ("digest", _string),
    "dependencies": ("dependencies", _DEPENDENCIES),
}
_FOLDED: Final = {name.casefold(): name for name in (*_METADATA, *_LOCK, *_DEPENDENCY, *_MAINTAINER)}


def metadata_fields(value: object) -> dict[str, Any]:
    """Decode a Chart.yaml or requirements.yaml into keyword arguments of ``Metadata``, unchecked.

    A null in a list of structs stays None, for ``validate`` to refuse.

    Raises:
        ChartError: in Go's words when a field holds something of another type.
    """
    return _without_nil(value, _top(value, "Metadata", _METADATA))


def _without_nil(value: object, fields: dict[str, Any]) -> dict[str, Any]:
    if isinstance(value, dict) and value.get("dependencies") is None:
        # JSON null leaves the slice nil.
        fields.pop("dependencies", None)
    return fields


def decode_lock(value: object) -> Lock:
    """Decode a Chart.lock.

    Raises:
        ChartError: as ``metadata_fields``.
    """
    return Lock(**_without_nil(value, _top(value, "Lock", _LOCK)))


def _top(value: object, name: str, fields: Mapping[str, tuple[str, _Decode]]) -> dict[str, Any]:
    place = _Place(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise place.mismatch(value, f"chart.{name}")
    return _fields(value, place, fields)
