"""Outside the edges nothing opens a file or reads a clock; imports alone do not show those."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def edges():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contract = next(c for c in config["tool"]["importlinter"]["contracts"] if c["id"] == "edges")
    return [entry.split(" -> ")[0] for entry in contract["ignore_imports"]]


def is_edge(module):
    return any(module == e or (e.endswith(".**") and module.startswith(e[:-2])) for e in edges())


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


PURE = [p for p in sorted((ROOT / "pxhelm").rglob("*.py")) if not is_edge(module_of(p))]


def impurities(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name == "open" or name.endswith(("datetime.now", "datetime.today", "datetime.utcnow", "date.today")):
                yield f"line {node.lineno}: {name}()"
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            yield from (f"line {node.lineno}: imports {n}" for n in names if n.startswith("urllib.request"))


@pytest.mark.parametrize("path", PURE, ids=module_of)
def test_pure(path):
    assert not list(impurities(ast.parse(path.read_text())))


def test_the_check_sees_an_impurity():
    source = "import urllib.request\nfrom datetime import datetime\nopen('x')\ndatetime.now()\n"
    assert len(list(impurities(ast.parse(source)))) == 3
