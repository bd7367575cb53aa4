"""What is typed wrong is told in Helm's words (v3.22), before anything is done."""

import pytest

from pxhelm.cli import main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["template", "a", "b", "c", "d"], "expected at most two arguments, unexpected arguments: c, d"),
        (["install", "a", "b", "c"], "INSTALLATION FAILED: expected at most two arguments, unexpected arguments: c"),
        (
            ["template", "a", "b", "--wait=maybe"],
            'invalid argument "maybe" for "--wait" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
        ),
        (
            ["install", "a", "b", "--timeout", "5"],
            'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"',
        ),
        (
            ["upgrade", "a", "b", "--labels", "x"],
            'invalid argument "x" for "-l, --labels" flag: x must be formatted as key=value',
        ),
        (["template", "a", "b", "-n"], "flag needs an argument: 'n' in -n"),
        (["template", "a", "b", "--set"], "flag needs an argument: --set"),
        (
            ["rollback", "a", "b", "c"],
            'could not convert revision to a number: strconv.Atoi: parsing "b": invalid syntax',
        ),
        (["version", "--nope"], "unknown flag: --nope"),
        (
            ["template", "a", "b", "--post-renderer", "./gone"],
            (
                'invalid argument "./gone" for "--post-renderer" flag: unable to find binary at ./gone: exec: "./gone": '
                "stat ./gone: no such file or directory"
            ),
        ),
    ],
)
def test_mistakes_are_told_in_helms_words(arguments, message, capsys):
    assert main(arguments) == 1
    assert capsys.readouterr().err.splitlines()[0] == f"Error: {message}"


def test_short_names_of_subcommands_are_understood(capsys):
    assert main(["dep", "ls", "--help"]) == 0
    assert capsys.readouterr().out.startswith("Usage:\n  pxhelm dependency l")


def test_an_unknown_subcommand_of_helms_groups_gets_their_help_and_a_hint(capsys):
    assert main(["repo", "lost"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("Usage:\n  pxhelm repo [command]")
    assert told.err == "hint: did you mean `pxhelm repo list`?\n"
