"""The port of rendering over ``pxhelm.render``: values first, then templates, as the state machine needs them apart.

The engine is given, and so is all that the world decides: capabilities, the templates' host, the post-renderer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from pxhelm.errors import PxhelmError
from pxhelm.release.failure import wrapped
from pxhelm.release.model import Hook
from pxhelm.release.rendering import Prepared, Rendered, RenderRequest
from pxhelm.render import model
from pxhelm.render.output import manifest_text
from pxhelm.values.dependencies import process_dependencies
from pxhelm.values.merge import Warnings, coalesce
from pxhelm.values.schema import validate

BUILT_IN = model.Capabilities()
"""Those of Helm without a cluster."""

Engine = Callable[[model.RenderRequest], model.Rendered]


def unheard(_line: str) -> None:
    """Say it to nobody."""


def no_host(_request: RenderRequest) -> Any:
    """Leave the templates' host to the engine."""
    return None


@dataclass(frozen=True, slots=True)
class ChartRenderer:
    """Renders charts for operations on releases."""

    engine: Engine
    capabilities: model.Capabilities = BUILT_IN
    host: Callable[[RenderRequest], Any] = no_host
    """Makes the templates' host: clock, randomness, and ``lookup`` if the request is ``live``."""
    budget: Any = None
    jinja: model.JinjaRenderer | None = None
    post_render: Callable[[str], str] | None = None
    """Pipes the manifest through an executable; hooks are not part of it, as in Helm 3."""
    bounded: Callable[[], AbstractContextManager[None]] = nullcontext
    """Holds the process to limits while a chart is read and rendered."""
    tell: Callable[[str], None] = unheard
    """Gets what Helm logs, a line at a time, from each half anew."""

    def prepare(self, request: RenderRequest) -> Prepared:
        """Process dependencies, coalesce the values and check them against the schemas."""
        values = dict(request.values)
        with self._telling(Warnings()) as told, self.bounded():
            chart = process_dependencies(request.chart, values, told)
            if not request.skip_schema_validation:
                validate(chart, coalesce(chart, values, told))
        return Prepared(chart, request)

    def render(self, prepared: Prepared) -> Rendered:
        """Execute the templates, recognise hooks, sort and post-render the manifests."""
        request: RenderRequest = prepared.work
        release = model.ReleaseInfo(request.name, request.namespace, request.revision, request.is_upgrade)
        asked = model.RenderRequest(
            chart=prepared.chart,
            values=request.values,
            release=release,
            capabilities=self.capabilities,
            options=model.Options(skip_schema=True, process_dependencies=False, sub_notes=request.sub_notes),
            host=self.host(request),
            budget=self.budget,
            jinja=self.jinja,
        )
        with self._telling(asked.told), self.bounded():
            rendered = self.engine(asked)
        return Rendered(
            hooks=tuple(map(_hook, rendered.hooks)),
            manifest=self._post_rendered(manifest_text(rendered)),
            notes=rendered.notes,
        )

    @contextmanager
    def _telling(self, told: Warnings) -> Iterator[Warnings]:
        """Hand on what is told meanwhile, also when the work fails."""
        try:
            yield told
        finally:
            for line in told.lines:
                self.tell(line)

    def _post_rendered(self, manifest: str) -> str:
        if self.post_render is None:
            return manifest
        try:
            return self.post_render(manifest)
        except PxhelmError as error:
            raise wrapped("error while running post render on files", error) from error


def _hook(hook: model.Hook) -> Hook:
    return Hook(
        name=hook.name,
        kind=hook.kind,
        path=hook.path,
        manifest=hook.manifest.text,
        events=list(hook.events),
        weight=hook.weight,
        delete_policies=list(hook.delete_policies),
        output_log_policies=list(hook.output_log_policies),
    )
