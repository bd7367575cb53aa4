"""What pxhelm writes, real helm reads, and the reverse: registries, signatures, repositories, locks."""

import shutil

import pytest
import yaml
from pysequoia import CipherSuite, Tsk

from tests.conformance.registry import PASSWORD, USER
from tests.interop.programs import ROOT, Pair
from tests.packaging.test_repository import build, repository
from tests.repo import registries


@pytest.fixture
def pair(tmp_path):
    return Pair(tmp_path)


@pytest.fixture
def registry(tmp_path):
    folder = tmp_path / "registry"
    folder.mkdir()
    running = []

    def start(auth="", *, tls=False):
        running.append(registries.real(folder, auth, tls=tls))
        return running[-1].__enter__()

    yield start
    for one in running:
        one.__exit__(None, None, None)


def test_a_pushed_chart_is_pulled_by_the_other_byte_for_byte(pair, registry):
    host = registry().host
    pair.chart(version="1.2.3+pve.8")
    for name, write, read in pair.both():
        write(f"package web -d {name}")
        archive = f"{name}/web-1.2.3+pve.8.tgz"
        write(f"push {archive} oci://{host}/{name} --plain-http")
        (pair.folder / f"by-{name}").mkdir()
        said = read(f"pull oci://{host}/{name}/web --plain-http -d by-{name}")
        assert f"Pulled: {host}/{name}/web:1.2.3_pve.8" in said
        found = (pair.folder / f"by-{name}" / "web-1.2.3+pve.8.tgz").read_bytes()
        assert found == (pair.folder / archive).read_bytes()


@pytest.mark.parametrize("auth", ["basic", "bearer"])
def test_a_login_of_one_lets_the_other_in(pair, registry, auth):
    host = registry(auth).host
    pair.chart()
    pair.pxhelm("package web")
    for _, one, other in pair.both():
        one(f"registry login {host} -u {USER} -p {PASSWORD} --plain-http")
        files = {p.parents[2].name: p for p in pair.folder.glob("*/config/registry/config.json")}
        name = "pxhelm" if "helm" in files and len(files) == 1 else "helm"
        (source,) = files.values()
        target = pair.folder / name / "config" / "registry" / "config.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)
        other(f"push web-1.2.3.tgz oci://{host}/lab --plain-http")
        other(f"pull oci://{host}/lab/web:1.2.3 --plain-http")
        target.unlink()


def test_both_trust_an_own_authority(pair, registry):
    running = registry("basic", tls=True)
    pair.chart()
    pair.helm("package web")
    flags = f"--ca-file {running.ca} --username {USER} --password {PASSWORD}"
    for name, write, read in pair.both():
        write(f"push web-1.2.3.tgz oci://{running.host}/{name} {flags}")
        read(f"pull oci://{running.host}/{name}/web {flags}")


@pytest.mark.parametrize("suite", [CipherSuite.RSA2k, CipherSuite.Cv25519, CipherSuite.P256])
def test_what_pxhelm_signs_helm_verifies_also_out_of_a_registry(pair, registry, suite):
    key = Tsk.generate("Ada <ada@example.invalid>", cipher_suite=suite)
    (pair.folder / "secret.gpg").write_bytes(bytes(key))
    (pair.folder / "public.gpg").write_bytes(bytes(key.extract_certificate()))
    pair.chart(description='"a <b> & c: \\"d\\""', appVersion='"1.0"')
    pair.pxhelm("package web --sign --key Ada --keyring secret.gpg")
    assert pair.helm("verify web-1.2.3.tgz --keyring public.gpg") == pair.pxhelm(
        "verify web-1.2.3.tgz --keyring public.gpg"
    )
    host = registry().host
    pair.pxhelm(f"push web-1.2.3.tgz oci://{host}/lab --plain-http")
    (pair.folder / "out").mkdir()
    said = pair.helm(f"pull oci://{host}/lab/web --plain-http --verify --keyring public.gpg -d out")
    assert "Signed by: Ada <ada@example.invalid>" in said


def test_helm_reads_the_repository_and_locks_as_we_do(pair, tmp_path_factory):
    place = tmp_path_factory.mktemp("repo")
    keyring = place / "secret.pgp"
    keyring.write_bytes(bytes(Tsk.generate("Ada <ada@example.invalid>")))
    build(place / "repo", place / "work", repository.Key(keyring, "Ada", test=True))
    with repository.serve(place / "repo") as url:
        locks = {}
        for name, run in (("helm", pair.helm), ("pxhelm", pair.pxhelm)):
            run(f"repo add pxhelm {url}")
            assert "pxhelm/platform" in run("search repo platform")
            run(f"pull pxhelm/platform --verify --keyring {place / 'repo' / 'pxhelm.gpg'}")
            shutil.copytree(ROOT / "chart-templates" / "platform", pair.folder / f"{name}-chart")
            run(f"dependency update {name}-chart")
            run(f"dependency build {name}-chart")
            lock = yaml.safe_load((pair.folder / f"{name}-chart" / "Chart.lock").read_text())
            locks[name] = {key: lock[key] for key in ("dependencies", "digest")}
        assert locks["helm"] == locks["pxhelm"]
        assert pair.helm("template r helm-chart") == pair.pxhelm("template r pxhelm-chart")
