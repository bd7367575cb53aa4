"""What keeps a chart from taking the machine along (edge): child processes with limits for Jinja, limits on this one.

Never renders Go templates: those run in the process, under their own budget and, for what a budget cannot count, under
``bounded``.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.render.model import JinjaJob, RenderError

COMMAND: Final = "__jinja__"
"""The hidden first argument that makes the program the child; ``__main__`` hands it on to ``child_main``."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use."""

    cpu_seconds: int = 10
    memory_bytes: int = 512 * 1024 * 1024
    wall_seconds: float = 30.0


class bounded:  # noqa: N801 - used as a block
    """Hold this process to limits on time and memory while a chart is read and rendered.

    For what the template engine's budget does not see: one call that takes for ever, values that grow without being
    written, a schema that branches without end. Time is limited in the main thread alone; a block within another
    changes nothing. ``doing`` is what the block does, for the error. A class, since what ends the time may come at any
    moment but while the block is being left.

    Raises:
        RenderError: REFUSED, saying which limit was reached.
    """

    def __init__(self, seconds: float, memory: int, doing: str = "rendering") -> None:
        self._doing = doing
        self._seconds = seconds
        self._memory = memory
        self._timed: tuple[object, float, float, float] | None = None
        self._measured: tuple[int, int] | None = None
        self._outermost = False

    def __enter__(self) -> None:
        """Begin."""
        self._outermost = not _active
        if self._outermost:
            _active.append(True)
            self._measure()
            self._time()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """End, and word what ended the block."""
        if not self._outermost:
            return
        if self._timed is not None:
            before, left, interval, began = self._timed
            rest = max(left - (time.monotonic() - began), 0.01) if left else 0
            signal.setitimer(signal.ITIMER_REAL, rest, interval)
            signal.signal(signal.SIGALRM, before)  # type: ignore[arg-type]  # as it was given to us
        if self._measured is not None:
            resource.setrlimit(resource.RLIMIT_AS, self._measured)
        _active.clear()
        if isinstance(error, _TimeUpError):
            raise self._spent(f"{self._seconds:g} seconds", f"seconds={self._seconds * 10:g}") from None
        if isinstance(error, (MemoryError, SystemError)):  # a C function that got no memory may say nothing at all
            more = f"memory={self._memory >> 19}M"
            raise self._spent(f"{self._memory >> 20} MiB of memory", more) from None
        if isinstance(error, RecursionError):
            text = "rendering failed: templates or values are nested too deep, or refer to themselves"
            raise RenderError(text, code=ExitCode.REFUSED) from None

    def _spent(self, what: str, more: str) -> RenderError:
        origin = "chart" if self._doing == "rendering" else "repository"
        hint = f"if the {origin} is to be trusted, raise the limit: PXHELM_LIMITS={more}"
        return RenderError(f"{self._doing} took more than {what}", code=ExitCode.REFUSED, hint=hint)

    def _time(self) -> None:
        if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
            return

        def end(_number: int, frame: FrameType | None) -> None:
            if frame is None or frame.f_code is not bounded.__exit__.__code__:
                raise _TimeUpError

        before = signal.signal(signal.SIGALRM, end)
        # Again later: what is raised while an object is being finalised is lost.
        left, interval = signal.setitimer(signal.ITIMER_REAL, self._seconds, _AGAIN)
        self._timed = before, left, interval, time.monotonic()

    def _measure(self) -> None:
        """Let the address space grow by so many bytes and no more, where the system knows how much it is."""
        try:
            pages = int(Path("/proc/self/statm").read_bytes().split()[0])
        except (OSError, ValueError):
            return
        soft, hard = self._measured = resource.getrlimit(resource.RLIMIT_AS)
        most = pages * resource.getpagesize() + self._memory
        known = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_AS, (min(most, *known) if known else most, hard))


_active: Final[list[bool]] = []
_AGAIN: Final = 5.0
"""Seconds after which the end is told once more."""


class _TimeUpError(BaseException):
    """The time is over; no handler of ordinary errors is to take it for one."""


def render_jinja(job: JinjaJob, limits: Limits = Limits()) -> dict[str, str]:
    """Render Jinja templates in a child process and return outputs by template.

    Raises:
        RenderError: what a template did wrong, or which limit it hit.
    """
    from pxhelm.render import jinja

    frozen = getattr(sys, "frozen", False)
    command = [sys.executable, COMMAND] if frozen else [sys.executable, "-m", "pxhelm", COMMAND]
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p) if not frozen else "",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        _LIMITS: f"{limits.cpu_seconds}:{limits.memory_bytes}",
    }
    try:
        done = subprocess.run(  # noqa: S603 - ourselves, with a fixed argument
            command,
            input=jinja.encode(job),
            capture_output=True,
            timeout=limits.wall_seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RenderError(f"cannot render {_names(job)}: not done after {limits.wall_seconds:g} seconds") from None
    if done.returncode < 0 or (done.returncode and not done.stdout):
        raise RenderError(f"cannot render {_names(job)}: {_reason(done.returncode, done.stderr, limits)}")
    return jinja.decode(done.stdout)


_LIMITS: Final = "PXHELM_JINJA_LIMITS"


def child_main() -> int:
    """Be the child: take the limits on, render the job from standard input, answer on standard output."""
    from pxhelm.render import jinja

    request = sys.stdin.buffer.read()
    functions = template_functions()
    _restrict(os.environ.get(_LIMITS, ""))
    try:
        reply = jinja.answer(request, functions)
    except MemoryError:
        sys.stderr.write("out of memory")
        return 1
    sys.stdout.buffer.write(reply)
    sys.stdout.buffer.flush()
    return 0


def template_functions() -> Mapping[str, Callable[..., object]]:
    """Return the Go templates' functions that need neither clock, randomness nor cluster, by name."""
    from pxhelm.gotemplate.functions import ALL

    return {name: f.call for name, f in ALL.items() if not f.host}


_OWN_FILES: Final = 64 * 1024 * 1024
"""Largest file the child may write: the frozen binary writes its own libraries when they are first needed."""


def _restrict(text: str) -> None:
    cpu, _, memory = text.partition(":")
    wanted = (
        (resource.RLIMIT_CPU, int(cpu or 10)),
        (resource.RLIMIT_AS, int(memory or 512 * 1024 * 1024)),
        (resource.RLIMIT_FSIZE, _OWN_FILES),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, amount in wanted:
        # Not every system knows every limit; the wall clock of the parent always holds.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (amount, amount))


def _names(job: JinjaJob) -> str:
    return ", ".join(item.name for item in job.items[:3]) + (" …" if len(job.items) > 3 else "")


def _reason(status: int, stderr: bytes, limits: Limits) -> str:
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"it used more than {limits.cpu_seconds} seconds of CPU"
    if b"MemoryError" in stderr or b"out of memory" in stderr or status == -signal.SIGSEGV:
        return f"it used more than {limits.memory_bytes // 1024 // 1024} MiB of memory"
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return f"the child process ended with status {status}: {lines[-1] if lines else 'no message'}"


def post_render(program: str, arguments: tuple[str, ...], text: str) -> str:
    """Pipe manifests through an executable (``--post-renderer``) and return what it prints.

    Raises:
        PxhelmError: in Helm's words, with the program's own complaints.
    """
    import shutil

    found = shutil.which(program)
    if found is None:
        missing = os.sep in program
        reason = "no such file or directory" if missing else "executable file not found in $PATH"
        what = f"stat {program}: {reason}" if missing else f'exec: "{program}": {reason}'
        raise PxhelmError(f"unable to find binary at {program}: {what}")
    path = os.path.abspath(found)  # noqa: PTH100 - resolve() would follow links, which Helm does not
    done = subprocess.run(  # noqa: S603 - the user asked for this program
        [path, *arguments], input=text.encode("utf-8", "surrogateescape"), capture_output=True, check=False
    )
    if done.returncode:
        errors = done.stderr.decode("utf-8", "replace")
        status = f"exit status {done.returncode}" if done.returncode > 0 else f"signal {-done.returncode}"
        raise PxhelmError(f"error while running command {path}. error output:\n{errors}: {status}")
    return done.stdout.decode("utf-8", "surrogateescape")
