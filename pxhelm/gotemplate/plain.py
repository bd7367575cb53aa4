"""One template alone, as text/template runs it with sprig's functions: what ``--name-template`` is in Helm.

None of Helm's own functions are at hand, the dot is nil, and errors are Go's as they stand. Not for charts: the
environment can be read here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pxhelm.golang import json
from pxhelm.gotemplate.builtins import BUILTINS
from pxhelm.gotemplate.compiler import Program
from pxhelm.gotemplate.functions import ALL
from pxhelm.gotemplate.host import Host
from pxhelm.gotemplate.parser import parse
from pxhelm.gotemplate.runtime import Budget, Frame, Run
from pxhelm.gotemplate.signature import Function, FunctionError, function

_HELMS: Final = frozenset(
    {"toToml", "fromToml", "toYaml", "toYamlPretty", "fromYaml", "fromYamlArray", "fromJson", "fromJsonArray"}
)
"""Functions that Helm adds to sprig's, or offers in sprig's place."""
_VARIABLE: Final = re.compile(r"\$(?:\{(\w*)\}|(\w+))")


def run_plain(name: str, source: str, host: Host, environ: Mapping[str, str]) -> str:
    """Return what a template writes; TemplateError in Go's words."""
    functions = {**BUILTINS, **{n: ALL[n] for n in ALL if n not in _HELMS}, **_own(environ)}
    programs = {tree.name: Program(tree, functions, False, False) for tree in parse(name, source, functions).values()}
    run = Run(programs, host, Budget(), False, False)
    program = programs[name]
    frame = Frame(run, None, program.tree.slots)
    program.body()(frame)
    return "".join(frame.out)


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
