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
        "print('\\n' + json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [("--help",), ("install", "--help"), ("version",)])
def test_help_is_light(arguments):
    assert not imported_by(*arguments) & HEAVY


def test_version_answers_before_click():
    assert "click" not in imported_by("version")
