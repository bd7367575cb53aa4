"""The role that pxhelm asks for: every privilege is one of Proxmox, and the guide says the same."""

from pathlib import Path

from pxhelm.actions.connect import RIGHTS, explained, rights, role_commands, token_commands
from pxhelm.proxmox.schema import load

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "contexts.md"


def privileges_of(version):
    """Return the privileges that a version's own API description names."""
    facts, found = load(version), set()

    def walk(check):
        for each in check if isinstance(check, list) else ():
            if isinstance(each, list):
                walk(each)
            elif isinstance(each, str) and "." in each and each[0].isupper():
                found.add(each)

    for path in facts.paths():
        for method in facts.methods(path):
            walk(facts.endpoint(method, path).permissions.get("check"))
    return found


def test_every_right_is_a_privilege_of_its_version():
    known = {
        "7.4": {"VM.Monitor", "VM.Backup"},
        "8.4": {"SDN.Use", "VM.Monitor", "VM.Backup"},
        "9.2": {"SDN.Use", "VM.Backup"},
    }
    for version, in_code in known.items():
        missing = {r.privilege for r in rights(version)} - privileges_of(version) - in_code
        assert not missing, f"{version}: {missing}"


def test_the_agent_has_one_privilege_before_version_9_and_several_since():
    old, new = ({r.privilege for r in rights(v)} for v in ("8.4.1", "9.2.11"))
    assert "VM.Monitor" in old - new
    assert {"VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"} <= new - old
    assert {"VM.Backup", "VM.Snapshot"} <= old & new


def test_a_line_for_each_missing_right_says_what_it_is_for():
    lines = explained(("VM.Audit", "VM.Snapshot.Rollback"))
    assert lines == ("VM.Audit              see guests", "VM.Snapshot.Rollback  go back to a snapshot")


def test_the_command_can_be_read_and_pasted():
    (command, *_) = role_commands("ci@pve!x", ("VM.Audit",), "8.4")
    assert all(len(line) <= 100 for line in command.splitlines())
    told = command.replace("\\\n", "").partition('"')[2].rstrip('"').split()
    assert told == [r.privilege for r in RIGHTS if r.since <= 8 <= r.until]


def test_the_guide_has_the_same_commands():
    guide = GUIDE.read_text()
    for command in token_commands():
        for line in command.splitlines():
            assert f"    {line}\n" in guide
