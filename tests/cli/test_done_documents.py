"""With ``-o json`` commands that do something say to programs what they did, and nothing else on standard output."""

import hashlib
import json

import pytest

from pxhelm.cli import main
from tests.conformance.cli_cases import Static, serve
from tests.conformance.registry import Registry

FILES = {
    "shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.2.3\n"
    "dependencies: [{name: db, version: 1.x, repository: 'file://../db'}]\n",
    "shop/values.yaml": "# -- how large\nsize: 3\n",
    "shop/templates/a.yaml": "kind: Pool\nmetadata: {name: a}\n",
    "shop/tests/a_test.yaml": "suite: a\ntemplates: [a.yaml]\ntests:\n- it: is a pool\n  asserts: [{isKind: {of: Pool}}]\n"
    "- it: is a disk\n  asserts: [{isKind: {of: Disk}}]\n",
    "db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"PXHELM_{kind}_HOME", str(tmp_path / kind.lower()))
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)

    def answer(line, status=0):
        assert main(line.split()) == status
        return json.loads(capsys.readouterr().out)

    return answer


@pytest.fixture
def served(tmp_path, run):
    """Serve the folder ``www``, which holds an index and the archive of ``db``."""
    (tmp_path / "www").mkdir()
    run("package db -d www -o json")
    server = Static(tmp_path / "www")
    url = f"http://127.0.0.1:{serve(server)}"
    yield url
    server.shutdown()
    server.server_close()


def test_an_index_says_where_it_is(served, run, tmp_path):
    assert run(f"repo index www --url {served} -o json") == {"path": str(tmp_path / "www" / "index.yaml")}


def test_repositories_come_are_renewed_and_go(served, run):
    run(f"repo index www --url {served} -o json")
    assert run(f"repo add mine {served} -o json") == {"name": "mine", "url": served, "added": True}
    assert run(f"repo add mine {served} -o json")["added"] is False
    assert run("repo update -o json") == [{"name": "mine", "url": served, "updated": True}]
    assert run("repo remove mine -o json") == [{"name": "mine", "removed": True}]


def test_an_index_that_cannot_be_had_is_not_updated(served, run, tmp_path):
    run(f"repo index www --url {served} -o json")
    run(f"repo add mine {served} -o json")
    (tmp_path / "www" / "index.yaml").unlink()
    assert run("repo update -o json") == [{"name": "mine", "url": served, "updated": False}]


def test_what_was_pulled_says_from_where_to_where_and_what(served, run, tmp_path):
    run(f"repo index www --url {served} -o json")
    archive = (tmp_path / "www" / "db-1.0.0.tgz").read_bytes()
    digest = hashlib.sha256(archive).hexdigest()
    (found,) = run(f"pull db --repo {served} -o json")
    assert found == {"chart": "db", "url": f"{served}/db-1.0.0.tgz", "path": "db-1.0.0.tgz", "digest": digest}
    (found,) = run(f"pull {served}/db-1.0.0.tgz --untar --untardir there -o json")
    assert found["path"] == "there/db"
    assert (tmp_path / "there" / "db" / "Chart.yaml").is_file()


def test_a_registry_is_entered_filled_and_left(run):
    registry = Registry()
    host = f"localhost:{serve(registry)}"
    try:
        entered = run(f"registry login {host} -u me -p secret --plain-http -o json")
        run("package db -o json")
        pushed = run(f"push db-1.0.0.tgz oci://{host}/charts --plain-http -o json")
        left = run(f"registry logout {host} -o json")
    finally:
        registry.shutdown()
        registry.server_close()
    assert entered == {"registry": host, "username": "me", "loggedIn": True}
    assert pushed["reference"] == f"{host}/charts/db:1.0.0"
    assert pushed["digest"].startswith("sha256:")
    assert left == {"registry": host, "loggedIn": False}


@pytest.mark.parametrize("verb", ["update", "build"])
def test_dependencies_are_listed_after_they_were_fetched(verb, run):
    (found,) = run(f"dependency {verb} shop -o json")
    assert found == {"name": "db", "version": "1.x", "repository": "file://../db", "status": "ok"}


@pytest.mark.parametrize(("command", "name"), [("docs", "README.md"), ("schema", "values.schema.json")])
def test_generated_files_say_whether_they_are_stale(command, name, run):
    path = f"shop/{name}"
    assert run(f"{command} generate shop --check -o json", status=1) == {"path": path, "stale": True}
    assert run(f"{command} generate shop -o json") == {"path": path, "changed": True}
    assert run(f"{command} generate shop -o json") == {"path": path, "changed": False}
    assert run(f"{command} generate shop --check -o json") == {"path": path, "stale": False}


def test_a_text_is_not_asked_for_as_a_document(run, capsys):
    assert main(["docs", "generate", "shop", "--stdout", "-o", "json"]) == 2
    assert "--stdout prints the text itself" in capsys.readouterr().err


def test_tests_say_what_failed_and_why(run):
    run("dependency update shop -o json")
    (chart,) = run("unittest shop --output json", status=1)
    (suite,) = chart["suites"]
    passed, failed = suite["tests"]
    assert (chart["chart"], chart["passed"], suite["file"]) == ("shop", False, "shop/tests/a_test.yaml")
    assert (passed["name"], passed["passed"], passed["failures"]) == ("is a pool", True, [])
    (why,) = failed["failures"]
    assert (why["kind"], why["not"]) == ("isKind", False)
    assert any("Disk" in line for line in why["lines"])
