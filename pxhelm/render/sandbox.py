"""Child processes with limits, for Jinja and post-renderers (edge).

Never renders Go templates: those run in the process, under their own budget.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pxhelm.errors import PxhelmError
from pxhelm.render import jinja
from pxhelm.render.model import JinjaJob, RenderError

COMMAND: Final = "__jinja__"
"""The hidden first argument that makes the program the child; ``__main__`` hands it on to ``child_main``."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use."""

    cpu_seconds: int = 10
    memory_bytes: int = 512 * 1024 * 1024
    wall_seconds: float = 30.0


def render_jinja(job: JinjaJob, limits: Limits = Limits()) -> dict[str, str]:
    """Render Jinja templates in a child process and return outputs by template.

    Raises:
        RenderError: what a template did wrong, or which limit it hit.
    """
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
    import resource

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
    import signal

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
