"""The parts of a release as Helm's own answers show them (recorded from Helm v3)."""

import gzip
import json
import os
from pathlib import Path

import pytest

from pxhelm.chart.model import Chart, Metadata
from pxhelm.cli.commands.get import _part_text
from pxhelm.cli.views.document import as_json
from pxhelm.cli.views.release import metadata_text, values_text
from pxhelm.golang.yaml import load
from pxhelm.release.model import Hook, Info, Release, Status

CASES = Path(__file__).parents[3] / "shared" / "conformance" / "helm-cli.jsonl.gz"

if not CASES.exists():
    if os.environ.get("PXHELM_TEST_REQUIRE") == "all":
        raise FileNotFoundError(CASES)
    pytest.skip("the recorded answers are not here", allow_module_level=True)


def answers():
    """Return what Helm said to each ``get`` of the story about release web, revision 2."""
    with gzip.open(CASES, "rt") as lines:
        stories = [json.loads(line) for line in lines]
    story = next(s for s in stories if any(x.get("helm") == ["get", "all", "web"] for x in s["steps"]))
    return {
        " ".join(step["helm"][1:]): step["v3"]["stdout"]
        for step in story["steps"]
        if step.get("helm", [""])[0] == "get"
    }


SAID = answers()


@pytest.fixture
def release():
    hooks = []
    for text in SAID["hooks web"].split("---\n# Source: ")[1:]:
        path, _, manifest = text.partition("\n")
        hooks.append(Hook("", "", path, manifest.removesuffix("\n")))
    return Release(
        "web",
        "lab",
        2,
        Chart(Metadata(name="web", version="0.1.0", app_version="1.0"), "web"),
        config=load(SAID["values web"].partition("\n")[2]),
        manifest=SAID["manifest web"].removesuffix("\n"),
        hooks=hooks,
        info=Info(Status.DEPLOYED, notes=SAID["notes web"].removeprefix("NOTES:\n").removesuffix("\n")),
    )


COMPUTED = load(SAID["values web --all"].partition("\n")[2])


@pytest.mark.parametrize("part", ["manifest", "hooks", "notes"])
def test_texts_are_helms(release, part):
    assert _part_text(part, release, None, "table") == SAID[f"{part} web"]


@pytest.mark.parametrize(
    ("flags", "output", "computed"),
    [("", "table", False), (" --all", "table", True), (" -o json", "json", False), (" -o yaml", "yaml", False)],
)
def test_values_are_helms(release, flags, output, computed):
    values = COMPUTED if computed else release.config
    assert values_text(values, output, computed=computed) == SAID[f"values web{flags}"]


def test_computed_values_as_json_are_helms():
    assert values_text(COMPUTED, "json", computed=True) == SAID["values web --all -o json"]


@pytest.mark.parametrize(("flags", "output"), [("", "table"), (" -o json", "json"), (" -o yaml", "yaml")])
def test_metadata_is_helms_but_for_the_time(release, flags, output):
    assert metadata_text(release, output).replace('""}', '"$TIME"}') == SAID[f"metadata web{flags}"].replace(
        "DEPLOYED_AT: $TIME", "DEPLOYED_AT: "
    ).replace('deployedAt: "$TIME"', 'deployedAt: ""')


def test_everything_is_helms_but_for_the_time(release):
    wanted = SAID["all web"].replace("LAST DEPLOYED: $TIME", "LAST DEPLOYED: ")
    assert _part_text("all", release, COMPUTED, "table") == wanted


def test_json_of_go_has_whole_numbers_and_escapes_for_pages():
    assert as_json({"b": 2.0, "a": [1.5, "<&>"]}) == '{"b":2,"a":[1.5,"\\u003c\\u0026\\u003e"]}\n'
