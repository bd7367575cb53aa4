"""Images: which file a manifest means, and how each source is fetched."""

import pytest

from .conftest import resource

IMAGE = "apiVersion: proxmox.io/v1\nkind: Image\nmetadata: {name: debian}\nspec: %s\n"


def image(spec):
    return resource(IMAGE % spec)


@pytest.mark.parametrize(
    ("spec", "volume"),
    [
        (
            "{storage: nas, content: import, filename: a.qcow2, source: {url: 'https://x/b.qcow2'}}",
            "nas:import/a.qcow2",
        ),
        ("{storage: nas, content: iso, source: {url: 'https://x/y/debian.iso?v=1'}}", "nas:iso/debian.iso"),
        ("{storage: nas, content: iso, source: {file: ./files/own.iso}}", "nas:iso/own.iso"),
        ("{storage: nas, content: vztmpl, source: {appliance: a.tar.zst}}", "nas:vztmpl/a.tar.zst"),
    ],
)
def test_the_file_that_is_meant(apply_to, cluster, spec, volume):
    assert apply_to(cluster, image(spec)).kind.identifier(image(spec)) == volume


@pytest.mark.parametrize(
    ("spec", "path", "params"),
    [
        (
            "{storage: local, content: iso, checksum: 'sha256:ab', source: {url: 'https://x/d.iso', verifyTLS: false}}",
            "/nodes/pve-node1/storage/local/download-url",
            {"content": "iso", "filename": "d.iso", "url": "https://x/d.iso", "verify-certificates": False,
             "checksum": "ab", "checksum-algorithm": "sha256"},
        ),
        (
            "{storage: local, content: vztmpl, filename: nginx.tar, source: {oci: 'docker.io/nginx:1'}}",
            "/nodes/pve-node1/storage/local/oci-registry-pull",
            {"reference": "docker.io/nginx:1", "filename": "nginx.tar"},
        ),
    ],
)  # fmt: skip
def test_each_source_has_its_call(cluster, apply_to, spec, path, params):
    (step,) = apply_to(cluster, image(spec)).steps()
    assert (step.verb, step.request.path, dict(step.request.params)) == ("fetch", path, params)


def test_a_file_from_here_is_uploaded(cluster, apply_to):
    (step,) = apply_to(cluster, image("{storage: local, content: iso, source: {file: own.iso}}")).steps()
    assert step.request.path.endswith("/upload")
    assert (step.request.upload.path, step.request.upload.filename) == ("own.iso", "own.iso")


def test_a_file_that_is_not_there_and_comes_from_nowhere_is_told(cluster, apply_to):
    it = apply_to(cluster, image("{storage: local, content: iso, filename: a.iso}"))
    assert "nothing says where it comes from" in it.kind.refuse(it.change(it.observe()))


def test_a_file_that_is_there_is_not_fetched_again(cluster, apply_to):
    cluster.simulator.happen({"event": "put-file", "node": "pve-node2", "volid": "local:iso/a.iso", "size": 100})
    it = apply_to(cluster, image("{storage: local, content: iso, filename: a.iso}"))
    it.target = type(it.target)(it.target.key, it.target.uid, row={"id": "local:iso/a.iso"})
    assert it.apply() == []
