"""Live things that nobody declares: tasks, volumes, backups, events. Changes nothing.

Each is a name and a row; ``inspect`` makes of them what ``get`` shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pxhelm.actions.services import Services
from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.store.objects import ObjectQuery

Row = Mapping[str, Any]
Named = tuple[str, str, Row]
"""Name, namespace, row."""


def volumes(services: Services) -> Iterator[Named]:
    """Return every volume of every storage that answers; a shared one is asked once."""
    yield from _contents(services, "")


def backups(services: Services) -> Iterator[Named]:
    """Return the backups of guests, the latest first."""
    found = _contents(services, "backup")
    yield from sorted(found, key=lambda each: -int(each[2].get("ctime") or 0))


def _contents(services: Services, content: str) -> list[Named]:
    listed = services.cluster.run(call(Request("GET", "/cluster/resources", {"type": "storage"})))
    places = list(_places(listed if isinstance(listed, list) else [], content))
    answers = services.cluster.run_all([_content(node, storage, content) for node, storage in places])
    found: list[Named] = []
    for (node, storage), rows in zip(places, answers, strict=True):
        if isinstance(rows, Exception):
            raise rows
        found += [(str(row["volid"]), "", {**row, "node": node, "storage": storage}) for row in rows if "volid" in row]
    return sorted(found, key=lambda each: each[0])


def _places(rows: Iterable[Row], content: str) -> Iterator[tuple[str, str]]:
    """Return (node, storage) for every storage to ask."""
    asked = set()
    for row in rows:
        node, storage = str(row.get("node")), str(row.get("storage"))
        key = storage if row.get("shared") else f"{node}/{storage}"
        if row.get("status") != "available" or key in asked:
            continue
        if content and content not in str(row.get("content") or "").split(","):
            continue
        asked.add(key)
        yield node, storage


def _content(node: str, storage: str, content: str) -> ApiGen[list[Row]]:
    path = f"/nodes/{node}/storage/{storage}/content"
    data = yield from call(Request("GET", path, {"content": content} if content else {}, node=node))
    return [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []


def events(services: Services, limit: int = 500) -> Iterator[Named]:
    """Return what pxhelm remembers to have happened, the latest last, as kubectl has it."""
    cluster = services.place.cluster
    objects = {one.uid: one.key for one in services.store.objects.list(ObjectQuery(cluster))}
    for event in reversed(services.store.events.list(cluster, None, limit)):
        key = objects.get(event.uid)
        yield (
            event.id,
            key.namespace if key else "",
            {
                "type": event.type,
                "reason": event.reason,
                "message": event.message,
                "count": event.count,
                "firstTimestamp": event.first_at,
                "lastTimestamp": event.last_at,
                "kind": key.kind if key else "",
                "name": key.name if key else "",
                "uid": event.uid,
            },
        )


def tasks(services: Services) -> Iterator[Named]:
    """Return the tasks that the cluster shows, the latest first."""
    data = services.cluster.run(call(Request("GET", "/cluster/tasks")))
    for row in data if isinstance(data, list) else []:
        if isinstance(row, Mapping) and row.get("upid"):
            yield str(row["upid"]), "", row


LIVE: Mapping[str, Callable[[Services], Iterator[Named]]] = {
    "Task": tasks,
    "Volume": volumes,
    "Backup": backups,
    "Event": events,
}
