"""Our answers, and what differs in them from Helm's: outputs and errors must be the same to the last letter."""

from __future__ import annotations

import time
from dataclasses import replace

from pxhelm.errors import PxhelmError
from tests.conformance.render_cases import HOST, difference, rendered, shown
from tests.conformance.runners import play

LIVE = replace(HOST, now=time.time)
"""Helm is asked now, so the clock is the same."""


def answer_of_ours(case):
    """Return our answer to a rendering, in the form of Helm's."""
    try:
        return {"files": {name: shown(text) for name, text in rendered(case, LIVE).items()}}
    except PxhelmError as error:
        return {"error": shown(error.message)}
    except Exception as error:  # noqa: BLE001  a crash of ours differs from all that Helm says, and is no end of the run
        return {"error": f"our bug: {type(error).__name__}: {error}"}


def compare(case, answer):
    """Return what differs from Helm's answer, ``""`` for nothing."""
    if case.get("op"):
        return play({**case, "v3": answer})
    ours = answer_of_ours(case)
    if "error" in ours or "error" in answer:
        got, want = (told.get("error") or f"no error: {told.get('files')}" for told in (ours, answer))
        return "" if got == want else f"got  {got}\nwant {want}"
    return difference(answer.get("files", {}), ours["files"])
