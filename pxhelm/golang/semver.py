"""Semantic versions and ranges as Masterminds/semver v3 has them.

Never sorts or picks versions; that is the caller's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from pxhelm.golang.strconv import NumError, quote
from pxhelm.golang.value import Uint64

MAX_VERSION = 256
MAX_CONSTRAINT = 512
MAX_GROUPS = 32


class SemverError(ValueError):
    """A version or range that cannot be read; the text is the library's."""


_EXTRA = r"(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
_VERSION = re.compile(r"v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?" + _EXTRA + r"\Z")
_SPACE = r"[\t\n\f\r ]"
_RANGE = r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?" + _EXTRA
_OPS = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^"
# Go takes the leftmost alternative that lets the whole match, as re does
_CONSTRAINT = re.compile(rf"{_SPACE}*({_OPS}){_SPACE}*({_RANGE}){_SPACE}*\Z")
_HYPHEN = re.compile(rf"{_SPACE}*({_RANGE}){_SPACE}+-{_SPACE}+({_RANGE}){_SPACE}*")
_FIND = re.compile(rf"({_OPS}){_SPACE}*({_RANGE})")
# possessive: spaces may belong to the gap alone, or a hostile range would backtrack without end
_ONE = rf"(?:{_OPS}){_SPACE}*+{_RANGE}"
_ALL = re.compile(rf"{_SPACE}*+{_ONE}(?:(?:{_SPACE}*+,{_SPACE}*+|{_SPACE}++){_ONE})*+{_SPACE}*+\Z")


@dataclass(frozen=True, slots=True)
class Version:
    """A semantic version; ``original`` is the text it was read from."""

    GO_TYPE: ClassVar[str] = "*semver.Version"
    GO_KIND: ClassVar[str] = "ptr"
    GO_METHODS: ClassVar[dict[str, str]] = {
        "Major": "go_major", "Minor": "go_minor", "Patch": "go_patch", "Prerelease": "go_prerelease",
        "Metadata": "go_metadata", "Original": "go_original", "String": "__str__", "Compare": "compare",
        "LessThan": "less_than", "GreaterThan": "greater_than", "LessThanEqual": "less_than_equal",
        "GreaterThanEqual": "greater_than_equal", "Equal": "equal", "IncMajor": "inc_major", "IncMinor": "inc_minor",
        "IncPatch": "inc_patch", "SetPrerelease": "set_prerelease", "SetMetadata": "set_metadata",
    }  # fmt: skip

    GO_LAYOUT: ClassVar[dict[str, str]] = {
        "major": "go_major", "minor": "go_minor", "patch": "go_patch", "pre": "prerelease", "metadata": "metadata",
        "original": "original",
    }  # fmt: skip
    """Fields that fmt prints and no template can name."""

    major: int
    minor: int
    patch: int
    prerelease: str = ""
    metadata: str = ""
    original: str = ""

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.patch}"
        if self.prerelease:
            text += f"-{self.prerelease}"
        return f"{text}+{self.metadata}" if self.metadata else text

    def go_copy(self) -> Version:
        """Return what sprig's deepCopy makes of it: fields that are not exported are not copied."""
        return type(self)(0, 0, 0)

    def go_json(self) -> str:
        """Return what JSON holds of it."""
        return str(self)

    def go_major(self) -> Uint64:
        """Return the major number."""
        return Uint64(self.major)

    def go_minor(self) -> Uint64:
        """Return the minor number."""
        return Uint64(self.minor)

    def go_patch(self) -> Uint64:
        """Return the patch number."""
        return Uint64(self.patch)

    def go_prerelease(self) -> str:
        """Return the part after the dash."""
        return self.prerelease

    def go_metadata(self) -> str:
        """Return the part after the plus sign."""
        return self.metadata

    def go_original(self) -> str:
        """Return the text the version was read from."""
        return self.original

    def compare(self, other: Version | None) -> int:
        """Return -1, 0 or 1; metadata does not count. SemverError with Go's panic when there is no other."""
        if other is None:
            raise SemverError("runtime error: invalid memory address or nil pointer dereference")
        mine, theirs = (self.major, self.minor, self.patch), (other.major, other.minor, other.patch)
        if mine != theirs:
            return -1 if mine < theirs else 1
        if self.prerelease == other.prerelease:
            return 0
        if not self.prerelease or not other.prerelease:
            return 1 if not self.prerelease else -1
        return compare_prerelease(self.prerelease, other.prerelease)

    def less_than(self, other: Version | None) -> bool:
        """Whether this version comes before the other."""
        return self.compare(other) < 0

    def less_than_equal(self, other: Version | None) -> bool:
        """Whether this version does not come after the other."""
        return self.compare(other) <= 0

    def greater_than(self, other: Version | None) -> bool:
        """Whether this version comes after the other."""
        return self.compare(other) > 0

    def greater_than_equal(self, other: Version | None) -> bool:
        """Whether this version does not come before the other."""
        return self.compare(other) >= 0

    def equal(self, other: Version | None) -> bool:
        """Whether both are the same but for metadata."""
        return other is not None and self.compare(other) == 0

    def inc_major(self) -> VersionValue:
        """Return the next major version."""
        return self._renamed(Version(_next(self.major, "major"), 0, 0))

    def inc_minor(self) -> VersionValue:
        """Return the next minor version."""
        return self._renamed(Version(self.major, _next(self.minor, "minor"), 0))

    def inc_patch(self) -> VersionValue:
        """Return the next patch version; that of a prerelease is its release."""
        patch = self.patch if self.prerelease else _next(self.patch, "patch")
        return self._renamed(Version(self.major, self.minor, patch))

    def set_prerelease(self, prerelease: str) -> VersionValue:
        """Return the version with another prerelease; SemverError when it is malformed."""
        if prerelease:
            _check_prerelease(prerelease)
        return self._renamed(replace(self, prerelease=prerelease))

    def set_metadata(self, metadata: str) -> VersionValue:
        """Return the version with other metadata; SemverError when it is malformed."""
        if metadata:
            _check_metadata(metadata)
        return self._renamed(replace(self, metadata=metadata))

    def _renamed(self, version: Version) -> VersionValue:
        original = ("v" if self.original.startswith("v") else "") + str(version)
        return VersionValue(version.major, version.minor, version.patch, version.prerelease, version.metadata, original)


class VersionValue(Version):
    """A version that is no pointer, as counting one up gives it: it lacks the methods of a pointer."""

    __slots__ = ()
    GO_TYPE: ClassVar[str] = "semver.Version"
    GO_KIND: ClassVar[str] = "struct"
    GO_METHODS: ClassVar[dict[str, str]] = {
        name: attribute
        for name, attribute in Version.GO_METHODS.items()
        if name in ("Major", "Minor", "Patch", "Prerelease", "Metadata", "String") or name.startswith(("Inc", "Set"))
    }


def _next(number: int, name: str) -> int:
    if number == 2**64 - 1:
        raise SemverError(f"{name} version increment would overflow uint64")
    return number + 1


def compare_prerelease(left: str, right: str) -> int:
    """Return -1, 0 or 1: part by part, numbers as numbers and before words, a shorter one first."""
    mine, theirs = left.split("."), right.split(".")
    for i in range(max(len(mine), len(theirs))):
        found = _compare_part(mine[i] if i < len(mine) else "", theirs[i] if i < len(theirs) else "")
        if found:
            return found
    return 0


def _compare_part(left: str, right: str) -> int:
    if left == right:
        return 0
    if not left or not right:
        return -1 if not left else 1
    left_number, right_number = _uint(left), _uint(right)
    if left_number is None and right_number is None:
        return 1 if left > right else -1
    if left_number is None or right_number is None:
        return 1 if left_number is None else -1
    return 1 if left_number > right_number else -1


def _uint(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() else None
    return number if number is not None and number < 2**64 else None


_PART = re.compile(r"[0-9A-Za-z\-]+\Z")


def _check_prerelease(text: str) -> None:
    for part in text.split("."):
        if part.isascii() and part.isdigit():
            if len(part) > 1 and part[0] == "0":
                raise SemverError("version segment starts with 0")
        elif not _PART.match(part):
            raise SemverError("invalid prerelease string")


def _check_metadata(text: str) -> None:
    if not all(map(_PART.match, text.split("."))):
        raise SemverError("invalid metadata string")


def parse(text: str) -> Version:
    """Read a version as ``NewVersion`` does: ``v1`` and ``1.2`` will do; SemverError with the library's text."""
    if len(text.encode("utf-8", "surrogateescape")) > MAX_VERSION:
        raise SemverError(f"version string is too long (max {MAX_VERSION} bytes)")
    found = _VERSION.match(text)
    if not found:
        raise SemverError("invalid semantic version")
    major, minor, patch = (_segment(found[i]) for i in (1, 2, 3))
    prerelease, metadata = found[5] or "", found[8] or ""
    if prerelease:
        _check_prerelease(prerelease)
    return Version(major, minor, patch, prerelease, metadata, text)


def _segment(text: str | None) -> int:
    digits = (text or "0").removeprefix(".")
    if int(digits) >= 2**64:
        raise SemverError(f"error parsing version segment: {NumError('ParseUint', digits, is_range=True)}")
    return int(digits)


def parse_strict(text: str) -> Version:
    """Read a version as ``StrictNewVersion`` does: all three numbers and nothing more; SemverError as above."""
    if not text:
        raise SemverError("version string empty")
    if len(text) > MAX_VERSION:
        raise SemverError(f"version string is too long (max {MAX_VERSION} bytes)")
    parts = text.split(".", 2)
    if len(parts) != 3:
        raise SemverError("invalid semantic version")
    parts[2], plus, metadata = parts[2].partition("+")
    if plus:
        _check_metadata(metadata)
    parts[2], dash, prerelease = parts[2].partition("-")
    if dash:
        _check_prerelease(prerelease)
    for part in parts:
        if part.strip("0123456789"):
            raise SemverError("invalid characters in version")
        if len(part) > 1 and part[0] == "0":
            raise SemverError("version segment starts with 0")
        if not part or int(part) >= 2**64:
            raise SemverError(str(NumError("ParseUint", part, is_range=bool(part))))
    return Version(int(parts[0]), int(parts[1]), int(parts[2]), prerelease, metadata, text)


@dataclass(frozen=True, slots=True)
class _Constraint:
    version: Version
    operator: str
    original: str
    dirty: bool = False
    minor_dirty: bool = False
    patch_dirty: bool = False


@dataclass(frozen=True, slots=True)
class Constraints:
    """A range: groups joined by ``||``, of conditions that must all hold."""

    groups: tuple[tuple[_Constraint, ...], ...]

    def check(self, version: Version, *, prereleases: bool = False) -> bool:
        """Whether the version satisfies the range; a prerelease only where the group names one."""
        return any(self._holds(group, version, prereleases=prereleases) for group in self.groups)

    def _holds(self, group: tuple[_Constraint, ...], version: Version, *, prereleases: bool) -> bool:
        allowed = prereleases or any(one.version.prerelease for one in group)
        return (allowed or not version.prerelease) and all(_CHECKS[one.operator](version, one) for one in group)

    def __str__(self) -> str:
        return " || ".join(" ".join(one.operator + one.original for one in group) for group in self.groups)


def parse_constraint(text: str) -> Constraints:
    """Read a range as ``NewConstraint`` does; SemverError with the library's text."""
    if len(text.encode("utf-8", "surrogateescape")) > MAX_CONSTRAINT:
        raise SemverError(f"constraint string is too long (max {MAX_CONSTRAINT} bytes)")
    for found in list(_HYPHEN.finditer(text)):
        text = text.replace(found[0], f">= {found[1]}, <= {found[11]} ", 1)
    groups = text.split("||")
    if len(groups) > MAX_GROUPS:
        raise SemverError(f"too many constraint groups (max {MAX_GROUPS})")
    read: list[tuple[_Constraint, ...]] = []
    for group in groups:
        if not _ALL.match(group):
            raise SemverError(f"improper constraint: {quote(group)}")
        read.append(tuple(_parse_one(found[0]) for found in _FIND.finditer(group)) or (_parse_one(group),))
    return Constraints(tuple(read))


def _is_x(text: str | None) -> bool:
    return not text or text in ("x", "X", "*")


def _parse_one(text: str) -> _Constraint:
    if not text:
        return _Constraint(Version(0, 0, 0), "", "", dirty=True)
    found = _CONSTRAINT.match(text)
    if not found:
        raise SemverError(f"improper constraint: {quote(text)}")
    original, major, minor, patch, prerelease = found[2], found[3], found[4] or "", found[5] or "", found[6] or ""
    dirty = minor_dirty = patch_dirty = False
    if _is_x(major):
        original_version, dirty = f"0.0.0{prerelease}", True
    elif _is_x(minor.removeprefix(".")):
        original_version, dirty, minor_dirty = f"{major}.0.0{prerelease}", True, True
    elif _is_x(patch.removeprefix(".")):
        original_version, dirty, patch_dirty = f"{major}{minor}.0{prerelease}", True, True
    else:
        original_version = original
    try:
        version = parse(original_version)
    except SemverError:
        raise SemverError("constraint parser error") from None
    return _Constraint(version, found[1], original, dirty, minor_dirty, patch_dirty)


def _not_equal(v: Version, c: _Constraint) -> bool:
    if c.dirty:
        if c.version.major != v.major:
            return True
        if c.version.minor != v.minor and not c.minor_dirty:
            return True
        if c.minor_dirty:
            return False
        if c.version.patch != v.patch and not c.patch_dirty:
            return True
        if c.patch_dirty:
            if v.prerelease or c.version.prerelease:
                return compare_prerelease(v.prerelease, c.version.prerelease) != 0
            return False
    return v.compare(c.version) != 0


def _greater(v: Version, c: _Constraint) -> bool:
    if c.dirty:
        if v.major != c.version.major:
            return v.major > c.version.major
        if c.minor_dirty:
            return False
        if c.patch_dirty:
            return v.minor > c.version.minor
    return v.compare(c.version) == 1


def _less_equal(v: Version, c: _Constraint) -> bool:
    if not c.dirty:
        return v.compare(c.version) <= 0
    if v.major > c.version.major:
        return False
    return not (v.major == c.version.major and v.minor > c.version.minor and not c.minor_dirty)


def _tilde(v: Version, c: _Constraint) -> bool:
    if v.compare(c.version) < 0:
        return False
    zero = c.version.major == c.version.minor == c.version.patch == 0
    if zero and not c.minor_dirty and not c.patch_dirty:
        return True
    return v.major == c.version.major and (v.minor == c.version.minor or c.minor_dirty)


def _tilde_or_equal(v: Version, c: _Constraint) -> bool:
    return _tilde(v, c) if c.dirty else v.compare(c.version) == 0


def _caret(v: Version, c: _Constraint) -> bool:
    if v.compare(c.version) < 0:
        return False
    if c.version.major > 0 or c.minor_dirty:
        return v.major == c.version.major
    if v.major > 0:
        return False
    if c.version.minor > 0 or c.patch_dirty:
        return v.minor == c.version.minor
    return v.minor == 0 and c.version.patch == v.patch


_CHECKS: dict[str, Callable[[Version, _Constraint], bool]] = {
    "": _tilde_or_equal,
    "=": _tilde_or_equal,
    "!=": _not_equal,
    ">": _greater,
    "<": lambda v, c: v.compare(c.version) < 0,
    ">=": lambda v, c: v.compare(c.version) >= 0,
    "=>": lambda v, c: v.compare(c.version) >= 0,
    "<=": _less_equal,
    "=<": _less_equal,
    "~": _tilde,
    "~>": _tilde,
    "^": _caret,
}
