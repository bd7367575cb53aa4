"""Files, a web and a registry in memory, for actions that fetch charts."""

import posixpath
from contextlib import nullcontext
from datetime import UTC, datetime
from types import SimpleNamespace

from pxhelm.actions.services import ChartSource
from pxhelm.actions.sources import Sources
from pxhelm.chart.archive import unpack
from pxhelm.chart.load import load
from pxhelm.chart.package import file_name, pack
from pxhelm.errors import PxhelmError
from pxhelm.repo.access import Pulled
from pxhelm.repo.index import Entry, Index, Repository, repositories_text

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Disk:
    """Files by path."""

    def __init__(self, files):
        self.files = dict(files)

    def read(self, path):
        if path not in self.files:
            raise PxhelmError(f"open {path}: no such file or directory")
        return self.files[path]

    def kind(self, path):
        if path in self.files:
            return "file"
        return "folder" if any(name.startswith(f"{path}/") for name in self.files) else ""

    def modified(self, _path):
        return NOW.timestamp()

    def names(self, folder):
        below = (name.removeprefix(f"{folder}/") for name in self.files if name.startswith(f"{folder}/"))
        return sorted({name.partition("/")[0] for name in below})

    def write(self, path, data, **_options):
        self.files[path] = data

    def make_folder(self, path):
        """Folders are where files are."""

    def remove(self, path):
        self.files.pop(path, None)

    def absolute(self, path):
        return posixpath.join("/", path)

    def chart(self, path):
        if path in self.files:
            return unpack(self.files[path])
        return {n.removeprefix(f"{path}/"): d for n, d in self.files.items() if n.startswith(f"{path}/")}


class Web:
    """Answers by URL, and what was asked."""

    def __init__(self, answers=None):
        self.answers, self.asked = dict(answers or {}), []

    def get(self, url, access):
        self.asked.append((url, access))
        if url not in self.answers:
            raise PxhelmError(f"failed to fetch {url} : 404 Not Found")
        return self.answers[url]


class Registry:
    """Charts by place and tag."""

    def __init__(self, charts=None):
        self.charts = dict(charts or {})

    def tags(self, reference, _access):
        return [tag for place, tag in self.charts if place == reference]

    def pull(self, reference, tag, _access):
        if (reference, tag) not in self.charts:
            raise PxhelmError(f'failed to perform "FetchReference" on source: {reference}:{tag}: not found')
        return Pulled("sha256:1", self.charts[reference, tag], None)


def packed(name, version, **fields):
    text = "".join(f"{key}: {value}\n" for key, value in fields.items())
    chart = load({"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n{text}".encode()})
    return file_name(chart), pack(chart, 0)


def repository(url, *charts):
    """Return what a web has of a repository: its index and its archives."""
    index, answers = Index(generated="x"), {}
    for name, version, fields in charts:
        archive, data = packed(name, version)
        index.add(Entry({"name": name, "version": version, "urls": [archive], **fields}))
        answers[f"{url}/{archive}"] = data
    return {**answers, f"{url}/index.yaml": index.as_yaml()}


def services(files=(), web=None, registry=None, known=()):
    """Return services over these; ``known``: repositories that were added, by name and URL."""
    web = web or Web()
    text = repositories_text([Repository(name, url) for name, url in known])
    disk = Disk({**dict(files), "repositories.yaml": text})
    for name, url in known:
        if f"{url}/index.yaml" in web.answers:
            disk.files[f"cache/{name}-index.yaml"] = web.answers[f"{url}/index.yaml"]
    sources = Sources(disk, web, registry or Registry(), "repositories.yaml", "cache", "pubring.gpg", "/")
    heard = []
    return SimpleNamespace(
        chart=lambda path: ChartSource(disk.chart(path)),
        sources=sources,
        now=lambda: NOW,
        listen=heard.append,
        heard=heard,
        budget=None,
        bounded=lambda *_limits: nullcontext(),
    )
