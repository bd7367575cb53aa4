"""Files of a chart that follow from others of it. Writes nothing: it returns them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pxhelm.actions.inputs import load_chart
from pxhelm.errors import PxhelmError
from pxhelm.golang.yaml import YamlError

if TYPE_CHECKING:
    from pxhelm.actions.services import Services


def chart_readme(services: Services, reference: str, *, only_table: bool = False) -> tuple[str, str]:
    """Return the README.md of a chart as it is and as it should be, or the table of values alone."""
    from pxhelm.values.generate import readme, table

    chart = load_chart(services, reference)
    old = chart.raw.get("README.md")
    text = old.decode("utf-8", "surrogateescape") if old is not None else None
    try:
        made = table(chart.values_text.decode("utf-8", "replace")) if only_table else readme(chart, text)
    except YamlError as error:
        raise PxhelmError(f"cannot read values.yaml: {error}") from None
    return text or "", made


def chart_schema(services: Services, reference: str, *, force: bool = False) -> tuple[str, str]:
    """Return the values.schema.json of a chart as it is and as it should be.

    Raises:
        PxhelmError: when there is one that somebody wrote by hand, unless ``force``.
    """
    from pxhelm.values.generate import MADE, schema_text

    chart = load_chart(services, reference)
    old = (chart.schema or b"").decode("utf-8", "surrogateescape")
    if old.strip() and MADE not in old and not force:
        hint = "replace it with --force, or look at ours with --stdout"
        raise PxhelmError("cannot renew values.schema.json: somebody wrote it by hand", hint=hint)
    try:
        return old, schema_text(chart.values_text.decode("utf-8", "replace"))
    except YamlError as error:
        raise PxhelmError(f"cannot read values.yaml: {error}") from None
