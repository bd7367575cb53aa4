"""What became of a plan, object by object, and the exit status of it (engine.md D19)."""

from __future__ import annotations

from dataclasses import dataclass

from pxhelm.apply.command import Outcome, Result
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.plan.model import Action, Blocked, Plan
from pxhelm.resource.identity import ObjectKey


@dataclass(frozen=True, slots=True)
class ObjectResult:
    """What became of one object of a plan."""

    key: ObjectKey
    action: Action | None
    """None: it was blocked in the plan already."""
    outcome: Outcome

    @property
    def ok(self) -> bool:
        """Whether it is as wanted."""
        return self.outcome.result in (Result.DONE, Result.UNCHANGED)


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """What became of a plan."""

    plan: Plan
    objects: tuple[ObjectResult, ...]

    @property
    def failed(self) -> tuple[ObjectResult, ...]:
        """Return the objects that are not as wanted."""
        return tuple(o for o in self.objects if not o.ok)

    def count(self, *actions: Action) -> int:
        """Return how many objects were brought about by one of the actions."""
        return sum(o.ok and o.action in actions for o in self.objects)

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit status of engine.md D19."""
        if not self.failed:
            return ExitCode.OK
        if any(o.outcome.result is Result.INTERRUPTED for o in self.failed):
            return ExitCode.INTERRUPTED
        codes = {code_of(o.outcome) for o in self.failed if o.outcome.reason != "Dependency"}
        changed = any(o.ok and o.action is not Action.NOTHING for o in self.objects)
        if changed:
            return ExitCode.PARTIAL
        return codes.pop() if len(codes) == 1 else ExitCode.FAILED

    def error(self) -> PxhelmError | None:
        """Return the first failure as an error; None when all went well."""
        if not self.failed:
            return None
        first = next((o for o in self.failed if o.outcome.reason != "Dependency"), self.failed[0])
        return PxhelmError(first.outcome.message, code=self.exit_code, hint=first.outcome.hint)


_CODES = {
    "Conflict": ExitCode.CONFLICT,
    "Exists": ExitCode.CONFLICT,
    "Taken": ExitCode.CONFLICT,
    "IdentityConflict": ExitCode.CONFLICT,
    "Stale": ExitCode.CONFLICT,
    "Pending": ExitCode.CONFLICT,
    "Moved": ExitCode.CONFLICT,
    "Refused": ExitCode.REFUSED,
    "Lock": ExitCode.REFUSED,
    "NotInPlan": ExitCode.REFUSED,
    "Locked": ExitCode.LOCKED,
}


def code_of(outcome: Outcome | Blocked) -> ExitCode:
    """Return the exit status of one object's failure."""
    return _CODES.get(outcome.reason, ExitCode.FAILED)
