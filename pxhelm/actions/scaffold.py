"""A new chart from a starter. Writes nothing: it returns the files."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pxhelm.actions.services import Services
from pxhelm.chart.load import load
from pxhelm.chart.resolve import missing
from pxhelm.errors import PxhelmError

PLACEHOLDER = b"<CHARTNAME>"
_NAME = "^[a-zA-Z0-9._-]+$"
_LONGEST = 250


def scaffold(services: Services, name: str, starter: str) -> Mapping[str, bytes]:
    """Return the files of a chart of this name, by path below its folder (Helm's Create and CreateFrom).

    Raises PxhelmError in Helm's words for a name that is none.
    """
    if not 0 < len(name) <= _LONGEST:
        raise PxhelmError(f"chart name must be between 1 and {_LONGEST} characters")
    if not re.fullmatch(_NAME, name):
        raise PxhelmError(f'chart name must match the regular expression "{_NAME}"')
    files = {path: data.replace(PLACEHOLDER, name.encode()) for path, data in services.starter(starter).items()}
    # A starter that is somebody's chart has a name of its own.
    files["Chart.yaml"] = re.sub(rb"(?m)^name:.*$", b"name: " + name.encode(), files["Chart.yaml"], count=1)
    return files


def lacking(files: Mapping[str, bytes]) -> list[str]:
    """Return the dependencies that a chart asks for and does not bring along; nothing for a chart that cannot be read."""
    try:
        return missing(load(files))
    except PxhelmError:
        return []
