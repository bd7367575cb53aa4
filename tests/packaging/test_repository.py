"""``make repo``: a chart repository that programs, browsers and dependencies can use."""

import hashlib
import importlib.util
import os
import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from pysequoia import Cert, Tsk

from tests.scripts import forked

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("repository", ROOT / "packaging" / "repository.py")
repository = importlib.util.module_from_spec(SPEC)
sys.modules["repository"] = repository  # dataclasses look their module up
SPEC.loader.exec_module(repository)

pytestmark = pytest.mark.xdist_group("repository")


class Build(repository.Builder):
    """The builder, with each command in a fork of this process."""

    def pxhelm(self, *arguments):
        status, out, err = forked.run(arguments, self.work, self.env)
        if status:
            raise SystemExit(f"{out}{err}")
        return out


def build(target, work, key):
    work.mkdir()
    builder = Build(target, work)
    builder.key = key
    return builder.build()


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    keyring = tmp_path_factory.mktemp("key") / "secret.pgp"
    keyring.write_bytes(bytes(Tsk.generate("Ada <ada@example.invalid>")))
    return repository.Key(keyring, "Ada", test=True)


def test_of_two_that_make_the_test_key_at_once_one_has_made_it(tmp_path, monkeypatch):
    path, generate = tmp_path / "key.pgp", Tsk.generate

    class Racing:
        @staticmethod
        def generate(name):
            made = generate(name)
            if not path.exists():
                path.write_bytes(b"the other's")
            return made

    monkeypatch.setattr("pysequoia.Tsk", Racing)
    repository.make_test_key(path)
    assert path.read_bytes() == b"the other's"
    assert [each.name for each in tmp_path.iterdir()] == ["key.pgp"]


@pytest.fixture(scope="module")
def built(tmp_path_factory, key):
    """A built repository; tests only read it."""
    target = tmp_path_factory.mktemp("repo") / "repo"
    build(target, target.parent / "work", key)
    return target


class User:
    """Somebody with a folder of her own."""

    def __init__(self, folder):
        self.folder = folder
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("PXHELM_")}
        self.env |= {f"PXHELM_{n.upper()}_HOME": str(folder / n) for n in ("config", "data", "cache", "state")}

    def pxhelm(self, line):
        status, out, err = forked.run(line.split(), self.folder, self.env)
        assert status == 0, err
        return out


@pytest.fixture
def user(tmp_path):
    return User(tmp_path)


def index_of(folder):
    return yaml.safe_load((folder / "index.yaml").read_text())


def test_every_starter_is_listed_with_the_digest_of_its_archive(built):
    entries = index_of(built)["entries"]
    assert set(entries) == {p.name for p in (ROOT / "chart-templates").iterdir()}
    for (one,) in entries.values():
        archive = (built / one["urls"][0]).read_bytes()
        assert one["digest"] == hashlib.sha256(archive).hexdigest()


def test_a_second_build_gives_the_same_bytes_and_signs_nothing_again(built, key, tmp_path):
    again = tmp_path / "again"
    build(again, tmp_path / "work", key)
    for path in (*built.glob("*.tgz"), built / "index.yaml", built / "index.html"):
        assert (again / path.name).read_bytes() == path.read_bytes()
    signatures = {p.name: p.read_bytes() for p in again.glob("*.prov")}
    assert build(again, tmp_path / "work2", key) == []
    assert {p.name: p.read_bytes() for p in again.glob("*.prov")} == signatures


def test_what_a_maintainer_published_is_never_replaced(built, key, tmp_path):
    target = tmp_path / "repo"
    shutil.copytree(built, target)
    (target / "blank-0.1.0.tgz").write_bytes((target / "web-app-0.1.0.tgz").read_bytes())
    with pytest.raises(SystemExit, match=r"blank-0\.1\.0\.tgz was published with other content"):
        build(target, tmp_path / "work", repository.Key(key.keyring, key.name))


def test_the_published_key_has_no_secret(built):
    (public,) = Cert.split_bytes((built / "pxhelm.gpg").read_bytes())
    assert not public.has_secret_keys
    assert [str(one) for one in public.user_ids] == ["Ada <ada@example.invalid>"]


class Links(HTMLParser):
    """Collects where a page leads."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if tag == "a" and name == "href"]


def test_the_page_links_every_archive_and_signature(built):
    found = set(Links((built / "index.html").read_text()).found)
    assert all((built / name).is_file() for name in found)
    assert {p.name for p in built.glob("*.tgz*")} <= found


def test_a_description_cannot_put_markup_into_the_page():
    entry = {"name": "x", "version": "1.0.0", "urls": ["x.tgz"], "description": "<script>alert(1)</script>"}
    assert "<script>alert" not in repository.page({"x": [entry]})


def rendered(user, chart):
    found = yaml.safe_load_all(user.pxhelm(f"template demo {chart}"))
    return sorted((one["kind"], one["metadata"]["name"]) for one in found if one)


PLATFORM = [
    ("Container", "demo-lb"),
    ("Container", "demo-smoke"),
    ("Pool", "demo"),
    ("VirtualMachine", "demo-web-0"),
    ("VirtualMachine", "demo-web-1"),
    ("VirtualMachine", "demo-workers-0"),
    ("VirtualMachine", "demo-workers-1"),
]


def test_an_umbrella_made_from_the_starter_gets_its_dependencies_over_http(built, user):
    user.pxhelm("create mine --starter platform")
    with repository.serve(built) as url:
        user.pxhelm(f"repo add pxhelm {url}")
        keyring = built / "pxhelm.gpg"
        out = user.pxhelm(f"dependency update mine --verify --keyring {keyring}")
        assert f"Downloading web-app from repo {url}" in out
        shutil.rmtree(user.folder / "mine" / "charts")
        user.pxhelm("dependency build mine")
    lock = yaml.safe_load((user.folder / "mine" / "Chart.lock").read_text())
    assert [(one["name"], one["version"]) for one in lock["dependencies"]] == [("web-app", "0.1.0"), ("blank", "0.1.0")]
    states = [line.split()[-1] for line in user.pxhelm("dependency list mine").splitlines()[1:] if line.strip()]
    assert states == ["ok", "ok"]
    assert rendered(user, "mine") == PLATFORM


def test_an_umbrella_gets_its_dependencies_from_folders_too(user):
    for name in ("platform", "web-app", "blank"):
        user.pxhelm(f"create {name} --starter {name}")
    chart = user.folder / "platform" / "Chart.yaml"
    text = re.sub(r'(name: (\S+)\n.*\n    repository: )"@pxhelm"', r'\1"file://../\2"', chart.read_text())
    assert text.count("file://") == 2
    chart.write_text(text)
    user.pxhelm("dependency update platform")
    assert rendered(user, "platform") == PLATFORM


def test_the_published_umbrella_is_complete_and_verifies(built, user):
    with repository.serve(built) as url:
        user.pxhelm(f"repo add pxhelm {url}")
        assert "pxhelm/platform" in user.pxhelm("search repo platform")
        said = user.pxhelm(f"pull pxhelm/platform --verify --keyring {built / 'pxhelm.gpg'}")
    assert "Signed by: Ada <ada@example.invalid>" in said
    assert rendered(user, "platform-0.1.0.tgz") == PLATFORM


def test_conditions_of_the_umbrella_leave_charts_out(built, user):
    out = user.pxhelm(f"template demo {built / 'platform-0.1.0.tgz'} --set workers.enabled=false")
    assert "workers" not in out
    assert "demo-web-0" in out
