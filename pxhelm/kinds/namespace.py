"""A namespace: where its guests get their VMIDs, nodes and pool, and what they are made with when they do not say."""

from __future__ import annotations

from pxhelm.resource.columns import text
from pxhelm.resource.kind import Column, Kind
from pxhelm.resource.stored import own, stored

NAMESPACE = stored(
    Kind(
        name="Namespace",
        plural="namespaces",
        short=("ns",),
        namespaced=False,
        guest=False,
        rank=2,
        fields=(
            own("pool", "ref", refers=("Pool",), help="pool of guests that name none"),
            own("vmidRange", "range", help="VMIDs of its guests; ranges of namespaces do not overlap"),
            own("allowedNodes", "set", help="nodes on which its guests may be"),
            own(
                "driftPolicy",
                "line",
                choices=("Ignore", "Report", "Correct"),
                help="of its objects that have no pxhelm.io/drift-policy of their own",
            ),
            own("restartWindow", "windows", help="power.window of guests that name none"),
            own("defaults.storage", "ref", refers=("Storage",), help="storage of new volumes that name none"),
            own("defaults.bridge", "ref", refers=("SDNVNet", "Network"), help="bridge of new networks that name none"),
        ),
        columns=(
            Column("GUESTS", text("guests")),
            Column("POOL", text("pool")),
            Column("RANGE", text("vmidRange")),
            Column("STORAGE", text("defaults.storage"), wide=True),
            Column("BRIDGE", text("defaults.bridge"), wide=True),
            Column("DRIFTPOLICY", text("driftPolicy"), wide=True),
        ),
    )
)
