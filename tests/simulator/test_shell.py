"""The small system in a simulated machine."""

import pytest

from pxhelm.simulator.shell import Result, run


@pytest.mark.parametrize(
    ("words", "stdin", "result"),
    [
        (["echo", "a", "b"], b"", Result(out=b"a b\n")),
        (["false"], b"", Result(1)),
        (["cat"], b"in", Result(out=b"in")),
        (["cat", "/f"], b"", Result(out=b"content")),
        (["cat", "/no"], b"", Result(1, err=b"cat: /no: No such file or directory\n")),
        (["base64", "-d"], b"aGk=", Result(out=b"hi")),
        (["/bin/sh", "-c", "echo a; echo b"], b"", Result(out=b"a\nb\n")),
        (["sh", "-c", "false && echo no"], b"", Result(1)),
        (["sh", "-c", "true && echo yes"], b"", Result(out=b"yes\n")),
        (["sh", "-c", "echo a; exit 3; echo b"], b"", Result(3, b"a\n")),
        (["sh", "-c", 'echo "$1"', "sh", "it's"], b"", Result(out=b"it's\n")),
        (["sh", "-c", "cat < /f"], b"", Result(out=b"content")),
        (["uname"], b"", Result(out=b"Linux\n")),
        (["apt-get", "update"], b"", Result(out=b"apt-get update\n")),
    ],
)
def test_programs_do_what_they_do_elsewhere(words, stdin, result):
    assert run(words, stdin, {"/f": b"content"}) == result


def test_redirections_change_files():
    files = {"/f": b"old"}
    run(["sh", "-c", "echo new > /f; echo more >> /f; echo x > '/a b'"], b"", files)
    assert files == {"/f": b"new\nmore\n", "/a b": b"x\n"}
    run(["rm", "/f"], b"", files)
    assert "/f" not in files
