"""Where a value comes from: each layer that had a say, what the value was after it, and who won.

Works by laying the layers one over the other and looking at the key after each, so that nulls, lists and subcharts are
explained as they behave, not as they look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pxhelm.chart.model import Chart
from pxhelm.errors import PxhelmError, Where
from pxhelm.golang import yaml
from pxhelm.golang.value import go_string
from pxhelm.values.merge import Values, coalesce, copy_map, merge_files


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = _Absent()
"""The value of a key that is not there."""

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """One thing the user laid over the chart: a values file or a flag."""

    name: str
    """As the user wrote it: ``-f prod.yaml``, ``--set cpu=4``."""
    apply: Callable[[Values], Values]
    """From the user's values so far to those with this layer."""
    file: str = ""
    text: str = ""
    """The file's content, for lines."""


def file_layer(name: str, text: str) -> Layer:
    """Return the layer of a ``-f`` file."""
    values = yaml.load_map(text)
    return Layer(f"-f {name}", lambda so_far: merge_files(so_far, values), name, text)


def flag_layer(flag: str, argument: str, setter: Callable[[str, Values], None]) -> Layer:
    """Return the layer of one flag of the ``--set`` family."""

    def apply(so_far: Values) -> Values:
        values = copy_map(so_far)
        setter(argument, values)
        return values

    return Layer(f"{flag} {argument}", apply)


@dataclass(frozen=True, slots=True)
class Step:
    """What one layer made of the key."""

    layer: str
    value: object
    """After this layer; ABSENT when the key was not there."""
    changed: bool
    where: Where | None = None
    """The line of the file that says so."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The story of one key."""

    path: Path
    steps: tuple[Step, ...]

    @property
    def value(self) -> object:
        """The value in the end."""
        return self.steps[-1].value if self.steps else ABSENT

    @property
    def winner(self) -> Step | None:
        """The last layer that changed the value."""
        return next((step for step in reversed(self.steps) if step.changed), None)


def parse_key(text: str) -> Path:
    r"""Read ``a.b[0].c``; a dot in a name is written ``\.``.

    Raises:
        PxhelmError: for an index that is no number.
    """
    path: list[str | int] = []
    for part in text.replace("\\.", "\0").split("."):
        name, *indexes = part.replace("\0", ".").split("[")
        if name or not indexes:
            path.append(name)
        for index in indexes:
            if not (index.endswith("]") and index[:-1].isdigit()):
                raise PxhelmError(f"cannot read key {text}: [{index} is no index", hint="write a.b[0].c")
            path.append(int(index[:-1]))
    return tuple(path)


def explain(chart: Chart, layers: Sequence[Layer], path: Path) -> Explanation:
    """Tell how a key of a chart's values came by its value.

    ``chart``: with its dependencies settled. The path is from the root chart's values, ``sub.key`` for a subchart's.
    """
    steps: list[Step] = []
    before: object = ABSENT
    for owner, below in reversed(_owners(chart, path)):
        after = value_at(coalesce(owner, None), path[len(below) :])
        file = f"{owner.path}/values.yaml"
        where = _where(file, go_string(owner.values_text), path[len(below) :])
        steps.append(Step(file, after, not _same(after, before), where))
        before = after
    values: Values = {}
    for layer in layers:
        values = layer.apply(values)
        after = value_at(coalesce(chart, values), path)
        where = _where(layer.file, layer.text, path) if layer.file else None
        steps.append(Step(layer.name, after, not _same(after, before), where))
        before = after
    return Explanation(path, tuple(steps))


def _owners(chart: Chart, path: Path) -> list[tuple[Chart, Path]]:
    """Return the charts whose defaults may hold the key, the root first, with the path of each one's values."""
    owners: list[tuple[Chart, Path]] = [(chart, ())]
    while True:
        owner, below = owners[-1]
        rest = path[len(below) :]
        sub = next((d for d in owner.dependencies if rest[1:] and rest[0] == d.name), None)
        if sub is None:
            return owners
        owners.append((sub, (*below, sub.name)))


def value_at(values: Any, path: Path) -> object:
    """Return what stands at a path, ABSENT when nothing does."""
    for part in path:
        if (isinstance(values, dict) and part in values) or (
            isinstance(values, list) and isinstance(part, int) and part < len(values)
        ):
            found: Any = values
            values = found[part]
        else:
            return ABSENT
    return values


def _same(a: object, b: object) -> bool:
    return type(a) is type(b) and a == b


def _where(file: str, text: str, path: Path) -> Where | None:
    documents = yaml.load_with_positions(text) if text else []
    positions = documents[0].positions if documents else {}
    while path and path not in positions:
        path = path[:-1]
    if not path:
        return None
    line, column = positions[path]
    return Where(file, line, column, text.split("\n")[line - 1])


@dataclass(frozen=True, slots=True)
class Unread:
    """A value of the user's that no template read."""

    path: tuple[str, ...]
    suggestion: str = ""
    """The key that was probably meant."""


def unread(user: Mapping[str, object], reads: frozenset[tuple[str, ...]], known: Mapping[str, object]) -> list[Unread]:
    """Return the user's values that nothing read, the outermost name of each.

    ``reads``: paths that templates read; reading a map reads all below it unless something below was read by itself.
    ``known``: the chart's coalesced defaults, for suggestions.
    """
    prefixes = {path[:i] for path in reads for i in range(1, len(path) + 1)}
    return list(_unread(user, (), reads, prefixes, known))


def _unread(
    values: Mapping[str, object],
    path: tuple[str, ...],
    reads: frozenset[tuple[str, ...]],
    prefixes: set[tuple[str, ...]],
    known: object,
) -> list[Unread]:
    from difflib import get_close_matches

    found = []
    for key, value in values.items():
        here = (*path, key)
        below = known.get(key) if isinstance(known, Mapping) else None
        if here not in prefixes:
            names = [name for name in known if name != key] if isinstance(known, Mapping) else []
            found.append(Unread(here, next(iter(get_close_matches(key, names, 1)), "")))
        elif isinstance(value, dict) and here not in reads:
            found.extend(_unread(value, here, reads, prefixes, below))
    return found
