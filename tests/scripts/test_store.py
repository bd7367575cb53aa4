"""A store that is full or from a newer version, an expired certificate: a sentence each, and nothing half-done."""

import sqlite3

from tests.scripts.script import Story, start
from tests.scripts.served import Served

VM = """\
---
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web-NUMBER}
spec: {node: pve-node1, memory: 512, disks: {scsi0: {storage: local-lvm, size: 4G}}}
"""
ARCHIVE = "-- vm.yaml --\n" + "".join(VM.replace("NUMBER", str(n)) for n in range(60))


def story(tmp_path, *options):
    tmp_path.mkdir(exist_ok=True)
    path = tmp_path / "story.txtar"
    path.write_text(ARCHIVE)
    told, _ = start(path, tmp_path)
    told.served = Served(tmp_path / "simulator", ["--nodes", "1", *options])
    told.env |= told.served.environment()
    (tmp_path / "config").mkdir(exist_ok=True)
    (tmp_path / "config" / "config.yaml").write_text(told.served.config())
    return told


def test_a_full_store_stops_before_anything_is_created(tmp_path):
    told: Story = story(tmp_path)
    served, told.served = told.served, None  # a story ends its simulator
    told.run(["pxhelm list"])
    with sqlite3.connect(tmp_path / "data" / "pxhelm.db") as store:
        pages = store.execute("PRAGMA page_count").fetchone()[0]
    told.served = served
    told.env["PXHELM_STORE_MAX_PAGES"] = str(pages)
    told.run(["writes *", "! pxhelm apply -f vm.yaml", "stderr /full/", "writes 0"])


def test_a_store_of_a_newer_version_is_left_alone(tmp_path):
    told = story(tmp_path)
    told.run(["pxhelm list"])
    with sqlite3.connect(tmp_path / "data" / "pxhelm.db") as store:
        columns = [row[1] for row in store.execute("PRAGMA table_info(schema_migrations)")]
        newest = dict(
            zip(columns, store.execute("SELECT * FROM schema_migrations ORDER BY version DESC").fetchone(), strict=True)
        )
        values = [newest[c] + 1 if c == "version" else newest[c] for c in columns]
        store.execute(f"INSERT INTO schema_migrations VALUES ({', '.join('?' * len(values))})", values)
    told = story(tmp_path / "again")
    told.env["PXHELM_DATA_HOME"] = str(tmp_path / "data")
    told.run(["! pxhelm list", "stderr /newer/"])


def test_an_expired_certificate_is_named(tmp_path):
    told = story(tmp_path, "--expired-certificate")
    config = tmp_path / "config" / "config.yaml"
    ca = tmp_path / "simulator" / "state.tls" / "ca.pem"
    config.write_text(config.read_text().split("  tls:")[0] + f"  tls: {{caFile: {ca}}}\n")
    told.run(["! pxhelm get nodes", "stderr /expired/"])
