"""Raw calls are checked by the schema of the server's version, and reach any endpoint."""

import json
from dataclasses import dataclass, field

import pytest

from pxhelm.actions import api
from pxhelm.actions.api import Wish
from pxhelm.errors import ExitCode, PxhelmError, StageError
from pxhelm.proxmox import schema
from pxhelm.proxmox.auth import parse_token
from pxhelm.proxmox.client import Client, LocalTransport
from pxhelm.proxmox.connection import Connection
from pxhelm.proxmox.schema.compact import compact
from pxhelm.secret import Secret
from pxhelm.simulator import seed
from pxhelm.simulator.manual import describe
from pxhelm.simulator.options import Options
from pxhelm.simulator.serve import open_simulator

NODE = "/nodes/pve-node1"


@dataclass
class Fake:
    """The services that raw calls use."""

    cluster: Client
    told: list = field(default_factory=list)
    files: dict = field(default_factory=dict)
    facts: bytes | None = None

    def listen(self, event):
        self.told.append(event.message)

    def read(self, name):
        return self.files[name]

    def api_facts(self):
        return self.facts

    def keep_api_facts(self, facts):
        self.facts = facts
        return "facts.z"


@pytest.fixture
def services():
    simulator = open_simulator(Options(time_scale=0.0))
    client = Client(
        Connection(("simulator",), parse_token(seed.TOKEN)), open_transport=lambda _: LocalTransport(simulator.send)
    )
    fake = Fake(client)
    fake.simulator = simulator
    yield fake
    simulator.close()


def writes(services):
    return [entry for entry in services.simulator.log() if entry.method != "GET"]


def test_a_machine_is_made_changed_and_removed_by_raw_calls(services):
    upid = api.send(services, Wish("POST", f"{NODE}/qemu", ("vmid=500", "name=web", "onboot=true")))
    assert api.is_task(upid)
    lines = []
    assert api.follow(services, upid, lines.append).succeeded
    assert lines == ["TASK OK"]
    api.send(services, Wish("PUT", f"{NODE}/qemu/500/config", ("cores=4", "description=two words")))
    config = api.send(services, Wish("GET", f"{NODE}/qemu/500/config"))
    assert (config["cores"], config["description"], config["onboot"]) == (4, "two words", 1)
    api.follow(services, api.send(services, Wish("DELETE", f"{NODE}/qemu/500", ("purge=yes",))), lines.append)
    assert "500" not in services.simulator.truth()["guest"]


def test_every_wrong_parameter_is_told_and_nothing_is_sent(services):
    wish = Wish("POST", f"{NODE}/qemu", ("vmid=abc", "cors=4", "net0=virtio,bridg=vmbr0", "bios=efi", "bios=ovmf"))
    with pytest.raises(StageError, match="4 parameters are wrong, nothing was sent") as caught:
        api.send(services, wish)
    told = {error.message.partition(":")[0]: error for error in caught.value.errors}
    assert set(told) == {"vmid", "cors", "net0.bridg", "bios"}
    assert told["vmid"].hint == "vmid accepts an integer from 100 to 999999999"
    assert told["bios"].message == "bios: given 2 times, takes one value"
    assert told["cors"].hint == "did you mean cores?"
    assert told["net0.bridg"].hint == "did you mean bridge?"
    assert caught.value.code == ExitCode.USAGE
    assert writes(services) == []


def test_a_missing_parameter_is_told(services):
    with pytest.raises(StageError) as caught:
        api.send(services, Wish("POST", f"{NODE}/qemu"))
    [error] = caught.value.errors
    assert error.message == "vmid: property is missing and it is not optional"


def test_unchecked_calls_get_the_servers_own_words(services):
    with pytest.raises(PxhelmError, match=r"cannot POST .*: parameter verification failed: .*cors: property is not"):
        api.send(services, Wish("POST", f"{NODE}/qemu", ("vmid=500", "cors=4"), checked=False))


@pytest.mark.parametrize(
    ("method", "path", "text", "hint"),
    [
        ("GET", "/nodes/n/qmu", "no such path in the API of Proxmox VE 9.2", "did you mean /nodes/n/qemu?"),
        ("PUT", "/cluster/resources", "/cluster/resources has no PUT", "it has GET"),
        ("GET", "/version/deep", "no such path", "nothing is below /version"),
    ],
)
def test_a_path_that_is_not_there_is_told_with_what_was_meant(services, method, path, text, hint):
    with pytest.raises(PxhelmError) as caught:
        api.send(services, Wish(method, path))
    assert text in caught.value.message
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("typed", "path", "query"),
    [
        ("cluster/resources?type=vm", "/cluster/resources", [("type", "vm")]),
        ("https://pve1:8006/api2/json/nodes//pve1/", "/nodes/pve1", []),
        ("/api2/extjs/version", "/version", []),
        ("/nodes/n/storage/l/content/local:iso/a b.iso", "/nodes/n/storage/l/content/local:iso/a%20b.iso", []),
        ("/pools/100%", "/pools/100%25", []),
        ("/pools/a%20b", "/pools/a%20b", []),
    ],
)
def test_a_path_is_taken_as_people_write_it(typed, path, query):
    assert api.clean_path(typed) == (path, query)


def test_a_list_is_given_by_repeating_its_key(services):
    request = api.request_of(services, Wish("POST", f"{NODE}/qemu/100/agent/exec", ("command=ls", "command=-l")))
    assert request.params == {"command": ["ls", "-l"]}
    assert request.node == "pve-node1"


def test_a_value_comes_from_a_file_and_a_password_stays_a_secret(services):
    services.files = {"notes.txt": b"two\nlines", "-": b"s3cret"}
    wish = Wish("POST", "/access/users", ("userid=joe@pve",), ("comment=notes.txt", "password=-"))
    params = api.request_of(services, wish).params
    assert params["comment"] == "two\nlines"
    assert isinstance(params["password"], Secret)
    assert "s3cret" not in repr(params)


def test_a_file_is_uploaded_and_its_progress_told(services, tmp_path):
    file = tmp_path / "tiny.iso"
    file.write_bytes(b"iso" * 100_000)
    heard = []
    wish = Wish(
        "POST",
        f"{NODE}/storage/local/upload",
        ("content=iso",),
        (f"filename={file}",),
        progress=lambda *p: heard.append(p),
    )
    api.follow(services, api.send(services, wish), lambda _: None)
    listed = api.send(services, Wish("GET", f"{NODE}/storage/local/content", ("content=iso",)))
    assert {row["volid"]: row["size"] for row in listed}["local:iso/tiny.iso"] == 300_000
    assert heard[-1] == (300_000, 300_000)


def test_an_answer_that_is_no_json_becomes_a_file(services, tmp_path):
    upid = api.send(services, Wish("POST", f"{NODE}/qemu", ("vmid=500",)))
    target = tmp_path / "task.log"
    api.send(services, Wish("GET", f"{NODE}/tasks/{upid}/log", ("download=1",), target=str(target)))
    assert target.read_text().endswith("TASK OK\n")


def test_the_servers_own_schema_is_used_while_its_version_fits(services):
    assert not api.of_server(services).own
    facts, file = api.update(services)
    assert file == "facts.z"
    assert facts.paths() == schema.load("9.2").paths()
    assert api.of_server(services).own
    assert services.told == []
    assert api.offline(services).own


def test_a_schema_of_another_version_is_not_used_and_said_so(services):
    services.facts = compact(json.dumps(describe(schema.load("8.4"))), "8.4.1")
    known = api.of_server(services)
    assert not known.own
    assert known.version.startswith("9.2")
    [told] = services.told
    assert told.startswith("the stored API schema is of 8.4.1, the server has 9.2")


def test_a_broken_store_of_facts_is_no_failure(services):
    services.facts = b"nonsense"
    assert not api.of_server(services).own
    assert "cannot be read" in services.told[0]


def test_paths_are_listed_below_a_concrete_one():
    facts = schema.load("9.2")
    found = {child.path: child for child in api.children(facts, "nodes/pve1/qemu/100")}
    assert found["/nodes/pve1/qemu/100/config"].methods == ("GET", "POST", "PUT")
    assert found["/nodes/pve1/qemu/100/status"].below > 5
    everything = {(c.path, m) for c in api.descendants(facts, "/") for m in c.methods}
    assert everything == {(p, m) for p in facts.paths() if p != "/" for m in facts.methods(p)}


def test_paths_and_parameters_complete():
    facts = schema.load("9.2")
    known = {"node": ("pve1", "pve2"), "vmid": ("100",)}

    def values(name, _path):
        return known.get(name, ())

    assert api.complete_path(facts, "/ver", values) == ["/version"]
    assert api.complete_path(facts, "/nodes/pv", values) == ["/nodes/pve1", "/nodes/pve2"]
    assert "/nodes/pve1/qemu/100/config" in api.complete_path(facts, "/nodes/pve1/qemu/100/c", values)
    config = facts.endpoint("PUT", "/nodes/pve1/qemu/100/config")
    names = api.complete_parameter(config, "", ["net0=virtio"])
    assert {"cores=", "net1=", "scsi0="} <= set(names)
    assert not {"net0=", "node=", "vmid="} & set(names)
    assert api.complete_parameter(config, "bios=", []) == ["bios=seabios", "bios=ovmf"]
    assert api.complete_parameter(config, "onboot=", []) == ["onboot=0", "onboot=1"]
