"""Which values an upgrade uses: the new ones, the old ones, or both (Helm's reuseValues)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pxhelm.chart.model import Chart
from pxhelm.errors import PxhelmError
from pxhelm.release.failure import wrapped
from pxhelm.release.model import Release
from pxhelm.release.options import UpgradeOptions
from pxhelm.values.merge import coalesce, coalesce_tables, copy_map


def reused_values(
    chart: Chart, current: Release, values: Mapping[str, Any], options: UpgradeOptions
) -> tuple[Chart, dict[str, Any]]:
    """Return the chart (with other defaults for ``--reuse-values``) and the values the user now has.

    Without any flag the old values are used again if no new ones are given.
    """
    new: dict[str, Any] = copy_map(values)
    if options.reset_values:
        return chart, new
    # Not a copy: as in Helm a null among the new values enters the old revision too, which is stored again later.
    old: dict[str, Any] = current.config if current.config is not None else {}
    if options.reuse_values:
        try:
            defaults = coalesce(current.chart, current.config)
        except PxhelmError as error:
            raise wrapped("failed to rebuild old values", error) from error
        return replace(chart, values=defaults), coalesce_tables(new, old)
    if options.reset_then_reuse_values:
        return chart, coalesce_tables(new, old)
    return chart, new or copy_map(old)
