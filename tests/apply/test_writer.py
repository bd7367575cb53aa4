"""Changes that are asked for at the same time are one commit, and none fails for the fault of another."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from pxhelm.apply.writer import Writer
from pxhelm.errors import PxhelmError


class Disk:
    """A store of numbers, of which each commit is counted; a transaction that fails leaves nothing."""

    def __init__(self):
        self.rows = []
        self.commits = []
        self.full = False

    @contextmanager
    def transaction(self):
        before = list(self.rows)
        try:
            yield
            if self.full:
                raise PxhelmError("cannot write the store: the disk is full")
            self.commits.append(len(self.rows) - len(before))
        except BaseException:
            self.rows[:] = before
            raise

    def add(self, number):
        self.rows.append(number)
        return number * 10

    def refuse(self, number):
        self.rows.append(number)
        raise PxhelmError("lost the lease")


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
def writer(disk):
    made = Writer(disk)
    thread = threading.Thread(target=made.serve)
    yield made, thread
    if thread.ident is None:
        thread.start()
    made.close()
    thread.join(10)
    assert not thread.is_alive()


def asked_together(writer, *changes):
    """Have changes asked for while the writer is not yet at it, and return what each got: a value or an error."""
    made, thread = writer
    with ThreadPoolExecutor(len(changes)) as pool:
        got = [pool.submit(made.write, change) for change in changes]
        while made._asked.qsize() < len(changes):
            pass
        thread.start()
        return [each.exception(10) or each.result(10) for each in got]


def test_changes_that_wait_at_the_same_time_are_one_commit(writer, disk):
    got = asked_together(writer, *(lambda n=n: disk.add(n) for n in range(8)))
    assert sorted(got) == [0, 10, 20, 30, 40, 50, 60, 70]
    assert disk.commits == [8]


def test_nobody_goes_on_before_the_commit(writer, disk):
    made, thread = writer
    thread.start()
    for n in range(3):
        made.write(lambda n=n: disk.add(n))
        assert sum(disk.commits) == n + 1


def test_a_change_that_fails_leaves_nothing_and_fails_for_nobody_else(writer, disk):
    got = asked_together(writer, lambda: disk.add(1), lambda: disk.refuse(2), lambda: disk.add(3))
    assert [str(each) for each in got] == ["10", "lost the lease", "30"]
    assert sorted(disk.rows) == [1, 3]


def test_a_bug_in_a_change_reaches_who_asked_and_the_writer_goes_on(writer, disk):
    made, thread = writer
    thread.start()
    with pytest.raises(ZeroDivisionError):
        made.write(lambda: 1 // 0)
    assert made.write(lambda: disk.add(4)) == 40


def test_a_disk_that_takes_nothing_is_told_to_all(writer, disk):
    disk.full = True
    got = asked_together(writer, lambda: disk.add(1), lambda: disk.add(2))
    assert {str(each) for each in got} == {"cannot write the store: the disk is full"}
    assert disk.rows == []
