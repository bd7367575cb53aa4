"""A law for every field of every kind: what a manifest says is what Proxmox is sent, and what is read back again.

Judged by the API schema of Proxmox (``pxhelm.proxmox.check``), which this package does not write.
"""

import pytest

from pxhelm import kinds
from pxhelm.errors import PxhelmError
from pxhelm.kinds.notification_target import HOMES
from pxhelm.proxmox.check import check
from pxhelm.proxmox.schema import load
from pxhelm.proxmox.wire import encode as to_form
from pxhelm.proxmox.wire import parse_property, print_property
from pxhelm.resource.compare import unsettable
from pxhelm.resource.decode import SERVER_KEYS, decode
from pxhelm.resource.encode import STEERING, encode
from pxhelm.resource.explain import json_schema
from pxhelm.resource.table import table_of
from pxhelm.resource.types import TYPES
from pxhelm.secret import Secret
from tests.idempotence.values import representative


def endpoint_of(kind):
    """What takes the kind's parameters: POST of its path, PUT where nothing is created."""
    path = kind.api.replace("{node}", "n")
    return load("9.2").endpoint("POST", path) or load("9.2").endpoint("PUT", path)


OUTSIDE = {"@ha": ("POST", "/cluster/ha/resources")}
# what a device or definition has besides the leaf under test
BESIDE = {
    "disks": "local-lvm:vm-100-disk-0,size=1073741824",
    "efiDisk": "local-lvm:vm-100-disk-1,size=528K",
    "tpm": "local-lvm:vm-100-disk-2,size=4M",
    "rootfs": "local-lvm:vm-100-disk-0,size=8G",
    "mounts": "local-lvm:vm-100-disk-3,mp=/srv,size=8G",
    "networks": {"VirtualMachine": "virtio=BC:24:11:00:00:01,bridge=vmbr0", "Container": "name=eth0,bridge=vmbr0"},
    "wakeOnLAN": "mac=BC:24:11:00:00:01,bind-interface=eno1",
    "location": "latitude=52.5,longitude=13.4,name=here",
    "migration": "type=secure,network=10.0.0.0/24",
    "replication": "type=secure,network=10.0.0.0/24",
    "crs": "ha=static,ha-auto-rebalance=1",
    "audio": "device=AC97",
    "rng": "source=/dev/urandom",
    "tfa": "type=oath",
    "ivshmem": "size=32",
    "confidential": {"sev": "type=std", "tdx": "type=tdx,attestation=1"},
    "pci": "mapping=gpu",
    "usb": "mapping=stick",
    "virtiofs": "dirid=media",
    "numa": "cpus=0-1",
    "watchdog": "model=i6300esb",
    "devices": "/dev/net/tun",
    "cpu": "cputype=host",
    "machine": "q35",
    "display": "std",
    "agent": "enabled=1",
}
VALUES = {
    "int": [2, 3],
    "number": [1, 1.5],
    "bool": [True, False],
    "size": ["8G", "1536M"],
    "memory": [2048, "8G"],
    "rate": ["100MB/s", "2GB/s"],
    "date-time": ["2027-01-01T00:00:00Z"],
    "ports": [[80, "8000:8010"]],
    "duration": ["30s", "2m"],
    "line": ["word"],
    "text": ["some text"],
    "note": ["one\ntwo"],
    "name": ["web-1", "a.example.net"],
    "ref": ["thing"],
    "refs": [["b", "a"]],
    "schedule": ["mon..fri 02:00"],
    "set": [["b", "a"], ["x"]],
    "list": [["b", "a"], ["x"]],
    "tags": [["b", "a"]],
    "mac": ["bc:24:11:00:00:0a"],
    "address": ["10.0.0.1"],
    "prefix4": ["10.0.0.5/24"],
    "prefix6": ["fd00::5/64"],
    "network": ["10.0.0.1", "10.0.0.0/24", "fd00::/64"],
    "addresses": [["10.0.0.1", "10.0.0.5-10.0.0.9", "+dc/admins", "nas"], ["fd00::/64"]],
    "cidr": ["10.0.0.5/24", "dhcp"],
    "cidr6": ["fd00::5/64", "auto"],
    "ct-cidr": ["10.0.0.5/24", "dhcp", "manual"],
    "ct-cidr6": ["fd00::5/64", "auto"],
    "volume": ["local:iso/a.iso"],
}
# by path, or by kind:path where two kinds mean different things
BY_PATH = {
    "User:id": ["alice@pve"],
    "User:email": ["a@example.net"],
    "Realm:baseDN": ["dc=example,dc=net"],
    "Realm:bindDN": ["cn=pve,dc=example,dc=net"],
    "Realm:groupDN": ["ou=groups,dc=example,dc=net"],
    "Realm:userAttr": ["uid"],
    "Realm:domain": ["example.net"],
    "Realm:tfa.digits": [6],
    "Realm:tfa.step": [30],
    "Realm:prompt": ["login"],
    "Realm:issuerURL": ["https://id.example.net"],
    "Realm:syncAttributes": ["email=mail"],
    "Realm:syncDefaults.removeVanished": ["entry;acl"],
    "Realm:groupFilter": ["(objectClass=posixGroup)"],
    "RealmSync:removeVanished": ["entry;acl"],
    "cpu.flags": [["+aes", "-pcid"]],
    "cpu.hvVendorID": ["proxmox"],
    "cpu.physBits": ["host", "40"],
    "cpu.guestPhysBits": [40],
    "cpu.affinity": ["0-3,8"],
    "cpu.reportedModel": ["kvm64"],
    "cpu.type": ["host", "x86-64-v2-AES"],
    "cpu.vcpus": [4],
    "cpu.limit": [0.5, 4],
    "memory.ballooning": [False],  # True is the absence of balloon=0
    "machine.type": ["q35"],
    "machine.awBits": [39],
    "bootOrder": [["scsi0", "net0"]],
    "numa.*.cpus": [["0-1", "4"]],
    "numa.*.hostNodes": [["0", "1"]],
    "networks.*.trunks": [["10", "20"]],
    "networks.*.mtu": [1500],
    "networks.*.gateway6": ["fd00::1"],
    "networks.*.name": ["eth7"],
    "disks.*.wwn": ["0x5000c50015ea71aa"],
    "disks.*.serial": ["ABC 1"],
    "disks.*.cdrom": ["local:iso/a.iso", "none", "host"],
    "disks.*.volume": ["local-lvm:vm-100-disk-9"],
    "pci.*.host": ["0000:01:00.0"],
    "pci.*.deviceID": ["0x1234"],
    "pci.*.vendorID": ["0x1234"],
    "pci.*.subDeviceID": ["0x1234"],
    "pci.*.subVendorID": ["0x1234"],
    "usb.*.host": ["1234:abcd", "spice"],
    "serial.*": ["socket", "/dev/ttyS0"],
    "parallel.*": ["/dev/parport0"],
    "display.type": ["qxl", "virtio"],
    "display.memory": ["64M"],
    "watchdog.action": ["reset"],
    "ivshmem.size": ["32M"],
    "smbios.uuid": ["0160c16e-1462-4439-ba79-56f0d3dc26f7"],
    "vmGenerationID": ["0160c16e-1462-4439-ba79-56f0d3dc26f7"],
    "confidential.sev.type": ["std", "es"],
    "confidential.tdx.type": ["tdx"],
    "options.keyboard": ["de"],
    "options.startDate": ["2026-01-02"],
    "options.hotplug": [["network", "disk", "cpu"]],
    "options.hookScript": ["local:snippets/hook.pl"],
    "options.migrateDowntime": ["2s"],
    "dns.servers": [["10.0.0.53", "1.1.1.1"]],
    "dns.search": ["example.net"],
    "cloudInit.sshKeys": [["ssh-ed25519 AAAA a@b", "ssh-rsa BBBB"]],
    "mounts.*.path": ["/var/lib/x"],
    "mounts.*.hostPath": ["/mnt/www"],
    "rootfs.idmap": ["u:0:100000:65536", "passthrough"],
    "mounts.*.idmap": ["u:0:100000:65536;g:0:100000:65536"],
    "features.mount": [["nfs", "cifs"]],
    "devices.*.path": ["/dev/dri/renderD128"],
    "devices.*.mode": ["0660"],
    "timezone": ["Europe/Berlin"],
    "env.*": ["some value"],
    "content": [["images", "iso"]],
    "contentDirs.*": ["special/iso"],
    "fingerprint": [":".join(["9A"] * 32)],
    "blockSize": ["8k"],
    "saferemoveStepsize": [16],
    "monHosts": [["10.0.0.1", "10.0.0.2"]],
    "isMountpoint": ["yes"],
    "smbVersion": ["3.0"],
    "path": ["/srv/x"],
    "export": ["/tank/x"],
    "subdir": ["/x"],
    "mountpoint": ["/x"],
    "zfsBasePath": ["/dev/zvol"],
    "portal": ["10.0.0.1:3260"],
    "server": ["10.0.0.9"],
    "placement.nodes": [["pve1"]],
    "PCIMapping:map": [[{"node": "pve1", "path": "0000:01:00", "id": "10de:2204", "iommuGroup": 3}]],
    "USBMapping:map": [[{"node": "pve1", "id": "10c4:ea60", "path": "1-2", "comment": "one"}]],
    "DirMapping:map": [[{"node": "pve1", "path": "/tank"}, {"node": "pve2", "path": "/tank"}]],
    "ACMEAccount:contact": [["a@example.net", "b@example.net"]],
    "ACMEAccount:directory": ["https://ca.example.net/dir"],
    "ACMEAccount:termsOfService": ["https://ca.example.net/terms"],
    "ACMEPlugin:api": ["cf"],
    "BackupJob:schedule": ["mon..fri 02:00"],
    "BackupJob:guests.names": [["vmid:101", "vmid:102"]],
    "BackupJob:guests.exclude": [["vmid:101"]],
    "BackupJob:mailTo": [["a@example.net", "root"]],
    "CPUModel:reportedModel": ["kvm64"],
    "CPUModel:flags": [["+aes", "-hle"]],
    "CPUModel:physBits": ["host", "40"],
    "CPUModel:guestPhysBits": [40],
    "CPUModel:hvVendorID": ["proxmox"],
    "HARule:guests.names": [["vmid:101"]],
    "HARule:nodes.*": [0, 3],
    "MetricServer:proto": ["tcp"],
    "MetricServer:mtu": [1400],
    "MetricServer:influxdbProto": ["https"],
    "MetricServer:otelProtocol": ["http"],
    "MetricServer:otelCompression": ["none"],
    "MetricServer:otelHeaders": ["eyJhIjoxfQ=="],
    "MetricServer:otelResourceAttributes": ["eyJhIjoxfQ=="],
    "MetricServer:path": ["proxmox.pve"],
    "MetricServer:maxBodySize": [1000],
    "MetricServer:otelMaxBodySize": [1024],
    "NotificationTarget:mailToUser": [["root@pam"]],
    "NotificationTarget:mailTo": [["a@example.net"]],
    "ReplicationJob:schedule": ["*/15"],
    "SDNSubnet:dhcpRanges": [[{"start": "10.0.0.5", "end": "10.0.0.9"}]],
    "SDNController:isisNet": ["49.0001.1921.6800.1002.00"],
    "SDNController:peers": [["10.0.0.1", "10.0.0.2"]],
    "SDNController:fabric": ["under"],
    "Network:cidr": ["10.0.0.1/24"],
    "Network:cidr6": ["fd00::1/64"],
    "Network:gateway": ["10.0.0.254"],
    "Network:gateway6": ["fd00::2"],
    "Network:bond.mode": ["802.3ad"],
    "Network:bond.xmitHashPolicy": ["layer2"],
    "Network:bridge.vids": [["2-100", "200"]],
    "ClusterOptions:tagStyle.colorMap": ["prod:ff0000"],
    "ClusterOptions:tagStyle.ordering": ["alphabetical"],
    "ClusterOptions:tagStyle.shape": ["dense"],
    "ClusterOptions:macPrefix": ["02:00:00"],
    "ClusterOptions:keyboard": ["de"],
    "ClusterOptions:language": ["fr"],
    "ClusterOptions:httpProxy": ["http://proxy:3128"],
    "ClusterOptions:emailFrom": ["a@example.net"],
    "ClusterOptions:ha.shutdownPolicy": ["migrate"],
    "ClusterOptions:crs.ha": ["static"],
    "ClusterOptions:crs.haAutoRebalanceMethod": ["bruteforce"],
    "ClusterOptions:userTagAccess.userAllow": ["list"],
    "ClusterOptions:location.latitude": [52.5],
    "ClusterOptions:location.longitude": [13.4],
    "NodeConfig:location.latitude": [52.5],
    "NodeConfig:location.longitude": [13.4],
}
# Proxmox chooses or keeps these; the steps have their own tests
IRREGULAR = ("storage", "volume-size", "image-format", "import", "file", "ct-volume")


def samples():
    for name, kind in kinds.KINDS.items():
        for field in kind.fields:
            param = field.wire.partition(".")[0]
            if not kind.api or not field.wire or field.form in IRREGULAR or field.type in ("raw", "secret"):
                continue
            if (kind.guest and param in STEERING) or param in ("storage", "type") or field.path == "id":
                continue
            if field.path.split(".")[0] in kind.beyond:
                continue  # no configuration: tests/idempotence and tests/resource/parts hold them to the law
            if kind.name == "Pool" and param == "vms":
                continue  # of PUT, not of POST
            if field.write_only or param in SERVER_KEYS:
                continue  # no reading shows it where it was written
            if kind.name == "NotificationTarget" and param not in endpoint_of(kind).parameters:
                continue  # of another type; tests/kinds/notification_target has them
            for value in choices_of(kind, field):
                yield pytest.param(kind, field, value, id=f"{name}-{field.path}-{value}")


def choices_of(kind, field):
    for key in (f"{kind.name}:{field.path}", field.path):
        if key in BY_PATH:
            return BY_PATH[key]
    if field.choices:
        return [[c] for c in field.choices] if field.type == "set" else list(field.choices)
    if not kind.guest and not isinstance(kind, str) and field.type in ("line", "int", "number"):
        found = representative(kind, field)[:2]
        return VALUES["line"] if found == ["word", "two words"] else found
    return VALUES[field.type]


def place_of(kind, field):
    table = table_of(kind.fields, kind.slots)
    family = field.path.split(".")[0]
    slots = kind.slots.get(family, ("iso",))
    for slot in (slots[0], *slots[-261:]) if family == "disks" else slots[:1]:
        place = table.place(field.path.replace("*", slot, 1))
        spec = endpoint_of(kind).parameters.get(place.param)
        if spec is not None and (not place.key or place.key in spec.properties) and not slot.startswith("unused"):
            return place
    raise AssertionError(f"{field.path}: no parameter of Proxmox takes it")


def beside(kind, place):
    family = place.path.split(".")[0]
    found = BESIDE.get(family, "")
    if isinstance(found, dict):
        found = found.get(kind.name) or found.get(place.path.split(".")[1], "")
    if place.param.startswith("ipconfig") or not place.key or "." not in place.field.wire:
        return {}
    raw = dict.fromkeys([place.param], found) if found else {}
    if family == "agent" or (family == "cpu" and place.param != "cpu"):
        return raw if place.param in ("agent", "cpu") else {}
    return raw


def stored_by(params, endpoint):
    """What Proxmox keeps: a text per parameter, the items of an array as lines."""
    found = {}
    for name, text in to_form(params, endpoint):
        found[name] = f"{found[name]}\n{text}" if name in found else text
    return found


@pytest.mark.parametrize(("kind", "field", "value"), list(samples()))
def test_what_is_written_is_allowed_by_the_schema_and_read_back(kind, field, value):
    place = place_of(kind, field)
    wanted = TYPES[field.type].read(value)
    raw = beside(kind, place)
    if place.field.form == "host-path":
        raw = {place.param: "mp=/srv"}
    encoded = encode(kind, raw, {place.path: wanted})
    assert set(encoded.params) == {place.param}, f"{place.path} is not written"
    endpoint = endpoint_of(kind)
    problems = [p for p in check(endpoint, encoded.params) if p.name.split(".")[0] == place.param]
    assert problems == []
    stored = stored_by(encoded.params, endpoint)[place.param]
    found = decode(kind, {place.param: stored})
    assert found[place.path] == wanted
    spec = endpoint.parameters[place.param]
    if raw and spec.properties and place.field.form not in ("cdrom", "host-path"):
        before, after = parse_property(spec.properties, raw[place.param]), parse_property(spec.properties, stored)
        assert {k: v for k, v in before.items() if k != place.key} == {
            k: v for k, v in after.items() if k not in (place.key, "base64")
        }, "what others set is kept"
        assert print_property(spec.properties, after) == stored


@pytest.mark.parametrize(("kind", "field", "value"), list(samples()))
def test_unsetting_takes_the_leaf_away_and_nothing_else(kind, field, value):
    place = place_of(kind, field)
    if not unsettable(kind, place.path):
        return  # such as a network card's model: it goes with the card
    raw = {} if place.field.form == "host-path" else beside(kind, place)
    full = dict(encode(kind, raw, {place.path: TYPES[field.type].read(value)}).params)
    endpoint = endpoint_of(kind)
    stored = stored_by(full, endpoint)
    spec = endpoint.parameters[place.param]
    alone = not place.key or place.key not in spec.properties
    demanded = (
        not alone
        and not spec.properties[place.key].optional
        and "," in str(raw.get(place.param, ""))
        and field.default is None
    )
    if (place.path.startswith("confidential.tdx") and place.key in ("type", "attestation")) or (
        demanded and not kind.guest
    ):
        with pytest.raises(PxhelmError, match="is missing"):
            encode(kind, stored, {place.path: None})
        return
    encoded = encode(kind, stored, {place.path: None})
    left = {**stored, **stored_by(encoded.params, endpoint)}
    for name in encoded.delete:
        del left[name]
    if field.form in ("cdrom", "host-path"):
        return  # the device goes as a whole
    assert decode(kind, left).get(place.path) in (None, field.default)


@pytest.mark.parametrize("kind", kinds.KINDS.values(), ids=lambda k: k.name)
def test_every_parameter_of_the_table_is_one_of_proxmox(kind):
    unknown = []
    for field in kind.fields:
        param = field.wire.partition(".")[0]
        if not kind.api or not field.wire or field.path == "config.*" or field.path.endswith(".extra.*"):
            continue
        if kind.guest and param in STEERING:
            continue
        if param in OUTSIDE:
            key = field.wire.partition(".")[2]
            known = load("9.2").endpoint(*OUTSIDE[param]).parameters
            unknown += [] if key in known else [(field.path, field.wire)]
            continue
        if kind.name == "Pool" and param in ("vms", "storage"):
            continue  # of PUT, not of POST
        if kind.name == "NotificationTarget":
            homes = [load("9.2").endpoint("POST", home.api) for home in HOMES.values()]
            assert any(param in home.parameters for home in homes), field.path
            continue
        try:
            place_of(kind, field)
        except AssertionError:
            unknown.append((field.path, field.wire))
    assert unknown == []


@pytest.mark.parametrize("kind", kinds.KINDS.values(), ids=lambda k: k.name)
def test_every_type_of_the_table_exists_and_defaults_are_of_it(kind):
    for field in kind.fields:
        assert field.type in TYPES, field.path
        for value in (field.default, field.on_create):
            if value is not None and field.type != "refs":
                written = TYPES[field.type].show(value)
                assert TYPES[field.type].read(written) == value, field.path


@pytest.mark.parametrize("kind", kinds.KINDS.values(), ids=lambda k: k.name)
def test_the_json_schema_is_one_and_takes_the_normal_form(kind):
    import jsonschema

    validator = jsonschema.Draft202012Validator(json_schema(kind))
    good = {"apiVersion": "proxmox.io/v1", "kind": kind.name, "metadata": {"name": "x"}, "spec": {}}
    assert validator.is_valid(good)
    assert not validator.is_valid({**good, "spec": {"nosuch": 1}})


def test_a_secret_is_opened_by_the_wire_alone():
    kind = kinds.KINDS["VirtualMachine"]
    found = encode(kind, {}, {"cloudInit.password": Secret("hunter2")})
    assert "hunter2" not in repr(found)
    assert dict(to_form(found.params, load("9.2").endpoint("POST", "/nodes/n/qemu")))["cipassword"] == "hunter2"
