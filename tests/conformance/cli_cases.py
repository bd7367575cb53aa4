"""Command stories: whole command lines in an own folder, compared with what ``helm`` v3 printed, wrote and asked.

``run(story)`` plays a story in this process and returns one line per mismatch. Our program name stands for theirs, and
what we add to Helm's texts on purpose (excerpt, ``hint:``) is dropped first.
"""

import base64
import contextlib
import difflib
import gzip
import hashlib
import io
import os
import re
import shutil
import stat
import struct
import sys
import tarfile
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pxhelm.cli import main

WRITTEN = 1704164645
"""2024-01-02T03:04:05Z, the time of every file laid out."""
ADDED = re.compile(
    r"^(hint: .*|  --> .*|\d+ \| .*|\s+\| +\^+|  rendered as line \d+ .*|  .*cannot use value .* of chart .*)\n",
    re.MULTILINE,
)
"""Our own lines after Helm's text of an error."""
THEIRS = re.compile(
    r"^(\w+\.go:\d+: \$TIME \[debug\].*\n\n?)|^\w+\.go:\d+: (?:WARN )?|^WARNING: (?=This chart)", re.MULTILINE
)
"""What stands before Helm's log lines, and its debug lines; ours begin with ``note: `` and are told once."""
PATTERNS = {
    "$TIME": r"\"?[^\"\n]+?\"?",
    "$EPOCH": r"\d+",
    "$SHA256": r"[0-9a-f]{64}",
    "$PGP_SIGNATURE": r"[A-Za-z0-9+/=\n\s:.()-]+?",
    "$TMP": r"\d+",
    "$YEAR": r"\d{4}",
    "$HELP": r"[\s\S]*",
}
PLACEHOLDER = re.compile("|".join(map(re.escape, PATTERNS)))


class Static(ThreadingHTTPServer):
    """A static file server that remembers what it was asked."""

    daemon_threads = True

    def __init__(self, folder):
        self.asked = []
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))


class _Handler(SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(f"GET {self.path}")
        super().do_GET()

    def log_message(self, *_arguments):
        """Say nothing."""


class World:
    """The folder of a story and the servers it was promised."""

    def __init__(self, story, folder):
        self.work = folder
        self.names = {str(folder): "$WORK"}
        self.http = self.oci = self.kube = None
        write(folder, story["files"])
        for service in story.get("services") or ():
            if service == "http":
                (folder / "www").mkdir(exist_ok=True)
                self.http = Static(folder / "www")
                self.names[f"127.0.0.1:{serve(self.http)}"] = "$HTTP"
            elif service == "oci":
                from tests.conformance.registry import Registry

                self.oci = Registry()
                self.names[f"localhost:{serve(self.oci)}"] = "$OCI"
            elif service == "kube":
                from tests.conformance.live_cases import Cluster

                self.kube = Cluster()

    def fill(self, text):
        for real, name in self.names.items():
            text = text.replace(name, real)
        return text

    def blur(self, text):
        """Return a text of ours with placeholders and Helm's program name."""
        for real, name in self.names.items():
            text = text.replace(real, name)
        return text.replace("PXHELM_", "HELM_").replace("pxhelm", "helm")

    def close(self):
        for server in (self.http, self.oci):
            if server:
                server.shutdown()
                server.server_close()

    def snapshot(self):
        found = {}
        for root, folders, files in os.walk(self.work):
            for name in files:
                path = Path(root, name)
                data = path.read_bytes()
                found[str(path.relative_to(self.work))] = (stat.S_IMODE(path.stat().st_mode), data)
            if not folders and not files:
                found[f"{Path(root).relative_to(self.work)}/"] = None
        return found


def serve(server):
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server.server_address[1]


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = base64.b64decode(content["base64"]) if isinstance(content, dict) else content.encode()
        path.write_bytes(data)
        path.chmod(0o755 if name.endswith(".sh") else 0o644)
        os.utime(path, (WRITTEN, WRITTEN))


def run(story):
    """Play a story; return the mismatches."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve() / "work"
        folder.mkdir()
        world = World(story, folder)
        try:
            return list(_steps(story, world))
        finally:
            world.close()


def _steps(story, world):
    for number, step in enumerate(story["steps"], 1):
        if "write" in step:
            write(world.work, {name: world.fill(text) for name, text in step["write"].items()})
        elif "remove" in step:
            for name in step["remove"]:
                gone = world.work / name
                shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
        elif "get" in step:
            yield from _compare_get(step, world, number)
        else:
            yield from _compare(step, world, f"step {number}: helm {' '.join(step['helm'])}")


def _compare(step, world, title):
    wanted = step["v3"]
    varies = wanted.get("varies") or ()
    before = world.snapshot()
    for server in filter(None, (world.http,)):
        server.asked.clear()
    with world.kube.running(step) if world.kube else contextlib.nullcontext():
        status, out, err = execute([re.sub("^HELM_", "PXHELM_", world.fill(a)) for a in step["helm"]], step, world)
    if status != wanted["exit"]:
        yield f"{title}: exit {status} instead of {wanted['exit']}: {world.blur(err)[:300]}"
    told = re.sub(r"^note: ", "", ADDED.sub("", err), flags=re.MULTILINE)
    for name, text in (("stdout", out), ("stderr", told)):
        got, theirs = sort_lines(world.blur(text)), sort_lines(wanted.get(name, ""))
        if name == "stderr":
            theirs = once(THEIRS.sub("", theirs))
        if world.kube:
            got, theirs = world.kube.even(got), world.kube.even(theirs)
        if name not in varies and not agrees(theirs, got):
            yield f"{title}: {name}:\n" + difference(theirs, got)
    if world.http and "requests" not in varies:
        asked = sorted(world.http.asked)
        if asked != (wanted.get("requests") or []):
            yield f"{title}: requests {asked} instead of {wanted.get('requests') or []}"
    if world.kube:
        yield from (f"{title}: {line}" for line in world.kube.mismatches(wanted))
    if "files" not in varies:
        yield from (f"{title}: {line}" for line in compare_files(wanted.get("files") or {}, before, world))


def sort_lines(text):
    """Sort the lines whose order is random in Helm."""
    lines = text.split("\n")
    for prefix in ("...Successfully got an update", "- at"):
        spots = [i for i, line in enumerate(lines) if line.strip().startswith(prefix)]
        for spot, line in zip(spots, sorted(lines[i] for i in spots), strict=True):
            lines[spot] = line
    return "\n".join(lines)


def once(text):
    """Leave a warning out that stood in the line before."""
    lines = text.split("\n")
    kept = [one for at, one in enumerate(lines) if not at or one != lines[at - 1] or "warning" not in one.lower()]
    return "\n".join(kept)


def agrees(wanted, got):
    """Tell whether a text is the recorded one, placeholders standing for anything of their shape."""
    if wanted == got:
        return True
    pieces, at = [], 0
    for found in PLACEHOLDER.finditer(wanted):
        pieces += [re.escape(wanted[at : found.start()]), PATTERNS[found[0]]]
        at = found.end()
    return bool(pieces) and re.fullmatch("".join([*pieces, re.escape(wanted[at:])]), got) is not None


def difference(wanted, got):
    return "\n".join(difflib.unified_diff(wanted.splitlines(), got.splitlines(), "helm", "pxhelm", lineterm="", n=1))


def execute(arguments, step, world):
    """Run our command line in this process; return status, standard output and standard error."""
    hidden = {
        name: value for name, value in os.environ.items() if not name.startswith(("PXHELM_", "HELM_", "KUBE", "XDG_"))
    }
    base = world.work / ".helm"
    given = {
        "HOME": str(world.work / ".home"),
        "TZ": "UTC",
        "LANG": "C",
        "HELM_CONFIG_HOME": str(base / "config"),
        "HELM_CACHE_HOME": str(base / "cache"),
        "HELM_DATA_HOME": str(base / "data"),
        "HELM_STATE_HOME": str(world.work.parent / "state"),
        # Helm keeps releases in the cluster, not in a file.
        "HELM_STORE": str(world.work.parent / "store.db"),
        "HELM_NAMESPACE": "lab" if world.kube else "",
        **(step.get("env") or {}),
    }
    own = {k.replace("HELM_", "PXHELM_", 1) if k.startswith("HELM_") else k: world.fill(v) for k, v in given.items()}
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", errors="surrogateescape", write_through=True) for _ in "io"]
    source = io.TextIOWrapper(io.BytesIO((step.get("stdin") or "").encode()), "utf-8")
    saved = dict(os.environ), sys.stdin, os.umask(0o022), Path.cwd()
    os.environ.clear()
    os.environ.update(hidden | own)
    os.chdir(world.work / step.get("cwd", ""))
    try:
        sys.stdin = source
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            status = main(arguments)
    finally:
        os.environ.clear()
        os.environ.update(saved[0])
        sys.stdin = saved[1]
        os.umask(saved[2])
        os.chdir(saved[3])
    return status, *(s.buffer.getvalue().decode("utf-8", "surrogateescape") for s in streams)


def compare_files(wanted, before, world):
    """Yield what a command wrote differently."""
    after = world.snapshot()
    changed = {n for n in after if n not in before or (after[n] and before[n] and after[n] != before[n])}
    changed |= {n for n in before if n not in after and not n.endswith("/")}
    # A folder that was already there is of no interest, nor one that holds our own files.
    expected = set(wanted)
    for name in sorted(changed - expected):
        again = (
            name.endswith(".tgz") and name in before and name in after and same_archive(before[name][1], after[name][1])
        )
        if not again and not (name.endswith("/") and any(n.startswith(name) for n in before)):
            yield f"file {name} was written or removed, Helm left it"
    for name in sorted(expected):
        value = wanted[name]
        if value is None:
            if name in after:
                yield f"file {name} is still there"
        elif name not in after:
            yield f"file {name} is missing"
        elif name not in changed and not (isinstance(value, dict) and "tar" in value) and name in before:
            continue
        elif isinstance(value, dict):
            yield from (f"file {name}: {line}" for line in compare_file(value, after[name], world))


def same_archive(old, new):
    """Tell whether an archive was only made anew: a rebuild within the same second has the same bytes in Helm."""
    return [{**e, "mtime": ""} for e in tar_entries(old)] == [{**e, "mtime": ""} for e in tar_entries(new)]


def compare_file(wanted, found, world):
    mode, data = found
    if "mode" in wanted and wanted["mode"] != oct(mode):
        yield f"mode {oct(mode)} instead of {wanted['mode']}"
    if "text" in wanted:
        got = world.blur(data.decode("utf-8", "surrogateescape"))
        if not agrees(wanted["text"], got):
            yield "\n" + difference(wanted["text"], got)
    elif "base64" in wanted and base64.b64decode(wanted["base64"]) != data:
        yield "other bytes"
    elif "tar" in wanted:
        yield from compare_tar(wanted, data, world)


def compare_tar(wanted, data, world):
    header = gzip_header(data)
    if wanted.get("gzip") and header != wanted["gzip"]:
        yield f"gzip header {header} instead of {wanted['gzip']}"
    got = subcharts_sorted(list(tar_entries(data)))
    names = [e["name"] for e in got]
    if names != [e["name"] for e in wanted["tar"]]:
        yield f"entries {names} instead of {[e['name'] for e in wanted['tar']]}"
        return
    for theirs, ours in zip(wanted["tar"], got, strict=True):
        for key, value in theirs.items():
            mine = ours[key]
            if key == "text":
                text = world.blur(mine)
                if not agrees(value, text):
                    yield f"{theirs['name']}:\n" + difference(value, text)
            elif key == "sha256" and "text" in theirs and agrees(theirs["text"], world.blur(ours["text"])):
                continue  # the text itself was compared; its placeholders change the digest
            elif mine != value:
                yield f"{theirs['name']}: {key} {mine} instead of {value}"


def subcharts_sorted(entries):
    """Put subcharts in the order of their names, keeping each one's own order."""
    own = [e for e in entries if e["name"].count("/charts/") == 0]
    subs = [e for e in entries if e["name"].count("/charts/")]
    return own + sorted(subs, key=lambda e: e["name"].split("/charts/", 1)[1].split("/")[0])


def gzip_header(data):
    flags, mtime, xfl, system = struct.unpack("<BIBB", data[3:10])
    length = struct.unpack("<H", data[10:12])[0] if flags & 4 else 0
    extra = data[12 : 12 + length].decode("latin-1")
    comment = data[12 + length :].split(b"\0", 1)[0].decode() if flags & 16 else ""
    encoded = base64.b64encode(extra.encode("latin-1")).decode()
    return {"comment": comment, "extra": encoded, "flags": flags, "mtime": mtime, "os": system, "xfl": xfl}


def tar_entries(data):
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as tar:
        for member in tar:
            content = tar.extractfile(member).read() if member.isfile() else b""
            yield {
                "name": member.name,
                "mode": oct(member.mode),
                "uid": member.uid,
                "gid": member.gid,
                "uname": member.uname,
                "type": member.type.decode(),
                "size": member.size,
                "mtime": "input" if member.mtime == WRITTEN else "now",
                "sha256": hashlib.sha256(content).hexdigest(),
                "text": content.decode("utf-8", "surrogateescape"),
            }


def _compare_get(step, world, number):
    wanted = step["v3"]
    answer = world.oci.manifest(world.fill(step["get"]))
    for key in ("body", "contentType", "config"):
        if key not in wanted:
            continue
        theirs, ours = (
            # The size of an archive depends on the compressor: Go's makes other bytes than zlib.
            re.sub(r'(gzip","digest":"[^"]+","size":)\d+', r"\1N", x)
            for x in (wanted[key], answer[key])
        )
        if not agrees(theirs, world.blur(ours)):
            yield f"step {number}: get {step['get']}: {key}:\n" + difference(theirs, world.blur(ours))
