"""Laws of the value types: what is shown is read back; and the units, which are powers of 1024 everywhere."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxhelm.resource.model import SecretSource
from pxhelm.resource.types import TYPES, UnfitError, shown
from pxhelm.secret import Secret

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


def read(name, value):
    return TYPES[name].read(value)


@pytest.mark.parametrize(
    ("name", "written", "canonical"),
    [
        ("size", "50G", 50 * GIB),
        ("size", "50Gi", 50 * GIB),
        ("size", "1.5G", 3 * GIB // 2),
        ("size", "2T", 2048 * GIB),
        ("memory", 8192, 8 * GIB),
        ("memory", 8192.0, 8 * GIB),
        ("memory", "8G", 8 * GIB),
        ("rate", "100MB/s", 100 * MIB),
        ("rate", "100MiB/s", 100 * MIB),
        ("rate", "512KB/s", 512 * KIB),
        ("rate", "0.5MB/s", MIB // 2),
        ("duration", "1h30m", 5400),
        ("duration", "7d", 7 * 86400),
        ("duration", "0.5s", 0.5),
        ("int", 4.0, 4),
        ("set", ["b", "a", "b"], ("a", "b")),
        ("set", "a", ("a",)),
        ("tags", ["Prod", "b"], ("b", "prod")),
        ("mac", "bc:24:11:00:00:0a", "BC:24:11:00:00:0A"),
        ("ref", {"vmid": 101.0}, "vmid:101"),
        ("ref", {"id": "local-lvm"}, "id:local-lvm"),
        ("refs", [{"guest": "web"}, {"vmid": 5}], ("vmid:5", "web")),
        ("note", "a\nb\n\n", "a\nb"),
        ("raw", 1.0, 1),
        ("secret", {"valueFrom": {"env": "X"}}, SecretSource("env", "X")),
    ],
)
def test_a_value_has_one_canonical_form(name, written, canonical):
    found = read(name, written)
    assert found == canonical
    assert type(found) is type(canonical)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("size", 50),
        ("size", "50"),
        ("size", "50GB"),
        ("size", "-1G"),
        ("memory", "1K"),
        ("memory", True),
        ("rate", "5"),
        ("rate", 5),
        ("duration", 30),
        ("duration", ""),
        ("duration", "5 minutes"),
        ("int", "4"),
        ("int", 4.5),
        ("int", True),
        ("bool", "true"),
        ("bool", 1),
        ("text", True),
        ("text", 5.0),
        ("line", "a\nb"),
        ("name", "under_score"),
        ("name", "a" * 64),
        ("cidr", "fd00::1/64"),
        ("cidr6", "10.0.0.1/24"),
        ("mac", "BC:24:11:00:00"),
        ("ref", {"vmid": 1, "id": "x"}),
        ("ref", ""),
        ("tags", ["a b"]),
        ("secret", "literal"),
        ("secret", {"valueFrom": {"env": "A", "file": "b"}}),
        ("secret", {"valueFrom": {"command": "pass"}}),
    ],
)
def test_what_is_not_of_the_type_is_refused(name, written):
    with pytest.raises(UnfitError):
        read(name, written)


@settings(max_examples=200)
@given(st.integers(min_value=0, max_value=1 << 50))
def test_sizes_rates_and_durations_are_shown_as_they_are_read(number):
    for name in ("size", "rate", "duration"):
        assert read(name, shown(name, number)) == number
    assert read("memory", shown("memory", number * MIB)) == number * MIB


def test_a_secret_is_never_shown():
    assert shown("secret", Secret("hunter2")) == "***"
    assert shown("secret", SecretSource("env", "PW")) == "***"
    with pytest.raises(UnfitError) as caught:
        read("secret", "hunter2")
    assert "hunter2" not in str(caught.value)
