"""A file on a storage: an installation medium, a container template, a disk to import. What it was made from is provenance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlsplit

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.request import ApiGen, Param, Request, Upload, call
from pxhelm.resource.columns import gib, text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Change, Column, Kind, Mistake, Op
from pxhelm.resource.model import Existence, Leaves, Live, Resource
from pxhelm.resource.parts.volume import in_use, observe_volume, removal
from pxhelm.resource.references import bare
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.words import worded

_SOURCES = ("url", "file", "oci", "appliance")
CONTENTS = ("iso", "vztmpl", "import")


_WORDS = """
storage            where it is kept | download storage
content            iso, vztmpl for containers, import for disks | download content
source.verifyTLS   check the certificate of the server | download verify-certificates
source.decompress  how the file of the URL is packed | download compression
nodes              | download node
filename           | download filename
source.url         | download url
source.file        | upload tmpfilename
source.oci         | oci reference
source.appliance   | appliance template
checksum           | download checksum
"""


def file_name(leaves: Leaves) -> str:
    """Return the name of the file: as it is given, else as the source has it; empty when neither says one."""
    if "filename" in leaves:
        return str(leaves["filename"])
    if "source.appliance" in leaves:
        return str(leaves["source.appliance"])
    source = str(leaves.get("source.url") or leaves.get("source.file") or "")
    return urlsplit(source).path.rpartition("/")[2]


def identifier(resource: Resource) -> str:
    """Return the volume: ``nas:import/debian-12.qcow2``."""
    leaves = resource.leaves
    return f"{bare(str(leaves.get('storage', '')))}:{leaves.get('content', 'iso')}/{file_name(leaves)}"


def _present(path: str, wanted: Leaves, live: Live) -> bool:
    """Whether the file is on all nodes that are named."""
    nodes, found = wanted[path], live.intended.get(path)
    have = set(found) if isinstance(found, tuple) else set()
    return isinstance(nodes, tuple) and (set(nodes) <= have or bool(have and live.raw.get("shared") == "1"))


def _same(_path: str, _wanted: Leaves, _live: Live) -> bool:
    return True  # part of the id: another one is another file


def steps(change: Change) -> tuple[Step, ...]:
    """Return the transfers still missing, one per node; a file that goes is removed everywhere."""
    live = change.live
    if live.existence is Existence.UNKNOWN:
        return ()
    if change.desired is None:
        return removal(change)
    now = live.intended.get("nodes")
    have = [str(node) for node in now] if isinstance(now, tuple) else []
    return tuple(_transfer(change.desired, node) for node in _missing(change, have))


def _missing(change: Change, have: list[str]) -> list[str]:
    assert change.desired is not None
    wanted = change.desired.leaves.get("nodes")
    around = change.surroundings
    if isinstance(wanted, tuple) and wanted:
        if change.live.raw.get("shared") == "1" and have:
            return []
        return [str(node) for node in wanted if node not in have]
    if have:
        return []
    storage = identifier(change.desired).partition(":")[0]
    online = sorted(node for node, up in around.nodes.items() if up)
    fitting = [node for node in online if (node, storage) in around.storages] or online
    if not fitting:
        raise PxhelmError(f"cannot fetch {change.desired.key.address}: no node is online")
    return fitting[:1]


def _transfer(wanted: Resource, node: str) -> Step:
    leaves = wanted.leaves
    storage = identifier(wanted).partition(":")[0]
    path = f"/nodes/{node}/storage/{quote(storage)}"
    content, name = str(leaves.get("content", "iso")), file_name(leaves)
    params: dict[str, Param] = {"content": content, "filename": name}
    if "checksum" in leaves:
        params["checksum-algorithm"], _, params["checksum"] = str(leaves["checksum"]).partition(":")
    upload: Upload | None = None
    if "source.url" in leaves:
        path, params["url"] = f"{path}/download-url", str(leaves["source.url"])
        if leaves.get("source.verifyTLS") is False:
            params["verify-certificates"] = False
        if "source.decompress" in leaves:
            params["compression"] = str(leaves["source.decompress"])
    elif "source.oci" in leaves:
        path, params = f"{path}/oci-registry-pull", {"reference": str(leaves["source.oci"]), "filename": name}
    elif "source.appliance" in leaves:
        path, params = f"/nodes/{node}/aplinfo", {"storage": storage, "template": str(leaves["source.appliance"])}
    elif "source.file" not in leaves:
        raise PxhelmError(
            f"cannot fetch {wanted.key.address} to {node}: its manifest does not say from where",
            where=wanted.locate("nodes") if wanted.locate else None,
            hint="add source: {url: …}, or take the node out of nodes",
        )
    else:
        path, upload = f"{path}/upload", Upload(str(leaves["source.file"]), name)
        del params["filename"]
    request = Request("POST", path, params, upload=upload, node=node)
    what = (*leaves, f"nodes {node}")
    return Step("fetch", request, Guard.NONE, what, Effect.ONLINE, storage=storage, detail={"to": node})


def check(_key: ObjectKey, leaves: Leaves) -> Iterator[Mistake]:
    """Yield what an Image lacks, and sources that exclude each other."""
    for path, hint in (("storage", "write storage: local"), ("content", f"one of {', '.join(CONTENTS)}")):
        if path not in leaves:
            yield Mistake(path, f"an Image needs {path}", hint)
    sources = [name for name in _SOURCES if f"source.{name}" in leaves]
    if len(sources) > 1:
        yield Mistake(f"source.{sources[1]}", f"an Image has one source, not {' and '.join(sources)}")
    if not file_name(leaves):
        yield Mistake("filename", "an Image needs a filename, since its source does not say one", "write filename: …")


def refuse(change: Change) -> str:
    """Return why the file cannot be had, or has to stay."""
    if change.desired is None:
        return in_use(change)
    leaves = change.desired.leaves
    sources = [name for name in _SOURCES if f"source.{name}" in leaves]
    fetches = change.live.existence is Existence.ABSENT or any(c.op is Op.SET for c in change.changes)
    if fetches and not sources:
        return "it is not there, and nothing says where it comes from: give source.url, file, oci or appliance"
    version = change.surroundings.version
    lacked = [name for name in ("source.oci",) if name in leaves and not version.startswith("9")]
    if version.startswith("7"):
        lacked += ["source.decompress"] if "source.decompress" in leaves else []
        lacked += ["content import"] if leaves["content"] == "import" else []
    return f"Proxmox VE {version} does not have {', '.join(lacked)}" if lacked else ""


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return the rows of all such files of all storages."""
    rows = yield from call(Request("GET", "/cluster/resources", {"type": "storage"}))
    found: dict[str, dict[str, object]] = {}
    for row in rows if isinstance(rows, list) else []:
        contents = [each for each in str(row.get("content") or "").split(",") if each in CONTENTS]
        if row.get("status") != "available" or not contents:
            continue
        path = f"/nodes/{row['node']}/storage/{quote(str(row['storage']))}/content"
        entries = yield from call(Request("GET", path, node=str(row["node"])))
        for entry in entries if isinstance(entries, list) else []:
            if entry.get("content") in contents:
                one = found.setdefault(str(entry["volid"]), {**entry, "storage": row["storage"], "nodes": ""})
                one["nodes"] = f"{one['nodes']},{row['node']}".strip(",")
    return dict(found)


def _made_from(path: str, kind: str = "line", **more: str) -> Field:
    return Field(f"source.{path}", kind, creation_only=True, help=more.get("help", ""))


IMAGE = Kind(
    name="Image",
    plural="images",
    short=("img", "image"),
    namespaced=False,
    guest=False,
    rank=40,
    fields=worded(
        (
            Field("storage", "ref", same=_same, refers=("Storage",), effect=Effect.REPLACE),
            Field("nodes", "set", same=_present, kept=True, help="nodes that have it, where the storage is not shared"),
            Field("content", "line", same=_same, choices=CONTENTS, effect=Effect.REPLACE),
            Field("filename", "line", same=_same, effect=Effect.REPLACE, help="as the source has it unless given"),
            _made_from("url", help="downloaded by Proxmox"),
            _made_from("verifyTLS", "bool"),
            Field("source.decompress", "line", creation_only=True, choices=("gz", "lzo", "zst", "bz2")),
            _made_from("file", help="uploaded from here"),
            _made_from("oci", help="reference of an image in a registry (9.x)"),
            _made_from("appliance", help="name in the list of appliances"),
            Field(
                "checksum",
                "line",
                creation_only=True,
                effect=Effect.REPLACE,
                help="such as sha512:0f3c…; another one is another file, which needs another filename",
            ),
        ),
        _WORDS,
    ),
    observe=observe_volume,
    steps=steps,
    refuse=refuse,
    check=check,
    identifier=identifier,
    shared=True,
    renews=True,
    listing=listing,
    columns=(
        Column("STORAGE", text("storage")),
        Column("CONTENT", text("content")),
        Column("SIZE", lambda row: gib(row.get("size"))),
        Column("NODES", text("nodes")),
    ),
)
