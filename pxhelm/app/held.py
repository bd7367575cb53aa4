"""Leases that this process holds while a block runs, and how others can prove that it is dead."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pxhelm.actions.services import Process
from pxhelm.errors import PxhelmError
from pxhelm.store.leases import Holder, Lease, LeaseStore, provably_dead
from pxhelm.store.outcome import LeaseLost


def this_process() -> Process:
    """Return who runs the command."""
    own = os.getpid()
    holder = Holder(socket.gethostname(), boot_id(), own, process_started(own) or "", space=process_space())
    return Process(holder, lambda other: provably_dead(other, holder, process_started), account())


@contextmanager
def hold(leases: LeaseStore, process: Process, name: str, seconds: float) -> Iterator[Lease]:
    """Hold a lease, renewed in a thread, while the block runs; LeaseHeldError when another process has it."""
    lease = leases.acquire(name, process.holder, seconds, time.time(), process.is_dead)
    ended = threading.Event()

    def renew() -> None:
        nonlocal lease
        while not ended.wait(seconds / 3):
            try:
                lease = leases.renew(lease, seconds, time.time())
            except LeaseLost:
                return  # the journal's own check refuses whatever is written after this
            except PxhelmError:
                continue  # the store was busy or full: two more tries are left before the lease ends

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        ended.set()
        thread.join()
        with suppress(PxhelmError):  # what the block did stands; the lease ends by itself
            leases.release(lease)


def boot_id() -> str:
    """Return what the kernel calls its run since the machine began; empty where it does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def process_space() -> str:
    """Return what tells this process' numbering of processes from the machine's own; empty when it is that one.

    A container may have the machine's host name and boot, and yet see none of its processes.
    """
    try:
        number = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
    return "" if number == _FIRST_SPACE else number


_FIRST_SPACE = "pid:[4026531836]"
"""PROC_PID_INIT_INO of Linux: the numbering of processes that the machine began with."""


def process_started(pid: int) -> str | None:
    """Return the start time of a process in the kernel's words; None when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def account() -> str:
    """Return the account that gave the command: that behind ``sudo``, else the shell's, else the process's; an uid at worst.

    Cron, systemd and containers set no ``USER``; an arbitrary uid of a container has no entry in the user database.
    """
    named = (os.environ.get(name) for name in ("SUDO_USER", "USER", "LOGNAME"))
    told = next((name for name in named if name), "")
    if told:
        return told
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
