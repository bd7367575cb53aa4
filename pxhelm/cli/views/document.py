"""JSON and YAML for programs, in Helm's form: compact JSON with a newline, YAML with sorted keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from pxhelm.golang.json import ordered


def as_json(value: object) -> str:
    """Return one line of JSON, keys in the order given, as Helm's ``-o json``."""
    return ordered(whole(value)) + "\n"


def whole(value: object) -> object:
    """Undo what Helm's reading does to numbers: integers are integers again."""
    if isinstance(value, Mapping):
        return {key: whole(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def as_pretty_json(value: object) -> str:
    """Return indented JSON, as kubectl's ``-o json``."""
    return json.dumps(whole(value), indent=2, ensure_ascii=False) + "\n"


def as_yaml(value: object) -> str:
    """Return YAML as Helm prints it."""
    from pxhelm.golang.yaml import to_yaml

    return to_yaml(value).rstrip("\n") + "\n"


FORMATS: dict[str, Callable[[object], str]] = {"json": as_json, "yaml": as_yaml}
