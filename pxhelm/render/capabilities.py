"""``--kube-version`` and ``--api-versions`` to the capabilities that charts ask about.

Never asks a cluster.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from pxhelm.golang.strconv import quote
from pxhelm.render.model import Capabilities, KubeVersion, RenderError

_VERSION: Final = re.compile(r"[\t\n\f\r ]*v?([0-9]+(?:\.[0-9]+)*)(.*)", re.DOTALL)


def capabilities(kube_version: str = "", api_versions: Iterable[str] = ()) -> Capabilities:
    """Return the built-in capabilities with another Kubernetes version and further API versions.

    Raises:
        RenderError: ``invalid kube version '…'`` in Helm's words.
    """
    found = Capabilities()
    if kube_version:
        try:
            found = replace(found, kube_version=parse_kube_version(kube_version))
        except RenderError as e:
            raise RenderError(f"invalid kube version '{kube_version}': {e}") from None
    return replace(found, api_versions=(*found.api_versions, *api_versions))


def parse_kube_version(text: str) -> KubeVersion:
    """Read a version as Kubernetes' ParseGeneric does: at least two numbers, whatever follows is dropped.

    Raises:
        RenderError: in its words.
    """
    found = _VERSION.fullmatch(text)
    if found is None or "\n" in found[2]:
        raise RenderError(f"could not parse {quote(text)} as version")
    parts = found[1].split(".")
    if len(parts) < 2:
        raise RenderError(f"illegal version string {quote(text)}")
    if parts[0].startswith("0") and parts[0] != "0":
        raise RenderError(f"illegal zero-prefixed version component {quote(parts[0])} in {quote(text)}")
    numbers = [int(part) for part in parts]
    return KubeVersion("v" + ".".join(map(str, numbers)), str(numbers[0]), str(numbers[1]))
