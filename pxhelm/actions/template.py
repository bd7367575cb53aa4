"""Render a chart and show what came out; the cluster is not asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pxhelm.actions.host import template_host
from pxhelm.actions.inputs import ValueFlags, check_installable, load_chart
from pxhelm.actions.values import check_read, located, sources
from pxhelm.errors import PxhelmError
from pxhelm.events import Warned
from pxhelm.render.capabilities import capabilities
from pxhelm.render.engine import render
from pxhelm.render.model import Options, ReleaseInfo, Rendered, RenderError, RenderRequest
from pxhelm.render.output import Post, Show, output_files, template_text, text_beside_files, written

if TYPE_CHECKING:
    from pxhelm.actions.services import Services
    from pxhelm.render.trace import Call


@dataclass(frozen=True, slots=True)
class TemplateRequest:
    """``helm template``."""

    chart: str
    release: str = "release-name"
    namespace: str = "default"
    values: ValueFlags = field(default_factory=ValueFlags)
    is_upgrade: bool = False
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    skip_schema: bool = False
    sub_notes: bool = False
    enable_dns: bool = False
    post_renderer: tuple[str, tuple[str, ...]] | None = None
    """An executable and its arguments."""
    debug: bool = False
    """Do not speak of ``--debug``."""
    validate: bool = False
    """Also check the manifests against their kinds."""
    strict_values: bool = False
    """Refuse values that no template reads."""
    trace: bool = False
    """Find out which templates called which, at the price of rendering twice."""


@dataclass(frozen=True, slots=True)
class Templated:
    """What was rendered."""

    rendered: Rendered
    trace: Call | None = None

    post: Post = str
    """The post-renderer."""

    def text(self, show: Show) -> str:
        """Return what ``helm template`` prints; RenderError when ``show`` asks for what is not there."""
        return template_text(self.rendered, show, self.post)

    def text_beside_files(self, show: Show) -> str:
        """Return what is printed when the manifests were written to files."""
        return text_beside_files(show, self.post)

    def written(self, show: Show, folder: str) -> list[str]:
        """Return the paths below ``folder`` in the order Helm tells them, one for each document."""
        return written(self.rendered, show, folder)

    def files(self, show: Show, folder: str) -> Mapping[str, bytes]:
        """Return what ``--output-dir`` writes, below ``folder``."""
        found = output_files(self.rendered, show, folder)
        return {name: text.encode("utf-8", "surrogateescape") for name, text in found.items()}


def template(services: Services, request: TemplateRequest) -> Templated:
    """Render a chart; PxhelmError in Helm's words, with the template line in ``where``."""
    from pxhelm.release.name import name_problem

    given = sources(services, request.values)
    values = given.values()
    chart = load_chart(services, request.chart)
    check_installable(chart, services.listen)
    if problem := name_problem(request.release):
        raise PxhelmError(f'release name "{request.release}": {problem}')
    asked = RenderRequest(
        chart=chart,
        values=values,
        release=ReleaseInfo(request.release, request.namespace, 1, request.is_upgrade),
        capabilities=capabilities(request.kube_version, request.api_versions),
        options=Options(skip_schema=request.skip_schema, sub_notes=request.sub_notes),
        host=template_host(services, live=False, dns=request.enable_dns),
        jinja=services.jinja,
    )
    with located(chart, given), services.bounded():
        try:
            rendered = render(asked)
        except RenderError as error:
            # Helm says so once it has begun to render, not for values.
            if not request.debug:
                error.message += _USE_DEBUG
            raise
        finally:
            for warning in asked.told.lines:
                services.listen(Warned(warning))
    if request.strict_values:
        with services.bounded():
            check_read(asked, given)
    if request.validate:
        from pxhelm.kinds import parse_all

        parse_all(rendered.manifests, request.namespace)
    calls = None
    if request.trace:
        from pxhelm.render.trace import trace

        with services.bounded():
            calls = trace(asked, rendered.chart)
    return Templated(rendered, calls, _post(services, request))


_USE_DEBUG = "\n\nUse --debug flag to render out invalid YAML"


def _post(services: Services, request: TemplateRequest) -> Post:
    if request.post_renderer is None:
        return str
    program, arguments = request.post_renderer

    def post(text: str) -> str:
        try:
            return services.post_render(program, arguments, text)
        except PxhelmError as error:
            more = "" if request.debug else _USE_DEBUG
            raise PxhelmError(f"error while running post render on files: {error.message}{more}") from None

    return post
