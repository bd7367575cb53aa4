"""A chart to the bytes of its .tgz, laid out as ``helm package`` lays it out.

The same chart at the same time gives the same bytes. Never writes a file.
"""

from __future__ import annotations

import dataclasses
import struct
import zlib
from base64 import b64decode
from collections.abc import Iterator
from typing import Final

from pxhelm.chart.encode import lock_json, metadata_json
from pxhelm.chart.model import Chart, ChartError
from pxhelm.golang import json, yaml
from pxhelm.golang.value import go_bytes, go_string

_EXTRA: Final = b64decode("K2FIUjBjSE02THk5NWIzVjBkUzVpWlM5Nk9WVjZNV2xqYW5keVRRbz0=")
"""The mark Helm leaves in the gzip header of its packages."""
_HEADER: Final = b"\x1f\x8b\x08\x14\0\0\0\0\0\xff" + struct.pack("<H", len(_EXTRA)) + _EXTRA + b"Helm\0"
_BLOCK: Final = 512
_MAX_OCTAL: Final = 0o77777777777


def file_name(chart: Chart) -> str:
    """Return ``name-version.tgz``."""
    return f"{chart.name}-{chart.metadata.version}.tgz"


def pack(chart: Chart, modified: int) -> bytes:
    """Return the chart's archive; ``modified`` is the time of every file in it, in seconds since 1970.

    Raises:
        ChartError: when the schema is no JSON.
    """
    parts: list[bytes] = []
    for name, data in contents(chart):
        parts.append(_header(name, len(data), modified))
        parts.append(data)
        parts.append(b"\0" * (-len(data) % _BLOCK))
    parts.append(b"\0" * 2 * _BLOCK)
    plain = b"".join(parts)
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(plain) + packer.flush()
    return _HEADER + body + struct.pack("<II", zlib.crc32(plain), len(plain) & 0xFFFFFFFF)


def contents(chart: Chart, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield the archive's files in Helm's order, subcharts unpacked below ``charts/``.

    Raises:
        ChartError: when the schema is no JSON.
    """
    base = f"{prefix}{chart.name}"
    metadata = chart.metadata
    if metadata.api_version == "v1":
        # Version 1 keeps them in requirements.yaml, which is among the files.
        metadata = dataclasses.replace(metadata, dependencies=None)
    yield f"{base}/Chart.yaml", go_bytes(yaml.to_yaml(metadata_json(metadata)))
    if metadata.api_version == "v2" and chart.lock is not None:
        yield f"{base}/Chart.lock", go_bytes(yaml.to_yaml(lock_json(chart.lock)))
    if "values.yaml" in chart.raw:
        yield f"{base}/values.yaml", chart.raw["values.yaml"]
    if chart.schema is not None:
        try:
            json.unmarshal(go_string(chart.schema))
        except json.JsonError:
            raise ChartError("Invalid JSON in values.schema.json") from None
        yield f"{base}/values.schema.json", chart.schema
    for name, data in (*chart.templates.items(), *chart.files.items()):
        yield f"{base}/{name}", data
    for sub in chart.dependencies:
        yield from contents(sub, f"{base}/charts/")


def _header(name: str, size: int, modified: int) -> bytes:
    """Return a ustar header, after a pax record when the name does not fit."""
    raw = go_bytes(name)
    if size > _MAX_OCTAL:
        raise ChartError(f"cannot package {name}: it is larger than 8 GiB")
    prefix = b""
    if len(raw) <= 100 and name.isascii():
        return _block(raw, prefix, size, modified, b"0")
    cut = raw.rfind(b"/", 0, 156)
    if name.isascii() and cut > 0 and len(raw) - cut - 1 <= 100:
        return _block(raw[cut + 1 :], raw[:cut], size, modified, b"0")
    record = _pax_record(b"path", raw)
    folder, _, base = raw.rpartition(b"/")
    extended = _block((folder + b"/PaxHeaders.0/" + base)[:100], b"", len(record), modified, b"x")
    return extended + record + b"\0" * (-len(record) % _BLOCK) + _block(raw[:100], b"", size, modified, b"0")


def _pax_record(key: bytes, value: bytes) -> bytes:
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest)
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


def _block(name: bytes, prefix: bytes, size: int, modified: int, kind: bytes) -> bytes:
    block = bytearray(_BLOCK)
    block[0 : len(name)] = name
    block[100:108] = b"0000644\0"
    block[108:116] = block[116:124] = b"0000000\0"
    block[124:136] = b"%011o\0" % size
    block[136:148] = b"%011o\0" % modified
    block[148:156] = b" " * 8
    block[156:157] = kind
    block[257:265] = b"ustar\x0000"
    block[329:337] = block[337:345] = b"0000000\0"
    block[345 : 345 + len(prefix)] = prefix
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)
