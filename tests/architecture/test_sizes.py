"""Files stay readable: 500 lines a file, 60 lines a function, 5 parameters (style.md, section 0)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE_LINES = 500
FUNCTION_LINES = 60
PARAMETERS = 5

EXCEPTIONS: dict[str, str] = {
    # "path" or "path:function": "reason"
}

FILES = [p for p in sorted((ROOT / "pxhelm").rglob("*.py")) if "proxmox/schema/" not in p.as_posix()]


def too_large(path):
    name = path.relative_to(ROOT).as_posix()
    source = path.read_text()
    lines = source.count("\n")
    if lines > FILE_LINES:
        yield name, f"{lines} lines"
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        where = f"{name}:{node.name}"
        length = node.end_lineno - node.lineno + 1
        if length > FUNCTION_LINES:
            yield where, f"{length} lines"
        arguments = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        if len([a for a in arguments if a not in ("self", "cls")]) > PARAMETERS and not is_command(node):
            yield where, f"{len(arguments)} parameters"


def is_command(node):
    """click hands a command its options as keyword arguments."""
    return any(isinstance(d, ast.Call) for d in node.decorator_list) and any(
        isinstance(a, ast.arg) and a.arg == "options" for a in [*node.args.args, node.args.kwarg]
    )


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_within_budget(path):
    found = [f"{where}: {what}" for where, what in too_large(path) if where not in EXCEPTIONS]
    assert not found


def test_exceptions_are_still_needed():
    found = {where for path in FILES for where, _ in too_large(path)}
    assert set(EXCEPTIONS) <= found
