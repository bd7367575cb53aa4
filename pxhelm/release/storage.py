"""Helm's storage of revisions over the store's port: history, the deployed one, retention.

Every record handed out is a fresh copy. Never seals: the store it is given does.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime

from pxhelm.release.failure import NoDeployedError, ReleaseExistsError, ReleaseNotFoundError
from pxhelm.release.model import Release, Status
from pxhelm.release.record import decode, encode
from pxhelm.store.outcome import DuplicateError, NotFoundError
from pxhelm.store.releases import Operation, ReleaseKey, ReleaseStore, Revision


class Storage:
    """The revisions of one cluster's releases in one namespace.

    ``fenced`` surrounds each write, so that a worker that lost the release's lease cannot write (``store.fence``).
    """

    def __init__(
        self,
        store: ReleaseStore,
        cluster: str,
        namespace: str,
        clock: Callable[[], datetime],
        fenced: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._store = store
        self._fenced = fenced
        self._cluster = cluster
        self._namespace = namespace
        self._clock = clock

    def _key(self, name: str) -> ReleaseKey:
        return ReleaseKey(self._cluster, self._namespace, name)

    def _revision(self, release: Release, operation: Operation | None) -> Revision:
        metadata = release.chart.metadata
        return Revision(
            key=ReleaseKey(self._cluster, release.namespace, release.name),
            version=release.version,
            status=release.info.status.value,
            payload=encode(release),
            chart=f"{metadata.name}-{metadata.version}",
            labels=dict(release.labels),
            modified_at=self._clock().timestamp(),
            operation=operation,
        )

    def create(self, release: Release, max_history: int = 0, operation: Operation | None = None) -> None:
        """Store a new revision, making room first so that at most ``max_history`` remain (0: no limit).

        Raises ReleaseExistsError when the version exists: a concurrent operation won.
        """
        with self._fenced():
            if max_history > 0:
                self._remove_least_recent(release.name, max_history - 1)
            try:
                self._store.create(self._revision(release, operation))
            except DuplicateError:
                raise ReleaseExistsError from None

    def update(self, release: Release) -> None:
        """Store the revision again; ReleaseNotFoundError when it is gone. The operation's facts stay."""
        revision = self._revision(release, None)
        with self._fenced():
            before = self._store.get(revision.key, revision.version)
            try:
                self._store.update(replace(revision, operation=before.operation if before else None))
            except NotFoundError:
                raise ReleaseNotFoundError from None

    def delete(self, name: str, version: int) -> None:
        """Forget one revision."""
        with self._fenced():
            try:
                self._store.delete(self._key(name), version)
            except NotFoundError:
                raise ReleaseNotFoundError from None

    def get(self, name: str, version: int) -> Release:
        """Return one revision; ReleaseNotFoundError when there is none."""
        found = self._store.get(self._key(name), version)
        if found is None:
            raise ReleaseNotFoundError
        return _release(found)

    def last(self, name: str) -> Release:
        """Return the revision with the highest number."""
        found = self._store.last(self._key(name))
        if found is None:
            raise ReleaseNotFoundError
        return _release(found)

    def operation(self, name: str, version: int) -> Operation | None:
        """Return the facts of the operation that wrote the revision, if it recorded any."""
        found = self._store.get(self._key(name), version)
        return found.operation if found else None

    def history(self, name: str) -> list[Release]:
        """Return all revisions, oldest first; ReleaseNotFoundError when there is none."""
        found = self._store.history(self._key(name))
        if not found:
            raise ReleaseNotFoundError
        return list(map(_release, found))

    def deployed_all(self, name: str) -> list[Release]:
        """Return the revisions in status deployed, oldest first."""
        revisions = self._store.history(self._key(name))
        return [_release(revision) for revision in revisions if revision.status == Status.DEPLOYED]

    def deployed(self, name: str) -> Release:
        """Return the latest deployed revision; NoDeployedError when there is none."""
        found = self.deployed_all(name)
        if not found:
            raise NoDeployedError(name)
        return found[-1]

    def list(self, *, all_namespaces: bool = False, latest_only: bool = False) -> list[Release]:
        """Return revisions of this or every namespace, only the highest of each release if so wished."""
        read = self._store.latest if latest_only else self._store.list
        return list(map(_release, read(self._cluster, None if all_namespaces else self._namespace)))

    def _remove_least_recent(self, name: str, most: int) -> None:
        """Delete the oldest revisions beyond ``most``, never the last deployed one."""
        history = self._store.history(self._key(name))
        kept = max((r.version for r in history if r.status == Status.DEPLOYED), default=0)
        surplus = len(history) - most
        old = [revision.version for revision in history if revision.version != kept]
        for version in old[: max(surplus, 0)]:
            self.delete(name, version)


def _release(revision: Revision) -> Release:
    return decode(revision.payload, revision.labels)
