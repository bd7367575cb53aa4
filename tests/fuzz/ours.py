"""Our answers, and what differs in them from Helm's: outputs and errors must be the same to the last letter."""

from __future__ import annotations

from pxhelm.errors import PxhelmError
from tests.conformance.render_cases import difference, rendered, shown
from tests.conformance.runners import play


def answer_of_ours(case):
    """Return our answer to a rendering, in the form of Helm's."""
    try:
        return {"files": {name: shown(text) for name, text in rendered(case).items()}}
    except PxhelmError as error:
        return {"error": shown(error.message)}


def compare(case, answer):
    """Return what differs from Helm's answer, ``""`` for nothing."""
    if case.get("op"):
        return play({**case, "v3": answer})
    try:
        ours = answer_of_ours(case)
    except Exception:  # noqa: BLE001  a crash of ours is told as the conformance tells it
        return play({**case, "v3": answer or {"files": {}}})
    if "error" in ours or "error" in answer:
        got, want = (told.get("error") or f"no error: {told.get('files')}" for told in (ours, answer))
        return "" if got == want else f"got  {got}\nwant {want}"
    return difference(answer.get("files", {}), ours["files"])
