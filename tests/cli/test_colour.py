"""Colours come on a terminal and when asked for, and nowhere else."""

import pytest

from pxhelm.cli import colour, main

GREEN, RED, YELLOW, END = "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[0m"
PLAN = """  + VirtualMachine/a/web will be created
      name: -x -> +y
 ~! Container/a/db will be changed
-/+ Disk/a/d will be destroyed and made anew
    note: - stays
"""


def test_the_line_of_an_object_is_coloured_and_not_its_leaves():
    create, leaf, change, replace, note, end = colour.plan(PLAN).split("\n")
    assert (create[:5], create[-4:]) == (GREEN, END)
    assert (change[:5], replace[:5]) == (YELLOW, RED)
    assert [leaf, note, end] == ["      name: -x -> +y", "    note: - stays", ""]


def test_the_column_of_states_is_coloured():
    header, row, end = colour.releases("N\tNS\tR\tU\tSTATUS  \tC\na\tdeployed\t1\tx\tdeployed\tc\n").split("\n")
    assert header == "N\tNS\tR\tU\tSTATUS  \tC"
    assert row == f"a\tdeployed\t1\tx\t{GREEN}deployed{END}\tc"
    assert end == ""


@pytest.mark.parametrize(
    ("word", "painted"),
    [
        ("failed", f"{RED}failed{END}"),
        ("pending-upgrade", f"{YELLOW}pending-upgrade{END}"),
        ("superseded", "superseded"),
    ],
)
def test_states_have_helms_colours(word, painted):
    assert colour.status(f"NAME: x\nSTATUS: {word}\nREVISION: 1\n") == f"NAME: x\nSTATUS: {painted}\nREVISION: 1\n"


@pytest.mark.parametrize(
    ("flag", "environment", "expected"),
    [
        (None, {}, None),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"PXHELM_COLOR": "always"}, False),
        (None, {"NO_COLOR": "1"}, False),
        (None, {"NO_COLOR": "1", "PXHELM_COLOR": "always"}, True),
        ("auto", {}, None),
    ],
)
def test_the_flag_counts_before_the_environment(flag, environment, expected, monkeypatch):
    for name in ("NO_COLOR", "PXHELM_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert colour.wanted(flag) is expected


@pytest.mark.parametrize(
    ("flags", "expected"), [(["--color", "always"], True), (["--colour=never"], False), ([], False)]
)
def test_a_command_colours_its_plan_when_asked_to(flags, expected, tmp_path, monkeypatch, capsys):
    for name in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"PXHELM_{name}_HOME", str(tmp_path / name))
    (tmp_path / "pool.yaml").write_text("apiVersion: proxmox.io/v1\nkind: Pool\nmetadata: {name: shop}\nspec: {}\n")
    main(["--context", "simulator", "diff", "-f", str(tmp_path / "pool.yaml"), *flags])
    shown = capsys.readouterr().out
    assert "Pool" in shown
    assert (f"{GREEN}  + Pool" in shown) is expected
