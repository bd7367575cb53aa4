"""``make repo``: the chart repository in ``repo-index/``, built from ``chart-templates/``.

Every chart is made with ``pxhelm create``, packed and signed with ``pxhelm package --sign``, and listed by
``pxhelm repo index``; an umbrella gets its dependencies by ``pxhelm dependency update`` from the repository as it stands,
over HTTP. Same charts, same bytes: times are those of SOURCE_DATE_EPOCH. Never changes an archive that was published
with a maintainer's key.

The key: PXHELM_SIGN_KEYRING (a keyring with the secret key), PXHELM_SIGN_KEY (its user id, or a part of it) and
PXHELM_SIGN_PASSPHRASE_FILE. Without them a test key is made and kept in ``.cache``.
"""

from __future__ import annotations

import html
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
CHARTS = ROOT / "chart-templates"
TEST_KEY = ROOT / ".cache" / "repository-test-key.pgp"
TEST_NAME = "pxhelm test key, not for releases <test@pxhelm.invalid>"
NAME = "pxhelm"
"""What the repository is called by those who add it; umbrellas say ``@pxhelm``."""
PUBLIC_KEY = "pxhelm.gpg"
EPOCH = 1767225600
"""2026-01-01: the time of every file when SOURCE_DATE_EPOCH does not say another."""


@dataclass(frozen=True)
class Key:
    """Who signs."""

    keyring: Path
    name: str
    passphrase: str = ""
    """File with the passphrase."""
    test: bool = False

    def flags(self) -> list[str]:
        """Return the flags of ``pxhelm package``."""
        found = ["--sign", "--keyring", str(self.keyring), "--key", self.name]
        return [*found, "--passphrase-file", self.passphrase] if self.passphrase else found


def key() -> Key:
    """Return the maintainer's key, else the test key, made on first use."""
    keyring, name = os.environ.get("PXHELM_SIGN_KEYRING", ""), os.environ.get("PXHELM_SIGN_KEY", "")
    if bool(keyring) != bool(name):
        sys.exit("repo: PXHELM_SIGN_KEYRING and PXHELM_SIGN_KEY belong together")
    if keyring:
        return Key(Path(keyring).resolve(), name, os.environ.get("PXHELM_SIGN_PASSPHRASE_FILE", ""))
    make_test_key(TEST_KEY)
    return Key(TEST_KEY, TEST_NAME, test=True)


def make_test_key(path: Path) -> None:
    """Make a key unless there is one; of several that make it at once, the first has made it, and none sees a part of it."""
    if path.exists():
        return
    from pysequoia import Tsk

    print(f"no PXHELM_SIGN_KEYRING: signing with a test key, made in {path}", flush=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # mode 0600
    with os.fdopen(descriptor, "wb") as file:
        file.write(bytes(Tsk.generate(TEST_NAME)))
    with suppress(FileExistsError):
        os.link(name, path)
    Path(name).unlink()


def public(keyring: bytes) -> bytes:
    """Return a keyring without its secrets."""
    from pysequoia import Cert

    return b"".join(bytes(each) for each in Cert.split_bytes(keyring))


class Builder:
    """One build: a scratch folder, the program, and where the repository is."""

    def __init__(self, target: Path, work: Path) -> None:
        self.target, self.work = target, work
        self.key = key()
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("PXHELM_")}
        self.env |= {f"PXHELM_{n.upper()}_HOME": str(work / n) for n in ("config", "data", "cache", "state")}
        self.env.setdefault("SOURCE_DATE_EPOCH", str(EPOCH))

    def pxhelm(self, *arguments: str) -> str:
        """Run a command of ours, and stop when it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "pxhelm", *arguments],
            cwd=self.work,
            env={**self.env, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"repo: `pxhelm {' '.join(arguments)}` failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def build(self) -> list[str]:
        """Bring the repository up to date and return the archives that are new or other than before."""
        self.target.mkdir(parents=True, exist_ok=True)
        changed = []
        for name in in_order():
            chart = self._chart(name)
            archive = self._pack(chart)
            if archive:
                changed.append(archive)
            self.pxhelm("repo", "index", str(self.target))
        (self.target / PUBLIC_KEY).write_bytes(public(self.key.keyring.read_bytes()))
        for archive in sorted(self.target.glob("*.tgz")):
            self.pxhelm("verify", str(archive), "--keyring", str(self.target / PUBLIC_KEY))
        index = yaml.safe_load((self.target / "index.yaml").read_text(encoding="utf-8"))
        (self.target / "index.html").write_text(page(index["entries"]), encoding="utf-8")
        return changed

    def _chart(self, name: str) -> str:
        """Make a chart of a template, with its dependencies out of the repository, and return its folder."""
        self.pxhelm("create", name, "--starter", str(CHARTS / name))
        if needs(name):
            with serve(self.target) as url:
                self.pxhelm("repo", "add", NAME, url, "--force-update")
                self.pxhelm("dependency", "update", name)
            # The lock holds the address of a server that is gone; Chart.yaml says @pxhelm, which is where to ask.
            (self.work / name / "Chart.lock").unlink()
        return name

    def _pack(self, chart: str) -> str:
        """Pack a chart and put it into the repository unless these bytes are there, signed."""
        new = self.work / "packed"
        self.pxhelm("package", chart, "--destination", str(new), *self.key.flags())
        archive = max(new.glob("*.tgz"), key=lambda p: p.stat().st_mtime_ns)
        there = self.target / archive.name
        if there.exists():
            if there.read_bytes() == archive.read_bytes():
                if self._is_signed(there):
                    return ""
            elif not self.key.test:
                sys.exit(f"repo: {archive.name} was published with other content: raise the chart's version")
        for path in (archive, archive.with_name(f"{archive.name}.prov")):
            shutil.copyfile(path, self.target / path.name)
        return archive.name

    def _is_signed(self, archive: Path) -> bool:
        command = [sys.executable, "-m", "pxhelm", "verify", str(archive), "--keyring", str(self.key.keyring)]
        env = {**self.env, "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, env=env, capture_output=True, check=False).returncode == 0


def needs(name: str) -> list[str]:
    """Return the charts of this repository that a chart depends on."""
    chart = yaml.safe_load((CHARTS / name / "Chart.yaml").read_text(encoding="utf-8"))
    return [d["name"] for d in chart.get("dependencies") or () if d.get("repository") == f"@{NAME}"]


def in_order() -> list[str]:
    """Return the charts, each after those that it depends on."""
    found: list[str] = []
    left = sorted(p.name for p in CHARTS.iterdir() if (p / "Chart.yaml").is_file())
    while left:
        ready = [name for name in left if all(one in found for one in needs(name))]
        if not ready:
            sys.exit(f"repo: {', '.join(left)} depend on charts that are not here, or on each other")
        found += ready
        left = [name for name in left if name not in ready]
    return found


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine while the block runs, and yield the URL."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


STYLE = """\
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { background: color-mix(in srgb, currentColor 8%, transparent); border-radius: .4rem; overflow-x: auto; padding: .8rem; }
h2 { margin: 2rem 0 0; } p { margin: .4rem 0; }
table { border-collapse: collapse; width: 100%; } td, th { padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top; }
tr + tr { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
"""
HEAD = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Charts for Proxmox VE</title>
<style>
{style}</style>
</head>
<body>
<h1>Charts for Proxmox VE</h1>
<pre>pxhelm repo add {name} <span id="url">URL</span>
pxhelm search repo {name}/
pxhelm install demo {name}/CHART</pre>
<p>Every archive is signed: fetch <a href="{key}">{key}</a>, then <code>pxhelm install --verify --keyring {key} …</code>.
The list for programs is <a href="index.yaml">index.yaml</a>.</p>
<script>document.getElementById("url").textContent = new URL(".", location.href).href.replace(/\\/$/, "");</script>
"""


def page(entries: dict[str, list[dict[str, Any]]]) -> str:
    """Return a page to browse the repository with."""
    parts = [HEAD.format(style=STYLE, name=NAME, key=PUBLIC_KEY)]
    for name, versions in sorted(entries.items()):
        parts.append(f'<h2 id="{_safe(name)}">{_safe(name)}</h2>\n<p>{_safe(versions[0].get("description", ""))}</p>\n')
        rows = "".join(_row(one) for one in versions)
        parts.append(
            f"<table>\n<tr><th>Version</th><th>App</th><th>Archive</th><th>Depends on</th></tr>\n{rows}</table>\n"
        )
    return "".join([*parts, "</body>\n</html>\n"])


def _row(one: dict[str, Any]) -> str:
    url = _safe(one["urls"][0])
    below = ", ".join(_safe(f"{d['name']} {d.get('version', '')}".strip()) for d in one.get("dependencies") or ())
    archive = f'<a href="{url}">{url}</a>, <a href="{url}.prov">signature</a>'
    cells = (_safe(one["version"]), _safe(one.get("appVersion", "")), archive, below)
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>\n"


def _safe(text: object) -> str:
    return html.escape(str(text))


def main() -> None:
    """Build into ``repo-index/``, or into the folder that is named."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "repo-index").resolve()
    with tempfile.TemporaryDirectory(prefix="pxhelm-repo-") as work:
        changed = Builder(target, Path(work)).build()
    there = len(list(target.glob("*.tgz")))
    print(f"{target}: {there} charts, {len(changed)} of them new: {', '.join(changed) or 'none'}")


if __name__ == "__main__":
    main()
