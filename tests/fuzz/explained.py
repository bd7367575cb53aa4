"""Differences that we know and keep, each with its reason and the exact shape that both answers must have for it."""

from __future__ import annotations

import re

from tests.fuzz.ours import answer_of_ours

OURS = 0x2A0000000000
"""Where everything lies for us."""
DISTINCT = 8
"""So many answers of Helm that differ from one another prove that it has none."""
RANDOM = re.compile(r"\b(?:rand\w+|shuffle|uuidv4|encryptAES|bcrypt|htpasswd|gen\w+|keys|values)\b")
FORMS = (
    (f"{OURS:x}", "[0-9a-f]{6,14}"), (f"{OURS:X}", "[0-9A-F]{6,14}"), (str(OURS), "[0-9]{7,17}"), (f"{OURS:o}", "[0-7]{8,19}"), (f"{OURS:b}", "[01]{20,48}"),
)  # fmt: skip
"""An address as a verb of printf writes it, and what Go may write there."""


def explanation(case, answers):
    """Return why we may differ from all of Helm's answers to a case, ``""`` when nothing we know explains it."""
    if not case.get("op"):
        ours = answer_of_ours(case)
        reason = next((reason for reason, holds in RULES.items() if any(holds(a, ours) for a in answers)), "")
        if reason:
            return reason
    distinct = len({str(answer) for answer in answers})
    if distinct > DISTINCT and any(map(_is_deciphered_wrongly, answers)):
        return WRONG_KEY
    if len(answers) > DISTINCT and distinct == len(answers):
        return "Helm answers otherwise each time it is asked"
    if distinct > DISTINCT and RANDOM.search(str(case)) and not case.get("op") and _of_one_shape(answers[0], ours):
        return "a random function was asked"
    return ""


def elsewhere(case, answers, afresh):
    """Return why we may differ where only the number of an address's digits shows: another process answers otherwise."""
    if case.get("op") or len({str(answer) for answer in answers}) > 1 or len({str(answer) for answer in afresh}) < 2:
        return ""
    shapes = {
        tuple(re.sub(r"\d+", "N", text) for text in _texts(answer).values())
        for answer in (*answers, *afresh, answer_of_ours(case))
    }
    return "Go tells how many digits an address has" if len(shapes) == 1 else ""


def _texts(answer):
    return answer.get("files") or {"": answer.get("error", "")}


def _only_addresses(want, ours):
    """Both are alike but for the digits of addresses and what pads them to their width."""
    wanted, got = _texts(want), _texts(ours)
    if wanted.keys() != got.keys() or ("error" in want) != ("error" in ours):
        return False
    return any(_ADDRESS.search(text) for text in got.values()) and all(
        re.fullmatch(_any_address(text), wanted[name]) for name, text in got.items()
    )


_ADDRESS = re.compile(rf" *\+?(?:0[xXob])?0*(?P<form>{'|'.join(form for form, _ in FORMS)}) *")


def _any_address(text):
    """Return the pattern of a text in which each of our addresses may be any."""
    out, at = [], 0
    for found in _ADDRESS.finditer(text):
        out += [re.escape(text[at : found.start()]), rf" *\+?(?:0[xXob])?0*{dict(FORMS)[found['form']]} *"]
        at = found.end()
    return "".join((*out, re.escape(text[at:])))


def _beyond_the_end(want, ours):
    """Ours is Go's own complaint that a slice ends; Helm printed something, or failed later, perhaps with the same words."""
    message = "lice: reflect.Value.Slice: slice index out of bounds"  # of slice and mustSlice
    return ours.get("error", "").endswith(message) and want != ours


def _of_one_shape(want, ours):
    """Both are alike but for words."""
    wanted, got = (
        {name: re.sub(r"\w+", "x", text) for name, text in _texts(answer).items()} for answer in (want, ours)
    )
    return wanted == got


def _is_deciphered_wrongly(answer):
    """It fails at a length that was deciphered with a wrong key: other answers may be texts by chance."""
    error = answer.get("error", "")
    return "error calling decryptAES: " in error and _PADDING.search(error) is not None


def _only_a_random_length(want, ours):
    """Both fail where what was deciphered with a wrong key is cut at a length that it tells itself."""
    wanted, got = (_PADDING.sub("[:-N]", answer.get("error", "")) for answer in (want, ours))
    return "[:-N]" in got and wanted == got


_PADDING = re.compile(r"\[:-\d+\]$")


WRONG_KEY = "what a wrong key deciphers is random"
RULES = {
    WRONG_KEY: _only_a_random_length,
    "Go prints where something lies in memory": _only_addresses,
    "a Go slice reaches into the spare memory behind it": _beyond_the_end,
}
