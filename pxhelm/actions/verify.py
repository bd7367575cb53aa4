"""Signatures of packaged charts: checked, and made."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from pxhelm.chart import provenance
from pxhelm.chart.model import Chart
from pxhelm.chart.package import file_name
from pxhelm.errors import PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.sources import Sources
    from pxhelm.chart.provenance import Verification


def verify_file(sources: Sources, path: str, keyring: str) -> Verification:
    """Check an archive against the provenance file beside it; PxhelmError in Helm's words."""
    disk = sources.disk
    kind = disk.kind(path)
    if not kind:
        raise PxhelmError(f"stat {path}: no such file or directory")
    if kind == "folder":
        raise PxhelmError("unpacked charts cannot be verified", hint=f"pxhelm package --sign {path}")
    if not path.lower().endswith(".tgz"):
        raise PxhelmError("chart must be a tgz file")
    beside = f"{path}.prov"
    if not disk.kind(beside):
        raise PxhelmError(f"could not load provenance file {beside}: stat {beside}: no such file or directory")
    if disk.kind(beside) == "folder":
        raise PxhelmError(f"{beside} cannot be a directory")
    return verify_bytes(sources, posixpath.basename(path), disk.read(path), disk.read(beside), keyring)


def verify_bytes(sources: Sources, name: str, archive: bytes, signed: bytes, keyring: str) -> Verification:
    """Check an archive against its provenance; PxhelmError in Helm's words."""
    try:
        keys = sources.disk.read(keyring or sources.keyring)
    except PxhelmError as e:
        raise PxhelmError(f"failed to load keyring: {e.message}") from None
    return provenance.verify(name, archive, signed, keys)


def sign(sources: Sources, chart: Chart, archive: bytes, keyring: str, key: tuple[str, bytes | None]) -> bytes:
    """Return the provenance file of an archive, signed with a key and its passphrase."""
    text = provenance.message(chart.metadata, file_name(chart), archive)
    return provenance.sign(text, sources.disk.read(keyring), *key)
