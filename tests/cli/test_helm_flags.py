"""Every flag of Helm's that means something on Proxmox exists under its name, shorthand and default.

``helm_flags.tsv`` is what ``--help`` of Helm v3.22 and v4.3 says of each command.
"""

import csv
from itertools import groupby
from pathlib import Path

import click
import pytest

from pxhelm.cli.command import OptionalValue
from pxhelm.cli.root import root

ROWS = list(csv.DictReader((Path(__file__).parent / "helm_flags.tsv").open(), delimiter="\t"))
BY_COMMAND = {name: list(rows) for name, rows in groupby(ROWS, key=lambda row: row["command"])}

ABSENT = {
    ("global", "content-cache"): "charts are read in memory; nothing is cached but indexes",
    ("global", "help"): "click adds it to every command",
}
"""Flags that we do not have, and why."""
DEFAULTS = {
    "keyring": "found when it is needed, and said in the help",
    "registry-config": "below our own directories",
    "repository-cache": "below our own directories",
    "repository-config": "below our own directories",
    "burst-limit": "Proxmox VE is asked more sparingly",
    ("get", "output"): "objects have kubectl's table, parts of a release Helm's text",
    "starter": "our own scaffold has a name",
    "untardir": "the current folder, which Helm does not say in its help",
    "color": "auto, which the help says: the environment counts before it",
    "colour": "auto, which the help says: the environment counts before it",
}
"""Flags whose default is another, and why."""
EMPTY = {"", "0", "0.0", "[]", "False", "None", "Sentinel.UNSET"}


def options_of(path):
    """Return a command's options by each of their spellings; a part of ``get`` is an argument of it."""
    command = root
    for word in path.split():
        if not isinstance(command, click.Group):
            break
        command = command.get_command(click.Context(command), word)
    return {name: one for one in command.params if isinstance(one, click.Option) for name in one.opts}


@pytest.mark.parametrize("path", BY_COMMAND)
def test_the_flags_of_helms_command_exist(path):
    options = options_of("lint" if path == "global" else path)
    missing = [row["flag"] for row in BY_COMMAND[path] if f"--{row['flag']}" not in options]
    assert [name for name in missing if (path, name) not in ABSENT] == []


@pytest.mark.parametrize("path", BY_COMMAND)
def test_the_flags_have_helms_shorthands(path):
    options = options_of("lint" if path == "global" else path)
    given = {row["flag"]: row["shorthand"] for row in BY_COMMAND[path] if row["shorthand"] not in ("", "h")}
    assert {name: short for name, short in given.items() if options.get(f"-{short}") is not options[f"--{name}"]} == {}


@pytest.mark.parametrize("path", BY_COMMAND)
def test_the_flags_take_a_value_where_helms_do_and_have_its_default(path):
    options = options_of("lint" if path == "global" else path)
    for row in BY_COMMAND[path]:
        option = options.get(f"--{row['flag']}")
        if option is None or isinstance(option, OptionalValue):
            continue
        assert option.is_flag is (row["type"] == ""), row["flag"]
        if row["flag"] not in DEFAULTS and (path.split()[0], row["flag"]) not in DEFAULTS:
            default = str(option.default)
            assert default == row["default"] or {default, row["default"]} <= EMPTY, row["flag"]


def test_what_is_excused_is_really_absent():
    for path, name in ABSENT:
        assert f"--{name}" not in options_of("lint" if path == "global" else path)
