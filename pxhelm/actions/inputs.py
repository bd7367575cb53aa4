"""What a command line says about a chart: which one, and the values laid over it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pxhelm.chart.archive import DEFAULT_LIMITS
from pxhelm.chart.load import load
from pxhelm.chart.model import Chart
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.events import Warned
from pxhelm.resource.deletions import Word

if TYPE_CHECKING:
    from pxhelm.actions.services import Services
    from pxhelm.events import Listener

Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class ValueFlags:
    """The value flags, each in the order given; kinds have a fixed order among themselves, as in Helm."""

    files: tuple[str, ...] = ()
    json: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    strings: tuple[str, ...] = ()
    from_files: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether no flag was given."""
        return not (self.files or self.json or self.plain or self.strings or self.from_files or self.literals)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What install, upgrade and plan are given."""

    release: str
    chart: str
    """Path of a folder or archive."""
    values: ValueFlags = field(default_factory=ValueFlags)
    strict_values: bool = False
    """Refuse values that no template reads."""
    post_renderer: tuple[str, tuple[str, ...]] | None = None
    """An executable that the manifests are piped through, and its arguments."""
    force_conflicts: bool = False
    """Take over fields that another manager owns."""
    word: Word = field(default_factory=Word)
    """What the user said of objects that go."""


DRY_RUN = {"none": "", "false": "", "true": "client", "unset": "client", "client": "client", "server": "server"}


def dry_run(value: str) -> str:
    """Return the state machine's word for a ``--dry-run`` value; PxhelmError in Helm's words for an unknown one."""
    if value not in DRY_RUN:
        raise PxhelmError(
            "Invalid dry-run flag. Flag must one of the following: false, true, none, client, server",
            code=ExitCode.USAGE,
        )
    return DRY_RUN[value]


def gather_values(flags: ValueFlags, read: Callable[[str], bytes]) -> Values:
    """Return the user's values: ``-f`` files in order, then each kind of ``--set`` over them (Helm's MergeValues).

    Raises PxhelmError in Helm's words, naming the file or the flag.
    """
    if flags.empty:
        return {}
    from pxhelm.golang.yaml import YamlError, load_map
    from pxhelm.values.merge import merge_files
    from pxhelm.values.set import SetError, set_file, set_json, set_literal, set_strings, set_values

    values: Values = {}
    for name in flags.files:
        text = read(name).decode("utf-8", "surrogateescape")
        try:
            found = load_map(text)
        except YamlError as error:
            raise _unparsable(name, text, str(error)) from None
        values = merge_files(values, found)

    def file_text(path: str) -> object:
        return read(path).decode("utf-8", "surrogateescape")

    for option, texts, setter in (
        ("--set-json", flags.json, set_json),
        ("--set", flags.plain, set_values),
        ("--set-string", flags.strings, set_strings),
        ("--set-file", flags.from_files, lambda text, into: set_file(text, into, file_text)),
        ("--set-literal", flags.literals, set_literal),
    ):
        for text in texts:
            try:
                setter(text, values)
            except SetError as error:
                detail = f" {text}" if option == "--set-json" else f": {error.message}"
                raise PxhelmError(f"failed parsing {option} data{detail}", code=ExitCode.USAGE) from None
            except PxhelmError as error:
                raise PxhelmError(f"failed parsing {option} data: {error.message}", code=ExitCode.USAGE) from None
    return values


def _unparsable(name: str, text: str, reason: str) -> PxhelmError:
    from pxhelm.errors import Where

    found = re.search(r"line (\d+)", reason)
    line = int(found.group(1)) if found else 0
    lines = text.splitlines()
    shown = lines[line - 1] if 0 < line <= len(lines) else ""
    return PxhelmError(f"failed to parse {name}: {reason}", where=Where(name, line, text=shown) if line else None)


def load_chart(services: Services, reference: str) -> Chart:
    """Read and load a chart; what Helm logs while loading is told as warnings."""
    with services.bounded():
        source = services.chart(reference)
        chart = load(source.files, source.limits or DEFAULT_LIMITS)
    for warning in (*source.warnings, *(w for one in chart.walk() for w in one.warnings)):
        services.listen(Warned(warning))
    return chart


def check_installable(chart: Chart, listen: Listener) -> None:
    """Refuse library charts and charts whose dependencies are not there, in Helm's words; tell of deprecated ones."""
    if chart.metadata.type not in ("", "application"):
        raise PxhelmError(f"{chart.metadata.type} charts are not installable")
    if chart.metadata.deprecated:
        listen(Warned("This chart is deprecated"))
    wanted = chart.metadata.dependencies or ()
    have = {sub.name for sub in chart.dependencies}
    missing = [one.name for one in wanted if one.name not in have]
    if missing:
        raise PxhelmError(
            "An error occurred while checking for chart dependencies. You may need to run `pxhelm dependency build` to"
            f" fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: {', '.join(missing)}"
        )
