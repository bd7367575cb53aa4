"""Charts in an OCI registry. Every test runs against the stand-in and, once `make interop` has installed it, against
CNCF Distribution, so that the stand-in cannot agree with us alone. Texts are those of Helm v3.22 in the same place.
"""

import json
from types import SimpleNamespace

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.repo.access import Access, Artifact
from pxhelm.repo.conversation import challenge, check_realm
from pxhelm.repo.credentials import Credentials
from pxhelm.repo.http import Web
from pxhelm.repo.registry import Registry
from pxhelm.secret import Secret
from tests.conformance.registry import PASSWORD, USER
from tests.repo import registries

CHART = Artifact(
    b'{"name":"web","version":"1.2.3"}', b"archive", b"signature", {"org.opencontainers.image.title": "web"}
)
LET_IN = Access(username=USER, password=Secret(PASSWORD), plain_http=True)
PLAIN = Access(plain_http=True)


@pytest.fixture(params=["stand-in", *(["distribution"] if registries.REAL.exists() else [])])
def start(request, tmp_path):
    """Start a registry: ``start(auth="basic", tls=True)``."""
    kinds = {"stand-in": registries.stand_in, "distribution": registries.real}
    running = []

    def start(auth="", *, tls=False):
        running.append(kinds[request.param](tmp_path, auth, tls=tls))
        return running[-1].__enter__()

    yield start
    for one in running:
        one.__exit__(None, None, None)


@pytest.fixture
def client(tmp_path):
    web = Web()
    yield Registry(Credentials(str(tmp_path / "config.json")), web)
    web.close()


def refusal(call, *arguments):
    with pytest.raises(PxhelmError) as found:
        call(*arguments)
    return found.value.message


def test_what_is_pushed_can_be_pulled_with_its_provenance(start, client):
    place = f"{start().host}/lab/web"
    digest = client.push(place, "1.2.3", CHART, PLAIN)
    for tag in ("1.2.3", digest):
        found = client.pull(place, tag, PLAIN)
        assert (found.digest, found.archive, found.provenance) == (digest, b"archive", b"signature")
    assert client.resolve(place, "1.2.3", PLAIN) == digest
    assert client.push(place, "1.2.3", CHART, PLAIN) == digest


def test_tags_are_listed(start, client):
    place = f"{start().host}/lab/web"
    for tag in ("1.2.3", "1.3.0_build.5", "latest"):
        client.push(place, tag, CHART, PLAIN)
    assert sorted(client.tags(place, PLAIN)) == ["1.2.3", "1.3.0_build.5", "latest"]


def test_what_is_not_there_is_told_in_helms_words(start, client):
    host = start().host
    client.push(f"{host}/lab/web", "1.2.3", CHART, PLAIN)
    wanted = f'failed to perform "FetchReference" on source: {host}/lab/web:9.9.9: not found'
    assert refusal(client.pull, f"{host}/lab/web", "9.9.9", PLAIN) == wanted
    assert refusal(client.tags, f"{host}/lab/none", PLAIN).startswith(
        f'GET "http://{host}/v2/lab/none/tags/list": response status code 404: name unknown: '
    )


def test_without_credentials_basic_says_what_is_missing(start, client):
    host = start("basic").host
    url = f"http://{host}/v2/lab/web/tags/list"
    assert refusal(client.tags, f"{host}/lab/web", PLAIN) == f'GET "{url}": basic credential not found'
    told = refusal(client.push, f"{host}/lab/web", "1.2.3", CHART, PLAIN)
    assert told.startswith(
        f'failed to perform "Exists" on destination: HEAD "http://{host}/v2/lab/web/manifests/sha256:'
    )


def test_a_wrong_password_is_refused_with_the_registrys_own_words(start, client):
    host = start("basic").host
    wrong = Access(username=USER, password=Secret("wrong"), plain_http=True)
    told = refusal(client.login, host, wrong)
    status = "response status code 401: unauthorized: authentication required"
    assert told == f'authenticating to "{host}": GET "http://{host}/v2/": {status}'


@pytest.mark.parametrize("auth", ["basic", "bearer"])
def test_after_login_the_password_is_found_and_after_logout_it_is_not(start, client, auth, tmp_path):
    host = start(auth).host
    client.login(host, LET_IN)
    kept = json.loads((tmp_path / "config.json").read_text())
    assert kept == {"auths": {host: {"auth": "YWRhOnNlY3JldA=="}}}
    digest = client.push(f"{host}/lab/web", "1.2.3", CHART, PLAIN)
    assert client.pull(f"{host}/lab/web", "1.2.3", PLAIN).digest == digest
    client.logout(host)
    assert json.loads((tmp_path / "config.json").read_text()) == {"auths": {}}


def test_a_token_for_reading_is_not_used_for_writing(start, client):
    host = start("bearer").host
    client.push(f"{host}/lab/web", "1.2.3", CHART, LET_IN)
    assert client.tags(f"{host}/lab/web", LET_IN) == ["1.2.3"]
    other = Artifact(b"{}", b"other", None, {})
    client.push(f"{host}/lab/web", "1.3.0", other, LET_IN)
    assert sorted(client.tags(f"{host}/lab/web", LET_IN)) == ["1.2.3", "1.3.0"]


def test_a_token_service_that_refuses_is_named(start, client):
    host = start("bearer").host
    told = refusal(client.tags, f"{host}/lab/web", PLAIN)
    assert told.startswith(f'GET "http://{host}/v2/lab/web/tags/list": GET "http://127.0.0.1:')
    assert told.endswith(
        '/token?scope=repository%3Alab%2Fweb%3Apull&service=reg": response status code 401: Unauthorized'
    )


def test_an_own_authority_is_trusted_when_it_is_named_and_not_otherwise(start, client):
    running = start("basic", tls=True)
    place = f"{running.host}/lab/web"
    trusting = Access(username=USER, password=Secret(PASSWORD), ca_file=running.ca)
    digest = client.push(place, "1.2.3", CHART, trusting)
    assert client.pull(place, "1.2.3", trusting).digest == digest
    careless = Access(username=USER, password=Secret(PASSWORD), insecure=True)
    assert client.tags(place, careless) == ["1.2.3"]
    reason = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
    assert refusal(client.tags, place, Access()) == f'Get "https://{place.replace("/", "/v2/", 1)}/tags/list": {reason}'


def test_a_plain_registry_is_read_without_the_flag_but_never_written(start, client):
    place = f"{start().host}/lab/web"
    told = refusal(client.push, place, "1.2.3", CHART, Access())
    host = place.partition("/")[0]
    assert (
        told == f'failed to perform "Push" on destination: blob upload Location "{host}" downgrades scheme from https'
    )
    client.push(place, "1.2.3", CHART, PLAIN)
    assert client.tags(place, Access()) == ["1.2.3"]


def test_a_password_is_not_sent_over_a_connection_that_fell_back_to_http(start, client):
    running = start("basic")
    client.login(running.host, Access(username=USER, password=Secret(PASSWORD)))  # login retries in plain HTTP, as Helm
    running.asked and running.asked.clear()
    told = refusal(client.tags, f"{running.host}/lab/web", Access())
    assert "response status code 401: unauthorized: authentication required" in told
    assert all(given is None for _, _, given in running.asked)


class Script:
    """Connections whose answers are written down, by method and path."""

    def __init__(self, answers):
        import httpx

        self.sent = []

        def handle(request):
            self.sent.append(request)
            return answers(request)

        self._client = httpx.Client(transport=httpx.MockTransport(handle), follow_redirects=True)

    def client(self, _access):
        return self._client


def scripted(answers):
    script = Script(answers)
    keeper = SimpleNamespace(get=lambda _host: None, put=None, remove=None)
    return script, Registry(keeper, script)


def test_a_blob_with_another_digest_is_refused():
    import httpx

    config = {"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": "sha256:00", "size": 1}
    layer = {"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "digest": "sha256:11", "size": 3}
    manifest = {"config": config, "layers": [layer]}

    def answers(request):
        return (
            httpx.Response(200, json=manifest) if "manifests" in request.url.path else httpx.Response(200, text="abc")
        )

    _, client = scripted(answers)
    assert (
        refusal(client.pull, "r.example/web", "1.0.0", Access())
        == "cannot pull sha256:11: what came has another digest"
    )


def test_an_upload_is_never_sent_to_another_host():
    import httpx

    def answers(request):
        if request.method == "POST":
            return httpx.Response(202, headers={"Location": "https://evil.example/upload"})
        return httpx.Response(404)

    script, client = scripted(answers)
    told = refusal(client.push, "r.example/web", "1.0.0", CHART, Access())
    assert told.endswith('Location "evil.example" is on a different host than the registry "r.example"')
    assert all(request.url.host == "r.example" for request in script.sent)


def test_a_redirect_to_another_host_does_not_carry_the_password_along():
    import httpx

    def answers(request):
        if request.url.host == "storage.example":
            return httpx.Response(401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        if "Authorization" not in request.headers:
            return httpx.Response(401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        return httpx.Response(307, headers={"Location": "https://storage.example/blob"})

    script, client = scripted(answers)
    access = Access(username=USER, password=Secret(PASSWORD))
    refusal(client.tags, "r.example/web", access)
    assert [r.url.host for r in script.sent if "Authorization" in r.headers] == ["r.example"]
    assert any(r.url.host == "storage.example" for r in script.sent)


def test_tags_come_page_by_page():
    import httpx

    def answers(request):
        if "last" in request.url.params:
            return httpx.Response(200, json={"tags": ["2.0.0"]})
        following = '</v2/web/tags/list?last=1.0.0&n=1>; rel="next"'
        return httpx.Response(200, json={"tags": ["1.0.0"]}, headers={"Link": following})

    assert scripted(answers)[1].tags("r.example/web", Access()) == ["1.0.0", "2.0.0"]


def test_pages_of_a_plain_registry_may_name_it_in_full_and_be_empty():
    import httpx

    pages = iter(((["1.0.0"], "a"), ([], "b"), (["2.0.0"], "")))

    def answers(_request):
        tags, last = next(pages)
        following = {"Link": f'<http://r.example/v2/web/tags/list?last={last}>; rel="next"'} if last else {}
        return httpx.Response(200, json={"tags": tags}, headers=following)

    script, client = scripted(answers)
    client._states.plain.add("r.example")
    assert client.tags("r.example/web", Access()) == ["1.0.0", "2.0.0"]
    assert [request.url.scheme for request in script.sent] == ["http"] * 3


def test_the_next_page_is_never_asked_of_another_host():
    import httpx

    def answers(request):
        if "Authorization" not in request.headers:
            return httpx.Response(401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        return httpx.Response(200, json={"tags": ["1"]}, headers={"Link": '<https://evil.example/x>; rel="next"'})

    script, client = scripted(answers)
    told = refusal(client.tags, "r.example/web", Access(username=USER, password=Secret(PASSWORD)))
    assert told == 'next page "evil.example" is on a different host than the registry "r.example"'
    assert {request.url.host for request in script.sent} == {"r.example"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"config": [], "layers": 5}, "could not load config with mediatype"),
        (
            {"config": {"mediaType": "application/vnd.cncf.helm.config.v1+json"}, "layers": ["x"]},
            "does not contain a layer",
        ),
        ([], "failed to decode response: it is no object"),
    ],
)
def test_a_manifest_that_is_none_is_an_error_and_no_bug(said, told):
    import httpx

    _, client = scripted(lambda _request: httpx.Response(200, json=said))
    assert told in refusal(client.pull, "r.example/web", "1.0.0", Access())


def test_an_answer_nested_without_end_is_an_error_and_no_bug():
    import httpx

    _, client = scripted(lambda _request: httpx.Response(200, content=b"[" * 200_000))
    assert "failed to decode response" in refusal(client.tags, "r.example/web", Access())


@pytest.mark.parametrize(
    ("realm", "registry", "reason"),
    [
        ("http://auth.example/token", "https://r.example/v2/", "uses http but registry was contacted over https"),
        ("ftp://auth.example/token", "https://r.example/v2/", 'uses unsupported scheme "ftp"'),
        ("https://169.254.169.254/x", "https://r.example/v2/", "is a loopback, link-local, private, or unspecified"),
        ("https://10.0.0.1/x", "https://r.example/v2/", "is a loopback, link-local, private, or unspecified"),
    ],
)
def test_a_token_service_that_credentials_must_not_go_to_is_refused(realm, registry, reason):
    assert reason in refusal(check_realm, realm, registry)


def test_a_token_service_elsewhere_or_at_the_registrys_own_address_is_fine():
    check_realm("https://auth.example/token", "https://r.example/v2/")
    check_realm("http://10.0.0.1:9000/token", "http://10.0.0.1:5000/v2/")


def test_a_challenge_may_hold_commas_and_escapes():
    text = r'realm="https://a/t?x=1,2",service=reg,scope="repository:a/b:pull,push repository:c:pull",error="a \"b\""'
    assert challenge(text) == {
        "realm": "https://a/t?x=1,2",
        "service": "reg",
        "scope": "repository:a/b:pull,push repository:c:pull",
        "error": 'a "b"',
    }
