"""Start-up imports nothing that the command does not need (performance.md)."""

import json
import subprocess
import sys

import pytest

HEAVY = {"httpx", "jinja2", "cryptography", "yaml", "ruamel", "sqlite3", "re2"}


def imported_by(*arguments):
    code = (
        "import sys, json\n"
        "from pxhelm.cli import main\n"
        f"try:\n    main({list(arguments)!r})\nexcept SystemExit: pass\n"
        "print('\\n' + json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [("--help",), ("install", "--help"), ("version",)])
def test_help_is_light(arguments):
    assert not imported_by(*arguments) & HEAVY


def test_version_answers_before_click():
    assert "click" not in imported_by("version")


def test_a_kind_is_imported_when_it_is_met(tmp_path, monkeypatch):
    for folder in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"PXHELM_{folder}_HOME", str(tmp_path))
    found = imported_by("--context", "simulator", "get", "vms")
    assert {name for name in found if name.startswith("pxhelm.kinds.")} == {"pxhelm.kinds.virtual_machine"}
    assert "pxhelm.golang.yaml" not in found
