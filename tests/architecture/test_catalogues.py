"""Folder and table agree: commands, kinds, function families; and every entry says what it is."""

import importlib
from pathlib import Path

import click
import pytest

from pxhelm import kinds
from pxhelm.cli import ALIASES, COMMANDS, HELM
from pxhelm.gotemplate import functions

ROOT = Path(__file__).parents[2] / "pxhelm"


def modules(folder):
    return {p.stem for p in (ROOT / folder).glob("*.py") if p.stem != "__init__"}


def test_every_command_file_stands_in_the_table():
    assert {row[0] for row in COMMANDS.values()} == modules("cli/commands")


def test_every_kind_file_stands_in_the_catalogue():
    assert {module for module, _, _ in kinds.CATALOGUE.values()} == modules("kinds")


def test_the_catalogue_says_of_each_kind_what_the_kind_says():
    told = {kind.name: (kind.plural, kind.short) for kind in kinds.KINDS.values()}
    assert told == {name: (plural, short) for name, (_, plural, short) in kinds.CATALOGUE.items()}


def test_the_catalogue_stands_in_the_order_of_creation():
    ranks = [kind.rank for kind in kinds.KINDS.values()]
    assert ranks == sorted(ranks)


def test_every_function_family_stands_in_the_catalogue():
    assert set(functions.FAMILIES) == modules("gotemplate/functions")


def test_aliases_and_helms_commands_name_commands():
    assert set(ALIASES.values()) <= set(COMMANDS)
    assert set(HELM) <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_called_as_in_the_table_and_has_help(name):
    command = importlib.import_module(f"pxhelm.cli.commands.{COMMANDS[name][0]}").command
    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.help


@pytest.mark.parametrize("name", kinds.KINDS)
def test_every_field_of_a_kind_has_a_type(name):
    assert all(field.type for field in kinds.KINDS[name].fields)
