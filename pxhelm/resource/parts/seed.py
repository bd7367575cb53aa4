"""Cloud-init documents of one's own: a NoCloud image with all four of them, in place of Proxmox' drive.

Proxmox' API uploads no snippets, but images it does; the file is named after its content, so the medium in the drive says
what the guest will read, and guests with the same documents share one. What Proxmox' own drive would have said (user, keys,
addresses) is put into the documents, where they do not say otherwise. Never puts a password in that is no hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from pxhelm.errors import PxhelmError
from pxhelm.resource.effects import next_boot
from pxhelm.resource.field import Field
from pxhelm.resource.model import Leaves, Live, Value
from pxhelm.resource.references import bare
from pxhelm.secret import Secret

DOCUMENTS: Mapping[str, str] = {
    "cloudInit.userData": "user-data",
    "cloudInit.vendorData": "vendor-data",
    "cloudInit.networkData": "network-config",
    "cloudInit.metaData": "meta-data",
}
PREFIX = "pxhelm-seed-"


def wanted(leaves: Leaves) -> tuple[str, ...]:
    """Return the leaves for which an image is made: documents that the manifest writes itself, or its wish for one."""
    own = tuple(path for path in DOCUMENTS if path in leaves)
    return own or (("cloudInit.delivery",) if leaves.get("cloudInit.delivery") == "SeedISO" else ())


def documents(leaves: Leaves, live: Live, name: str) -> dict[str, bytes]:
    """Return the documents by file name; what is not written by hand says what Proxmox' own drive would say."""
    hostname = str(leaves.get("hostname") or name)
    found = {
        "user-data": _text(_user_data(leaves, hostname), header=True),
        "network-config": _text(leaves.get("cloudInit.networkData") or _network(leaves, live), header=False),
    }
    vendor = leaves.get("cloudInit.vendorData")
    if vendor is not None:
        found["vendor-data"] = _text(vendor, header=True)
    instance = digest(found)
    meta = leaves.get("cloudInit.metaData") or json.dumps({"instance-id": instance, "local-hostname": hostname})
    found["meta-data"] = _text(meta, header=False)
    return {file: text for file, text in found.items() if text}


def _plain(value: Value) -> str:
    return value.reveal() if isinstance(value, Secret) else str(value or "")


def _text(value: Value, *, header: bool) -> bytes:
    """Return a document as a file: a map is JSON, which is YAML, under the line that says what it is."""
    text = _plain(value)
    if header and text.startswith("{"):
        text = f"#cloud-config\n{text}"
    return f"{text.rstrip()}\n".encode() if text else b""


def _user_data(leaves: Leaves, hostname: str) -> Value:
    given = leaves.get("cloudInit.userData")
    text = _plain(given)
    if text and not text.startswith("{"):
        return given  # a script or a text of the user's own: nothing is put into it
    merged: dict[str, object] = {"hostname": hostname}
    if (user := leaves.get("cloudInit.user")) is not None:
        merged["user"] = str(user)
    if isinstance(keys := leaves.get("cloudInit.sshKeys"), tuple):
        merged["ssh_authorized_keys"] = [str(key) for key in keys]
    if (upgrade := leaves.get("cloudInit.upgrade")) is not None:
        merged["package_upgrade"] = bool(upgrade)
    password = _plain(leaves.get("cloudInit.password"))
    if password:
        if not password.startswith("$"):
            raise PxhelmError(
                "cannot write cloudInit.password into the documents of one's own: it is no hash",
                hint="give a hash such as `openssl passwd -6` prints: anybody who may read the storage can read it",
            )
        merged |= {"password": password, "chpasswd": {"expire": False}}
    return json.dumps({**merged, **(json.loads(text) if text else {})}, ensure_ascii=False)


def _network(leaves: Leaves, live: Live) -> str:
    """Return the addresses of the manifest as a network configuration of version 1, by MAC address."""
    config: list[dict[str, object]] = []
    slots = sorted({p.split(".")[1] for p in leaves if p.startswith("networks.")}, key=lambda slot: (len(slot), slot))
    for number, slot in enumerate(slots):
        subnets: list[dict[str, object]] = []
        for version, gate, suffix in (("ip", "gateway", ""), ("ip6", "gateway6", "6")):
            address = leaves.get(f"networks.{slot}.{version}")
            if address is None:
                continue
            if address in ("dhcp", "auto"):
                subnets.append({"type": f"dhcp{suffix or '4'}" if address == "dhcp" else "ipv6_slaac"})
                continue
            gateway = leaves.get(f"networks.{slot}.{gate}")
            static: dict[str, object] = {"type": f"static{suffix}", "address": str(address)}
            subnets.append({**static, **({"gateway": str(gateway)} if gateway else {})})
        mac = leaves.get(f"networks.{slot}.mac") or live.intended.get(f"networks.{slot}.mac")
        if subnets:
            named = {"type": "physical", "name": f"eth{number}", "subnets": subnets}
            config.append({**named, **({"mac_address": str(mac).lower()} if mac else {})})
    servers, search = leaves.get("dns.servers"), leaves.get("dns.search")
    if servers or search:
        config.append(
            {
                "type": "nameserver",
                "address": [str(s) for s in servers] if isinstance(servers, tuple) else [],
                "search": [bare(str(search))] if search else [],
            }
        )
    return json.dumps({"version": 1, "config": config}) if config else ""


def digest(texts: Mapping[str, bytes]) -> str:
    """Return what names the documents by their content."""
    state = hashlib.sha256()
    for file in sorted(texts):
        state.update(f"{file}\0{len(texts[file])}\0".encode() + texts[file])
    return state.hexdigest()[:16]


def image(texts: Mapping[str, bytes]) -> bytes:
    """Return the ISO image that NoCloud looks for: labelled ``cidata``, with long names."""
    from io import BytesIO

    from pycdlib.pycdlib import PyCdlib

    iso = PyCdlib()
    iso.new(interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident="cidata")
    for number, file in enumerate(sorted(texts)):
        iso.add_fp(BytesIO(texts[file]), len(texts[file]), f"/F{number}.;1", rr_name=file, joliet_path=f"/{file}")
    written = BytesIO()
    iso.write_fp(written)
    iso.close()
    return written.getvalue()


FIELDS: tuple[Field, ...] = (
    Field("cloudInit.userData", "document", write_only=True, effect=next_boot, help="what cloud-init does: a map, a text, or {snippet}"),
    Field("cloudInit.vendorData", "document", write_only=True, effect=next_boot, help="what the user's own data is laid over"),
    Field("cloudInit.networkData", "document", write_only=True, effect=next_boot, help="in place of the addresses under networks"),
    Field("cloudInit.metaData", "document", write_only=True, effect=next_boot, help="in place of an instance id made from the others"),
    Field(
        "cloudInit.delivery", "line", choices=("Auto", "SeedISO", "Snippet"),
        help="how own documents reach the guest: Auto makes an image of them",
    ),
    Field("cloudInit.seedStorage", "ref", refers=("Storage",), help="where the image lies; by default the one for ISOs"),
)  # fmt: skip
