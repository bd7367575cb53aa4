"""A report of our own bug names the command and the frames, and holds nothing that the user typed."""

from pxhelm.cli.bug import report

SECRET = "5ca1ab1e-secret"


def reported(home, capsys, arguments):
    try:
        raise ValueError(SECRET)
    except ValueError:
        assert report(arguments) == 70
    capsys.readouterr()
    return next((home / "state").iterdir()).read_text()


def test_it_names_the_command_and_the_frame(home, capsys):
    text = reported(home, capsys, ["--debug", "ls", "web"])
    assert "command: ls\n\nValueError\n" in text
    assert "test_bug.py" in text


def test_neither_a_message_nor_the_value_of_a_flag_is_in_it(home, capsys):
    text = reported(home, capsys, ["--api-token", f"root@pam!x={SECRET}", "get", "vms"])
    assert SECRET not in text.replace(f'SECRET = "{SECRET}"', "")
    assert "command: get\n" in text
