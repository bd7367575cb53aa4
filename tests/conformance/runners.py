"""Which runner plays which kind of recorded case: add a kind by a line in ``RUNNERS``.

A runner takes a case and returns ``""`` when we answered as Helm v3 did, else what differs.
"""

from __future__ import annotations

import gzip
import importlib
import json
import signal
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
SECONDS = 60
"""What one case may take, so that an endless loop is one failure and not the end of the run."""

RUNNERS = {
    "render": ("render_cases", "OPS"),
    "values": ("values_cases", "OPS"),
    "strvals": ("values_cases", "OPS"),
    "coalesce-tables": ("values_cases", "OPS"),
    "yaml": ("yaml_cases", "OPS"),
    "release": ("release_cases", "run"),
    "cli": ("cli_cases", "run"),
}
"""Kind of case → module here, and the table or function in it; modules are imported when a file has such a case."""


def cases(path):
    """Yield the cases of a file of JSON lines, gzipped or not."""
    opened = gzip.open if str(path).endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def kind(case):
    """Return the kind of a case: its ``op``, or for a story which sort it is."""
    if "steps" in case:
        return "release" if any("op" in step for step in case["steps"]) else "cli"
    return case.get("op", "render")


def runner(name):
    """Return the function that plays a kind of case; None when there is none yet."""
    if name not in RUNNERS:
        return None
    module, attribute = RUNNERS[name]
    if not (HERE / f"{module}.py").exists():
        return None
    found = getattr(importlib.import_module(f"tests.conformance.{module}"), attribute)
    return found[name] if isinstance(found, dict) else found


def play(case):
    """Return what differs from Helm v3, ``""`` for nothing."""
    run = runner(kind(case))
    if run is None:
        return f"no runner for {kind(case)} cases"
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(SECONDS)
    try:
        found = run(case)
    except Exception as error:  # noqa: BLE001  a crash is a failure of this case, not of the run
        import traceback

        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"our bug: {type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})"
    finally:
        signal.alarm(0)
    return found if isinstance(found, str) else "\n".join(found or ())


def _too_long(_number, _frame):
    raise TimeoutError(f"took more than {SECONDS} seconds")


def known():
    """Return the cases that differ on purpose, with the reason of each."""
    return tomllib.loads((HERE / "known.toml").read_text())
