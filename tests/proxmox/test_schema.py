"""The compact facts say what the published description says."""

import gzip
import json
import os
import re
import zlib
from pathlib import Path

import pytest

from pxhelm.proxmox import schema
from pxhelm.proxmox.schema.compact import compact, from_typetext

FACTS = Path(__file__).parents[3] / "shared" / "facts"


def published(version):
    file = FACTS / f"pve-{version}-api-schema.json.gz"
    if not file.exists():
        if os.environ.get("PXHELM_TEST_REQUIRE") == "all":
            pytest.fail(f"{file.name} is missing")
        pytest.skip(f"{file.name} is not beside the checkout")
    return gzip.decompress(file.read_bytes()).decode()


def endpoints(nodes):
    for node in nodes:
        for method, info in (node.get("info") or {}).items():
            yield node["path"], method, info
        yield from endpoints(node.get("children") or [])


@pytest.mark.parametrize("version", schema.versions())
def test_committed_facts_are_what_the_generator_makes(version):
    committed = Path(schema.__file__).with_name(f"pve-{version}.z").read_bytes()
    assert zlib.decompress(committed) == zlib.decompress(compact(published(version), version))


@pytest.mark.parametrize("version", schema.versions())
def test_every_endpoint_and_parameter_is_there_with_its_limits(version):
    facts = schema.load(version)
    seen = 0
    for path, method, info in endpoints(json.loads(published(version))):
        found = facts.endpoint(method, path)
        assert found is not None, (method, path)
        assert found.path == path
        assert found.proxyto == (info.get("proxyto") or "")
        assert found.protected == bool(info.get("protected"))
        for name, spec in (info["parameters"].get("properties") or {}).items():
            ours = found.parameters[name]
            seen += 1
            assert ours.type == spec["type"]
            branches = spec.get("oneOf")
            assert ours.optional == (
                all(b.get("optional") for b in branches) if branches else bool(int(spec.get("optional", 0)))
            )
            assert ours.enum == tuple(str(v) for v in spec.get("enum") or ())
            assert ours.pattern == spec.get("pattern", "").replace("(?^u", "(?").replace("(?^", "(?")
            re.compile(ours.pattern)
            assert ours.minimum == (None if "minimum" not in spec else float(spec["minimum"]))
            assert ours.maximum == (None if "maximum" not in spec else float(spec["maximum"]))
            assert ours.max_length == (None if "maxLength" not in spec else int(spec["maxLength"]))
            if isinstance(spec.get("format"), dict):
                assert set(ours.properties) == set(spec["format"])
            else:
                assert ours.format == (spec.get("format") or "")
    assert seen > 2000


@pytest.mark.parametrize("version", schema.versions())
def test_no_sentence_of_the_description_is_carried_over(version):
    facts = zlib.decompress(Path(schema.__file__).with_name(f"pve-{version}.z").read_bytes()).decode()
    for _, _, info in endpoints(json.loads(published(version))):
        texts = [info.get("description", ""), (info.get("permissions") or {}).get("description", "")]
        texts += [s.get("description", "") for s in (info["parameters"].get("properties") or {}).values()]
        assert not [t for t in texts if len(t) > 30 and t[:30] in facts]


def test_a_concrete_path_gives_its_endpoint_and_its_variables():
    found = schema.load("9.2").endpoint("PUT", "/nodes/pve1//qemu/100/config/")
    assert found.path == "/nodes/{node}/qemu/{vmid}/config"
    assert found.variables == {"node": "pve1", "vmid": "100"}
    assert found.permissions["check"][:2] == ["perm", "/vms/{vmid}"]


def test_a_volume_keeps_its_slashes_quoted_or_not():
    facts = schema.load("9.2")
    for path in ("local:iso/a b.iso", "local%3Aiso%2Fa%20b.iso"):
        found = facts.endpoint("DELETE", f"/nodes/pve1/storage/local/content/{path}")
        assert found.variables["volume"] == "local:iso/a b.iso"


def test_an_unknown_path_or_method_has_no_endpoint():
    facts = schema.load("9.2")
    assert facts.endpoint("GET", "/nope") is None
    assert facts.endpoint("PATCH", "/version") is None
    assert facts.endpoint("GET", "/version/deeper") is None
    assert facts.methods("/nope") == ()


def test_an_indexed_parameter_is_found_by_its_number_up_to_the_highest():
    parameters = schema.load("9.2").endpoint("POST", "/nodes/pve1/qemu").parameters
    assert parameters["net0"].name == "net[n]"
    assert "net31" in parameters
    assert "scsi30" in parameters
    assert not [n for n in ("net32", "scsi31", "ide4", "net01", "net", "cores0") if n in parameters]


def test_parameters_of_a_rule_know_the_types_they_belong_to():
    parameters = schema.load("9.2").endpoint("POST", "/cluster/ha/rules").parameters
    assert parameters["type"].enum == ("node-affinity", "resource-affinity")
    assert parameters["nodes"].instance_types == ("node-affinity",)
    assert parameters["resources"].instance_types == ("node-affinity", "resource-affinity")


def test_a_format_known_by_name_gets_its_keys_from_the_grammar():
    parameters = schema.load("9.2").endpoint("POST", "/nodes/pve1/qemu").parameters
    assert parameters["hostpci0"].properties["host"].default_key
    assert parameters["hostpci0"].properties["pcie"].type == "boolean"
    assert parameters["hostpci0"].properties["driver"].enum == ("vfio", "keep")
    assert not parameters["rng0"].properties["source"].optional
    assert parameters["rng0"].properties["source"].default_key
    assert parameters["startup"].properties["order"].default_key


def test_the_grammar_reader_tells_optional_keys_from_required_ones():
    found = from_typetext("type=<T> ,attestation=<1|0> [,name=<a|b>] [,n=<integer>]")
    assert [k for k, s in found.items() if not s.get("optional")] == ["type", "attestation"]
    assert found["name"]["enum"] == ["a", "b"]
    assert found["n"]["type"] == "integer"


@pytest.mark.parametrize(
    ("said", "shipped"),
    [
        ("9.2.11", "9.2"),
        ("9.0.3", "9.2"),
        ("8.1", "8.4"),
        ("7.2-1", "7.4"),
        ("6.4", "7.4"),
        ("10.1", "9.2"),
        ("", "9.2"),
    ],
)
def test_a_server_gets_the_schema_of_its_major_release(said, shipped):
    assert schema.nearest(said) == shipped


def test_a_parameter_that_came_later_is_not_supported_before():
    config = "/nodes/{node}/qemu/{vmid}/config"
    assert schema.supports("9.2", config, "virtiofs0")
    assert not schema.supports("7.4", config, "virtiofs0")
    assert schema.supports("9.2", config, "net0.host-tunnel")
    assert not schema.supports("8.4", config, "net0.host-tunnel")
    assert schema.supports("9.2", "/cluster/ha/rules")
    assert not schema.supports("8.4", "/cluster/ha/rules")


@pytest.mark.parametrize("junk", [b"", b"junk", zlib.compress(b"[]"), zlib.compress(b'{"version":"1"}')])
def test_other_data_is_refused(junk):
    with pytest.raises(ValueError, match="not API facts"):
        schema.Schema.parse(junk)


def test_facts_are_made_from_the_script_that_a_node_serves():
    script = 'const apiSchema = [{"path":"/version","info":{"GET":{"returns":{"type":"object"}}}}]\n;\nlet x = [1];'
    facts = schema.Schema.parse(compact(script, "9.9"))
    assert facts.version == "9.9"
    assert facts.paths() == ("/version",)
    with pytest.raises(ValueError, match="no API description"):
        compact("<html></html>", "1")
