"""Write the compact API facts of ``pxhelm/proxmox/schema`` from the descriptions that Proxmox publishes.

Usage: ``python packaging/apischema.py VERSION=FILE ...``; FILE is ``apidata.js`` or the JSON in it, gzipped or not.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

from pxhelm.proxmox.schema.compact import compact

TARGET = Path(__file__).parents[1] / "pxhelm" / "proxmox" / "schema"


def main(arguments: list[str]) -> int:
    """Write one file per argument and say how large it became."""
    if not arguments or not all("=" in a for a in arguments):
        print(__doc__, file=sys.stderr)
        return 2
    for argument in arguments:
        version, _, name = argument.partition("=")
        raw = Path(name).read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode()
        facts = compact(text, version)
        target = TARGET / f"pve-{version}.z"
        target.write_bytes(facts)
        print(f"{target.name}: {len(facts)} bytes from {len(text)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
