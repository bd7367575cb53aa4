"""What is in a chart: ``helm show``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pxhelm.actions.inputs import load_chart
from pxhelm.chart.encode import metadata_json
from pxhelm.golang import yaml

if TYPE_CHECKING:
    from pxhelm.actions.services import Services

_READMES = ("readme.md", "readme.txt", "readme")
PARTS = ("chart", "values", "readme", "crds")


def show(services: Services, path: str, part: str, jsonpath: str = "") -> bytes:
    """Return the text of a part of a chart, or of ``all``; ``jsonpath`` picks from the values."""
    chart = load_chart(services, path)
    wanted = PARTS if part == "all" else (part,)
    line = b"---\n" if part == "all" else b""
    out = []
    if "chart" in wanted:
        out.append(yaml.to_yaml(metadata_json(chart.metadata)).encode("utf-8", "surrogateescape") + b"\n")
    if "values" in wanted and chart.values is not None:
        if jsonpath:
            from pxhelm.golang.jsonpath import evaluate

            return evaluate(jsonpath, chart.values).encode("utf-8", "surrogateescape")
        if "values.yaml" in chart.raw:
            out.append(line + chart.values_text + b"\n")
    if "readme" in wanted:
        found = next((data for name, data in chart.files.items() if name.lower() in _READMES), None)
        if found is not None:
            out.append(line + found + b"\n")
    if "crds" in wanted:
        crds = [crd.data for crd in chart.crds()]
        if crds and not crds[0].startswith(b"---"):
            out.append(line)
        out += [data + b"\n" for data in crds]
    return b"".join(out)
