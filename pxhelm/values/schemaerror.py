"""What a JSON schema holds against a value, told as santhosh-tekuri/jsonschema v6 tells it, which is what Helm prints.

A tree: ``allOf`` and ``$ref`` have causes below them. Only texts; finding the faults is ``jsonschema``'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Self

from pxhelm.golang.strconv import quote

GROUP: Final = "validation failed"
_SUPERSCRIPT: Final = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class SchemaNumber(float):
    """A number of the schema that remembers how it was written; messages show it so."""

    __slots__ = ("text",)

    def __new__(cls, text: str) -> Self:
        """Keep the text beside the number."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing wrong, or a group of them."""

    path: tuple[str, ...]
    """Where in the values."""
    text: str
    causes: tuple[Failure, ...] = ()
    reference: bool = False
    """A ``$ref`` with one cause is not shown itself."""

    def leaves(self) -> Iterator[Failure]:
        """Yield the failures that have no causes."""
        if not self.causes:
            yield self
        for cause in self.causes:
            yield from cause.leaves()


def grouped(path: tuple[str, ...], failures: list[Failure]) -> Failure | None:
    """Return what one schema has to say: nothing, its only failure, or a group."""
    if not failures:
        return None
    return failures[0] if len(failures) == 1 else Failure(path, GROUP, tuple(failures))


def is_group(failure: Failure) -> bool:
    """Tell whether a failure is only the sum of its causes."""
    return failure.text == GROUP and not failure.reference


def report(failure: Failure) -> str:
    """Write a failure as Helm prints it, one ``- at '/path': text`` a line."""
    top = failure.causes if is_group(failure) else (failure,)
    lines: list[str] = []
    for one in top:
        _write(one, 0, lines)
    return "\n".join(lines)


def _write(failure: Failure, indent: int, lines: list[str]) -> None:
    if not (failure.reference and len(failure.causes) == 1):
        lines.append(f"{'  ' * indent}- at {quoted(pointer(failure.path))}: {failure.text}")
        indent += 1
    for cause in failure.causes:
        _write(cause, indent, lines)


def pointer(path: Iterable[str]) -> str:
    """Return a JSON pointer."""
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in path)


def quoted(text: str) -> str:
    """Quote as the library does: Go's escapes in single quotes."""
    inner = quote(text)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{inner}'"


def quoted_list(names: Iterable[str]) -> str:
    """Quote several names."""
    return ", ".join(map(quoted, names))


def shown(value: object) -> str:
    """Return a scalar as ``value must be`` shows it."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list | dict):
        return "value"
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.text if isinstance(value, SchemaNumber) else str(value)


def number(value: float) -> str:
    """Return a number as x/text prints it in English: ``1,000.5``, ``1.5×10⁰⁶``."""
    value = float(value)
    text = repr(value)
    digits = text.partition("e")[0].replace(".", "").lstrip("-").strip("0") or "0"
    power = int(f"{value:.16e}".partition("e")[2]) if value else 0
    # Go's %g with the shortest digits: exponents below 1e-4 and from 1e+06 on.
    if not -4 <= power < 6:
        head = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
        exponent = f"{'-' if power < 0 else ''}{abs(power):02d}".translate(_SUPERSCRIPT)
        return f"{'-' if value < 0 else ''}{head}×10{exponent}"
    if value.is_integer():
        return f"{int(value):,}"
    whole, _, fraction = text.partition(".")
    return f"{'-' if value < 0 else ''}{abs(int(whole)):,}.{fraction}"


def count(value: int) -> str:
    """Return a count with thousands separated."""
    return f"{value:,}"
