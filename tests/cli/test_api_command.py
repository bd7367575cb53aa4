"""``pxhelm api`` from the outside, on the simulated cluster."""

import json

import pytest
import yaml

from pxhelm.cli import main


@pytest.fixture
def pxhelm(home, capsys):
    def run(*arguments):
        status = main(["--context", "simulator", *arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_an_answer_reads_as_json_yaml_and_table(pxhelm):
    status, out, _ = pxhelm("api", "get", "/version")
    assert status == 0
    version = json.loads(out)
    assert yaml.safe_load(pxhelm("api", "get", "/version", "-o", "yaml")[1]) == version
    table = pxhelm("api", "get", "/version", "-o", "table")[1].splitlines()
    assert table[0].split() == ["KEY", "VALUE"]
    assert ["version", version["version"]] in [line.split() for line in table]
    nodes = pxhelm("api", "get", "nodes", "-o", "table")[1].splitlines()
    assert nodes[0].split()[:2] == ["ID", "NODE"]
    assert len(nodes) == 4


def test_a_task_is_followed_with_wait(pxhelm):
    status, out, err = pxhelm("api", "post", "/nodes/pve-node1/qemu", "vmid=500", "--wait")
    assert (status, json.loads(out)["exitstatus"]) == (0, "OK")
    assert "TASK OK" in err
    status, out, err = pxhelm("api", "post", "/nodes/pve-node1/qemu/500/status/stop", "--wait")
    assert status == 0
    status, out, _ = pxhelm("api", "post", "/nodes/pve-node1/qemu/500/status/start")
    assert json.loads(out).startswith("UPID:pve-node1:")
    for _ in range(100):  # that one was not waited for
        _, out, _ = pxhelm("api", "get", "/nodes/pve-node1/qemu/500/status/current", "-o", "json")
        if json.loads(out)["status"] == "running":
            break
    status, _, err = pxhelm("api", "post", "/nodes/pve-node1/qemu/500/status/start", "--wait")
    assert status == 1
    assert "already running" in err


def test_mistakes_are_told_all_at_once_with_hints(pxhelm):
    status, out, err = pxhelm("api", "put", "/nodes/pve-node1/qemu/9000/config", "bios=efi", "memry=4")
    assert (status, out) == (2, "")
    lines = err.splitlines()
    assert "Error: cannot PUT /nodes/pve-node1/qemu/9000/config: 2 parameters are wrong, nothing was sent" in lines
    assert "hint: bios accepts one of seabios, ovmf" in lines
    assert "hint: did you mean memory?" in lines


def test_usage_shows_what_a_call_takes(pxhelm):
    status, out, _ = pxhelm("api", "usage", "/nodes/pve1/qemu/100/resize")
    assert status == 0
    rows = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert "PUT /nodes/{node}/qemu/{vmid}/resize" in out
    assert rows["rights"].endswith("VM.Config.Disk on /vms/{vmid}")
    assert rows["vmid"].split()[1:3] == ["integer", "yes"]
    assert "from 100 to 999999999" in rows["vmid"]
    document = json.loads(pxhelm("api", "usage", "/nodes/{node}/qemu", "post", "-o", "json")[1])
    cores = document["parameters"]["cores"]
    assert (cores["type"], cores["minimum"], cores["required"]) == ("integer", 1, False)
    assert document["parameters"]["net[n]"]["properties"]["bridge"]["type"] == "string"


def test_another_version_is_described_on_demand(pxhelm):
    assert "/nodes/x/sdn" in pxhelm("api", "ls", "/nodes/x")[1]
    assert "has no" in pxhelm("api", "usage", "/cluster/bulk-action/guest", "POST", "--api-version", "9.2")[2]
    status, _, err = pxhelm("api", "usage", "/cluster/bulk-action", "--api-version", "8.4")
    assert status == 2
    assert "it is in Proxmox VE 9.2" in err
    status, _, err = pxhelm("api", "ls", "--api-version", "5")
    assert (status, "one of 7.4, 8.4, 9.2" in err) == (2, True)


def test_the_schema_is_fetched_and_shown(pxhelm, home):
    assert "none: pxhelm api schema update" in pxhelm("api", "schema", "show")[1]
    status, out, _ = pxhelm("api", "schema", "update")
    assert status == 0
    assert str(home / "data" / "api" / "simulator.z") in out
    shown = json.loads(pxhelm("api", "schema", "show", "-o", "json")[1])
    assert shown["stored"]["paths"] == 439
    assert "the server's own schema" in pxhelm("api", "usage", "/version")[1]


def test_listing_and_usage_need_no_context(home, capsys):
    assert main(["api", "ls", "/cluster", "-o", "name"]) == 0
    assert "/cluster/resources" in capsys.readouterr().out.splitlines()
    assert main(["api", "usage", "/version"]) == 0
    assert main(["api", "get", "/version"]) == 1
    assert "no context is set" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["api", "get", "/cl"], "/cluster"),
        (["api", "put", "/nodes/n/qemu/100/config", "onb"], "onboot="),
        (["api", "put", "/nodes/n/qemu/100/config", "bios=o"], "bios=ovmf"),
        (["api", "put", "/nodes/n/qemu/100/config", "bios", "=", "o"], "ovmf"),
        (["api", "usage", "/nodes/n/qemu", "P"], "POST"),
    ],
)
def test_the_shell_completes(home, monkeypatch, capsys, words, wanted):
    from click.shell_completion import BashComplete

    from pxhelm.cli.root import root

    monkeypatch.setenv("PXHELM_CONTEXT", "simulator")
    monkeypatch.setenv("COMP_WORDS", " ".join(["pxhelm", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    shell = BashComplete(root, {}, "pxhelm", "_PXHELM_COMPLETE")
    arguments, incomplete = shell.get_completion_args()
    assert wanted in [item.value for item in shell.get_completions(arguments, incomplete)]
