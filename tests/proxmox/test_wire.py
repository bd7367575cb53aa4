"""Property strings, sizes and request parameters are written as Proxmox writes them."""

import random
import re
from urllib.parse import parse_qsl, unquote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxhelm.proxmox import schema, wire
from pxhelm.proxmox.schema import ParamSpec
from pxhelm.proxmox.wire import LOOSE, PropertyError, parse_property, print_property
from pxhelm.secret import Secret

CREATE_VM = schema.load("9.2").endpoint("POST", "/nodes/pve1/qemu")
CREATE_CT = schema.load("9.2").endpoint("POST", "/nodes/pve1/lxc")
NET = CREATE_VM.parameters["net0"].properties
DISK = CREATE_VM.parameters["scsi0"].properties


def formats():
    """Return every distinct property-string format of the three versions."""
    found = {}
    for version in schema.versions():
        facts = schema.load(version)
        for path in facts.paths():
            for method in facts.methods(path):
                for name, spec in facts.endpoint(method, path).parameters.items():
                    for each in (spec, spec.items):
                        if each is not None and each.type == "string" and each.properties:
                            key = (name, tuple((k, s.type, s.format, s.alias) for k, s in each.properties.items()))
                            found.setdefault(key, (f"{version} {name}", each.properties))
    return list(found.values())


FORMATS = formats()
PLAIN = "abcXYZ019:/._-@!+*() %ä"


def test_there_are_many_formats():
    assert len(FORMATS) > 80


def texts(rng):
    return "".join(rng.choice(PLAIN) for _ in range(rng.randint(1, 12)))


def canonical_value(spec: ParamSpec, rng):
    if spec.type == "boolean":
        return rng.random() < 0.5
    if spec.type == "integer":
        return rng.randint(int(spec.minimum or 0), int(spec.maximum or 1 << 40))
    if spec.type == "number":
        return rng.choice([rng.randint(0, 1000), rng.randint(0, 9999) / 8, 0.1])
    if spec.enum:
        return rng.choice(spec.enum)
    if spec.format == "disk-size":
        return rng.randint(0, 9999) << rng.choice([0, 10, 20, 30, 40])
    if spec.format == "mac-addr":
        return ":".join(f"{rng.randint(0, 255):02X}" for _ in range(6))
    if spec.format.endswith("-list"):
        return [f"a{n}.example" for n in range(rng.randint(1, 3))]
    if spec.format == "urlencoded":
        return texts(rng) + rng.choice(["", ",=;", "ä b"])
    return texts(rng) + "x"


def canonical(form, rng):
    keys = [k for k, s in form.items() if not s.alias]
    values = {k: canonical_value(form[k], rng) for k in keys if rng.random() < 0.5}
    if rng.random() < 0.3:
        values["zz-unknown"] = texts(rng) + "=%zz"
    return values


def spellings(spec, value, rng):
    """Return the value as people write it."""
    if isinstance(value, bool):
        return rng.choice(["1", "on", "yes", "true", "On", "TRUE"] if value else ["0", "off", "no", "false", "No"])
    if spec.format == "disk-size":
        return rng.choice([str(value), wire.print_size(value), *([f"{value >> 10}K"] if value % 1024 == 0 else [])])
    if spec.format == "mac-addr":
        return rng.choice([value, value.lower()])
    if spec.format == "urlencoded":
        return "".join(
            f"%{b:02x}" if rng.random() < 0.5 or chr(b) in ",=;% " or b > 126 else chr(b) for b in value.encode()
        )
    if isinstance(value, list):
        return rng.choice([";", "; "]).join(value)
    if isinstance(value, int):
        return rng.choice([str(value), f"0{value}", *([f"{value}.0"] if spec.type == "number" else [])])
    return str(value)


def written_by_hand(form, values, rng):
    """Return the values in any order, under any of their names, in any spelling."""
    parts, rest = [], dict(values)
    nics = {s.alias for s in form.values() if s.key_alias}
    if "model" in rest and rest.get("macaddr") and nics and rng.random() < 0.7:
        parts.append(f"{rest.pop('model')}={spellings(form['macaddr'], rest.pop('macaddr'), rng)}")
    for key, value in rest.items():
        if key not in form:
            parts.append(f"{key}={value}")
            continue
        names = [key, *(n for n, s in form.items() if s.alias == key and not s.key_alias)]
        text = spellings(form[key], value, rng)
        bare = form[key].default_key and "=" not in text and text.strip() and rng.random() < 0.6
        parts.append(text if bare else f"{rng.choice(names)}={text}")
    rng.shuffle(parts)
    return rng.choice([",", ",", ",,"]).join(parts)


@pytest.mark.parametrize(("name", "form"), FORMATS, ids=[name for name, _ in FORMATS])
def test_canonical_values_survive_the_wire_and_spelling_never_changes_the_normal_form(name, form):
    rng = random.Random(name)
    for _ in range(130):
        values = canonical(form, rng)
        text = print_property(form, values)
        assert parse_property(form, text) == values
        assert wire.normal(form, text) == text
        by_hand = written_by_hand(form, values, rng)
        assert parse_property(form, by_hand) == values
        assert wire.normal(form, by_hand) == text


def test_that_is_more_than_ten_thousand_permutations():
    assert len(FORMATS) * 130 >= 10_000


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FORMATS), st.text(alphabet=PLAIN + ",==", max_size=40))
def test_whatever_can_be_read_has_one_normal_form(named, text):
    _, form = named
    try:
        values = parse_property(form, text)
    except PropertyError:
        return
    printed = print_property(form, values)
    assert parse_property(form, printed) == values
    assert print_property(form, parse_property(form, printed)) == printed


@pytest.mark.parametrize(
    ("form", "text", "values"),
    [
        (NET, "virtio=bc:24:11:00:00:01,bridge=vmbr0", {"model": "virtio", "macaddr": "BC:24:11:00:00:01", "bridge": "vmbr0"}),
        (NET, "virtio,bridge=vmbr0,firewall=on", {"model": "virtio", "bridge": "vmbr0", "firewall": True}),
        (NET, "model=e1000,tag=012,rate=1.50", {"model": "e1000", "tag": 12, "rate": 1.5}),
        (DISK, "local-lvm:vm-100-disk-0,size=32G", {"file": "local-lvm:vm-100-disk-0", "size": 32 << 30}),
        (DISK, "volume=a:b,size=33554432K", {"file": "a:b", "size": 32 << 30}),
        (DISK, "none,media=cdrom", {"file": "none", "media": "cdrom"}),
        (DISK, "a:1,serial=a%2Fb%20c", {"file": "a:1", "serial": "a/b c"}),
        (NET, "virtio,queues=many,new-key=1 on", {"model": "virtio", "queues": "many", "new-key": "1 on"}),
        (NET, "virtio,tag=", {"model": "virtio", LOOSE: "tag="}),
        (CREATE_VM.parameters["ipconfig0"].properties, "loose,ip=dhcp", {"ip": "dhcp", LOOSE: "loose"}),
        (CREATE_VM.parameters["agent"].properties, "1,freeze-fs-on-backup=0", {"enabled": True, "freeze-fs": False}),
        (CREATE_VM.parameters["hostpci0"].properties, "host=0000:00:01.0;0000:00:01.1,pcie=1", {"host": "0000:00:01.0;0000:00:01.1", "pcie": True}),
        (CREATE_CT.parameters["rootfs"].properties, "vmdata:subvol-1-disk-0,size=8G", {"volume": "vmdata:subvol-1-disk-0", "size": 8 << 30}),
    ],
)  # fmt: skip
def test_property_strings_are_read(form, text, values):
    assert parse_property(form, text) == values


@pytest.mark.parametrize(
    ("form", "values", "text"),
    [
        (NET, {"firewall": True, "bridge": "vmbr0", "macaddr": "bc:24:11:00:00:01", "model": "virtio"}, "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1"),
        (NET, {"virtio": "BC:24:11:00:00:01", "bridge": "vmbr0"}, "virtio=BC:24:11:00:00:01,bridge=vmbr0"),
        (NET, {"macaddr": "BC:24:11:00:00:01", "bridge": "vmbr0"}, "bridge=vmbr0,macaddr=BC:24:11:00:00:01"),
        (DISK, {"size": 32 << 30, "ssd": "yes", "file": "local-lvm:vm-100-disk-0"}, "local-lvm:vm-100-disk-0,size=32G,ssd=1"),
        (DISK, {"file": "/dev/disk/by-id/a=b"}, "file=/dev/disk/by-id/a=b"),
        (CREATE_CT.parameters["net0"].properties, {"ip": "dhcp", "name": "eth0", "bridge": "vmbr0"}, "name=eth0,bridge=vmbr0,ip=dhcp"),
        (CREATE_CT.parameters["mp0"].properties, {"mp": "/data", "backup": True, "volume": "a:1"}, "a:1,mp=/data,backup=1"),
    ],
)  # fmt: skip
def test_property_strings_are_printed_in_the_order_of_proxmox(form, values, text):
    assert print_property(form, values) == text


def replies(node, key=""):
    """Yield every (key, text) in the recorded replies that could be a configuration value."""
    if isinstance(node, dict):
        for k, v in node.items():
            yield from replies(v, k)
    elif isinstance(node, list):
        for v in node:
            yield from replies(v, key)
    elif isinstance(node, str):
        yield key, node


def test_what_the_real_proxmox_printed_is_already_normal(stories):
    """Only these are re-printed by Proxmox (facts: disks and nets key-sorted); the rest it keeps as it was given."""
    seen = 0
    for story in stories:
        for step in story["steps"]:
            path = step.get("path", "")
            if step.get("method") != "GET" or not path.endswith("/config") or not step["expect"].get("reply"):
                continue
            endpoint = CREATE_VM if "/qemu/" in path else CREATE_CT if "/lxc/" in path else None
            for key, text in replies(step["expect"]["reply"].get("data") or {}):
                disk = key.rstrip("0123456789") in ("scsi", "virtio", "sata", "net", "mp")
                if endpoint is None or not disk or "<" in text or key not in endpoint.parameters:
                    continue
                seen += 1
                if key.startswith("net"):  # a MAC keeps the case it was given in
                    expected = re.sub(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}", lambda mac: mac[0].upper(), text)
                else:
                    expected = text
                assert wire.normal(endpoint.parameters[key].properties, text) == expected
    assert seen > 50


def test_a_key_given_twice_is_refused():
    for text in ("virtio,model=e1000", "bridge=a,bridge=b", "virtio=AA:BB:CC:DD:EE:FF,e1000=AA:BB:CC:DD:EE:FF"):
        with pytest.raises(PropertyError, match="given twice"):
            parse_property(NET, text)
    with pytest.raises(PropertyError, match="given twice"):
        print_property(DISK, {"file": "a:1", "volume": "a:2"})


@pytest.mark.parametrize("value", ["a,b", "", "a\nb"])
def test_a_value_that_would_break_the_string_is_refused(value):
    with pytest.raises(PropertyError, match="cannot write bridge="):
        print_property(NET, {"model": "virtio", "bridge": value})


def test_defaults_can_be_filled_in():
    tpm = CREATE_VM.parameters["tpmstate0"].properties
    assert wire.effective(tpm, {"file": "a:1"})["version"] == "v1.2"
    assert wire.effective(NET, {"model": "virtio"}) == {"model": "virtio"}


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("512", 512), ("1K", 1024), ("512M", 512 << 20), ("50G", 50 << 30), ("2T", 2 << 40), ("1.5G", 3 << 29), ("2Gi", 2 << 30), ("0.1K", 102)],
)  # fmt: skip
def test_sizes_are_powers_of_1024(text, size):
    assert wire.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "G", "1g", "5X", "-1G", "1 G", "1.G", "i", "1.5.5G", "٣G"])
def test_a_size_that_is_none_is_refused_with_an_example(text):
    with pytest.raises(PropertyError, match="such as 50G"):
        wire.parse_size(text)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0T"), (1073741824, "1G"), (104858 << 10, "104858K"), (1536 << 20, "1536M"), (2048, "2K"), (1000, "1000")],
)
def test_sizes_are_printed_as_proxmox_prints_them(size, text):
    assert wire.print_size(size) == text


def test_parameters_are_encoded_for_their_endpoint():
    pairs = wire.encode(
        {"cores": 2, "onboot": True, "kvm": False, "cpulimit": 0.5, "cipassword": Secret("hüsh"), "tags": ["a", "b"]},
        CREATE_VM,
    )
    assert pairs == [
        ("cores", "2"),
        ("onboot", "1"),
        ("kvm", "0"),
        ("cpulimit", "0.5"),
        ("cipassword", "hüsh"),
        ("tags", "a,b"),
    ]


def test_an_array_is_a_repeated_key_where_the_schema_has_arrays():
    start = "/cluster/bulk-action/guest/start"
    assert wire.encode({"vms": ["100", "101"]}, schema.load("9.2").endpoint("POST", start)) == [
        ("vms", "100"),
        ("vms", "101"),
    ]
    config = schema.load("9.2").endpoint("PUT", "/nodes/n/qemu/100/config")
    assert wire.encode({"delete": ["net0", "tags"]}, config) == [("delete", "net0,tags")]


def test_ssh_keys_are_encoded_once_more_than_the_form():
    keys = "ssh-ed25519 AAAA+/= me@host\nssh-rsa B %41"
    [(name, value)] = wire.encode({"sshkeys": keys}, CREATE_VM)
    on_the_wire = urlencode([(name, value)])
    assert unquote(dict(parse_qsl(on_the_wire))["sshkeys"]) == keys
    assert "%2520" in on_the_wire


def test_configuration_values_are_read_by_their_type():
    parameters = CREATE_VM.parameters
    assert wire.parse_value(parameters["memory"], "0128") == {"current": 128}
    assert wire.parse_value(parameters["memory"], 128) == {"current": 128}
    assert wire.parse_value(parameters["cores"], "2") == 2
    assert wire.parse_value(parameters["onboot"], 1) is True
    assert wire.parse_value(parameters["sshkeys"], "a%20b%0A") == "a b\n"
    assert wire.parse_value(parameters["name"], "web") == "web"


def test_reading_a_property_string_is_fast_enough_for_a_cluster():
    import timeit

    text = "local-lvm:vm-100-disk-0,iothread=1,discard=on,size=32G,ssd=1"
    assert min(timeit.repeat(lambda: parse_property(DISK, text), number=200, repeat=5)) / 200 < 100e-6
