"""The life of a release of every starter chart: created, checked, installed, tested, upgraded, rolled back, removed, again."""

from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from tests.scripts.script import start

STARTERS = Path(__file__).parents[2] / "chart-templates"
APART = {"platform": "an umbrella without charts of its own: tests/packaging installs it from a repository"}


@dataclass(frozen=True)
class Life:
    """What a starter is upgraded with, and what shows that it is there, and that it was upgraded."""

    upgrade: str
    first: str
    then: str
    look: str = "vms,containers"
    tested: bool = True
    """It has a test hook."""


LIVES = {
    "blank": Life("replicas=2", "rel-chart-0", "rel-chart-1", tested=False),
    "web-app": Life("web.replicas=4", "rel-web-2", "rel-web-3"),
    "k3s": Life("agents.count=3", "rel-agent-1", "rel-agent-2"),
    "postgresql": Life("standby.enabled=false", "rel-primary", "rel-primary"),
    "homelab": Life("containers.git.memory=1G,containers.media=null", "rel-media", "rel-git"),
    "windows-vm": Life("memory=16G,cpu.cores=8", "rel", "rel"),
    "site": Life("networks.lab.tag=130,networks.guests=null,firewall.enabled=true", "guests", "lab", "sdnvnets"),
}
TEST = """pxhelm test rel
stdout /Phase: +Succeeded/
"""
LIFE = """
simulate --nodes 3
pxhelm create chart --starter {starter}
pxhelm lint chart --strict --strict-kinds
pxhelm unittest chart --strict
pxhelm docs generate chart --check
pxhelm install rel ./chart
stdout STATUS: deployed
stdout NOTES:
pxhelm get {look}
stdout {first}
pxhelm diff rel ./chart
writes *
pxhelm upgrade rel ./chart
writes 0
{test}?1 pxhelm diff rel ./chart --set {upgrade}
pxhelm upgrade rel ./chart --set {upgrade}
pxhelm get {look}
stdout {then}
pxhelm diff rel ./chart --set {upgrade}
pxhelm rollback rel 1
pxhelm get {look}
stdout {first}
pxhelm diff rel ./chart
pxhelm uninstall rel
pxhelm get {look}
! stdout {first}
pxhelm install rel ./chart
stdout STATUS: deployed
pxhelm uninstall rel
"""


def test_every_starter_has_a_life():
    assert {p.name for p in STARTERS.iterdir()} == LIVES.keys() | APART.keys()


@pytest.mark.parametrize("starter", LIVES)
def test_a_starter_lives_and_leaves_nothing_of_its_own(starter, tmp_path):
    archive = tmp_path / "life.txtar"
    life = LIVES[starter]
    archive.write_text(LIFE.format(starter=starter, test=TEST if life.tested else "", **asdict(life)))
    story, lines = start(archive, tmp_path)
    story.run(lines)
