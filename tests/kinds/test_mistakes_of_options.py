"""What no cluster takes of mappings, matchers, options and nodes is told of the manifest, with the field."""

import pytest

from pxhelm import kinds
from pxhelm.errors import StageError
from pxhelm.manifest import load_manifests

HEAD = "apiVersion: proxmox.io/v1\nkind: {}\nmetadata: {{name: {}}}\nspec: {}\n"
MISTAKES = [
    ("PCIMapping", "{map: []}", "spec.map", "needs an entry"),
    ("PCIMapping", "{map: [{node: a, path: '0000:01:00'}]}", "spec.map", "needs id"),
    ("USBMapping", "{map: [{id: '1:2'}]}", "spec.map", "needs node"),
    ("DirMapping", "{map: [{node: a, path: tank}]}", "spec.map", "not absolute"),
    ("NotificationMatcher", "{targets: [a], matchSeverity: [loud]}", "spec.matchSeverity", "no severity"),
    ("NotificationMatcher", "{targets: [a], matchField: [type]}", "spec.matchField", "matches no field"),
    ("ClusterOptions", "{nextID: {lower: 200, upper: 100}}", "spec.nextID.lower", "is above"),
    ("NodeConfig", "{dns: {servers: [10.0.0.1, ns]}}", "spec.dns.servers", "'ns' is no IP address"),
    ("NodeConfig", "{dns: {servers: [10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4]}}", "spec.dns.servers", "3 name servers"),
]
RIGHT = [
    ("USBMapping", "{map: [{node: a, id: '10c4:ea60'}]}"),
    ("NotificationMatcher", "{matchSeverity: ['info,error'], matchField: ['regex:hostname=^pve.*$']}"),
    ("ClusterOptions", "{nextID: {lower: 100, upper: 100}}"),
    ("NodeConfig", "{dns: {servers: [10.0.0.1, 'fd00::1']}}"),
]


def parsed(kind, spec):
    text = HEAD.format(kind, "cluster" if kind == "ClusterOptions" else "it", spec)
    return kinds.parse(load_manifests(text, "it.yaml"))


@pytest.mark.parametrize(("kind", "spec", "field", "words"), MISTAKES)
def test_a_mistake_is_told_with_its_field(kind, spec, field, words):
    with pytest.raises(StageError) as caught:
        parsed(kind, spec)
    (error,) = caught.value.errors
    assert words in error.message
    assert error.where.field.startswith(field)


@pytest.mark.parametrize(("kind", "spec"), RIGHT)
def test_what_is_right_is_none(kind, spec):
    assert parsed(kind, spec)
