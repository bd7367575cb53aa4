"""Charts for programs: what ``-o json`` and ``-o yaml`` of the chart commands hold.

Never reads a chart; texts are those that the commands print.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pxhelm.errors import PxhelmError
from pxhelm.golang import yaml
from pxhelm.render.split import split_documents

if TYPE_CHECKING:
    from pxhelm.actions.lint import Linted
    from pxhelm.chart.lint import Finding
    from pxhelm.chart.provenance import Verification

_SOURCE = re.compile(r"^# Source: (.+)\n", re.MULTILINE)


def manifests_document(text: str) -> list[dict[str, Any]]:
    """Return the objects of a rendering, each with the template it came from, in the order they are printed."""
    found = []
    for _, document in split_documents(text):
        source = _SOURCE.search(document)
        try:
            value = yaml.load(document)
        except yaml.YamlError as error:
            raise PxhelmError(f"cannot show {source[1] if source else 'a document'} as an object: {error}") from None
        if value is not None:
            found.append({"source": source[1] if source else "", "object": value})
    return found


def lint_document(found: Sequence[Linted]) -> list[dict[str, Any]]:
    """Return the findings of each chart; hints are mistakes in objects of our kinds, which do not fail a chart."""
    return [
        {
            "chart": one.path,
            "failed": one.failed,
            **({"error": one.fault} if one.fault else {}),
            "findings": [_finding(each) for each in one.findings],
            "hints": [_finding(each) for each in one.mistakes],
        }
        for one in found
    ]


def _finding(one: Finding) -> dict[str, str]:
    return {"severity": one.severity.name, "path": one.path, "message": one.message}


def shown_document(parts: Mapping[str, bytes]) -> Any:
    """Return the parts of a chart that ``show`` prints; one alone stands by itself."""
    found: dict[str, Any] = {}
    for name, data in parts.items():
        text = data.decode("utf-8", "surrogateescape")
        if name == "crds":
            documents = (yaml.load(document) for _, document in split_documents(text))
            found[name] = [one for one in documents if one is not None]
        else:
            found[name] = text if name == "readme" else yaml.load(text)
    return found if len(found) != 1 else next(iter(found.values()))


def verified_document(checked: Verification) -> dict[str, Any]:
    """Return whose signature an archive bears."""
    return {
        "signedBy": list(checked.identities),
        "fingerprint": checked.fingerprint,
        "digest": checked.digest,
    }
