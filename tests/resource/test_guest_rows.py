"""Guests against two sources that are not ours to bend: the rows of the language's design, and Proxmox' own schema."""

from pathlib import Path

import pytest

from pxhelm import kinds
from pxhelm.proxmox.schema import load
from pxhelm.resource.table import table_of

ROWS = Path(__file__).parent.parent / "kinds"
PATHS = {"VirtualMachine": "/nodes/{node}/qemu", "Container": "/nodes/{node}/lxc"}
NOT_FOR_USERS = frozenset(("force", "lock", "unused[n]", "node", "vmid"))
BY_THE_ENGINE = frozenset(("ha-managed", "start"))
RAW_ONLY = frozenset(("autostart", "bootdisk", "cdrom", "smp"))
STEERS_CREATION = {
    "archive": "source.backup.volume",
    "restore": "source.backup.volume",
    "storage": "source.backup.storage",
    "bwlimit": "source.backup.bandwidth",
    "unique": "source.backup.unique",
    "live-restore": "source.backup.liveRestore",
    "import-working-storage": "source.backup.workingStorage",
    "ignore-unpack-errors": "source.backup.ignoreUnpackErrors",
}
OF_PROXMOX = {
    ("net[n]", "type"),
    ("smbios1", "base64"),
    ("boot", "legacy"),
    ("efidisk0", "size"),
    ("tpmstate0", "size"),
    ("agent", "freeze-fs-on-backup"),  # the older name of freeze-fs; raw there
    *((bus, key) for bus in ("ide[n]", "sata[n]", "scsi[n]", "virtio[n]") for key in ("media", "bps", "bps_rd", "bps_wr")),
    *((bus, key) for bus in ("ide[n]", "sata[n]", "scsi[n]", "virtio[n]") for key in ("cyls", "heads", "secs", "trans")),
}  # fmt: skip
"""Sub-options that Proxmox writes by itself, that a field reads beside another, or that only ``extra`` says."""


@pytest.mark.parametrize(("kind", "file"), [("VirtualMachine", "virtual_machine"), ("Container", "container")])
def test_every_row_of_the_language_is_a_field(kind, file):
    found = kinds.KINDS[kind]
    table = table_of(found.fields, found.slots)
    rows = (ROWS / file / "rows.txt").read_text().split()
    assert len(rows) > 90
    assert [row for row in rows if table.place(row) is None] == []


@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize("version", ["7.4", "8.4", "9.2"])
def test_every_parameter_of_a_creation_is_reached_by_a_field_or_by_config_or_is_not_for_users(kind, version):
    found = kinds.KINDS[kind]
    table = table_of(found.fields, found.slots)
    reached = _reached(found)
    missing = []
    for name, spec in load(version).endpoint("POST", PATHS[kind]).parameters.items():
        if name in NOT_FOR_USERS | BY_THE_ENGINE:
            continue
        if name in STEERS_CREATION:
            missing += [] if table.place(STEERS_CREATION[name]) else [name]
        elif name in RAW_ONLY:
            missing += [] if table.place(f"config.{name}") and not table.places_of(name) else [name]
        elif not spec.properties:
            missing += [] if any(param == name for param, _ in reached) else [name]
        else:
            keys = [key for key, each in spec.properties.items() if not each.alias]
            missing += [
                (name, key)
                for key in keys
                if (name, key) not in reached and (name, "") not in reached and (name, key) not in OF_PROXMOX
            ]
    assert missing == []


def _reached(kind):
    found = set()
    for each in kind.fields:
        if not each.wire or each.path == "config.*" or ".extra." in each.path:
            continue
        param, _, key = each.wire.partition(".")
        family = each.path.split(".")[0]
        if param == "*":
            found |= {(f"{slot.rstrip('0123456789')}[n]", key) for slot in kind.slots[family]}
        else:
            found.add((f"{param[:-1]}[n]" if param.endswith("#") else param, key))
    return found
