"""A directory of the nodes by name, for virtiofs of guests."""

from __future__ import annotations

from pxhelm.resource.field import Field
from pxhelm.resource.parts.mapping import Sort, mapping

DIR_MAPPING = mapping(
    Sort(
        "DirMapping",
        "/cluster/mapping/dir",
        "dirmap",
        entry=(
            Field("node", "line", help="node that has it"),
            Field("path", "line", help="folder there"),
        ),
    )
)
