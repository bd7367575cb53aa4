"""A secret by name: where each of its values is read, or how long one is that pxhelm makes and keeps sealed."""

from __future__ import annotations

from collections.abc import Mapping

from pxhelm.resource.field import Field
from pxhelm.resource.kind import Column, Kind
from pxhelm.resource.pointers import source_of
from pxhelm.resource.stored import own, stored


def _keys(row: Mapping[str, object]) -> str:
    return ",".join(sorted({path.split(".", 1)[1] for path in row if path.startswith(("data.", "generate."))}))


def _sources(row: Mapping[str, object]) -> str:
    found = {source_of(value).source for path, value in row.items() if path.startswith("data.")}
    return ",".join(sorted(found | {"generated" for path in row if path.startswith("generate.")}))


SECRET = stored(
    Kind(
        name="Secret",
        plural="secrets",
        short=("secret",),
        namespaced=True,
        guest=False,
        rank=1,
        fields=(
            own("data.*", "source", help="where the value of a key is read; never the value itself"),
            own(
                "generate.*",
                "record",
                parts=(
                    Field("length", "int", default=32, bounds=(8, 1024), help="how many characters"),
                    Field("charset", "line", help="the characters that are used; letters and digits unless given"),
                ),
                help="a value that is made once and kept",
            ),
        ),
        columns=(Column("KEYS", _keys), Column("SOURCES", _sources)),
    )
)
