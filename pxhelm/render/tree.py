"""All templates of a chart and its subcharts, each with what it sees: Helm's namespace and order.

Only arranges; running them is ``engine``'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pxhelm.chart.model import Chart
from pxhelm.golang.value import go_string
from pxhelm.gotemplate.objects import Values
from pxhelm.render.model import RenderRequest
from pxhelm.render.objects import Capabilities, ChartObject, Files

JINJA: Final = ".j2"


@dataclass(frozen=True, slots=True)
class Template:
    """One template file."""

    name: str
    """Path from the root chart, which is also its name in the templates' namespace."""
    text: str
    root: Values
    """What ``.`` is; shared by all templates of a chart."""
    base_path: str
    chart: str
    """Path of the chart it belongs to."""

    @property
    def is_partial(self) -> bool:
        """Whether it is only there to be included."""
        return self.name.rpartition("/")[2].startswith("_")


def release_object(request: RenderRequest) -> dict[str, object]:
    """Return ``.Release``."""
    release = request.release
    # The linter gives neither: no operation is going on.
    installs = not release.is_upgrade and not request.options.lint
    return {
        "Name": release.name,
        "Namespace": release.namespace,
        "IsUpgrade": release.is_upgrade,
        "IsInstall": installs,
        "Revision": release.revision,
        "Service": "Helm",
    }


def arrange(request: RenderRequest, chart: Chart, values: dict[str, object]) -> list[Template]:
    """Return the templates in the order in which Helm parses and runs them: deepest first, Z to A.

    ``values`` are the coalesced ones; the maps in them are handed on as they are.
    """
    templates: dict[str, Template] = {}
    shared = {"Release": release_object(request), "Capabilities": Capabilities(request.capabilities)}
    _collect(chart, Values(values), shared, templates)
    return sorted(
        templates.values(), key=lambda t: (t.name.count("/"), t.name.encode("utf-8", "replace")), reverse=True
    )


def _collect(chart: Chart, values: Values, shared: dict[str, object], templates: dict[str, Template]) -> Values:
    subcharts: dict[str, object] = {}
    root = Values()
    root |= {
        "Chart": ChartObject(chart.metadata, is_root=chart.is_root),
        "Files": Files(chart.files),
        "Release": shared["Release"],
        "Capabilities": shared["Capabilities"],
        "Values": values,
        "Subcharts": subcharts,
    }
    for sub in chart.dependencies:
        table = values.get(sub.name)
        below = Values(table) if isinstance(table, dict) else Values()
        if isinstance(table, dict):
            # A subchart's top map is its parent's table: what one sets the other sees, each under its own type.
            values[sub.name] = below.as_map()
        subcharts[sub.name] = _collect(sub, below, shared, templates).as_map()
    library = chart.metadata.type.lower() == "library"
    base_path = f"{chart.path}/templates"
    for path, data in chart.templates.items():
        if library and not path.rpartition("/")[2].startswith("_"):
            continue
        name = f"{chart.path}/{path}"
        templates[name] = Template(name, go_string(data), root, base_path, chart.path)
    return root
