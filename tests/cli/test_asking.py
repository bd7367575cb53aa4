"""Questions that nobody answers fail in Helm's words, with the flag that answers them."""

import io

import pytest

from pxhelm.cli import main


@pytest.fixture(autouse=True)
def own_folders(monkeypatch, tmp_path):
    for name in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"PXHELM_{name}_HOME", str(tmp_path / name))


@pytest.mark.parametrize(
    ("arguments", "typed", "told"),
    [
        ("registry login localhost:1", "", "Username: Error: EOF\nhint: give --username\n"),
        ("registry login localhost:1", "\n", "Username: Token: Error: inappropriate ioctl for device\n"),
        ("registry login localhost:1", "me\n", "Username: Password: Error: inappropriate ioctl for device\n"),
        ("registry login localhost:1 -u me", "", "Password: Error: inappropriate ioctl for device\n"),
        ("repo add x http://localhost:1 --username me", "", "Password: Error: inappropriate ioctl for device\n"),
    ],
)
def test_a_question_without_a_terminal_fails_as_in_helm(arguments, typed, told, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert main(arguments.split()) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(told)
    assert "hint: " in shown.err


def test_an_empty_secret_is_refused(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _prompt, _stream: "")
    assert main(["registry", "login", "localhost:1", "-u", "me"]) == 1
    assert capsys.readouterr().err == "Error: password required\n"
