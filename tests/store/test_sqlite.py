# ruff: noqa: PT012  what is raised inside a transaction is the point

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.secret import SealingKey
from pxhelm.store import migrations, sqlite
from pxhelm.store.bindings import Reservation
from pxhelm.store.clusters import Cluster
from pxhelm.store.contact import Contact, meet
from pxhelm.store.migrations import VERSION
from pxhelm.store.objects import ObjectKey, StoredObject
from pxhelm.store.outcome import StoreError
from pxhelm.store.releases import ReleaseKey, Revision
from pxhelm.store.sealed import SealedStore, Sealer
from pxhelm.store.sql.store import migrate
from pxhelm.store.sqlite import open_store

KEY = ReleaseKey("lab", "prod", "web")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "pxhelm.db"


def revision(version, size):
    return Revision(KEY, version, "deployed", os.urandom(size))


def test_the_folder_of_migrations_is_the_table():
    folder = Path(migrations.__file__).parent
    assert sorted(p.name for p in folder.glob("*.sql")) == list(migrations.MIGRATIONS)


def test_file_and_folder_are_the_users_alone(path):
    old = os.umask(0)
    try:
        store = open_store(path)
        store.clusters.put(Cluster("a"))
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()}
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert modes == {"pxhelm.db": 0o600, "pxhelm.db-wal": 0o600, "pxhelm.db-shm": 0o600}
    store.close()


def test_commits_are_on_disk_before_they_count(path):
    store = open_store(path)
    connection = store._connection._connection()
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    store.close()


def test_a_store_of_a_newer_version_is_refused_and_untouched(path):
    open_store(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("INSERT INTO schema_migrations VALUES (99, '0099_future.sql')")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(PxhelmError, match=rf"it has version 99, this pxhelm knows up to version {VERSION}") as refused:
        open_store(path)
    assert refused.value.hint
    assert path.read_bytes() == before


def test_what_is_no_database_is_refused(path):
    path.parent.mkdir()
    path.write_bytes(b"this is a text, and a long one" * 100)
    with pytest.raises(StoreError, match="cannot read the store"):
        open_store(path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PxhelmError, match=r"cannot open the store .*file/pxhelm.db"):
        open_store(tmp_path / "file" / "pxhelm.db")


def test_a_failed_migration_leaves_nothing(path, monkeypatch):
    good = migrations.statements(1)
    monkeypatch.setattr(migrations, "statements", lambda _v: [*good, "CREATE TABLE broken ("])
    with pytest.raises(StoreError):
        open_store(path)
    monkeypatch.undo()
    store = open_store(path)
    store.clusters.put(Cluster("a"))
    store.close()


def test_a_full_store_says_so_and_keeps_nothing_half_done(path):
    open_store(path).close()
    pages = path.stat().st_size // 4096
    store = open_store(path, max_pages=pages + 20)
    store.releases.create(revision(1, 1000))
    with pytest.raises(StoreError, match="the disk or the store is full") as full, store.transaction():
        store.clusters.put(Cluster("half"))
        store.releases.create(revision(2, 500_000))
    assert full.value.hint
    assert store.clusters.list() == ()
    assert [r.version for r in store.releases.history(KEY)] == [1]
    store.releases.create(revision(3, 1000))
    store.close()


def test_a_second_process_waits_and_then_is_told(path, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    first, second = open_store(path), open_store(path)
    with first.transaction():
        first.clusters.put(Cluster("a"))
        with pytest.raises(StoreError, match="kept it locked") as locked:
            second.clusters.put(Cluster("b"))
        assert locked.value.code is ExitCode.LOCKED
        assert second.clusters.list() == ()
    second.clusters.put(Cluster("b"))
    assert len(first.clusters.list()) == 2
    first.close()
    second.close()


def test_threads_reserve_different_vmids(path):
    store = open_store(path)
    reserved, failures = [], []

    def work(number):
        try:
            for n in range(10):
                made = store.bindings.reserve(Reservation("lab", f"u{number}-{n}", "Container", 1.0))
                reserved.append(made.vmid)
        except Exception as failure:  # noqa: BLE001
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(reserved) == list(range(10000, 10080))
    store.close()


def test_a_thread_inside_a_transaction_does_not_hold_others_writes_in_it(path):
    store = open_store(path)
    done = threading.Event()

    def other():
        store.clusters.put(Cluster("other"))
        done.set()

    with pytest.raises(RuntimeError), store.transaction():
        store.clusters.put(Cluster("mine"))
        thread = threading.Thread(target=other)
        thread.start()
        assert not done.wait(0.1)
        raise RuntimeError
    thread.join()
    assert [c.key for c in store.clusters.list()] == ["other"]
    store.close()


def test_a_thread_that_ends_leaves_no_file_open(path):
    store = open_store(path)
    store.clusters.list()
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))
    for _ in range(20):
        thread = threading.Thread(target=store.clusters.list)
        thread.start()
        thread.join()
    # SQLite keeps one for later use: closing it would drop the process's POSIX locks on the file.
    assert len(list(descriptors.iterdir())) <= before + 1
    store.close()


def test_a_killed_process_leaves_its_committed_rows(path):
    code = (
        "import os, sys, signal\nfrom pathlib import Path\n"
        "from pxhelm.store.sqlite import open_store\nfrom pxhelm.store.clusters import Cluster\n"
        "s = open_store(Path(sys.argv[1]))\ns.clusters.put(Cluster('kept'))\n"
        "with s.transaction():\n    s.clusters.put(Cluster('lost'))\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=Path(__file__).parents[2])
    assert done.returncode == -9
    store = open_store(path)
    assert [c.key for c in store.clusters.list()] == ["kept"]
    store.close()


def sealed(path, key=b"k" * 32):
    inner = open_store(path)
    return inner, SealedStore(inner, Sealer(SealingKey(key), lambda: os.urandom(12)))


def test_a_canary_in_values_and_manifests_is_not_found_in_the_files(path):
    inner, store = sealed(path)
    canary = b"canary-5d41402abc4b2a76"
    store.releases.create(Revision(KEY, 1, "deployed", b'{"password": "' + canary + b'"}'))
    store.objects.put(
        StoredObject("u1", ObjectKey("lab", "VirtualMachine", "prod", "web"), manifest=b"cipassword: " + canary)
    )
    assert canary in store.releases.get(KEY, 1).payload
    on_disk = b"".join(p.read_bytes() for p in path.parent.iterdir())
    assert b"deployed" in on_disk
    assert canary not in on_disk
    inner.close()
    assert canary not in b"".join(p.read_bytes() for p in path.parent.iterdir())


def test_another_key_is_refused(path):
    inner, store = sealed(path)
    store.releases.create(Revision(KEY, 1, "deployed", b"secret"))
    inner.close()
    inner, store = sealed(path, b"x" * 32)
    with pytest.raises(PxhelmError, match=r"cannot read release:lab/prod/web.v1: sealed with another key"):
        store.releases.last(KEY)
    inner.close()


def test_a_payload_cannot_be_moved_to_another_revision(path):
    inner, store = sealed(path)
    store.releases.create(Revision(KEY, 1, "deployed", b"secret"))
    moved = inner.releases.get(KEY, 1)
    inner.releases.create(Revision(KEY, 2, "deployed", moved.payload))
    with pytest.raises(PxhelmError, match=r"web.v2"):
        store.releases.last(KEY)
    inner.close()


def test_what_was_keyed_by_contexts_is_adopted_by_their_clusters(path):
    path.parent.mkdir()
    raw = sqlite.SqliteConnection(path)
    migrate(raw, str(path), upto=1)
    raw.run("INSERT INTO clusters (name, root_ca, installation, settings) VALUES ('home', '', 'inst1', '{}')")
    raw.run(
        "INSERT INTO bindings (cluster, vmid, uid, kind, state, guest_uuid, epoch, since)"
        " VALUES ('home', 10000, 'u1', 'VirtualMachine', 'bound', '', 1, 0)"
    )
    raw.run(
        "INSERT INTO inventory (cluster, ref, kind, seen_at, digest, status, node, uid, intended, present, actor)"
        " VALUES ('seen', 'qemu/100', 'VirtualMachine', 0, '', '', '', '', '{}', '{}', '')"
    )
    raw.close()
    store = sqlite.open_store(path)
    assert [c.key for c in store.clusters.list()] == ["home", "seen"]
    first = meet(store, Contact("home", "AA:BB", "lab"))
    assert (first.key, first.installation) == ("home", "inst1")
    assert meet(store, Contact("other", "AA:BB", "lab")).key == "home"
    assert [b.vmid for b in store.bindings.list("home")] == [10000]
    assert meet(store, Contact("seen", "CC:DD")).key == "seen"
    store.close()
