"""What a manifest may say, and how mistakes are told: file, line, column, field, what was found, what is accepted."""

import pytest

from pxhelm import kinds
from pxhelm.errors import StageError
from pxhelm.manifest import load_manifests
from pxhelm.resource.model import SecretSource

GIB = 1 << 30
GIVEN = """\
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata:
  name: web-server
  namespace: production
spec:
  node: pve-node1
  cpu: { cores: 4, sockets: 1 }
  memory: 8192
  disks: [{ storage: local-lvm, size: 50G }]
  template: debian-12-template
"""


def vm(spec, name="web", kind="VirtualMachine"):
    lines = "\n".join(f"  {line}" for line in spec.strip("\n").split("\n"))
    return f"apiVersion: proxmox.io/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n{lines}\n"


def parse(text):
    return kinds.parse(load_manifests(text, "vm.yaml"))


def leaves(spec, kind="VirtualMachine"):
    return parse(vm(spec, kind=kind))[0].leaves


def mistakes(text):
    with pytest.raises(StageError) as caught:
        parse(text)
    return caught.value.errors


def mistake(spec, kind="VirtualMachine"):
    found = mistakes(vm(spec, kind=kind))
    assert len(found) == 1, [e.message for e in found]
    return found[0]


def test_the_given_manifest_has_a_normal_form():
    assert dict(parse(GIVEN)[0].leaves) == {
        "hostname": "web-server",
        "placement.nodes": ("pve-node1",),
        "cpu.cores": 4,
        "cpu.sockets": 1,
        "memory.size": 8 * GIB,
        "disks.scsi0.storage": "local-lvm",
        "disks.scsi0.size": 50 * GIB,
        "source.clone.name": "debian-12-template",
    }


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("memory: 8G", "memory: {size: 8192}"),
        ("disks: [{storage: a, size: 1G}, {storage: b, size: 2G}]",
         "disks: {scsi0: {storage: a, size: 1G}, scsi1: {storage: b, size: 2G}}"),
        ("disks: [{storage: a, size: 1G, bus: virtio}, {storage: b, size: 2G}]",
         "disks: {virtio0: {storage: a, size: 1G}, virtio1: {storage: b, size: 2G}}"),
        ("disks: [{storage: a, size: 1G, slot: sata3}]", "disks: {sata3: {storage: a, size: 1G}}"),
        ("networks: [vmbr0, {bridge: vmbr1, vlan: 3}]", "networks: {net0: {bridge: vmbr0}, net1: {bridge: vmbr1, vlan: 3}}"),
        ("node: n1", "placement: {nodes: [n1]}"),
        ("power: Running", "power: {policy: Running}"),
        ("machine: q35", "machine: {type: q35}"),
        ("display: qxl", "display: {type: qxl}"),
        ("agent: true", "agent: {enabled: true}"),
    ],
)  # fmt: skip
def test_shorthand_has_exactly_one_normal_form(short, long):
    assert leaves(short) == leaves(long)


def test_a_container_template_is_an_image():
    found = leaves('template: "local:vztmpl/debian.tar.zst"\nmounts: [{path: /srv, storage: s, size: 1G}]', "Container")
    assert found["source.image"] == "local:vztmpl/debian.tar.zst"
    assert found["mounts.mp0.path"] == "/srv"


def test_null_equals_absent():
    assert leaves("memory: null\ncpu: {cores: null}\ndisks: {scsi0: null}\nnetworks:") == {"hostname": "web"}


def test_all_mistakes_are_told_at_once_with_their_places():
    text = vm("cpu: {coers: 4, sockets: two}\nmemory: 8X\ndisks: [{storage: a, sise: 1G}]\npower: Runing")
    told = [(e.where.line, e.where.column, e.where.field, e.message, e.hint) for e in mistakes(text)]
    assert told == [
        (5, 9, "spec.cpu.coers", "unknown field cpu.coers", "did you mean cores?"),
        (5, 19, "spec.cpu.sockets", "cpu.sockets must be a whole number: it is the text 'two'", ""),
        (6, 3, "spec.memory", "memory.size must be a size such as 8G, or a number of MiB: it is the text '8X'", ""),
        (7, 24, "spec.disks[0].sise", "unknown field disks.scsi0.sise", "did you mean size?"),
        (8, 3, "spec.power", "power.policy must be one of Running, Stopped, OnCreate, Unmanaged, not 'Runing'",
         "did you mean Running?"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("options: {keyboard: no}", "options.keyboard must be a text of one line: it is the boolean false; write it in quotes"),
        ("tags: on", "tags must be a list of tags: it is the boolean true"),
        ("disks: {scsi0: {storage: a, size: 50}}", "the number 50 without a unit; write 50G or 50M"),
        ('disks: {scsi0: {storage: a, size: "50"}}', "'50' has no unit; write 50G or 50M"),
        ("startup: {upDelay: 30}", "the number 30 without a unit; write 30s"),
        ("networks: {net0: {bridge: vmbr0, rate: 5}}", "networks.net0.rate must be a rate such as 100MB/s"),
        ("networks: {net0: {bridge: vmbr0, ip: 10.0.0.5}}", "10.0.0.5 has no prefix length; write 10.0.0.5/24"),
        ("networks: {net0: {bridge: vmbr0, vlan: 5000}}", "networks.net0.vlan must be at most 4094, not 5000"),
        ("networks: {net0: {bridge: vmbr0, mac: zz}}", "must be a MAC address"),
        ("networks: {net99: {bridge: vmbr0}}", "unknown slot net99 in networks"),
        ("memory: 100K", "is not a whole number of MiB"),
        ("cpu: 4", "cpu must be a map with"),
        ("cloudInit: {password: hunter2}", "it is a literal"),
        ("config: {nosuch: 1}", "Proxmox has no parameter nosuch"),
        ("config: {digest: abc}", "config.digest cannot be set raw"),
        ("config: {onboot: maybe}", "config.onboot must be true or false, not 'maybe'"),
        ("cpu: {cores: 2}\nconfig: {cores: 3}", "config.cores and cpu.cores set the same parameter"),
        ("disks: {scsi0: {storage: a, size: 1G, extra: {nosuch: 1}}}", "scsi0 has no sub-option nosuch"),
        ("disks: {scsi0: {storage: a, size: 1G, extra: {ssd: 1}}}", "extra.ssd is the field ssd"),
        ("unset: [cpu.coers]", "unknown field cpu.coers"),
        ("unset: [cpu.cores]\ncpu: {cores: 2}", "cpu.cores is both set and unset"),
        ("disks: {ide3: {absent: true, storage: a}}", "disks.ide3 is absent and has storage as well"),
        ("disks: {ide2: {cdrom: none, size: 1G}}", "disks.ide2 is a CD drive and has size as well"),
        ("node: a\nplacement: {nodes: [b]}", "node and placement.nodes say the same thing twice"),
        ("disks: [{storage: a, size: 1G, slot: scsi0}, {storage: b, size: 1G, slot: scsi0}]", "two items of disks are scsi0"),
    ],
)  # fmt: skip
def test_a_mistake_says_what_was_found_and_what_is_accepted(spec, message):
    assert message in mistake(spec).message


def test_a_literal_secret_is_refused_without_being_repeated():
    error = mistake("cloudInit: {password: hunter2}")
    assert "hunter2" not in error.message + error.hint


@pytest.mark.parametrize(
    ("written", "source"),
    [
        ("{env: PW}", SecretSource("env", "PW")),
        ("{file: ./pw}", SecretSource("file", "./pw")),
        ("{command: [pass, show, x]}", SecretSource("command", command=("pass", "show", "x"))),
        ("{secretRef: {name: db, key: pw}}", SecretSource("secretRef", "db", "pw")),
    ],
)
def test_secrets_are_named_by_where_they_are_read(written, source):
    found = parse(vm(f"cloudInit: {{password: {{valueFrom: {written}}}}}"))[0]
    assert found.leaves["cloudInit.password"] == source
    refers = [(r.kinds, r.name) for r in found.references]
    assert refers == ([(("Secret",), "db")] if source.source == "secretRef" else [])


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("apiVersion: v1", "apiVersion v1 is not known", "write apiVersion: proxmox.io/v1"),
        ("kind: VirtualMachin", "unknown kind VirtualMachin", "did you mean VirtualMachine?"),
        ("kind: virtualmachine", "unknown kind virtualmachine", "did you mean VirtualMachine?"),
        ("metadata: {name: Web_1}", "metadata.name 'Web_1' is not a DNS name: lower case letters, digits, - and .", ""),
        ("metadata: {name: 5}", "metadata.name must be a text, not 5.0", "put the name in quotes"),
        ("metadata: {name: a, labels: {x: true}}", "metadata.labels.x must be a text, not true", 'write "true"'),
        ("metadata: {name: a, label: {x: y}}", "unknown field label", "did you mean labels?"),
        ('metadata: {name: a, annotations: {pxhelm.io/prevent-destory: "true"}}',
         "unknown annotation pxhelm.io/prevent-destory", "did you mean pxhelm.io/prevent-destroy?"),
        ("metadata: {name: a, annotations: {pxhelm.io/drift-policy: correct}}",
         "annotation pxhelm.io/drift-policy must be Ignore, Report or Correct, not 'correct'", ""),
    ],
)  # fmt: skip
def test_the_envelope_is_checked(line, message, hint):
    head = {
        "apiVersion": "apiVersion: proxmox.io/v1",
        "kind": "kind: VirtualMachine",
        "metadata": "metadata: {name: a}",
    }
    head[line.partition(":")[0]] = line
    (error,) = mistakes("\n".join(head.values()))
    assert (error.message, error.hint) == (message, hint)


def test_annotations_of_others_pass():
    text = GIVEN.replace("metadata:\n", "metadata:\n  annotations: {example.net/x: z, helm.sh/hook: test}\n")
    assert parse(text)[0].annotations == {"example.net/x": "z", "helm.sh/hook": "test"}


def test_status_and_a_namespace_on_a_kind_without_one_are_warnings():
    found = kinds.parse_all(
        load_manifests(
            "apiVersion: proxmox.io/v1\nkind: Pool\nmetadata: {name: p, namespace: x}\nstatus: {a: b}", "p.yaml"
        )
    )
    assert found.resources[0].key.address == "Pool/p"
    assert len(found.warnings) == 2


def test_an_object_defined_twice_is_a_mistake():
    (error,) = mistakes(f"{GIVEN}---\n{GIVEN}")
    assert error.message == "VirtualMachine/production/web-server is defined twice"
    assert "vm.yaml:4" in error.hint
    assert error.where.line == 16


def test_two_objects_cannot_claim_one_id():
    pool = "apiVersion: proxmox.io/v1\nkind: Pool\nmetadata: {name: %s}\nspec: {id: x}\n"
    (error,) = mistakes(f"{pool % 'a'}---\n{pool % 'b'}")
    assert error.message == "Pool/b and Pool/a both claim the id x"


def test_references_are_edges():
    text = vm(
        "template: {vmid: 9000}\npool: Pool/prod\ndisks: [{storage: {id: nas}, size: 1G}]\nnetworks: [vmbr0]\n"
        "source: {clone: {storage: fast}}"
    )
    found = {(r.path, r.kinds, r.namespace, r.name) for r in parse(text)[0].references}
    assert found == {
        ("source.clone.name", ("VirtualMachine",), "default", "vmid:9000"),
        ("source.clone.storage", ("Storage",), "default", "fast"),
        ("pool", ("Pool",), "default", "prod"),
        ("disks.scsi0.storage", ("Storage",), "default", "id:nas"),
        ("networks.net0.bridge", ("SDNVNet", "Network"), "default", "vmbr0"),
    }


def test_a_template_of_another_namespace_is_named_with_it():
    (found,) = parse(vm("template: images/debian"))[0].references
    assert (found.namespace, found.name) == ("images", "debian")


def test_what_is_absent_and_unset_is_remembered():
    found = parse(vm("disks: {ide3: {absent: true}}\nserial: {serial0: {absent: true}}\nunset: [memory.hugepages]"))[0]
    assert found.absent == ("disks.ide3", "serial.serial0")
    assert found.unset == ("memory.hugepages",)


def test_a_kind_is_found_by_any_of_its_names():
    assert {kinds.kind_of(n).name for n in ("vm", "VirtualMachine", "virtualmachines", "VMS")} == {"VirtualMachine"}
    assert {kinds.kind_of(n).name for n in ("ct", "lxc", "containers")} == {"Container"}


def test_the_line_of_a_literal_secret_is_not_shown():
    (mistake,) = mistakes(vm("cloudInit: {password: hunter2}"))
    assert mistake.where.line == 5
    assert "hunter2" not in f"{mistake.where.text} {mistake.message} {mistake.hint}"
