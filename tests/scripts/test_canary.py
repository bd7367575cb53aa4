"""A secret given as a value, a password and a token stands nowhere but where it belongs."""

import subprocess

from tests.scripts.script import start
from tests.scripts.served import Served

VALUE, PASSWORD = "canary-value-8f3b1c", "canary-password-77ad02"
ARCHIVE = """\
-- chart/Chart.yaml --
apiVersion: v2
name: chart
version: 0.1.0
-- chart/templates/vm.yaml --
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: "{{ .Release.Name }}-vm"}
spec:
  node: pve-node1
  memory: 512
  disks: {scsi0: {storage: local-lvm, size: 4G}}
  networks: {net0: {bridge: vmbr0, ip: dhcp}}
  description: "{{ .Values.note | sha256sum }}"
  cloudInit:
    user: ops
    password: {valueFrom: {env: GUEST_PASSWORD}}
    drive: {storage: local-lvm}
"""


def found_in(folder, needle):
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path.relative_to(folder).as_posix() for path in files if needle.encode() in path.read_bytes()]


def test_secrets_are_nowhere(tmp_path):
    path = tmp_path / "story.txtar"
    path.write_text(ARCHIVE)
    told, _ = start(path, tmp_path)
    told.served = Served(tmp_path / "simulator", ["--nodes", "1"])
    told.env |= told.served.environment() | {"GUEST_PASSWORD": PASSWORD}
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text(told.served.config())
    outputs = []
    commands = [
        f"plan web ./chart --set note={VALUE} -o json",
        f"install web ./chart --set note={VALUE} --debug",
        f"diff web ./chart --set note={VALUE} -o json",
        "history web -o json",
        "list -o json",
        "get vms -o json",
        "describe vm web-vm",
        "config list -o json",
        f"upgrade web ./chart --set note={VALUE}2 --debug",
    ]
    for line in commands:
        program = told.program()
        done = subprocess.run([*program, *line.split()], cwd=tmp_path, env=told.env, capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        outputs.append(done.stdout + done.stderr)
    told.served.stop()
    told_everything = "\n".join(outputs)
    token = told.served.token.partition("=")[2]
    for canary in (VALUE, PASSWORD, token):
        assert canary not in told_everything
        for place in ("data", "state", "cache", "config"):
            if (tmp_path / place).exists():
                assert found_in(tmp_path / place, canary) == [], (place, canary)


def test_the_search_finds_what_is_there(tmp_path):
    (tmp_path / "a").write_text(f"x{VALUE}y")
    assert found_in(tmp_path, VALUE) == ["a"]
