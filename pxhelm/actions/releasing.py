"""What every verb on releases shares: its configuration, its lock, and the facts by which it can be resumed.

The release lease keeps two commands apart; when the holder is provably dead, or its lease has run out, a repeated
command goes on where that one stopped (engine.md D8.2a, D8.5).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from pxhelm.actions.services import Services
from pxhelm.chart.model import Chart
from pxhelm.errors import PxhelmError
from pxhelm.release.configuration import Configuration
from pxhelm.release.failure import ReleaseNotFoundError
from pxhelm.release.objects import Item, ObjectPort
from pxhelm.release.resume import Attempt
from pxhelm.release.storage import Storage
from pxhelm.resource.deletions import Word, check
from pxhelm.store.fence import fenced
from pxhelm.store.leases import Lease
from pxhelm.store.outcome import LeaseHeldError
from pxhelm.store.releases import Operation

LEASE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it is recognised when it is repeated after a crash."""

    verb: str
    """``install``, ``upgrade``, ``rollback`` or ``uninstall``."""
    release: str
    flags: Mapping[str, object]
    """The flags that change its result."""
    chart: Chart | None = None
    values: Mapping[str, object] | None = None
    post_renderer: tuple[str, tuple[str, ...]] | None = None
    """An executable and its arguments."""
    force_conflicts: bool = False
    """Take over fields that another manager owns."""
    word: Word | None = None
    """What the user said of objects that go; None where that is not asked."""

    def asking(self, services: Services, configuration: Configuration) -> Configuration:
        """Return the configuration of a command that asks before many objects go (engine.md D11.4).

        Those that must not go are ``Blocked`` until the next run that concerns them.
        """
        word = self.word
        if word is None:
            return configuration

        def consent(have: Sequence[Item], want: Sequence[Item]) -> None:
            from pxhelm.apply.objects import item_key, noted
            from pxhelm.apply.ports import ports_of
            from pxhelm.apply.renaming import renamed
            from pxhelm.apply.standing import guarded, keep

            kept, moved = {item.key for item in want}, renamed([*map(noted, have)], [*map(noted, want)])
            gone = [item for item in have if item.key not in kept and item_key(item) not in moved and goes(item)]
            try:
                check([item.address for item in gone], len(have), len(want), word)
            except PxhelmError as refused:
                keep(ports_of(services), {item_key(item): guarded(refused.message) for item in gone})
                raise

        return replace(configuration, consent=consent)

    def facts(self, services: Services, lease: str) -> Operation:
        """Return what is recorded with the revision that the command writes."""
        flags = {**self.flags, "force_conflicts": self.force_conflicts, "post_renderer": self.post_renderer}
        told = {name: value for name, value in sorted(flags.items()) if value not in (None, False, "", (), {})}
        values = json.dumps(self.values or {}, sort_keys=True, default=str)
        return Operation(
            op_id=services.new_id(),
            command=f"{self.verb} {self.release} {json.dumps(told, default=str)}",
            chart_digest=chart_digest(self.chart) if self.chart else "",
            values_digest=services.key.fingerprint(values),
            holder=services.process.holder,
            lease=lease,
        )


def chart_digest(chart: Chart) -> str:
    """Return the SHA-256 over the chart's files as they were loaded."""
    digest = hashlib.sha256()
    for name in sorted(chart.raw):
        digest.update(f"{name}\0{len(chart.raw[name])}\0".encode())
        digest.update(chart.raw[name])
    return digest.hexdigest()


class StoreOnly:
    """The port of objects for verbs that read the store alone: the cluster need not answer."""

    def reach(self) -> None:
        """Ask nobody."""


def reading(services: Services) -> Configuration:
    """Return the configuration of a verb that only reads what is stored."""
    services.greet()
    return _configuration(services, StoreOnly(), None)  # type: ignore[arg-type]  # the verbs that read call reach() alone


def dry(services: Services, release: str) -> Configuration:
    """Return the configuration of a verb that shows what it would do: the cluster is read, nothing is locked."""
    services.greet()
    return _configuration(services, services.objects(f"{services.place.namespace}/{release}", False), None)


def goes(item: Item) -> bool:
    """Whether an object that is no longer wanted is deleted, and not merely let go."""
    metadata = item.document.get("metadata")
    annotations = (metadata.get("annotations") if isinstance(metadata, Mapping) else None) or {}
    kept = annotations.get("helm.sh/resource-policy") == "keep"
    return not kept and annotations.get("pxhelm.io/deletion-policy") != "Retain"


@contextmanager
def changing(services: Services, command: Command) -> Iterator[Configuration]:
    """Hold the release's lock and hand out the configuration of a verb that changes it.

    When somebody else holds the lock, the state machine is run without it only to find Helm's own error in the pending
    revision; LeaseHeldError when there is none yet.
    """
    services.meet()
    place = services.place
    name = f"release:{place.cluster}/{place.namespace}/{command.release}"
    objects = services.objects(f"{place.namespace}/{command.release}", command.force_conflicts)
    facts = command.facts(services, name)
    with ExitStack() as held:
        try:
            lease = held.enter_context(services.hold(name, LEASE_SECONDS))
        except LeaseHeldError:
            if command.verb not in _TELLS_PENDING or not _is_pending(services, command.release):
                raise
            yield command.asking(
                services, _configuration(services, objects, Attempt(facts), post_renderer=command.post_renderer)
            )
        else:
            attempt = Attempt(facts, recorded_holder_gone=True)
            made = _configuration(services, objects, attempt, lease, post_renderer=command.post_renderer)
            yield command.asking(services, made)


_TELLS_PENDING = ("install", "upgrade")
"""Verbs that look for a pending revision before they change anything."""


def _is_pending(services: Services, release: str) -> bool:
    try:
        return reading(services).storage.last(release).info.status.is_pending
    except ReleaseNotFoundError:
        return False


def _configuration(
    services: Services,
    objects: ObjectPort,
    attempt: Attempt | None,
    lease: Lease | None = None,
    *,
    post_renderer: tuple[str, tuple[str, ...]] | None = None,
) -> Configuration:
    from pxhelm.actions.rendering import chart_renderer

    place, store = services.place, services.store
    storage = Storage(store.releases, place.cluster, place.namespace, services.now)
    if lease is not None:
        storage = Storage(
            store.releases, place.cluster, place.namespace, services.now, fenced=lambda: fenced(store, lease)
        )
    return Configuration(
        namespace=place.namespace,
        objects=objects,
        storage=storage,
        renderer=chart_renderer(services, post_renderer=post_renderer),
        clock=services.now,
        listen=services.listen,
        attempt=attempt,
    )
