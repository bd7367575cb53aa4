"""A few cases of every kind that has data, the same ones each time; ``python -m tests.idempotence`` runs them all."""

import json

import pytest

from pxhelm import kinds
from pxhelm.manifest import load_manifests
from pxhelm.plan.gate import lacking
from tests.idempotence.__main__ import batches, run
from tests.idempotence.cases import DATA, about, cases_of
from tests.idempotence.older import lacks, refused

EACH = 24
FEW = 12
"""Cases of a kind on an older version."""
KINDS = sorted(file.stem for file in DATA.glob("*.yaml"))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_written_twice_and_what_is_taken_away_is_gone(kind):
    cases = cases_of(kind)
    for group in batches(cases[:: max(1, len(cases) // EACH)]):
        _, failed = run(group)
        assert not failed


def test_every_field_of_both_guests_has_a_case_or_a_reason():
    for kind in ("VirtualMachine", "Container"):
        tried = {case.path for case in cases_of(kind)}
        for each in kinds.KINDS[kind].fields:
            if each.path.endswith((".extra.*", "config.*")) or about(kind).of(each.path).get("skip"):
                continue
            pattern = each.path.split("*")
            assert any(path.startswith(pattern[0]) and path.endswith(pattern[-1]) for path in tried), each.path


@pytest.mark.parametrize("version", ["7.4", "8.4"])
@pytest.mark.parametrize("kind", ["VirtualMachine", "Container", "Storage", "User", "BackupJob"])
def test_the_law_holds_on_older_versions(kind, version):
    cases = [c for c in cases_of(kind) if not lacks(c, version)]
    for group in batches(cases[:: max(1, len(cases) // FEW)]):
        _, failed = run(group, version)
        assert not failed


@pytest.mark.parametrize("version", ["7.4", "8.4"])
def test_lint_tells_what_a_version_lacks_and_nothing_else(version):
    for kind in KINDS:
        if about(kind).older:
            continue
        for case in cases_of(kind, modes=("create",))[::5]:
            spec = {"kind": kind, "metadata": {"name": about(kind).name or "cc"}, "spec": case.wanted()}
            text = json.dumps({"apiVersion": "proxmox.io/v1", **spec})
            (resource,) = kinds.parse(load_manifests(text, "case.yaml"))[:1]
            assert bool(lacking(kinds.KINDS[kind], resource, version)) == bool(lacks(case, version)), case.name


@pytest.mark.parametrize("kind", ["NotificationTarget", "NodeConfig", "ClusterOptions", "BackupJob"])
def test_a_plan_refuses_by_name_what_a_version_lacks(kind):
    cases = [c for c in cases_of(kind, modes=("create",)) if lacks(c, "7.4")]
    assert cases
    assert refused(cases[:: max(1, len(cases) // 4)], "7.4") == {}
