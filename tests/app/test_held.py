"""A lease is kept while the block runs, whatever a busy store says meanwhile; the account has a name everywhere."""

import os
import pwd
import threading
from dataclasses import replace

import pytest

from pxhelm.app.held import account, hold, this_process
from pxhelm.store.leases import Lease
from pxhelm.store.outcome import LeaseLost, StoreError

SECONDS = 0.03


class Leases:
    """Renewals as listed; the last one again and again."""

    def __init__(self, *renewals):
        self.renewals = list(renewals)
        self.seen = threading.Event()
        self.released = []

    def acquire(self, name, holder, ttl, now, dead):
        return Lease(name, holder, 1, now + ttl)

    def renew(self, lease, ttl, now):
        outcome = self.renewals.pop(0)
        if not self.renewals:
            self.seen.set()
            self.renewals.append(outcome)
        if isinstance(outcome, Exception):
            raise outcome
        return replace(lease, expires_at=outcome)

    def release(self, lease):
        self.released.append(lease.expires_at)


def test_a_busy_store_does_not_end_the_renewing():
    leases = Leases(StoreError("busy"), 1.0)
    with hold(leases, this_process(), "x", SECONDS):
        assert leases.seen.wait(10)
    assert leases.released == [1.0]


def test_a_lost_lease_ends_it():
    leases = Leases(LeaseLost("x"), 1.0)
    with hold(leases, this_process(), "x", SECONDS):
        assert not leases.seen.wait(SECONDS * 3)


def test_a_release_that_fails_does_not_undo_what_the_block_did():
    leases = Leases(1.0)

    def refuse(_lease):
        raise StoreError("full")

    leases.release = refuse
    with hold(leases, this_process(), "x", SECONDS):
        pass
    with pytest.raises(ZeroDivisionError), hold(leases, this_process(), "x", SECONDS):
        raise ZeroDivisionError


def test_the_account_is_told_without_a_shell_that_names_it(monkeypatch):
    for name in ("SUDO_USER", "USER", "LOGNAME"):
        monkeypatch.delenv(name, raising=False)
    assert account() == pwd.getpwuid(os.getuid()).pw_name


def test_who_used_sudo_is_the_account(monkeypatch):
    monkeypatch.setenv("USER", "root")
    monkeypatch.setenv("SUDO_USER", "ann")
    assert account() == "ann"


def test_an_uid_that_nobody_has_is_told_as_a_number(monkeypatch):
    for name in ("SUDO_USER", "USER", "LOGNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2_000_000_001)
    assert account() == "2000000001"
