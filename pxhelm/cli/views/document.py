"""JSON and YAML for programs, in Helm's form: compact JSON with a newline, YAML with sorted keys."""

from __future__ import annotations

import json
from collections.abc import Callable


def as_json(value: object) -> str:
    """Return one line of JSON, keys in the order given, as Helm's ``-o json``."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n"


def as_pretty_json(value: object) -> str:
    """Return indented JSON, as kubectl's ``-o json``."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def as_yaml(value: object) -> str:
    """Return YAML as Helm prints it."""
    from pxhelm.golang.yaml import to_yaml

    return to_yaml(value) + "\n"


FORMATS: dict[str, Callable[[object], str]] = {"json": as_json, "yaml": as_yaml}
