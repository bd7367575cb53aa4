"""A secret is read from where the context says, and a failure names the place and never the value."""

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.settings import SecretSource, context_of, load

SECRET = "5ca1ab1e"


def script(text):
    return SecretSource(command=("sh", "-c", text))


def test_each_source_gives_the_secret_without_the_line_end(tmp_path, monkeypatch):
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    monkeypatch.setenv("PVE_SECRET", SECRET)
    sources = (SecretSource(env="PVE_SECRET"), SecretSource(file=str(tmp_path / "secret")), script(f"echo {SECRET}"))
    assert {source.read("it").reveal() for source in sources} == {SECRET}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (script(f"echo {SECRET}; exit 3"), "cannot read it: command sh failed: exit status 3"),
        (script(r"printf '\377'"), "cannot read it: what sh prints is no text in UTF-8"),
        (SecretSource(command=("/no/such/program",)), "command /no/such/program failed: no such file or directory"),
        (SecretSource(file="/no/such/file"), "cannot read it: no such file or directory: /no/such/file"),
        (SecretSource(env="PVE_NONE"), "cannot read it: environment variable PVE_NONE is not set"),
        (SecretSource(), "cannot read it: no source is given"),
    ],
)
def test_a_source_that_gives_nothing_is_named(source, message):
    with pytest.raises(PxhelmError) as found:
        source.read("it")
    assert message in found.value.message
    assert SECRET not in found.value.message


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "secret").write_bytes(b"\xff")
    with pytest.raises(PxhelmError, match="secret is no text in UTF-8"):
        SecretSource(file=str(tmp_path / "secret")).read("it")


def of_home(folder, **environ):
    (folder / "config.yaml").write_text("currentContext: home\ncontexts: [{name: home, endpoints: [pve1]}]\n")
    return load({"PXHELM_CONFIG_HOME": str(folder), **environ})


def test_the_environment_limits_requests_and_a_flag_stands_over_it(tmp_path):
    settings = of_home(tmp_path, PXHELM_BURST_LIMIT="8", PXHELM_QPS="2.5")
    assert (settings.context().at_once, settings.context().per_second) == (8, 2.5)
    assert context_of(settings, {"burst_limit": 3}, {}).at_once == 3


@pytest.mark.parametrize("number", ["many", "-1", "inf"])
def test_what_is_no_number_of_requests_is_told(tmp_path, number):
    with pytest.raises(PxhelmError, match=f"cannot use PXHELM_QPS: {number} is no number of requests"):
        of_home(tmp_path, PXHELM_QPS=number)
