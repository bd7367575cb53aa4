"""Names of releases that a template makes (``--name-template``)."""

from __future__ import annotations

from pxhelm.errors import PxhelmError
from pxhelm.gotemplate.engine import Engine, RenderFailedError, Template
from pxhelm.gotemplate.errors import TemplateError
from pxhelm.gotemplate.host import Host


def from_template(text: str, host: Host) -> str:
    """Return the name; PxhelmError in Helm's words when the template fails."""
    try:
        return Engine(host).render({"name-template": Template(text, {})})["name-template"].text
    except (RenderFailedError, TemplateError) as error:
        raise PxhelmError(str(error)) from None
