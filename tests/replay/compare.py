"""Compares an answer with a recorded one: masks, sets, subsets, lists in strings."""

import re

FORMS = {
    "hex8": r"[0-9A-Fa-f]{8,9}",
    "int": r"-?\d+",
    "num": r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?",
    "time": r"\d{1,10}",
    "mac": r"(?i:[0-9a-f]{2}(?::[0-9a-f]{2}){5})",
    "uuid": r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
    "digest": r"[0-9a-f]{40}",
    "ticket": r"PVE:\S+",
    "csrf": r"[0-9A-F]{8}:\S+",
    "version": r"[\w.\-+~]+",
    "pem": r"(?s:.*)",
    "datetime": r"[\d\-T: ]+",
    "datetime_": r"\d{4}_\d\d_\d\d-\d\d_\d\d_\d\d",
    "any": r"(?s:.*)",
}
PLACEHOLDER = re.compile("<(" + "|".join(FORMS) + ")>")
LISTS = {"content", "privs", "roles", "groups", "nodes", "tokens", "users", "families"}
NUMBERS = {"int": int, "time": int, "num": (int, float)}


def matches_text(expected, actual):
    if not isinstance(actual, str):
        return False
    if not PLACEHOLDER.search(expected):
        return expected == actual
    parts = PLACEHOLDER.split(expected)
    pattern = "".join(re.escape(p) if n % 2 == 0 else FORMS[p] for n, p in enumerate(parts))
    return re.fullmatch(pattern, actual) is not None


class Comparison:
    """One recorded value against one answer; ``problems`` says where they differ."""

    def __init__(self, *, ordered, subset):
        self.ordered = ordered
        self.subset = set(subset)

    def differences(self, expected, actual, at=""):
        if expected == "<any>":
            return []
        if isinstance(expected, dict):
            return self._objects(expected, actual, at)
        if isinstance(expected, list):
            return self._arrays(expected, actual, at)
        if self._scalars(expected, actual, at):
            return []
        return [f"{at or '/'}: expected {expected!r}, got {actual!r}"]

    def _scalars(self, expected, actual, at):
        if not isinstance(expected, str):
            return type(expected) is type(actual) and expected == actual
        form = PLACEHOLDER.fullmatch(expected)
        if form and form[1] in NUMBERS and isinstance(actual, NUMBERS[form[1]]) and not isinstance(actual, bool):
            return True
        if form and form[1] in ("int", "time") and at.startswith("/errors"):
            return True
        key = at.rpartition("/")[2]
        if key in LISTS and isinstance(actual, str):
            split = [sorted(p.strip() for p in re.split("[,;]", t)) for t in (expected, actual)]
            return split[0] == split[1]
        if isinstance(actual, str) and (at.startswith("/errors/") or at == "/message") and expected.count("\n") > 1:
            lines = [sorted(t.split("\n")) for t in (expected, actual)]
            if len(lines[0]) == len(lines[1]) and all(matches_text(e, a) for e, a in zip(*lines, strict=True)):
                return True
        return matches_text(expected, actual)

    def _objects(self, expected, actual, at):
        if not isinstance(actual, dict):
            return [f"{at or '/'}: expected an object, got {actual!r}"]
        found = [f"{at}/{k}: missing, expected {v!r}" for k, v in expected.items() if k not in actual]
        if at.rpartition("/")[0] not in self.subset:
            found += [f"{at}/{k}: not expected: {actual[k]!r}" for k in actual if k not in expected]
        for key, value in expected.items():
            if key in actual:
                found += self.differences(value, actual[key], f"{at}/{key}")
        return found

    def _arrays(self, expected, actual, at):
        if not isinstance(actual, list):
            return [f"{at or '/'}: expected an array, got {actual!r}"]
        if self.ordered:
            found = (
                [f"{at}: {len(expected)} entries expected, got {len(actual)}: {actual!r}"]
                if len(expected) != len(actual)
                else []
            )
            for number, (e, a) in enumerate(zip(expected, actual, strict=False)):
                found += self.differences(e, a, f"{at}/{number}")
            return found
        rest = list(actual)
        found = []
        for number, entry in enumerate(expected):
            place = f"{at}/{number}"
            good = next((a for a in rest if not self.differences(entry, a, place)), None)
            if good is None and None not in rest:
                close = min((self.differences(entry, a, place) for a in rest), key=len, default=["nothing left"])
                found.append(f"{place}: nothing matches {entry!r}; closest: {'; '.join(close)}")
            else:
                rest.remove(good)
        if rest and not (at in self.subset and "tasks" in at):
            found.append(f"{at}: not expected: {rest!r}")
        return found
