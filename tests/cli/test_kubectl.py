"""Flags that kubectl has: those that are refused say why, in the guide as well."""

import importlib
from pathlib import Path

import pytest

from pxhelm.cli import COMMANDS
from pxhelm.cli.kubectl import WHY
from pxhelm.errors import ExitCode, PxhelmError

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "kubectl.md").read_text()
CASES = [(command, names.split()) for command, flags in WHY.items() for names in flags]


def command_of(name):
    return importlib.import_module(f"pxhelm.cli.commands.{COMMANDS[name][0]}").command


@pytest.mark.parametrize(("command", "names"), CASES)
def test_a_flag_that_is_not_there_is_told_with_its_reason(command, names):
    for name in names:
        with pytest.raises(PxhelmError, match=f"there is no {names[-1]} here: .") as caught:
            command_of(command).make_context(command, [name, "x"])
        assert caught.value.code is ExitCode.USAGE


@pytest.mark.parametrize(("command", "names"), CASES)
def test_the_guide_lists_it(command, names):
    assert all(f"`{name}" in GUIDE for name in names), (command, names)


@pytest.mark.parametrize("command", WHY)
def test_help_does_not_offer_what_is_refused(command):
    found = command_of(command)
    offered = {name for param in found.params if not getattr(param, "hidden", False) for name in param.opts}
    assert not offered & {name for names in WHY[command] for name in names.split()}


@pytest.mark.parametrize(
    ("words", "dry"),
    [
        ((), False),
        (("--dry-run",), True),
        (("--dry-run=client",), True),
        (("--dry-run=server",), True),
        (("--dry-run=none",), False),
    ],
)
@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("apply", ()),
        ("delete", ("vm", "web")),
        ("edit", ("vm", "web")),
        ("label", ("vm", "web", "a=b")),
        ("annotate", ("vm", "web", "a=b")),
        ("scale", ("gs/web",)),
    ],
)
def test_a_dry_run_takes_kubectls_values(command, arguments, words, dry):
    ctx = command_of(command).make_context(command, [*words, *arguments])
    assert ctx.params["dry_run"] is dry


def test_another_value_of_a_dry_run_is_refused():
    with pytest.raises(PxhelmError, match="Invalid dry-run value"):
        command_of("apply").make_context("apply", ["--dry-run=maybe"])
