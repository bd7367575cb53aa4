"""Times our template engine alone: the same as ``engine_bench.go`` does with Helm's, line by line.

Run by ``bench`` as ``engine_bench.py CHART TIMES``; prints the CPU seconds of each repetition and what was written.
"""

from __future__ import annotations

import sys
import time

from pxhelm.chart.load import load
from pxhelm.gotemplate import engine
from pxhelm.gotemplate.host import Host
from pxhelm.render.engine import run_templates
from pxhelm.render.model import ReleaseInfo, RenderRequest
from pxhelm.repo.local import read_chart
from pxhelm.values.dependencies import process_dependencies
from pxhelm.values.merge import Warnings, coalesce


def main() -> None:
    """Render again and again; parsing is part of it, as it is of ``engine.Render``."""
    path, times = sys.argv[1], int(sys.argv[2])
    for _ in range(times):
        # Templates may change values: each repetition has its own.
        chart = process_dependencies(load(read_chart(path).files), {})
        values = coalesce(chart, {})
        request = RenderRequest(chart, release=ReleaseInfo("r"), host=Host())
        engine.forget()  # Helm remembers no parsed template from one rendering to the next
        before = time.process_time()
        outputs = run_templates(request, chart, values, Warnings())
        after = time.process_time()
        print(after - before, sum(len(text.encode()) for text in outputs.files.values()))


if __name__ == "__main__":
    main()
