"""One template alone, as text/template runs it: ``-o go-template`` of kubectl, ``--name-template`` of Helm.

None of Helm's own functions are at hand, a missing key prints ``<no value>``, and errors are Go's as they stand. Not for
charts: with sprig's functions the environment can be read here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pxhelm.golang import json
from pxhelm.golang.value import joined
from pxhelm.gotemplate.budget import Budget
from pxhelm.gotemplate.builtins import BUILTINS
from pxhelm.gotemplate.compiler import Program
from pxhelm.gotemplate.functions import ALL
from pxhelm.gotemplate.host import Host
from pxhelm.gotemplate.parser import parse
from pxhelm.gotemplate.runtime import Frame, Run
from pxhelm.gotemplate.signature import Function, FunctionError, function

_HELMS: Final = frozenset(
    {"toToml", "fromToml", "toYaml", "toYamlPretty", "fromYaml", "fromYamlArray", "fromJson", "fromJsonArray"}
)
"""Functions that Helm adds to sprig's, or offers in sprig's place."""
_VARIABLE: Final = re.compile(r"\$(?:\{(\w*)\}|(\w+))")


class PlainTemplate:
    """A template with the builtins and some functions; ParseError in Go's words when it is none."""

    def __init__(self, name: str, source: str, functions: Mapping[str, Function]) -> None:
        known = {**BUILTINS, **functions}
        self._name = name
        self._programs = {tree.name: Program(tree, known, False, False) for tree in parse(name, source, known).values()}

    def render(self, data: object, host: Host | None = None) -> str:
        """Return what it writes; TemplateError in Go's words."""
        program = self._programs[self._name]
        run = Run(self._programs, host or Host(), Budget(), False, False)
        frame = Frame(run, data, program.tree.slots)
        program.body()(frame)
        return joined("".join(frame.out))


def run_plain(name: str, source: str, host: Host, environ: Mapping[str, str], data: object = None) -> str:
    """Return what a template writes about ``data`` with sprig's functions; TemplateError in Go's words."""
    functions = {**{n: ALL[n] for n in ALL if n not in _HELMS}, **_own(environ)}
    return PlainTemplate(name, source, functions).render(data, host)


def _own(environ: Mapping[str, str]) -> dict[str, Function]:
    def expand(text: str) -> str:
        return _VARIABLE.sub(lambda found: environ.get(found[1] or found[2] or "", ""), text)

    return {
        "env": function(lambda key: environ.get(key, ""), "string", result="string"),
        "expandenv": function(expand, "string", result="string"),
        "fail": function(_fail, "string", result="string"),
        "fromJson": function(_from_json, "string"),
        "mustFromJson": ALL["mustFromJson"],
    }


def _fail(message: str) -> str:
    raise FunctionError(message)


def _from_json(text: str) -> object:
    try:
        return json.unmarshal(text)
    except json.JsonError:
        return None
