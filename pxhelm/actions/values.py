"""Where a chart's values come from, which of them nothing reads, and the line that a schema complains of.

Never changes a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from pxhelm.actions.host import template_host
from pxhelm.actions.inputs import ValueFlags, gather_values, load_chart
from pxhelm.chart.model import Chart
from pxhelm.errors import PxhelmError, StageError, Where
from pxhelm.events import Warned
from pxhelm.values.dependencies import process_dependencies
from pxhelm.values.explain import ABSENT, Explanation, Layer, Path, explain, file_layer, flag_layer, parse_key, unread
from pxhelm.values.merge import Values, coalesce
from pxhelm.values.schema import SchemaMismatchError

if TYPE_CHECKING:
    from pxhelm.actions.services import Services
    from pxhelm.render.model import RenderRequest


@dataclass(frozen=True, slots=True)
class Sources:
    """The values of a command line, once as Helm lays them together and once layer by layer."""

    flags: ValueFlags
    read: Callable[[str], bytes]
    """Reads a file of the user's once; standard input can be read only once."""

    def values(self) -> Values:
        """Return the user's values; PxhelmError in Helm's words."""
        return gather_values(self.flags, self.read)

    def layers(self) -> list[Layer]:
        """Return one layer for each file and flag, in the order in which they are laid."""
        from pxhelm.values.set import set_file, set_json, set_literal, set_strings, set_values

        def text(name: str) -> str:
            return self.read(name).decode("utf-8", "surrogateescape")

        def from_file(argument: str, into: Values) -> None:
            set_file(argument, into, text)

        flags = self.flags
        kinds: tuple[tuple[str, Sequence[str], Callable[[str, Values], None]], ...] = (
            ("--set-json", flags.json, set_json),
            ("--set", flags.plain, set_values),
            ("--set-string", flags.strings, set_strings),
            ("--set-file", flags.from_files, from_file),
            ("--set-literal", flags.literals, set_literal),
        )
        return [
            *(file_layer(name, text(name)) for name in flags.files),
            *(flag_layer(flag, argument, setter) for flag, arguments, setter in kinds for argument in arguments),
        ]


def sources(services: Services, flags: ValueFlags) -> Sources:
    """Return the value sources of a command line; every file is read once."""
    return Sources(flags, cache(reader(services)))


def reader(services: Services) -> Callable[[str], bytes]:
    """Return what reads the files that value flags name: of this machine, standard input, or behind a URL."""
    from pxhelm.repo.access import Access

    def read(name: str) -> bytes:
        scheme, mark, rest = name.partition("://")
        if mark and scheme.lower() in ("http", "https"):
            return services.sources.web.get(f"{scheme.lower()}://{rest}", Access())
        return services.read(name)

    return read


def coalesced(services: Services, reference: str, flags: ValueFlags) -> Values:
    """Return the values that the templates of a chart see."""
    chart, given = load_chart(services, reference), sources(services, flags).values()
    with services.bounded():
        return coalesce(process_dependencies(chart, given), given)


def explain_keys(services: Services, reference: str, flags: ValueFlags, keys: Sequence[str]) -> list[Explanation]:
    """Tell how each key of a chart's values came by its value; PxhelmError for a key that is written wrong."""
    paths = [parse_key(key) for key in keys]
    from difflib import get_close_matches

    chart, given = load_chart(services, reference), sources(services, flags)
    values = given.values()
    layers = given.layers()
    chart = process_dependencies(chart, values)
    found = [explain(chart, layers, path) for path in paths]
    known = [".".join(path) for path in _keys(coalesce(chart, values), ())]
    for one in found:
        name = ".".join(map(str, one.path))
        near = get_close_matches(name, known, 1, 0.7) if one.value is ABSENT else ()
        if near:
            services.listen(Warned(f"there is no value {name}: did you mean {near[0]}?"))
    return found


def _keys(values: Values, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, value in values.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from _keys(value, (*above, name))


@contextmanager
def located(chart: Chart, given: Sources) -> Iterator[None]:
    """Give every complaint of a schema the line of the value it is about.

    Raises:
        SchemaMismatchError: Helm's text; its errors have their places.
    """
    try:
        yield
    except SchemaMismatchError as error:
        settled = process_dependencies(chart, given.values())
        layers = given.layers()
        for one, complaint in zip(error.errors, error.complaints, strict=True):
            one.where = _place(settled, layers, complaint.path)
            if one.where is None:
                one.hint = _origin(settled, layers, complaint.path)
        raise


def _path(names: Sequence[str]) -> Path:
    return tuple(int(name) if name.isdigit() else name for name in names)


def _place(chart: Chart, layers: Sequence[Layer], names: Sequence[str]) -> Where | None:
    """Return the line of the last file that set a value, or the nearest map around it."""
    for path in dict.fromkeys((_path(names), tuple(names))):
        winner = explain(chart, layers, path).winner if path else None
        if winner is not None:
            return winner.where
    return None


def _origin(chart: Chart, layers: Sequence[Layer], names: Sequence[str]) -> str:
    winner = explain(chart, layers, _path(names)).winner if names else None
    return f"it was given by {winner.layer}" if winner is not None else ""


def check_read(request: RenderRequest, given: Sources) -> None:
    """Refuse values of the user's that no template reads (``--strict-values``).

    ``request``: the rendering, which is repeated over values that remember who asks for them.

    Raises:
        StageError: one error for each such value, with its place and what was probably meant.
    """
    from pxhelm.render.reads import values_read

    chart = process_dependencies(request.chart, request.values)
    found = unread(request.values, values_read(request, chart), coalesce(chart, {}))
    if not found:
        return
    layers = given.layers()
    errors = []
    for one in found:
        name = ".".join(one.path)
        meant = ".".join((*one.path[:-1], one.suggestion)) if one.suggestion else ""
        where = _place(chart, layers, one.path)
        hints = [] if where else [_origin(chart, layers, one.path)]
        hints += [f"did you mean {meant}?"] if meant else []
        errors.append(
            PxhelmError(f"no template reads the value {name}", where=where, hint="\n".join(filter(None, hints)))
        )
    count = f"{len(errors)} values" if len(errors) > 1 else "a value"
    raise StageError(f"cannot use the values: {count} that nothing reads", tuple(errors))


def check_read_by(services: Services, chart: Chart, given: Sources, release: tuple[str, str]) -> None:
    """Refuse values that no template of a chart reads, before a release is written; StageError.

    ``release``: its name and namespace.
    """
    from pxhelm.render.model import ReleaseInfo, RenderRequest

    info = ReleaseInfo(*release)
    host = template_host(services, live=True)
    with services.bounded():
        check_read(
            RenderRequest(chart=chart, values=given.values(), release=info, host=host, jinja=services.jinja), given
        )
