"""Names of releases that a template makes (``--name-template``)."""

from __future__ import annotations

from collections.abc import Mapping

from pxhelm.errors import PxhelmError
from pxhelm.gotemplate.errors import TemplateError
from pxhelm.gotemplate.host import Host
from pxhelm.gotemplate.plain import run_plain


def from_template(text: str, host: Host, environ: Mapping[str, str]) -> str:
    """Return the name; PxhelmError in Helm's words when the template fails."""
    try:
        return run_plain("name-template", text, host, environ)
    except TemplateError as error:
        raise PxhelmError(str(error)) from None
