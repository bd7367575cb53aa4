"""Helm's .helmignore: looks like .gitignore and is not.

``!pattern`` ignores everything that does *not* match; there is no ``**``; the first rule that decides, decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pxhelm.chart.model import ChartError
from pxhelm.chart.pathmatch import BadPatternError, path_match

FILE: Final = ".helmignore"
DEFAULT: Final = "templates/.?*"
"""Dot files among the templates never count."""

_SPACE: Final = " \t\n\v\f\r\x85\xa0"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a .helmignore."""

    pattern: str
    whole_path: bool
    negate: bool
    only_folders: bool

    def matches(self, path: str) -> bool:
        """Tell whether the pattern matches a path, or its last part where the pattern has no slash."""
        name = path if self.whole_path else path.rsplit("/", 1)[-1]
        try:
            return path_match(self.pattern, name)
        except BadPatternError:
            return False


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one chart folder, in order."""

    rules: tuple[Rule, ...] = ()

    def ignores(self, path: str, *, folder: bool) -> bool:
        """Tell whether a path below the chart's root is left out."""
        for rule in self.rules:
            wrong_type = rule.only_folders and not folder
            if rule.negate:
                if wrong_type or not rule.matches(path):
                    return True
            elif not wrong_type and rule.matches(path):
                return True
        return False


def parse(text: str = "") -> Rules:
    """Parse a .helmignore and add Helm's default rule.

    Raises:
        ChartError: for a pattern Helm refuses.
    """
    rules = [rule for line in text.removeprefix("\ufeff").split("\n") if (rule := _rule(line.strip(_SPACE)))]
    default = _rule(DEFAULT)
    return Rules((*rules, default)) if default else Rules(tuple(rules))


def _rule(line: str) -> Rule | None:
    if not line or line.startswith("#"):
        return None
    if "**" in line:
        raise ChartError("double-star (**) syntax is not supported")
    try:
        # Only for the pattern's own errors; Go's matcher finds those it reaches.
        path_match(line, "abc")
    except BadPatternError as e:
        raise ChartError(str(e)) from None
    negate = line.startswith("!")
    pattern = line[1:] if negate else line
    only_folders = pattern.endswith("/")
    pattern = pattern.removesuffix("/")
    return Rule(pattern.removeprefix("/"), "/" in pattern, negate, only_folders)
