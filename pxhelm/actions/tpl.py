"""Evaluate an expression with everything that a chart's own templates see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pxhelm.actions.host import template_host
from pxhelm.actions.inputs import ValueFlags, load_chart
from pxhelm.actions.values import sources
from pxhelm.errors import PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.services import Services

_HERE = "templates/expression"
_MARKS = re.compile("HELM_ERR_(?:START|END)")
"""What Helm's engine puts around the words of ``fail`` and ``required``."""


@dataclass(frozen=True, slots=True)
class TplRequest:
    """What to evaluate, and over what."""

    chart: str
    expression: str
    """A template text; without ``{{`` it is taken as the inside of an action."""
    release: str = "release-name"
    namespace: str = "default"
    values: ValueFlags = field(default_factory=ValueFlags)
    live: bool = False
    """Let ``lookup`` find what pxhelm manages."""


def tpl(services: Services, request: TplRequest) -> str:
    """Return what the expression writes; PxhelmError with its place, in the template engine's words."""
    from pxhelm.gotemplate.engine import Engine, RenderFailedError
    from pxhelm.gotemplate.errors import ExecError, TemplateError
    from pxhelm.gotemplate.objects import Values
    from pxhelm.gotemplate.signature import FunctionError
    from pxhelm.render.gotmpl import where_of
    from pxhelm.render.model import ReleaseInfo, RenderRequest
    from pxhelm.render.tree import JINJA, arrange
    from pxhelm.values.dependencies import process_dependencies
    from pxhelm.values.merge import coalesce

    chart = load_chart(services, request.chart)
    values = sources(services, request.values).values()
    chart = process_dependencies(chart, values)
    # The expression stands among the chart's templates, which gives it their dot.
    chart = replace(chart, templates={**chart.templates, _HERE: b""})
    host = template_host(services, live=request.live)
    asked = RenderRequest(
        chart=chart, values=values, release=ReleaseInfo(request.release, request.namespace), host=host
    )
    templates = {t.name: t for t in arrange(asked, chart, coalesce(chart, values)) if not t.name.endswith(JINJA)}
    here = templates[f"{chart.path}/{_HERE}"]
    here.root["Template"] = Values({"Name": here.name, "BasePath": here.base_path})
    text = request.expression if "{{" in request.expression else f"{{{{ {request.expression} }}}}"
    try:
        with services.bounded():
            return Engine(host=host).evaluate({name: t.text for name, t in templates.items()}, text, here.root)
    except RenderFailedError as error:
        raise PxhelmError(str(error), where=where_of(error.place)) from None
    except (FunctionError, TemplateError) as error:
        cause = getattr(error, "cause", None) or error.__cause__ or error.__context__
        place = cause.innermost().place if isinstance(cause, ExecError) else getattr(cause, "place", None)
        text = _MARKS.sub("", str(cause or error))
        raise PxhelmError(text, where=where_of(place)) from None
