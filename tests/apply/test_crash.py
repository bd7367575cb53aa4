"""A crash before and after every single request and journal write, one by one; then the same again."""

import contextlib

import pytest

from pxhelm.errors import ExitCode
from pxhelm.resource.identity import ObjectKey
from pxhelm.store.bindings import BindingState
from pxhelm.store.objects import ObjectQuery
from tests.apply.lab import vm

WEB = ObjectKey("VirtualMachine", "production", "web-server")


class Crash(BaseException):
    """The process is gone."""


class Countdown:
    """Lets so many events pass, and then the process is gone for good."""

    def __init__(self, passing):
        self.left = passing
        self.over = False

    def meet(self):
        if self.over:
            raise Crash
        if self.left == 0:
            self.over = True
            raise Crash
        self.left -= 1


class Dying:
    """A port of the store that dies with the process."""

    def __init__(self, inner, countdown, after):
        self._inner = inner
        self._countdown = countdown
        self._after = after

    def __getattr__(self, name):
        found = getattr(self._inner, name)
        if not callable(found):
            return Dying(found, self._countdown, self._after)
        if name not in ("intent", "accepted", "done", "finish_op", "set_owned", "move", "begin_op"):
            return self._guarded(found)

        def write(*args, **more):
            if not self._after:
                self._countdown.meet()
            result = found(*args, **more)
            if self._after:
                self._countdown.meet()
            return result

        return write

    def _guarded(self, found):
        def call(*args, **more):
            if self._countdown.over:
                raise Crash
            return found(*args, **more)

        return call


class OneByOne:
    """A cluster that asks one thing after the other, so that a crash is where it happens."""

    def __init__(self, client):
        self.run = client.run

    def run_all(self, operations):
        return [self._result(each) for each in operations]

    def _result(self, operation):
        try:
            return self.run(operation)
        except Exception as error:  # noqa: BLE001 - the port's contract
            return error


def dying(lab, countdown, after):
    def send(method, path, *rest, **more):
        if not after:
            countdown.meet()
        answer = lab.simulator.send(method, path, *rest, **more)
        if after:
            countdown.meet()
        return answer

    return lab.ports("first", cluster=OneByOne(lab.client_over(send)), store=Dying(lab.store, countdown, after))


def crash_at(lab, number, after, run):
    countdown = Countdown(number)
    with contextlib.suppress(Crash):
        run(dying(lab, countdown, after))
    return countdown.over


def from_every_point(first, step, try_at):
    """Try a crash at one point after the other until one lies behind the end; return its number.

    ``try_at`` tells whether the run crashed at the point.
    """
    number = first
    while try_at(number):
        number += step
    return number


def free_leases(lab):
    """A dead process releases nothing; its leases run out."""
    for stored in lab.store.objects.list(ObjectQuery("lab")):
        lease = lab.store.leases.get(f"object:{stored.uid}")
        if lease is not None:
            lab.store.leases.release(lease)


def truth(lab, wanted):
    guests = lab.guests()
    bound = {b.vmid for b in lab.store.bindings.list("lab") if b.state is BindingState.BOUND}
    assert bound == set(guests)
    assert len(guests) == wanted
    assert lab.store.journal.open_ops("lab") == ()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_creation_is_gone_on_with_from_every_point(lab, after):
    def try_at(number):
        crashed = crash_at(lab, number, after, lambda ports: lab.apply_with(ports, vm()))
        free_leases(lab)
        result = lab.apply(vm())
        assert result.exit_code is ExitCode.OK, (number, result.failed[0].outcome)
        truth(lab, 1)
        ((_, row),) = lab.guests().items()
        assert (row["maxcpu"], row["maxdisk"], row["status"]) == (4, 50 << 30, "running"), number
        assert lab.plan(vm()).plan.empty, number
        assert lab.destroy(WEB).exit_code is ExitCode.OK
        truth(lab, 0)
        return crashed

    assert from_every_point(0, 1, try_at) > 30


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_removal_is_gone_on_with_from_every_point(lab, after):
    def try_at(number):
        assert lab.apply(vm()).exit_code is ExitCode.OK
        crashed = crash_at(lab, number, after, lambda ports: lab.destroy_with(ports, WEB))
        free_leases(lab)
        result = lab.destroy(WEB)
        assert result.exit_code is ExitCode.OK, (number, result.failed[0].outcome)
        truth(lab, 0)
        assert lab.store.objects.list(ObjectQuery("lab")) == ()
        return crashed

    assert from_every_point(int(after), 2, try_at) > 15  # every second point before, the others after


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_change_is_gone_on_with_from_every_point(lab, after):
    lab.apply(vm())

    def try_at(number):
        cores = 4 if number % 2 else 2
        text = vm(cores=cores, spec=f"  tags: [t{cores}]")
        crashed = crash_at(lab, number, after, lambda ports: lab.apply_with(ports, text))
        free_leases(lab)
        assert lab.apply(text).exit_code is ExitCode.OK
        truth(lab, 1)
        assert lab.plan(text).plan.empty
        return crashed

    assert from_every_point(0, 1, try_at) > 8
