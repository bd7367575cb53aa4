"""The renderer that operations on releases use."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pxhelm.actions.host import template_host
from pxhelm.actions.services import Services
from pxhelm.events import Warned
from pxhelm.gotemplate.host import Host
from pxhelm.release.charts import ChartRenderer
from pxhelm.release.rendering import RenderRequest
from pxhelm.render.engine import render
from pxhelm.render.model import Capabilities


def chart_renderer(
    services: Services, *, dns: bool = False, post_renderer: tuple[str, Sequence[str]] | None = None
) -> ChartRenderer:
    """Return the renderer of operations on releases."""
    post: Callable[[str], str] | None = None
    if post_renderer:
        program, arguments = post_renderer

        def post(text: str) -> str:
            return services.post_render(program, tuple(arguments), text)

    def host(request: RenderRequest) -> Host:
        return template_host(services, live=request.live, dns=dns or request.enable_dns)

    def tell(line: str) -> None:
        services.listen(Warned(line))

    return ChartRenderer(
        render, Capabilities(), host, jinja=services.jinja, post_render=post, bounded=services.bounded, tell=tell
    )
