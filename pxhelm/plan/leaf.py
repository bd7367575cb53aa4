"""Leaf values as the store, a plan's JSON and a comparison see them. Never shows a secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pxhelm.resource.model import SecretSource, Value
from pxhelm.secret import REDACTED, Secret

Fingerprint = Callable[[str], str]
"""Keyed HMAC of a text (``SealingKey.fingerprint``)."""

_HMAC = "hmac"


def base_of(value: Value, fingerprint: Fingerprint) -> object:
    """Return the plain JSON value under which a leaf is remembered; a secret becomes its keyed HMAC."""
    if isinstance(value, Secret):
        return {_HMAC: fingerprint(value.reveal())}
    if isinstance(value, SecretSource):
        return {_HMAC: fingerprint(str(value))}
    if isinstance(value, tuple):
        return [base_of(item, fingerprint) for item in value]  # type: ignore[arg-type]
    return value


def as_leaf(base: object) -> Value:
    """Return a remembered value as a leaf; fingerprints of secrets are no value."""
    if isinstance(base, (list, tuple)):
        return tuple(as_leaf(each) for each in base)
    return base if base is None or isinstance(base, (bool, int, float, str)) else None


def shown(value: object) -> object:
    """Return the JSON value that people and plans see; secrets and their fingerprints as ``***``."""
    if isinstance(value, (Secret, SecretSource)) or (isinstance(value, dict) and _HMAC in value):
        return REDACTED
    if isinstance(value, (tuple, list)):
        return [shown(item) for item in value]
    return value


def flow(value: object) -> str:
    """Return a value in one line, as YAML would have it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def covers(patterns: tuple[str, ...], path: str) -> bool:
    """Whether one of the patterns names the path or something above it; ``*`` stands for one name."""
    names = path.split(".")
    return any(_matches(pattern.split("."), names) for pattern in patterns)


def _matches(pattern: list[str], names: list[str]) -> bool:
    return len(pattern) <= len(names) and all(p in ("*", n) for p, n in zip(pattern, names, strict=False))
