"""What a cluster or a chart says cannot command the terminal."""

import pytest

from pxhelm.cli.failure import show
from pxhelm.cli.progress_table import ProgressTable
from pxhelm.cli.views.table import helm_table, plain_table
from pxhelm.cli.views.terminal import harmless
from pxhelm.errors import PxhelmError, Where
from pxhelm.events import Warned

EVIL = "a\x1b]0;title\x07b\x9b2Jc\rd\x7f"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (EVIL, "a^[]0;title^Gb\\x9b2Jc\\rd^?"),
        ("läuft\tseit\nheute ✓", "läuft\tseit\nheute ✓"),
        ("\x00\x1f", "^@^_"),
        (b"no \xff text".decode("utf-8", "surrogateescape"), "no \\xff text"),
    ],
)
def test_control_characters_are_shown_as_kubectl_shows_them(text, shown):
    assert harmless(text) == shown


def free_of_commands(text):
    return all(char in "\n\t" or (ord(char) >= 0x20 and not 0x7F <= ord(char) < 0xA0) for char in text)


def test_a_row_of_a_table_is_one_line_whatever_a_cell_holds():
    text = plain_table(("NAME", "NOTE"), [("web", f"{EVIL}\nsecond line"), ("db", "-")])
    assert free_of_commands(text)
    assert [line.split()[0] for line in text.splitlines()] == ["NAME", "web", "db"]
    assert text.splitlines()[1].endswith("d^?...")


def test_neither_a_table_of_charts_nor_an_error_commands_the_terminal(capsys):
    assert free_of_commands(helm_table(("NAME",), [(EVIL,)]))
    show(PxhelmError(EVIL, hint=EVIL, where=Where("a.yaml", 1, 2, EVIL)))
    assert free_of_commands(capsys.readouterr().err)


def test_a_live_table_sends_its_own_commands_only():
    class Stream(list):
        write = list.append

        def flush(self):
            """Nothing is kept back."""

    stream = Stream()
    ProgressTable(stream, lambda: 0.0, lambda: (80, 24)).hear(Warned(EVIL))
    assert free_of_commands("".join(stream))
