"""Dialogues with the machine of one object: ``expects`` a command, says an event.

On a wrong turn the whole dialogue is printed. A playbook whose end was not asked for fails in ``conftest``.
"""

from dataclasses import replace

from pxhelm.apply import command as c
from pxhelm.apply.job import Job
from pxhelm.apply.machine import run
from pxhelm.kinds import KINDS
from pxhelm.plan.diff import Ownership
from pxhelm.plan.model import Action, ObjectPlan
from pxhelm.plan.next_step import difference, steps_of
from pxhelm.plan.situation import Situation
from pxhelm.proxmox.errors import ApiError, Failure
from pxhelm.proxmox.task import TaskResult, TaskState, Upid
from pxhelm.resource.decode import Rows
from pxhelm.resource.guest import Situated, live_of
from pxhelm.resource.identity import Marker, ObjectKey
from pxhelm.resource.kind import Surroundings
from pxhelm.resource.model import ABSENT, Resource, Target
from pxhelm.secret import Secret

KIND = KINDS["VirtualMachine"]
KEY = ObjectKey("VirtualMachine", "default", "web")
AROUND = Surroundings(nodes={"n1": True, "n2": True})
OURS = Marker("inst", "uid-1", 10000, "op")


def absent():
    return ABSENT


def made(*, cores=2, digest="d1", uid="uid-1", power="stopped", vmid=10000):
    marker = Marker("inst", uid, vmid, "op")
    config = {"cores": str(cores), "name": "web", "memory": "512", "description": str(marker)}
    return live_of(KIND, Rows(config, config, digest), Situated("n1", vmid, power))


def making(vmid=10000):
    config = {"lock": "create"}
    return live_of(KIND, Rows(config, config, "d0"), Situated("n1", vmid))


def task(kind, vmid=10000):
    return f"UPID:n1:0000AAAA:0000BBBB:65000000:{kind}:{vmid}:root@pam!pxhelm:"


class Asked:
    """A command that was expected and came, waiting for its answer."""

    def __init__(self, play, command):
        self._play = play
        self._command = command

    def __getattr__(self, name):
        return getattr(self._command, name)

    def _answer(self, event):
        self._play.go_on(event)
        return self

    def says(self, answer):
        now = self._play.now
        return self._answer(answer(now) if callable(answer) else c.Seen(now, answer))

    def noted(self):
        return self._answer(c.Noted(self._play.now))

    def woke(self):
        self._play.now += self._command.seconds
        return self.noted()

    def replied(self, data):
        return self._answer(c.Replied(self._play.now, data))

    def found(self, upid):
        return self._answer(c.Found(self._play.now, upid))

    def ended(self, state, exitstatus=""):
        words = {TaskState.OK: "OK", TaskState.FAILED: exitstatus}
        upid = Upid.parse(self._command.upid)
        return self._answer(c.Ended(self._play.now, TaskResult(upid, state, words.get(state, ""))))

    def retargeted(self, vmid):
        target = Target(KEY, "uid-1", "", vmid, "", replace(OURS, vmid=vmid))
        return self._answer(c.Retargeted(self._play.now, target))


class Playbook:
    """One machine, and all that was said so far."""

    def __init__(
        self,
        *,
        live_is_ours=False,
        wanted=True,
        open_steps=(),
        planned=None,
        strict=False,
        digest="",
        action=Action.UPDATE,
        secret="",
        now=100.0,
    ):
        leaves = {"cpu.cores": 2, "hostname": "web", "power.policy": "Stopped"}
        if secret:
            leaves |= {"cloudInit.password": Secret(secret), "cloudInit.drive.storage": "local"}
        desired = Resource(KEY, leaves)
        target = Target(KEY, "uid-1", "n1" if live_is_ours else "", 10000, "", OURS)
        s = Situation(
            KIND,
            target,
            made(),
            desired if wanted or action is Action.REPLACE else None,
            Ownership("kubectl:t"),
            lambda text: f"hmac({len(text)})",
            surroundings=AROUND,
            op="op",
        )
        bound = None
        if planned is not None or strict or action is Action.REPLACE:
            bound = self._bound(s, action, planned, digest)
        job = Job(s, bound, len(open_steps) + 1, open_steps, is_bound=live_is_ours, strict=strict)
        self.dialogue = []
        self.now = now
        self.sent = 0
        self.sent_at = 0.0
        self.machine = run(job)
        self.outcome = None
        self.pending = None
        self._next(lambda: next(self.machine))

    def _bound(self, s, action, planned, digest):
        turns = [replace(s, live=live, desired=d) for live in (absent(), made(cores=1)) for d in (s.desired, None)]
        steps = tuple(step for turn in turns for step in steps_of(turn, difference(turn)))
        changes = difference(replace(s, live=absent())).changes
        if planned is not None:
            steps, changes = planned, ()
        return ObjectPlan(KEY, "uid-1", action, changes, steps, 1, digest, 10000, "n1")

    def _next(self, advance):
        try:
            self.pending = advance()
        except StopIteration as end:
            self.outcome = end.value

    def go_on(self, event):
        self.dialogue.append(f">> {type(event).__name__}")
        self.pending = None
        self._next(lambda: self.machine.send(event))

    def _fail(self, wanted):
        said = "\n".join(self.dialogue)
        raise AssertionError(f"{said}\n<< {self.pending or self.outcome}\nexpected: {wanted}")

    def next_is(self, kind):
        return isinstance(self.pending, kind)

    def expects(self, kind, **what):
        command = self.pending
        if not isinstance(command, kind):
            self._fail(f"{kind.__name__} {what}")
        for name, value in what.items():
            if self._value(command, name) != value:
                self._fail(f"{kind.__name__} {what}, not {name}={self._value(command, name)!r}")
        self.dialogue.append(f"<< {kind.__name__} {what or ''}")
        if kind is c.Send:
            self.sent += 1
            self.sent_at = self.now
        return Asked(self, command)

    @staticmethod
    def _value(command, name):
        for part in (command, getattr(command, "step", None), getattr(command, "request", None)):
            if part is not None and hasattr(part, name):
                return getattr(part, name)
        return None

    def refused(self, status, message, *, sent=True):
        failure = Failure("POST", "/x", status, message, sent=sent)
        if status == 0:
            from pxhelm.proxmox.errors import ErrorClass

            error = ApiError(failure, cls=ErrorClass.TRANSIENT)
        else:
            error = ApiError(failure)
        self.go_on(c.Refused(self.now, error))

    def through_intend(self, verb):
        self.expects(c.Admit, verb=verb).says(c.Admitted)
        self.expects(c.Intend, verb=verb).noted()

    def up_to_send(self):
        self.expects(c.Observe).says(absent())
        self.through_intend("create")
        return self.expects(c.Send, method="POST")

    def ends(self, result):
        if self.outcome is None or self.outcome.result is not result:
            self._fail(f"the end: {result}")
        return self.outcome
