"""Differences that we know and keep, each with its reason."""

from __future__ import annotations

import re

ADDRESS = re.compile(r"0x[0-9a-f]{9,12}\b")


def explanation(case, answer, found):
    """Return why a difference is on purpose, ``""`` when it is not."""
    if any(ADDRESS.search(text) for text in answer.get("files", {}).values()):
        return "Go prints where something lies in memory"
    if "toml: line " in str(answer) and "fromToml" in str(case):
        return "the text of a TOML syntax error is the parser's"
    if answer.get("error", "").startswith("type mismatch on ") and "error 'type mismatch on " in found:
        return "of several subcharts with wrong values Helm names one by chance"
    if "[]map[string]interface {}" in str(answer) and "fromToml" in str(case):
        return "tomllib does not tell arrays of tables from lists of maps"
    if "slice index out of bounds" in found and "lice" in str(case):
        return "a Go slice reaches into the spare memory behind it"
    return ""
