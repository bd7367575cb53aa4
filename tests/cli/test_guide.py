"""Every command line of the README, the guide and the starters' pages is one that the program takes."""

import re
import shlex
from pathlib import Path

import click
import pytest

from pxhelm.cli.command import ArgumentsError, Group, Session
from pxhelm.cli.root import root
from pxhelm.errors import PxhelmError

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "guide").glob("*.md")])
PAGES += sorted((ROOT / "chart-templates").rglob("README.md"))
LINE = re.compile(r"^(?: {4,}|)(?:\$ )?((?:[A-Z_]+=\S+ )*pxhelm .*)$", re.MULTILINE)
INLINE = re.compile(r"`(pxhelm [^`\n]+)`")


def lines(text, pattern):
    """Return the command lines of a page, but for sketches that leave something out."""
    return sorted({line.replace("\\|", "|") for line in pattern.findall(text) if "…" not in line})


def words_of(line):
    """Return the words after ``pxhelm``, up to a comment, a pipe or a redirection."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|>&;")
    lexer.whitespace_split = True
    words = list(lexer)
    words = words[words.index("pxhelm") + 1 :]
    end = next((at for at, word in enumerate(words) if set(word) <= set("|>&;")), len(words))
    return words[:end]


def parse(words):
    """Parse as the program does, and call nothing."""
    context = root.make_context("pxhelm", list(words), obj=Session())
    command = root
    while isinstance(command, Group):
        rest = [*context._protected_args, *context.args]
        if not rest:
            return
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)


def refusal(line):
    """Return why the program does not take a line, None when it does."""
    try:
        parse(words_of(line))
    except click.exceptions.Exit:
        return None  # --help
    except (click.ClickException, PxhelmError) as error:
        return error
    return None


def cases(pattern):
    return [(page, line) for page in PAGES for line in lines(page.read_text(), pattern)]


def named(one):
    return one if isinstance(one, str) else one.stem


@pytest.mark.parametrize(("page", "line"), cases(LINE), ids=named)
def test_the_program_takes(page, line):
    error = refusal(line)
    assert error is None, f"{page.relative_to(ROOT)}: {getattr(error, 'message', error)}"


@pytest.mark.parametrize(("page", "line"), cases(INLINE), ids=named)
def test_the_program_knows(page, line):
    """In a sentence a command or a flag may stand without what has to follow."""
    error = refusal(line)
    message = getattr(error, "message", "")
    assert error is None or isinstance(error, ArgumentsError) or "requires an argument" in message, message


@pytest.mark.parametrize(
    "line", ["pxhelm frobnicate", "pxhelm get vms --colour-of red", "pxhelm history", "pxhelm vm fly web"]
)
def test_a_line_that_the_program_does_not_take_is_found(line):
    assert refusal(line) is not None


def test_pages_have_command_lines():
    assert len(cases(LINE)) > 100
    assert len(cases(INLINE)) > 50
