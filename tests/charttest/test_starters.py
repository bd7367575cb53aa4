"""The suites of the starter charts, run on a chart that was made of each."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from pxhelm.actions.scaffold import scaffold
from pxhelm.chart.load import load
from pxhelm.charttest.rendering import World
from pxhelm.charttest.run import Runner
from pxhelm.charttest.snapshot import Snapshots
from pxhelm.charttest.suite import load_suites
from pxhelm.gotemplate.host import Host
from pxhelm.kinds import parse_all
from pxhelm.render.engine import render
from pxhelm.render.model import RenderRequest

STARTERS = Path(__file__).parents[2] / "chart-templates"
NAMES = sorted(
    p.name for p in STARTERS.iterdir() if (p / "templates").is_dir() and any((p / "tests").glob("*_test.yaml"))
)


def made_from(starter):
    folder = STARTERS / starter
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return scaffold(SimpleNamespace(starter=lambda _name: files), "shop", starter)


def test_the_starters_have_suites():
    assert {"blank", "web-app"} <= set(NAMES)


@pytest.mark.parametrize("starter", NAMES)
def test_a_starters_own_tests_pass(starter):
    files = made_from(starter)
    runner = Runner(World(load(files), Host()), lambda path: files[path].decode())
    suites = [name for name in files if name.startswith("tests/") and name.endswith("_test.yaml")]
    for name in suites:
        for suite in load_suites(files[name].decode(), name, "shop", strict=True):
            result = runner.suite(suite, Snapshots())
            assert {test.name: (test.error, test.failures) for test in result.tests if not test.passed} == {}
            assert len(result.tests) >= 5


@pytest.mark.parametrize("starter", NAMES)
def test_a_starters_suite_fails_when_its_templates_write_nothing(starter):
    files = {name: b"" if name.startswith("templates/") else data for name, data in made_from(starter).items()}
    runner = Runner(World(load(files), Host()), lambda path: files[path].decode())
    name = next(name for name in files if name.startswith("tests/") and name.endswith("_test.yaml"))
    suite = load_suites(files[name].decode(), name, "shop")[0]
    assert not runner.suite(suite, Snapshots()).passed


@pytest.mark.parametrize("starter", NAMES)
def test_what_a_starter_renders_fits_its_kinds(starter):
    found = render(RenderRequest(load(made_from(starter))))
    assert parse_all(found.manifests).resources
