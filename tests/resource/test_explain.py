"""What people are told about fields comes from the table alone."""

import itertools

import pytest

from pxhelm import kinds
from pxhelm.cli.views.explain import explain_text
from pxhelm.proxmox.schema import load
from pxhelm.resource.explain import explain, json_schema
from pxhelm.resource.field import Field
from pxhelm.resource.parts.words import WORDS
from pxhelm.resource.words import worded

VM = kinds.KINDS["VirtualMachine"]


def test_a_field_is_explained_with_type_default_effect_and_parameter():
    (found,) = explain(VM, "spec.cpu.cores")
    assert (found.type, found.accepts, found.default, found.effect, found.proxmox) == (
        "int",
        "a whole number",
        1,
        "restart",
        "cores",
    )


def test_a_family_is_explained_by_any_of_its_slots():
    assert explain(VM, "disks.scsi3.size") == explain(VM, "disks.virtio0.size") == explain(VM, "disks.*.size")
    assert explain(VM, "disks.scsi3.size")[0].proxmox == "scsi[n].size"
    assert explain(VM, "disks.scsi99.size") == ()


def test_a_branch_is_explained_by_all_below_it():
    assert {e.path for e in explain(VM, "memory")} == {f.path for f in VM.fields if f.path.startswith("memory.")}
    assert len(explain(VM)) == len(VM.fields)


def test_notes_say_what_a_table_cannot():
    notes = {e.path: " ".join(e.notes) for e in explain(VM)}
    assert "root@pam" in notes["options.args"]
    assert "cannot be read back" in notes["cloudInit.password"]
    assert "used at creation only" in notes["source.clone.name"]
    assert "when created without it: l26" in notes["osType"]


@pytest.mark.parametrize(
    ("spec", "valid"),
    [
        ({"cpu": {"cores": 2}}, True),
        ({"cpu": {"cores": 0}}, False),
        ({"cpu": {"cores": "2"}}, False),
        ({"disks": {"scsi0": {"storage": "a", "size": "8G"}}}, True),
        ({"disks": {"floppy0": {"storage": "a"}}}, False),
        ({"disks": {"scsi0": {"cache": "sometimes"}}}, False),
        ({"networks": {"net0": {"bridge": "vmbr0", "vlan": 9999}}}, False),
        ({"memory": {"size": 2048}}, True),
        ({"memory": {"size": "2G"}}, True),
        ({"cloudInit": {"password": "hunter2"}}, False),
        ({"cloudInit": {"password": {"valueFrom": {"env": "X"}}}}, True),
        ({"bios": "uefi"}, False),
        ({"serial": {"serial0": "socket"}}, True),
    ],
)
def test_the_schema_takes_what_parsing_takes(spec, valid):
    import jsonschema

    whole = {"apiVersion": "proxmox.io/v1", "kind": "VirtualMachine", "metadata": {"name": "x"}, "spec": spec}
    assert jsonschema.Draft202012Validator(json_schema(VM)).is_valid(whole) is valid


OURS = (
    "firewall.rulesPolicy", "rulesPolicy", "guests.selector.*", "for.kind",
    *("placement.policy", "power.restart", "power.window", "disks.*.reclaimPolicy", "mounts.*.reclaimPolicy"),
    *("cloudInit.delivery", "target.cluster", "target.node", "target.vnet", "target.guest"),
)  # fmt: skip
"""Fields that no parameter of Proxmox holds; besides those of readiness, of jobs, of snippets and of where a token goes."""
OURS_BELOW = {
    "VirtualMachine": "readiness.",
    "Container": "readiness.",
    "APIToken": "writeTo.",
    "Job": "",
    "Snippet": "",
}
ELSEWHERE = {
    "clone": ("POST", "/nodes/n/{guest}/100/clone"),
    "migrate": ("POST", "/nodes/n/{guest}/100/migrate"),
    "shutdown": ("POST", "/nodes/n/{guest}/100/status/shutdown"),
    "firewall": ("PUT", "{firewall}/options"),
    "rule": ("POST", "{firewall}/rules"),
    "alias": ("POST", "/nodes/n/qemu/100/firewall/aliases"),
    "ipset": ("POST", "/nodes/n/qemu/100/firewall/ipset/s"),
    "entry": ("POST", "/cluster/firewall/ipset/s"),
    "upload": ("POST", "/nodes/n/storage/s/upload"),
    "download": ("POST", "/nodes/n/storage/s/download-url"),
    "oci": ("POST", "/nodes/n/storage/s/oci-registry-pull"),
    "appliance": ("POST", "/nodes/n/aplinfo"),
    "acl": ("PUT", "/access/acl"),
    "dns": ("PUT", "/nodes/n/dns"),
    "time": ("PUT", "/nodes/n/time"),
    "hosts": ("POST", "/nodes/n/hosts"),
    "group": ("POST", "/cluster/ha/groups"),
    "ips": ("POST", "/cluster/sdn/vnets/v/ips"),
    "node": ("POST", "/cluster/sdn/fabrics/node/f"),
    "endpoint": ("POST", "/cluster/notifications/endpoints/webhook"),
}
"""First word of a parameter that is none of the kind's own → what takes it; ``create`` and ``update`` are the kind's own."""
FIREWALLS = ("/cluster/firewall", "/nodes/n/firewall", "/cluster/sdn/vnets/v/firewall", "/nodes/n/qemu/100/firewall")


def parts_of(each):
    return (each.path, each), *((f"{each.path}[{part.path}]", part) for part in each.parts)


@pytest.mark.parametrize("kind", kinds.KINDS.values(), ids=lambda kind: kind.name)
def test_every_field_and_every_part_of_one_says_in_a_line_what_it_means(kind):
    told = [(path, each.help) for field in kind.fields for path, each in parts_of(field)]
    assert [path for path, text in told if not text] == []
    assert [path for path, text in told if len(text) > 100 or "\n" in text or "|" in text] == []


@pytest.mark.parametrize("kind", [k for k in kinds.KINDS.values() if not k.store_only], ids=lambda kind: kind.name)
def test_every_field_names_the_parameter_it_is_written_to_or_is_pxhelms_own(kind):
    nameless = [each.path for each in explain(kind) if not each.proxmox and each.path not in OURS]
    assert [p for p in nameless if kind.name not in OURS_BELOW or not p.startswith(OURS_BELOW[kind.name])] == []


@pytest.mark.parametrize("kind", kinds.KINDS.values(), ids=lambda kind: kind.name)
def test_explain_prints_type_effect_and_source_of_every_field(kind):
    for each in explain(kind):
        printed = explain_text(kind, each.path, explain(kind, each.path), recursive=False)
        assert each.help.split()[0] in printed
        assert f"Effect:   {each.effect}" in printed
        assert f"Proxmox:  {each.proxmox or '- (pxhelm alone)'}" in printed
        assert each.default is None or "Default:  " in printed
        for part in each.parts:
            assert f"\n  {part.path}\t<" in printed


def takes(kind, via):
    """Whether the schema of some version has what a field says it is written to."""
    word, _, param = via.partition(" ")
    if word == "path":
        return load("9.2").methods(f"/cluster/notifications/{param}")
    guest = "lxc" if kind.name == "Container" else "qemu"
    places = {"create": ("POST", kind.api), "update": ("PUT", kind.api), **ELSEWHERE}
    method, path = places[word]
    paths = [path.replace("{firewall}", each) for each in FIREWALLS] if "{firewall}" in path else [path]
    found = set()
    for version, each in itertools.product(("8.4", "9.2"), paths):
        full = each.replace("{guest}", guest).replace("{node}", "n")
        for at in (full, f"{full}/x"):
            endpoint = load(version).endpoint(method, at)
            found |= set(endpoint.parameters) if endpoint is not None else set()
    plain = param.partition(".")[0]
    return {plain, plain.replace("[n]", "0"), param.partition("[")[0] + "[n]"} & found


@pytest.mark.parametrize("kind", [k for k in kinds.KINDS.values() if not k.store_only], ids=lambda kind: kind.name)
def test_what_a_field_says_it_is_written_to_elsewhere_is_in_proxmox_schema(kind):
    assert [(each.path, each.via) for each in kind.fields if each.via and not takes(kind, each.via)] == []


def test_words_for_a_field_that_is_not_there_are_a_mistake_of_the_table():
    with pytest.raises(ValueError, match=r"words without a field: gone"):
        worded((Field("there", "line"),), "there   it is\ngone    it is not")


def test_no_words_are_kept_for_fields_that_are_gone():
    known = {each.path for name in ("VirtualMachine", "Container") for each in kinds.KINDS[name].fields}
    assert set(WORDS) <= known
