"""The Go templates of a chart on the template engine, errors with the place they point at.

Only the glue between ``tree`` and ``gotemplate``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from pxhelm.errors import ExitCode, Where
from pxhelm.gotemplate import engine as go
from pxhelm.gotemplate.errors import BudgetError, Place
from pxhelm.gotemplate.host import Host
from pxhelm.render.model import RenderError, RenderRequest
from pxhelm.render.tree import Template
from pxhelm.values.merge import Warnings


def run(
    request: RenderRequest,
    templates: Sequence[Template],
    told: Warnings,
    *,
    spans: bool = False,
    engine: Callable[..., go.Engine] = go.Engine,
) -> dict[str, go.Output]:
    """Run the templates in Helm's order and return what each file wrote; ``engine`` makes the engine.

    Raises:
        RenderError: in Helm's words, with the template's line.
    """
    made = engine(
        host=_host(request, told),
        strict=request.options.strict,
        lint=request.options.lint,
        budget=request.budget,
        spans=spans,
    )
    try:
        return made.render({t.name: go.Template(t.text, t.root, t.base_path) for t in templates})
    except go.RenderFailedError as e:
        if isinstance(e.cause, BudgetError):
            hint = "if the chart is to be trusted, raise the limit: PXHELM_LIMITS=steps=…,output=…,depth=…,seconds=…"
            raise RenderError(str(e), code=ExitCode.REFUSED, where=where_of(e.place), hint=hint) from None
        raise RenderError(str(e), where=where_of(e.place), hint=_meant(str(e), templates)) from None


def _meant(text: str, templates: Sequence[Template]) -> str:
    """Return what was probably meant by the name of a template that is not there."""
    missing = _NO_TEMPLATE.search(text)
    if missing is None:
        return ""
    from difflib import get_close_matches

    known = {name for one in templates for name in _DEFINE.findall(one.text)}
    near = get_close_matches(missing[1], sorted(known), 1, 0.5)
    return f"did you mean {near[0]}?" if near else ""


_NO_TEMPLATE: Final = re.compile(r'(?:no template|template) "([^"]+)" (?:associated with|not defined)')
_DEFINE: Final = re.compile(r'\{\{-?\s*(?:define|block)\s+"([^"]+)"')


def _host(request: RenderRequest, told: Warnings) -> Host:
    host = request.host or Host()
    assert isinstance(host, Host)
    given = host.log

    def log(line: str) -> None:
        told.add(line)
        given(line)

    return replace(host, log=log)


def where_of(place: Place | None) -> Where | None:
    """Return a template's place with its column in characters, from 1."""
    if place is None:
        return None
    column = len(place.text.encode("utf-8", "surrogateescape")[: place.column].decode("utf-8", "replace"))
    return Where(place.name, place.line, column + 1 if place.text else 0, place.text)


def texts(outputs: Mapping[str, go.Output]) -> dict[str, str]:
    """Return the outputs alone."""
    return {name: output.text for name, output in outputs.items()}
