"""Lives as data, against the simulator: what is wanted one after the other, from nothing until it is gone again.

After each the object is as wanted, a second look finds nothing to write, and what only pxhelm set is gone with it.
``before`` are requests of somebody else, ``id`` is where the object is found when that is not its name.
"""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from pxhelm import kinds
from pxhelm.manifest import load_manifests
from pxhelm.resource.model import Existence

HERE = Path(__file__).parent
FOLDERS = {kind.name.lower(): kind.name for kind in kinds.KINDS.values()}
LIVES = [
    pytest.param(
        FOLDERS[path.parent.name.replace("_", "")], life, id=f"{path.parent.name}/{life['about'].replace(' ', '-')}"
    )
    for path in sorted(HERE.glob("*/lives.yaml"))
    for life in yaml.safe_load(path.read_text())
]


def resource(kind, life, spec):
    metadata = {"name": life.get("name", "it")}
    document = {"apiVersion": "proxmox.io/v1", "kind": kind, "metadata": metadata, "spec": spec}
    return kinds.parse(load_manifests(yaml.safe_dump(document), "life.yaml"))[0]


@pytest.mark.parametrize(("kind", "life"), LIVES)
def test_life(cluster, apply_to, kind, life):
    for method, path, params in life.get("before", ()):
        cluster.finish(cluster.call(method, path, **(params or {})))
    it = apply_to(cluster, resource(kind, life, life["wanted"][0]))
    for number, spec in enumerate(life["wanted"]):
        it.wanted = resource(kind, life, spec)
        it.target = replace(it.target, row={"id": it.kind.identifier(it.resolved())})
        assert it.kind.refuse(it.change(it.observe())) == ""
        verbs = it.apply()
        assert verbs if number == 0 else True
        assert it.changes() == {}
        assert it.apply() == []
    if life.get("stays"):
        return
    it.wanted = None
    assert it.apply()
    assert it.observe().existence is Existence.ABSENT
