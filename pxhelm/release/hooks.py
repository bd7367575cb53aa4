"""Running hooks: by weight, then name, each awaited, with their delete policies (Helm's execHook).

A resumed operation does not run again what the interrupted one has completed.
"""

from __future__ import annotations

from collections.abc import Sequence

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.events import HookStarted
from pxhelm.release.configuration import Configuration
from pxhelm.release.failure import ReleaseNotFoundError, wrapped
from pxhelm.release.model import (
    BEFORE_HOOK_CREATION,
    HOOK_FAILED,
    HOOK_SUCCEEDED,
    RETRY_ANNOTATION,
    Hook,
    HookEvent,
    HookPhase,
    HookRun,
    Release,
)


def run_hooks(configuration: Configuration, release: Release, event: HookEvent, timeout: float) -> None:
    """Run the release's hooks of this event; ``timeout`` in seconds bounds each wait.

    Writes each hook's progress into the release and stores it before the hook starts. Raises PxhelmError, Helm's text,
    when one fails; its phase is then Failed in ``release``, to be stored by the caller.
    """
    _Runner(configuration, release, timeout).run(event)


def record(configuration: Configuration, release: Release) -> None:
    """Store the release; as in Helm a failure to do so is only logged."""
    try:
        configuration.storage.update(release)
    except ReleaseNotFoundError as gone:
        configuration.log(f"warning: Failed to update release {release.name}: {gone}")


class _Runner:
    """One event of one release."""

    def __init__(self, configuration: Configuration, release: Release, timeout: float) -> None:
        self._configuration = configuration
        self._objects = configuration.objects
        self._release = release
        self._timeout = timeout

    def run(self, event: HookEvent) -> None:
        """Run all, one after the other."""
        hooks = sorted(
            (hook for hook in self._release.hooks if event in hook.events), key=lambda hook: (hook.weight, hook.name)
        )
        for position, hook in enumerate(hooks):
            # Tests are run each time they are asked for.
            if event is HookEvent.TEST or not self._completed_before(hook, event):
                self._run_one(hook, event, hooks[:position])
        for hook in reversed(hooks):
            self._delete_by_policy(hook, HOOK_SUCCEEDED)

    def _completed_before(self, hook: Hook, event: HookEvent) -> bool:
        """Tell whether the interrupted operation has completed the hook; refuse one it may have half run."""
        begun, run = self._release.info.last_deployed, hook.last_run
        if self._configuration.attempt is None or run.started_at is None or begun is None or run.started_at < begun:
            return False
        if run.event not in ("", event):
            # A hook of several events: it came to its last one only after those before it in the same operation.
            return run.event == event.value.replace("pre-", "post-", 1)
        if run.phase is HookPhase.RUNNING and not self._may_retry(hook):
            raise PxhelmError(
                f"cannot resume {self._release.name}: hook {hook.path} was interrupted and may have run",
                code=ExitCode.REFUSED,
                hint=f'check what it did; the annotation {RETRY_ANNOTATION}: "true" lets it run again',
            )
        return run.phase is HookPhase.SUCCEEDED

    def _may_retry(self, hook: Hook) -> bool:
        items = self._objects.build(hook.manifest, validate=False)
        annotations = [(item.document.get("metadata") or {}).get("annotations") or {} for item in items]
        return bool(annotations) and all(notes.get(RETRY_ANNOTATION) == "true" for notes in annotations)

    def _run_one(self, hook: Hook, event: HookEvent, earlier: Sequence[Hook]) -> None:
        if not hook.delete_policies:
            hook.delete_policies = [BEFORE_HOOK_CREATION]
        self._delete_by_policy(hook, BEFORE_HOOK_CREATION)
        try:
            items = self._objects.build(hook.manifest, validate=True)
        except PxhelmError as bad:
            raise wrapped(f"unable to build kubernetes object for {event} hook {hook.path}", bad) from bad
        clock = self._configuration.clock
        hook.last_run = HookRun(started_at=clock(), phase=HookPhase.RUNNING, event=event.value)
        record(self._configuration, self._release)
        self._configuration.listen(HookStarted(event.value, hook.address))
        # If what follows ends in a way that nobody foresaw, this is the truth.
        hook.last_run.phase = HookPhase.UNKNOWN
        try:
            self._objects.create(items)
        except PxhelmError as refused:
            hook.last_run.completed_at = clock()
            hook.last_run.phase = HookPhase.FAILED
            raise wrapped(f"warning: Hook {event} {hook.path} failed", refused) from refused
        try:
            self._objects.watch(items, self._timeout)
        except PxhelmError:
            hook.last_run.completed_at = clock()
            hook.last_run.phase = HookPhase.FAILED
            self._clean_after_failure(hook, earlier)
            raise
        hook.last_run.completed_at = clock()
        hook.last_run.phase = HookPhase.SUCCEEDED
        if self._configuration.attempt is not None:
            record(self._configuration, self._release)

    def _clean_after_failure(self, hook: Hook, earlier: Sequence[Hook]) -> None:
        try:
            self._delete_by_policy(hook, HOOK_FAILED)
        except PxhelmError as stays:
            self._configuration.log(f"error deleting the hook resource on hook failure: {stays}")
        for done in earlier:
            self._delete_by_policy(done, HOOK_SUCCEEDED)

    def _delete_by_policy(self, hook: Hook, policy: str) -> None:
        if hook.kind == "CustomResourceDefinition" or policy not in hook.delete_policies:
            return
        try:
            items = self._objects.build(hook.manifest, validate=False)
        except PxhelmError as bad:
            raise wrapped(f"unable to build kubernetes object for deleting hook {hook.path}", bad) from bad
        errors = self._objects.delete(items)
        if errors:
            raise joined("", errors, "; ")
        self._objects.wait_deleted(items, self._timeout)


def joined(prefix: str, errors: Sequence[PxhelmError], separator: str) -> PxhelmError:
    """Return one error of many; code, place and hint are the first's."""
    message = prefix + separator.join(error.message for error in errors)
    return PxhelmError(message, code=errors[0].code, where=errors[0].where, hint=errors[0].hint)
