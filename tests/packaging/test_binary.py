"""The frozen binary: every command, the main job, and no Python on PATH."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pxhelm.cli import COMMANDS, VERSION

ROOT = Path(__file__).parents[2]
BINARY = ROOT / "dist" / "pxhelm"

pytestmark = [pytest.mark.requires("binary"), pytest.mark.xdist_group("binary")]


def run(*arguments, env=None):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, env=env, timeout=120)


def test_version_needs_no_python(tmp_path):
    done = run("version", env={"PATH": str(tmp_path), "TMPDIR": str(tmp_path)})
    assert done.stdout == f"pxhelm {VERSION}\n"
    assert list(tmp_path.iterdir()) == [], "the extraction folder is left behind"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name):
    done = run(name, "--help")
    assert done.returncode == 0
    assert "Usage:" in done.stdout


@pytest.mark.parametrize("name", ["release", "manifest"])
def test_the_main_job(name, tmp_path):
    env = {**os.environ, "PXHELM": str(BINARY)}
    code = (
        "import sys; from pathlib import Path; from tests.scripts.script import start; "
        "story, lines = start(Path(sys.argv[1]), Path(sys.argv[2])); story.run(lines)"
    )
    story = ROOT / "tests" / "scripts" / f"{name}.txtar"
    command = [sys.executable, "-c", code, story, tmp_path]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        ('{{ "a b" | sha256sum | trunc 8 }}', "c8687a08"),
        ('{{ regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W" }}', "-W-xxW-"),
        ('{{ genPrivateKey "ed25519" | contains "PRIVATE KEY" }}', "true"),
        ('{{ htpasswd "u" "p" | hasPrefix "u:$2a$" }}', "true"),
        ('{{ dateInZone "2006-01-02 15:04 MST" (int64 0) "Europe/Berlin" }}', "1970-01-01 01:00 CET"),
        ('{{ toToml (dict "a" 1.5) }}', "a = 1.5"),
    ],
)
def test_functions_that_need_their_own_libraries(expression, printed, tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")
    (tmp_path / "templates" / "a.yaml").write_text(f"kind: Pool\nvalue: |\n  {expression}\n")
    done = run("template", "r", str(tmp_path))
    assert printed in done.stdout, done.stderr


def test_jinja_runs_in_a_child_of_the_binary(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")
    template = "kind: Pool\nname: {{ Release.Name | upper }}-{{ (1 + 1) | quote }}\n"
    (tmp_path / "templates" / "a.yaml.j2").write_text(template)
    done = run("template", "web", str(tmp_path))
    assert 'name: WEB-"2"' in done.stdout, done.stderr
