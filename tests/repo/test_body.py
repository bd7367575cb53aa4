"""Bodies of answers: read to an end, or to one that we set."""

from types import SimpleNamespace

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.repo.body import read_body


def answer(*parts):
    return SimpleNamespace(iter_bytes=lambda: iter(parts))


def test_a_body_is_its_parts():
    assert read_body(answer(b"a", b"bc"), "http://x", 3, 60) == b"abc"


def test_a_body_that_is_too_large_is_refused_without_the_password_of_its_address():
    with pytest.raises(PxhelmError, match=r"^cannot fetch http://ada:\*\*\*@x/a: it is larger than 2 bytes$"):
        read_body(answer(b"a", b"bc"), "http://ada:secret@x/a", 2, 60)


def test_a_body_that_comes_in_drops_is_not_waited_for_without_end():
    def drops():
        while True:
            yield b""

    with pytest.raises(PxhelmError, match=r"^context deadline exceeded"):
        read_body(SimpleNamespace(iter_bytes=drops), "http://x", 1, 0.01)
