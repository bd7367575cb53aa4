"""Lint knows the kinds: what they do not take is told with the template's line, and fails only when asked to.

Without that, findings are those of ``helm lint``; the recorded stories hold them.
"""

from types import SimpleNamespace

import pytest

from pxhelm.actions.lint import LintCharts, lint_charts
from tests.actions.fake_sources import services

VM = """\
{{- range $i := until 2 }}
---
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata:
  name: web-{{ $i }}
spec:
  template: debian
  memroy: 2048
  cpu:
    cores: {{ $.Values.cores }}
{{- end }}
"""


def linted(template, values="cores: 2\n", **options):
    files = {
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\nicon: https://example.invalid/i.svg\n",
        "web/values.yaml": values,
        "web/templates/vm.yaml": template,
    }
    asked = services({name: text.encode() for name, text in files.items()})
    asked = SimpleNamespace(**vars(asked), read=None, elapsed=lambda: 0.0, random_bytes=bytes, jinja=None)
    (found,) = lint_charts(asked, LintCharts(("web",), **options))
    return found


def test_a_misspelt_field_is_told_with_the_line_of_the_template():
    found = linted(VM)
    assert not found.findings
    assert not found.failed
    assert {str(one) for one in found.mistakes} == {
        "[ERROR] templates/vm.yaml:9: spec.memroy: unknown field memroy (did you mean memory?)"
    }


def test_it_fails_when_asked_to():
    found = linted(VM, strict_kinds=True)
    assert found.failed
    assert "spec.memroy" in str(found.findings[0])


def test_a_value_of_the_wrong_type_is_told_where_it_is_written():
    found = linted(VM.replace("memroy", "memory"), values="cores: many\n")
    assert str(found.mistakes[0]).startswith("[ERROR] templates/vm.yaml:11: spec.cpu.cores: ")


@pytest.mark.parametrize(
    "template",
    [
        VM.replace("memroy", "memory"),
        VM.replace("proxmox.io/v1", "apps/v1"),
        '{{ required "needed" .Values.nope }}',
        "",
    ],
    ids=["right", "of another system", "wants a value", "empty"],
)
def test_nothing_is_told_of_what_is_right_or_not_ours(template):
    assert linted(template).mistakes == ()


def test_the_same_mistake_of_several_objects_is_told_once():
    assert len(linted(VM).mistakes) == 1


def test_skipping_schemas_skips_kinds():
    assert linted(VM, skip_schema=True, strict_kinds=True).findings == ()


def test_what_a_version_of_proxmox_lacks_fails_with_the_line_of_the_template():
    template = VM.replace(
        "memroy: 2048", "memory: 2048\n  vmGenerationID: '0'\n  efiDisk: {storage: a, msCert: '2023'}"
    )
    found = linted(template, pve="8.4")
    assert found.failed
    assert [str(one) for one in found.findings] == [
        "[ERROR] templates/vm.yaml:11: spec.efiDisk.msCert: cannot use efiDisk.msCert: Proxmox VE 8.4 does not have it"
    ]
    assert not linted(template, pve="9.2").failed
    assert not linted(template).failed


HA = """\
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web, labels: {app: shop}}
spec: {memory: 1G, disks: [{storage: a, size: 1G}, {storage: a, size: 2G}]}
---
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: db, labels: {app: shop}}
spec: {memory: 1G, ha: true}
---
apiVersion: proxmox.io/v1
kind: HARule
metadata: {name: apart}
spec: {type: resource-affinity, affinity: negative, guests: WHO}
"""


@pytest.mark.parametrize("who", ["{names: [web, db]}", "{selector: {app: shop}}"])
def test_what_would_better_be_written_otherwise_is_a_hint_and_with_strict_a_failure(who):
    found = linted(HA.replace("WHO", who))
    assert not found.failed
    assert [str(one).split(": W")[1][:3] for one in found.mistakes] == ["101", "104"]
    assert "HARule/default/apart is about VirtualMachine/default/web, which has no ha" in str(found.mistakes[1])
    assert not linted(HA.replace("WHO", who), strict_kinds=True).failed
    assert linted(HA.replace("WHO", who), strict_kinds=True, strict=True).failed


TOKEN = "apiVersion: proxmox.io/v1\nkind: APIToken\nmetadata:\n  name: a@pve!ci\nspec:\n  comment: for the pipeline\n"


def test_what_is_hardly_meant_is_told_with_the_line():
    (told,) = linted(TOKEN).mistakes
    assert str(told).startswith("[WARNING] templates/vm.yaml:5: spec.writeTo: W106")
    assert not linted(TOKEN, strict_kinds=True).failed
