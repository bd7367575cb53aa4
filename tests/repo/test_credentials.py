"""Credentials of registries where Docker and Helm keep them."""

import base64
import json

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.repo.access import Credential
from pxhelm.repo.credentials import Credentials

PAIR = base64.b64encode(b"ada:se:cret").decode()


@pytest.fixture
def keep(tmp_path):
    def keep(own=None, docker=None):
        for name, data in (("own.json", own), ("docker.json", docker)):
            if data is not None:
                (tmp_path / name).write_text(data if isinstance(data, str) else json.dumps(data))
        return Credentials(str(tmp_path / "own.json"), (str(tmp_path / "docker.json"),))

    return keep


def test_what_is_put_is_found_again_and_only_the_owner_can_read_it(keep, tmp_path):
    kept = keep()
    kept.put("r.example:5000", "ada", "se:cret")
    assert kept.get("r.example:5000") == Credential("ada", "se:cret")
    assert kept.get("r.example") is None
    assert (tmp_path / "own.json").stat().st_mode & 0o777 == 0o600
    assert (
        tmp_path / "own.json"
    ).read_text() == f'{{\n\t"auths": {{\n\t\t"r.example:5000": {{\n\t\t\t"auth": "{PAIR}"\n\t\t}}\n\t}}\n}}'


def test_docker_is_asked_after_our_own_file_and_never_written(keep, tmp_path):
    docker = {"auths": {"r.example": {"auth": PAIR}}, "HttpHeaders": {}}
    kept = keep(None, docker)
    assert kept.get("r.example") == Credential("ada", "se:cret")
    kept.put("r.example", "eve", "own")
    assert kept.get("r.example").username == "eve"
    kept.remove("r.example")
    assert kept.get("r.example").username == "ada"
    assert json.loads((tmp_path / "docker.json").read_text()) == docker


@pytest.mark.parametrize("name", ["docker.io", "registry-1.docker.io", "index.docker.io"])
def test_docker_hub_has_its_old_name(keep, name):
    assert keep(None, {"auths": {"https://index.docker.io/v1/": {"auth": PAIR}}}).get(name).username == "ada"


def test_an_identity_token_is_no_password(keep):
    auth = base64.b64encode(b"00000000:").decode()
    found = keep({"auths": {"r.example": {"auth": auth, "identitytoken": "refresh"}}}).get("r.example")
    assert found.identity == "refresh"


def test_a_credential_helper_is_asked(keep, tmp_path, monkeypatch):
    program = tmp_path / "docker-credential-test"
    program.write_text('#!/bin/sh\nread host; echo "{\\"Username\\":\\"ada\\",\\"Secret\\":\\"$host\\"}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert keep(None, {"credHelpers": {"r.example": "test"}}).get("r.example") == Credential("ada", "r.example")
    assert keep(None, {"credsStore": "test"}).get("other.example") == Credential("ada", "other.example")
    assert keep(None, {"credsStore": "not-there"}).get("other.example") is None


def test_an_empty_file_knows_nothing_and_a_broken_one_is_told(keep):
    assert keep("").get("r.example") is None
    with pytest.raises(PxhelmError, match=r"cannot read .*own\.json"):
        keep("{").get("r.example")


def test_a_password_is_not_shown():
    assert "secret" not in repr(Credential("ada", "secret", "secret"))


@pytest.mark.parametrize(
    "said", ["[]", '{"auths": null}', '{"auths": {"r.example": "x"}}', '{"credHelpers": [], "auths": 5}']
)
def test_a_file_of_another_shape_knows_nobody_and_can_still_be_added_to(keep, said):
    kept = keep(said)
    assert kept.get("r.example") is None
    kept.remove("r.example")
    kept.put("r.example", "ada", "se:cret")
    assert kept.get("r.example") == Credential("ada", "se:cret")
