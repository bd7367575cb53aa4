"""kubectl's JSONPath, as far as values need it: fields, indices, ``[*]``, slices, texts between braces.

No filters and no ``range``: those end in an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pxhelm.errors import PxhelmError
from pxhelm.golang import json

_STEP: Final = re.compile(
    r"\.(?P<star>\*)|\.?(?P<field>[A-Za-z_](?:[\w-]|\\.)*)|\.(?P<dotted>(?:[\w/-]|\\.)+)"
    r"|\[(?P<all>\*)\]|\[(?P<index>-?\d+)\]|\['(?P<quoted>[^']*)'\]"
    r"|\[(?P<slice>-?\d*:-?\d*)\]|(?P<root>\$)|(?P<dot>\.)$|(?P<at>@)"
)


def evaluate(template: str, value: object) -> str:
    """Return what a template such as ``{.a.b[0]}`` prints; missing fields print nothing.

    Raises:
        PxhelmError: for a template that cannot be read.
    """
    out, at = [], 0
    while at < len(template):
        begin = template.find("{", at)
        if begin < 0:
            out.append(template[at:])
            break
        out.append(template[at:begin])
        end = template.find("}", begin)
        if end < 0:
            raise PxhelmError(f"error parsing jsonpath {template}: unclosed action")
        out.append(_action(template, template[begin + 1 : end].strip(), value))
        at = end + 1
    return "".join(out)


def _action(template: str, action: str, value: object) -> str:
    if len(action) > 1 and action[0] == action[-1] and action[0] in "\"'":
        return action[1:-1].encode().decode("unicode_escape")
    found, at = [value], 0
    while at < len(action):
        step = _STEP.match(action, at)
        if step is None or step.end() == at:
            raise PxhelmError(f"error parsing jsonpath {template}: unrecognized character in action: {action[at:]!r}")
        found = [one for each in found for one in _step(step, each)]
        at = step.end()
    return " ".join(_text(one) for one in found)


def _step(step: re.Match[str], value: object) -> Iterator[object]:
    if step["root"] or step["dot"] or step["at"]:
        yield value
    elif step["star"] or step["all"]:
        yield from value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    elif step["index"] is not None:
        if isinstance(value, list) and -len(value) <= int(step["index"]) < len(value):
            yield value[int(step["index"])]
    elif step["slice"] is not None:
        if isinstance(value, list):
            low, _, high = step["slice"].partition(":")
            yield from value[int(low) if low else None : int(high) if high else None]
    else:
        name = step["quoted"] if step["quoted"] is not None else (step["field"] or step["dotted"]).replace("\\", "")
        if isinstance(value, dict) and name in value:
            yield value[name]


def _text(value: object) -> str:
    return value if isinstance(value, str) else "<nil>" if value is None else json.marshal(value)
