"""Writes out, when the binary is built, what ``@dataclass`` would do at each start.

Decorating a class costs a quarter of a millisecond, and ``dataclasses`` imports ``inspect``; a command has a hundred
such classes. Only the binary is made so: from a checkout the decorator works as ever, and a test holds the two to be
the same.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
from typing import Any

RUNTIME = "dataclass_runtime"
PRELUDE = (
    f"from {RUNTIME} import FACTORY as _dc_factory, PARAMS as _dc_params, Fields as _dc_fields, set_field as _dc_set,"
    " represent as _dc_repr, refuse_assignment as _dc_assign, refuse_deletion as _dc_delete,"
    " get_state as _dc_get_state, set_state as _dc_set_state"
)
OPTIONS = frozenset({"frozen", "slots", "eq", "order"})


class UnsupportedError(Exception):
    """A dataclass of a rarer form: it keeps its decorator."""


def expand(source: str, module: str) -> ast.Module:
    """Return a module's tree with its dataclasses written out; ``module`` is imported to see what they became."""
    tree = ast.parse(source)
    if "dataclasses" not in source or not _has_lazy_annotations(tree):
        return tree
    left = False
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(_is_dataclass(d) for d in node.decorator_list):
            try:
                _expand_class(node, getattr(importlib.import_module(module), node.name))
            except UnsupportedError:
                left = True
    _Imports(keep=left).visit(tree)
    at = next(i for i, node in enumerate(tree.body) if isinstance(node, ast.ImportFrom)) + 1
    tree.body[at:at] = ast.parse(PRELUDE).body
    return ast.fix_missing_locations(tree)


def _has_lazy_annotations(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "__future__" and node.names[0].name == "annotations"
        for node in tree.body
    )


def _is_dataclass(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Name) and called.id == "dataclass"


class _Imports(ast.NodeTransformer):
    """Takes from ``dataclasses`` what is no longer needed, and ``replace`` from the runtime."""

    def __init__(self, *, keep: bool) -> None:
        self.keep = keep

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        if node.module != "dataclasses":
            return node
        gone = {"replace"} if self.keep else {"replace", "dataclass", "field"}
        out: list[ast.stmt] = []
        rest = [name for name in node.names if name.name not in gone]
        if rest:
            out.append(ast.ImportFrom("dataclasses", rest, 0))
        if any(name.name == "replace" for name in node.names):
            out.append(ast.ImportFrom(RUNTIME, [ast.alias("replace")], 0))
        return [ast.copy_location(made, node) for made in out] or ast.copy_location(ast.Pass(), node)


def _expand_class(node: ast.ClassDef, made: Any) -> None:
    (decorator,) = node.decorator_list
    if not isinstance(decorator, ast.Call):
        raise UnsupportedError
    options = {k.arg: k.value.value for k in decorator.keywords if k.arg and isinstance(k.value, ast.Constant)}
    if len(options) != len(decorator.keywords) or not OPTIONS.issuperset(options):
        raise UnsupportedError
    text = _body(node, made, {**dict.fromkeys(OPTIONS, False), "eq": True, **options})
    own = {f.name for f in dataclasses.fields(made)}
    for statement in node.body:
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and statement.target.id in own
        ):
            statement.value = None if options.get("slots") else _class_value(statement.value)
    node.decorator_list = []
    node.body.extend(ast.parse(text).body)


def _class_value(value: ast.expr | None) -> ast.expr | None:
    """Return what a field's default leaves in a class without slots."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "field":
        return next((keyword.value for keyword in value.keywords if keyword.arg == "default"), None)
    return value


def _body(node: ast.ClassDef, made: Any, options: dict[str, Any]) -> str:
    """Return the text of what the decorator adds to a class."""
    frozen, eq, slots = options["frozen"], options["eq"], options["slots"]
    defined = {s.name for s in node.body if isinstance(s, ast.FunctionDef)}
    defined |= {t.id for s in node.body if isinstance(s, ast.Assign) for t in s.targets if isinstance(t, ast.Name)}
    written = {s.target.id: s for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)}
    fields = [_Field(f, written.get(f.name)) for f in dataclasses.fields(made)]
    names = [f.name for f in fields]
    compared = [f.name for f in fields if f.made.compare]
    own = ", ".join(f.recipe for f in fields if f.own)
    lines = [
        *([f"__slots__ = {made.__dict__['__slots__']!r}"] if slots else []),
        f"__match_args__ = {tuple(names)!r}",
        f"__dataclass_params__ = _dc_params[{eq}, {frozen}, {options['order']}]",
        f"__dataclass_fields__ = _dc_fields(lambda: {{{own}}})",
    ]
    if "__init__" not in defined:
        lines += _init(fields, frozen=frozen, post=hasattr(made, "__post_init__"))
    if "__repr__" not in defined:
        lines.append("__repr__ = _dc_repr")
    if eq and "__eq__" not in defined:
        mine, theirs = _row("self", compared), _row("other", compared)
        lines += [
            "def __eq__(self, other):",
            f"    return {mine} == {theirs} if other.__class__ is self.__class__ else NotImplemented",
        ]
    if eq and "__hash__" not in defined:
        if any(f.made.hash is not None for f in fields):
            raise UnsupportedError
        lines += (
            ["def __hash__(self):", f"    return hash({_row('self', compared)})"] if frozen else ["__hash__ = None"]
        )
    if options["order"]:
        for name, sign in (("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">=")):
            mine, theirs = _row("self", compared), _row("other", compared)
            lines += [
                f"def __{name}__(self, other):",
                f"    return {mine} {sign} {theirs} if other.__class__ is self.__class__ else NotImplemented",
            ]
    if frozen:
        lines.append("__setattr__, __delattr__ = _dc_assign, _dc_delete")
    if frozen and slots:
        lines += [
            f"{n} = {v}"
            for n, v in (("__getstate__", "_dc_get_state"), ("__setstate__", "_dc_set_state"))
            if n not in defined
        ]
    return "\n".join(lines)


class _Field:
    """A field: as ``dataclasses`` sees it, and as it was written."""

    def __init__(self, made: dataclasses.Field[Any], statement: ast.AnnAssign | None) -> None:
        self.made = made
        self.name = made.name
        self.own = statement is not None
        self.default = ""
        self.factory = ""
        told: dict[str, str] = {}
        if not made.init or made.kw_only:
            raise UnsupportedError
        value = statement.value if statement else None
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "field":
            told = {keyword.arg or "": ast.unparse(keyword.value) for keyword in value.keywords}
            self.default, self.factory = told.pop("default", ""), told.get("default_factory", "")
        elif value is not None:
            self.default = ast.unparse(value)
        inherits_default = made.default is not dataclasses.MISSING or made.default_factory is not dataclasses.MISSING
        if statement is None and inherits_default:
            raise UnsupportedError
        options = ", ".join(f"{key!r}: {text}" for key, text in told.items())
        self.recipe = f"{self.name!r}: ({made.type!r}, {{{options}}})"

    @property
    def parameter(self) -> str:
        """Return it as a parameter of ``__init__``."""
        default = "_dc_factory" if self.factory else f"({self.default})" if self.default else ""
        return f"{self.name}={default}" if default else self.name

    @property
    def value(self) -> str:
        """Return what ``__init__`` sets it to."""
        return f"({self.factory})() if {self.name} is _dc_factory else {self.name}" if self.factory else self.name


def _init(fields: list[_Field], *, frozen: bool, post: bool) -> list[str]:
    lines = [f"def __init__({', '.join(['self', *(f.parameter for f in fields)])}):"]
    setting = "    _dc_set(self, {0!r}, {1})" if frozen else "    self.{0} = {1}"
    lines += [setting.format(f.name, f.value) for f in fields]
    if post:
        lines.append("    self.__post_init__()")
    return lines if len(lines) > 1 else [*lines, "    pass"]


def _row(name: str, fields: list[str]) -> str:
    return "(" + "".join(f"{name}.{field}, " for field in fields) + ")"
