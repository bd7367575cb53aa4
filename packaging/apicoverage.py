"""Which endpoints of the Proxmox API pxhelm reaches by a kind, by a command, or by ``pxhelm api`` alone.

Read from the code: the paths that kinds and commands ask for, as they stand in their sources, against the paths of the
schema. The parts that a call fills in stand for any name.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pxhelm.proxmox.schema import Schema, load

_FACTS = ("shape.py",)
"""Files whose paths are no requests."""
PACKAGE = Path(__file__).resolve().parents[1] / "pxhelm"
KINDS = ("kinds", "resource")
COMMANDS = ("actions", "plan", "apply", "proxmox")
_ANY = "*"
_GUESTS = ("qemu", "lxc")
_TOP = ("access", "cluster", "nodes", "pools", "storage", "version")


def _texts(tree: ast.AST) -> Iterator[str]:
    """Yield the texts of a module that begin with a slash, with ``*`` for what is filled in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.match(r"/[a-z]", node.value):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else _ANY for part in node.values)
            if text.startswith(("/", _ANY)) and "/" in text:
                yield text


def _patterns(folders: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for folder in folders:
        for file in sorted((PACKAGE / folder).rglob("*.py")):
            if "schema" not in file.parts and file.name not in _FACTS:
                found |= set(_texts(ast.parse(file.read_text())))
    paths = {re.sub(r"\{[^}]*\}", _ANY, text) for text in found if re.fullmatch(r"[/\w*{}.:+-]+", text)}
    # what begins with no name of the API's top level is put behind the path of a guest or an item
    return {path if path.startswith(_ANY) or path.split("/")[1] in _TOP else f"{_ANY}{path}" for path in paths}


def _matches(patterns: set[str], path: str) -> bool:
    parts = re.sub(r"\{[^}]*\}", "{}", path).strip("/").split("/")
    return any(_fits(pattern, parts) for pattern in patterns)


def _fits(pattern: str, parts: list[str]) -> bool:
    words = pattern.strip("/").split("/")
    if words[0] == _ANY and not pattern.startswith("/"):
        # the base of a guest, a node or an item stands before it
        tail = words[1:]
        if not tail or len(tail) >= len(parts) or "{}" not in parts[: -len(tail)]:
            return False
        return _same(tail, parts[-len(tail) :]) and tail[0] != _ANY
    return len(words) == len(parts) and _same(words, parts)


def _same(words: list[str], parts: list[str]) -> bool:
    return all(
        word == part or _stands_for(words, number, part)
        for number, (word, part) in enumerate(zip(words, parts, strict=True))
    )


def _stands_for(words: list[str], number: int, part: str) -> bool:
    """Whether what a call fills in may be this part: a name, the type of a guest, or a type of things deep in a path."""
    if _ANY not in words[number]:
        return False
    deep = number > 1 and words[0] != "nodes" and all(_ANY not in word for word in words[:number])
    return part in ("{}", *_GUESTS) or deep


def table() -> tuple[list[tuple[str, int, int, int, int]], Schema]:
    """Return a row per group of paths: its name, endpoints, reached by kinds, by commands too, by ``pxhelm api`` alone."""
    schema = load("9.2")
    kinds, commands = _patterns(KINDS), _patterns(COMMANDS)
    kinds |= {f"{pattern}/*" for pattern in kinds if re.fullmatch(r"/[a-z/-]+", pattern)}
    count: dict[str, Counter[str]] = {}
    for path in schema.paths():
        group = "/".join(path.split("/")[:3]) if path.count("/") > 1 else path
        if path.startswith("/nodes/{node}/"):
            group = "/".join(path.split("/")[:4])
        way = "kind" if _matches(kinds, path) else "command" if _matches(commands, path) else "raw"
        count.setdefault(group, Counter())[way] += len(schema.methods(path))
    return [(g, sum(c.values()), c["kind"], c["command"], c["raw"]) for g, c in sorted(count.items())], schema


def page(mark: str) -> str:
    """Return the page."""
    rows, schema = table()
    total = [sum(row[i] for row in rows) for i in range(1, 5)]
    lines = [
        f"{mark}\n# The Proxmox VE API in pxhelm\n",
        (
            f"Endpoints of Proxmox VE {schema.version} by the way pxhelm reaches them: by a kind of manifest, by a command, or by"
            " [`pxhelm api`](guide/api.md), which calls any of them, checked by the schema. Counted in the code by path: a path"
            " that a kind uses counts for the kind with all of its methods.\n"
        ),
        "| Paths | Endpoints | Kind | Command | `pxhelm api` only |\n|-|-|-|-|-|",
    ]
    lines += [f"| `{name}` | {a} | {b or ''} | {c or ''} | {d or ''} |" for name, a, b, c, d in rows]
    lines.append(f"| **all** | **{total[0]}** | **{total[1]}** | **{total[2]}** | **{total[3]}** |\n")
    return "\n".join(lines)
