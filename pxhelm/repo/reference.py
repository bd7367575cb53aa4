"""References to charts in OCI registries: ``oci://host/path/chart``, with ``:tag``, ``@digest`` or both.

Only reads the text; the rules are those of oras-go, which Helm uses, and so are the sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pxhelm.errors import PxhelmError
from pxhelm.golang.strconv import quote

SCHEME: Final = "oci://"
_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]+)?")
_REPOSITORY: Final = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-*)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-*)[a-z0-9]+)*)*")
_TAG: Final = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in a registry."""

    host: str
    """Host name, with its port."""
    path: str
    """The repository's path, whose last part is the chart's name."""
    tag: str = ""
    """With an underscore for each plus sign, which tags cannot hold."""
    digest: str = ""
    """``sha256:…`` of a manifest."""

    @property
    def place(self) -> str:
        """``host/path``."""
        return f"{self.host}/{self.path}"

    @property
    def name(self) -> str:
        """The chart's name."""
        return self.path.rpartition("/")[2]


def parse(text: str) -> Reference:
    """Read a reference, with or without ``oci://``.

    Raises:
        PxhelmError: for what is none.
    """
    rest, _, digest = text.removeprefix(SCHEME).partition("@")
    host, slash, path = rest.partition("/")
    if not slash:
        raise PxhelmError(
            "invalid reference: missing registry or repository", hint="charts are at oci://HOST/PATH/CHART"
        )
    path, _, tag = path.partition(":")
    tag = tag.replace("+", "_")
    if not _HOST.fullmatch(host):
        raise PxhelmError(f"invalid reference: invalid registry {quote(host)}")
    if not _REPOSITORY.fullmatch(path):
        raise PxhelmError(f"invalid reference: invalid repository {quote(path)}")
    if tag and not _TAG.fullmatch(tag):
        raise PxhelmError(f"invalid reference: invalid tag {quote(tag)}")
    if digest and not _DIGEST.fullmatch(digest):
        raise PxhelmError(f"invalid reference: invalid digest {quote(digest)}")
    return Reference(host, path, tag, digest)
