"""YAML, JSON and TOML: values to text and back.

Helm's readers never fail: their error text is the value's ``Error`` key, or the list's one element.
"""

from __future__ import annotations

from collections.abc import Callable

from pxhelm.golang import json, yaml
from pxhelm.golang.text import GoPanicError
from pxhelm.golang.value import NilList, NilMap
from pxhelm.gotemplate.signature import ANY, Function, FunctionError, function

_MAP = "map[string]interface {}"
_LIST = "[]interface {}"


def to_yaml(value: object) -> str:
    """Print YAML; the empty text when the value cannot be printed."""
    try:
        return yaml.to_yaml(value).removesuffix("\n")
    except (ValueError, RecursionError):  # a map that holds itself
        return ""


def to_yaml_pretty(value: object) -> str:
    """Print YAML with indented lists; the empty text when the value cannot be printed."""
    try:
        return yaml.to_yaml_pretty(value).removesuffix("\n")
    except yaml.UnprintableError as error:
        raise FunctionError(str(error)) from None
    except (ValueError, RecursionError):
        return ""


def from_yaml(text: str) -> dict[str, object]:
    """Read a YAML map."""
    try:
        return yaml.load_map(text)
    except yaml.YamlError as error:
        return {"Error": str(error)}


def from_yaml_array(text: str) -> list[object]:
    """Read a YAML list."""
    try:
        return yaml.expect_list(yaml.load(text))
    except yaml.YamlError as error:
        return [str(error)]


def to_json(value: object) -> str:
    """Print JSON; the empty text when the value cannot be printed."""
    try:
        return json.marshal(value)
    except json.JsonError:
        return ""


def to_pretty_json(value: object) -> str:
    """Print JSON with line breaks; the empty text when the value cannot be printed."""
    try:
        return json.marshal(value, indent="  ")
    except json.JsonError:
        return ""


def to_raw_json(value: object) -> str:
    """Print JSON without escaping ``<``, ``>`` and ``&``."""
    return _must(lambda: json.marshal(value, html=False))


def must_to_json(value: object) -> str:
    """Print JSON; an error when the value cannot be printed."""
    return _must(lambda: json.marshal(value))


def must_to_pretty_json(value: object) -> str:
    """Print JSON with line breaks; an error when the value cannot be printed."""
    return _must(lambda: json.marshal(value, indent="  "))


def _must(action: Callable[[], str]) -> str:
    try:
        return action()
    except json.JsonError as error:
        raise FunctionError(str(error)) from None


_JSON_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "bool"), (str, "string"), (float, "number"), (list, "array"), (dict, "object"),
)  # fmt: skip


def _misfit(value: object, go_type: str) -> str:
    name = next(name for kind, name in _JSON_NAMES if isinstance(value, kind))
    return f"json: cannot unmarshal {name} into Go value of type {go_type}"


def _outermost(error: json.JsonError, text: str, wanted: str, go_type: str) -> str:
    """Return the reader's complaint; that all of it is of another kind comes before a number that does not fit."""
    first = text.lstrip(" \t\r\n")[:1]
    if first == wanted or "cannot unmarshal number" not in str(error):
        return str(error)
    return _misfit({"{": {}, "[": []}.get(first, 0.0), go_type)


def from_json(text: str) -> dict[str, object]:
    """Read a JSON map."""
    try:
        value = json.unmarshal(text)
    except json.JsonError as error:
        read = error.partial if isinstance(error.partial, dict) else {}
        return {**read, "Error": _outermost(error, text, "{", _MAP)}
    if value is None or isinstance(value, dict):
        return NilMap() if value is None else value
    return {"Error": _misfit(value, _MAP)}


def from_json_array(text: str) -> list[object]:
    """Read a JSON list."""
    try:
        value = json.unmarshal(text)
    except json.JsonError as error:
        return [_outermost(error, text, "[", _LIST)]
    if value is None or isinstance(value, list):
        return NilList() if value is None else value
    return [_misfit(value, _LIST)]


def must_from_json(text: str) -> object:
    """Read any JSON; an error when it is none."""
    try:
        return json.unmarshal(text)
    except json.JsonError as error:
        raise FunctionError(str(error)) from None


def to_toml(value: object) -> str:
    """Print TOML; the error text when the value cannot be printed."""
    from pxhelm.golang.toml import encode  # with its dates, what few charts need
    from pxhelm.golang.toml_decode import TomlError

    if value is None:
        raise FunctionError("reflect: call of reflect.Value.Type on zero Value")
    try:
        return encode(value)
    except TomlError as error:
        return str(error)


def from_toml(text: str) -> dict[str, object]:
    """Read TOML; a map with the error when it is none."""
    from pxhelm.golang.toml_decode import TomlError, decode  # with its dates, what few charts need

    try:
        return decode(text)
    except TomlError as error:
        return {"Error": str(error)}
    except GoPanicError as error:
        raise FunctionError(str(error)) from None


FUNCTIONS: dict[str, Function] = {
    "toYaml": function(to_yaml, ANY, result="string"),
    "toYamlPretty": function(to_yaml_pretty, ANY, result="string"),
    "fromYaml": function(from_yaml, "string", result=_MAP),
    "fromYamlArray": function(from_yaml_array, "string", result=_LIST),
    "toJson": function(to_json, ANY, result="string"),
    "toPrettyJson": function(to_pretty_json, ANY, result="string"),
    "toRawJson": function(to_raw_json, ANY, result="string"),
    "mustToJson": function(must_to_json, ANY, result="string"),
    "mustToPrettyJson": function(must_to_pretty_json, ANY, result="string"),
    "mustToRawJson": function(to_raw_json, ANY, result="string"),
    "fromJson": function(from_json, "string", result=_MAP),
    "fromJsonArray": function(from_json_array, "string", result=_LIST),
    "mustFromJson": function(must_from_json, "string"),
    "toToml": function(to_toml, ANY, result="string"),
    "fromToml": function(from_toml, "string", result=_MAP),
}
