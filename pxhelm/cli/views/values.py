"""How the story of a value reads."""

from __future__ import annotations

import json

from pxhelm.cli.views.document import whole
from pxhelm.errors import field_name
from pxhelm.values.explain import ABSENT, Explanation, Step


def explanation_text(found: Explanation) -> str:
    """Return the value, who set it, and one line for each layer; ``*`` marks the layer that won."""
    winner = found.winner
    by = f"  (set by {_layer(winner)})" if winner else ""
    names = [_layer(step) for step in found.steps]
    width = max(map(len, names), default=0)
    lines = [f"{field_name(found.path)} = {_value(found.value)}{by}"]
    for name, step in zip(names, found.steps, strict=True):
        shown = _value(step.value) if step.changed or step is found.steps[0] else "·"
        lines.append(f"{'*' if step is winner else ' '} {name:<{width}}  {shown}")
    return "\n".join(lines) + "\n"


def explanation_data(found: Explanation) -> dict[str, object]:
    """Return the story for programs; a key that is not there has no ``value``."""
    winner = found.winner
    return {
        "key": field_name(found.path),
        **_present(found.value),
        "setBy": winner.layer if winner else None,
        "layers": [
            {
                "layer": step.layer,
                **_present(step.value),
                "changed": step.changed,
                **({"file": step.where.file, "line": step.where.line} if step.where else {}),
            }
            for step in found.steps
        ],
    }


def _present(value: object) -> dict[str, object]:
    return {} if value is ABSENT else {"value": value}


def _layer(step: Step) -> str:
    return f"{step.layer}:{step.where.line}" if step.where and step.changed else step.layer


def _value(value: object) -> str:
    return "(absent)" if value is ABSENT else json.dumps(whole(value), ensure_ascii=False)
