"""What a run has staged and not applied yet, as the store keeps it: whoever comes after a run that was cut off goes on from it.

Stands in the settings of the cluster's row, by domain. Never says what is to be done about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pxhelm.apply.ports import Ports
from pxhelm.store.clusters import Cluster

SDN = "sdn-lock"
NETWORKS = "networks"


def kept(ports: Ports, name: str) -> Mapping[str, Any]:
    """Return what is kept of a domain; empty when nothing is left open."""
    row = ports.store.clusters.get(ports.cluster_name)
    found = row.settings.get(name) if row is not None else None
    if isinstance(found, str):  # the token alone, as versions before kept it
        return {"token": found}
    return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True, slots=True)
class Kept:
    """The store's memory of what is staged, for the workers of a run."""

    ports: Ports
    write: Callable[[Callable[[], object]], object]
    """Makes a change of the store and returns once it is on disk."""

    def get(self, name: str) -> Mapping[str, Any]:
        """Return what is kept of a domain."""
        found = self.write(partial(kept, self.ports, name))
        return found if isinstance(found, Mapping) else {}

    def put(self, name: str, value: Mapping[str, Any]) -> None:
        """Keep something in place of what was kept of a domain; nothing, when it is empty."""
        self.write(partial(self._change, name, lambda _known: value))

    def put_of(self, name: str, place: str, value: Mapping[str, Any]) -> None:
        """Keep something of one place of a domain; nothing, when it is empty. Other places stay as they are."""

        def changed(known: Mapping[str, Any]) -> Mapping[str, Any]:
            rest = {each: raw for each, raw in known.items() if each != place}
            return {**rest, **({place: dict(value)} if value else {})}

        self.write(partial(self._change, name, changed))

    def _change(self, name: str, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        clusters, key = self.ports.store.clusters, self.ports.cluster_name
        value = change(kept(self.ports, name))
        row = clusters.get(key) or Cluster(key, installation=self.ports.installation)
        rest = {each: known for each, known in row.settings.items() if each != name}
        clusters.put(replace(row, settings={**rest, **({name: dict(value)} if value else {})}))
