"""Parameters are refused as Proxmox refuses them; property strings are read and printed as it does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxhelm.proxmox.schema import load
from pxhelm.simulator.propstring import PropertyStringError, keys_of, print_properties, split_properties
from pxhelm.simulator.validate import check_parameters

CREATE = load().endpoint("POST", "/nodes/{node}/qemu")


def errors(**params):
    return check_parameters(CREATE, {"node": "n", "vmid": "100", **params})[1]


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("cores", "0", "value must have a minimum value of 1"),
        ("cores", " 2", "type check ('integer') failed - got ' 2'"),
        ("onboot", "yes", "type check ('boolean') failed - got 'yes'"),
        ("cpulimit", "129", "value must have a maximum value of 128"),
        ("bios", "uefi", "value 'uefi' does not have a value in the enumeration 'seabios, ovmf'"),
        ("net32", "virtio", "property is not defined in schema and the schema does not allow additional properties"),
        (
            "net0",
            "virtio,tag=5000",
            "invalid format - format error\nnet0.tag: value must have a maximum value of 4094\n",
        ),
        ("net0", "virtio,bridge=", "invalid format - missing key in comma-separated list property\n"),
        ("memory", {"current": 1}, "type check ('string') failed - got HASH"),
        ("name", ["a", "b"], "type check ('string') failed - got ARRAY"),
    ],
)
def test_a_bad_value_is_refused_in_the_words_of_proxmox(option, value, text):
    assert errors(**{option: value}) == {option: text}


def test_values_come_out_typed():
    values, bad = check_parameters(
        CREATE, {"node": "n", "vmid": "100", "cores": "02", "onboot": True, "memory": 64, "cpulimit": "1.5"}
    )
    assert not bad
    assert (values["cores"], values["onboot"], values["memory"], values["cpulimit"], values["vmid"]) == (
        2,
        1,
        "64",
        "1.5",
        "100",
    )


def test_a_null_is_ignored():
    assert "name" not in check_parameters(CREATE, {"node": "n", "vmid": "100", "name": None})[0]


@pytest.mark.parametrize(
    ("kind", "option", "text", "printed"),
    [
        (
            "qemu",
            "net0",
            "bridge=vmbr0,virtio=AA:BB:CC:DD:EE:00,firewall=on",
            "virtio=AA:BB:CC:DD:EE:00,bridge=vmbr0,firewall=1",
        ),
        ("qemu", "scsi0", "ssd=yes,file=a:1,discard=on", "a:1,discard=on,ssd=1"),
        ("qemu", "scsi0", "volume=a:1", "a:1"),
        ("lxc", "net0", "type=veth,ip=dhcp,name=eth0,bridge=vmbr0", "name=eth0,bridge=vmbr0,ip=dhcp,type=veth"),
        ("lxc", "rootfs", "size=1G,volume=a:vm-1-disk-0", "a:vm-1-disk-0,size=1G"),
    ],
)
def test_property_strings_are_printed_in_order(kind, option, text, printed):
    keys = keys_of(kind, option)
    assert print_properties(keys, split_properties(keys, text)) == printed


@pytest.mark.parametrize("text", ["virtio,bridge", "virtio=a,e1000=b", "bridge=a,bridge=b", "=x"])
def test_what_cannot_be_split_is_refused(text):
    with pytest.raises(PropertyStringError):
        split_properties(keys_of("qemu", "net0"), text)


DISK = st.fixed_dictionaries(
    {"file": st.just("local:100/vm-100-disk-0.raw")},
    optional={
        "cache": st.sampled_from(["none", "writeback"]),
        "discard": st.sampled_from(["on", "ignore"]),
        "ssd": st.sampled_from(["0", "1"]),
        "iothread": st.sampled_from(["0", "1"]),
        "mbps": st.integers(1, 99).map(str),
        "size": st.integers(1, 99).map(lambda n: f"{n}G"),
    },
)


@settings(max_examples=200)
@given(DISK, st.randoms())
def test_order_and_spelling_never_change_what_is_printed(values, chance):
    keys = keys_of("qemu", "scsi0")
    printed = print_properties(keys, values)
    spelled = {
        k: chance.choice(["1", "on", "yes", "true"]) if k in ("ssd", "iothread") and v == "1" else v
        for k, v in values.items()
    }
    parts = [f"{k}={v}" for k, v in spelled.items()]
    chance.shuffle(parts)
    assert print_properties(keys, split_properties(keys, ",".join(parts))) == printed
    assert split_properties(keys, printed) == values
