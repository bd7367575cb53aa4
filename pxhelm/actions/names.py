"""Texts that a template of the user's makes: names of releases (``--name-template``), what is shown (``--template``)."""

from __future__ import annotations

from collections.abc import Mapping

from pxhelm.errors import PxhelmError
from pxhelm.gotemplate.errors import TemplateError
from pxhelm.gotemplate.host import Host
from pxhelm.gotemplate.plain import run_plain


def from_template(text: str, host: Host, environ: Mapping[str, str]) -> str:
    """Return the name of a release; PxhelmError in Helm's words when the template fails."""
    try:
        return run_plain("name-template", text, host, environ)
    except TemplateError as error:
        raise PxhelmError(str(error)) from None


def shown_by(text: str, data: Mapping[str, object]) -> str:
    """Return what a template says about ``data``; PxhelmError in Go's words when it fails."""
    try:
        return run_plain("_", text, Host(), {}, data)
    except TemplateError as error:
        raise PxhelmError(str(error)) from None
