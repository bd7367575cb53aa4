"""The manual of a simulated node describes the API as the real one's does: the same facts are read from it again."""

import json

import pytest

from pxhelm.proxmox.schema import Schema, load, versions
from pxhelm.proxmox.schema.compact import compact
from pxhelm.simulator.manual import describe

WITHOUT_PARTS = ("properties", "items", "one_of")


def everything(spec):
    plain = {name: getattr(spec, name) for name in spec.__slots__ if name not in WITHOUT_PARTS}
    parts = {name: everything(each) for name, each in spec.properties.items()}
    return plain, parts, spec.items and everything(spec.items), [everything(each) for each in spec.one_of]


@pytest.mark.parametrize("version", versions())
def test_the_same_facts_are_read_from_it_again(version):
    facts = load(version)
    again = Schema.parse(compact("const apiSchema = " + json.dumps(describe(facts)), version))
    assert again.paths() == facts.paths()
    for path in facts.paths():
        assert again.methods(path) == facts.methods(path)
        for method in facts.methods(path):
            ours, theirs = facts.endpoint(method, path), again.endpoint(method, path)
            for name in ("permissions", "proxyto", "protected", "token", "additional"):
                assert getattr(ours, name) == getattr(theirs, name), (method, path)
            assert everything(ours.returns) == everything(theirs.returns), (method, path)
            assert list(ours.parameters) == list(theirs.parameters)
            for name, spec in ours.parameters.items():
                assert everything(spec) == everything(theirs.parameters[name]), (method, path, name)


def test_only_the_description_is_there(api):
    status, _, headers, body = api.simulator.send("GET", "/pve-docs/api-viewer/apidata.js")
    assert (status, headers["Content-Type"]) == (200, "application/javascript")
    assert body.startswith(b"const apiSchema = [")
    assert api.simulator.send("GET", "/pve-docs/index.html")[0] == 500
    assert api.simulator.send("POST", "/pve-docs/api-viewer/apidata.js")[0] == 500
