"""Downloads: redirections, and to whom the password goes."""

import base64
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.repo.access import Access
from pxhelm.repo.http import Web, same_host
from pxhelm.secret import Secret

DRIP = 0.02


@pytest.fixture
def server():
    """A server that answers by path, and remembers what it was asked."""
    servers = []

    def start(answers):
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_arguments):
                """Say nothing."""

            def do_GET(self):
                server.asked.append((self.path, self.headers.get("Authorization")))
                status, headers, body = answers.get(self.path, (404, {}, b"none"))
                self.send_response(status)
                pieces = body if isinstance(body, list) else [body]
                for name, value in {**headers, "Content-Length": str(sum(map(len, pieces)))}.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):
                    for piece in pieces:
                        self.wfile.write(piece)
                        time.sleep(DRIP if len(pieces) > 1 else 0)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.asked = []
        server.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return server

    yield start
    for one in servers:
        one.shutdown()
        one.server_close()


@pytest.fixture
def web():
    found = Web()
    yield found
    found.close()


def ada(home="", **rest):
    return Access(username="ada", password=Secret("secret"), home=home, **rest)


BASIC = "Basic " + base64.b64encode(b"ada:secret").decode()


def test_a_redirection_is_followed(server, web):
    there = server({"/a": (302, {"Location": "/b"}, b""), "/b": (200, {}, b"found")})
    assert web.get(f"{there.url}/a", Access()) == b"found"


def test_the_password_goes_to_the_repository_and_not_where_it_redirects(server, web):
    cdn = server({"/b": (200, {}, b"found")})
    home = server({"/a": (302, {"Location": f"{cdn.url}/b"}, b"")})
    assert web.get(f"{home.url}/a", ada(home.url)) == b"found"
    assert home.asked == [("/a", BASIC)]
    assert cdn.asked == [("/b", None)]


def test_the_password_goes_to_another_host_only_when_told_so(server, web):
    home, other = server({}), server({"/a": (200, {}, b"")})
    web.get(f"{other.url}/a", ada(home.url))
    web.get(f"{other.url}/a", ada(home.url, pass_credentials=True))
    assert [given for _, given in other.asked] == [None, BASIC]


def test_a_redirection_in_circles_ends(server, web):
    there = server({"/a": (302, {"Location": "/a"}, b"")})
    with pytest.raises(PxhelmError, match="redirect"):
        web.get(f"{there.url}/a", Access())


def test_a_refusal_is_told_in_helms_words(server, web):
    there = server({})
    with pytest.raises(PxhelmError) as found:
        web.get(f"{there.url}/none", Access())
    assert found.value.message == f"failed to fetch {there.url}/none : 404 Not Found"


def test_nobody_there_is_told_in_gos_words(web):
    with pytest.raises(PxhelmError) as found:
        web.get("http://127.0.0.1:1/x", Access())
    assert found.value.message == 'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused'


def test_an_answer_without_end_is_cut_off(server):
    web = Web(most=10)
    there = server({"/a": (200, {}, b"x" * 11)})
    with pytest.raises(PxhelmError, match="it is larger than 10 bytes"):
        web.get(f"{there.url}/a", Access())


def test_a_server_that_drips_is_not_waited_for_without_end(server, web):
    there = server({"/a": (200, {}, [b"x"] * 1000)})
    with pytest.raises(PxhelmError, match="context deadline exceeded"):
        web.get(f"{there.url}/a", Access(seconds=DRIP * 10))
    assert len(there.asked) == 1


def test_a_password_in_an_address_is_not_told(server, web):
    there = server({})
    with pytest.raises(PxhelmError) as found:
        web.get(f"{there.url.replace('//', '//ada:secret@')}/none", Access())
    assert found.value.message == f"failed to fetch {there.url.replace('//', '//ada:***@')}/none : 404 Not Found"
    with pytest.raises(PxhelmError) as found:
        web.get("http://ada:secret@127.0.0.1:1/x", Access())
    assert found.value.message.startswith('Get "http://ada:***@127.0.0.1:1/x": ')


@pytest.mark.parametrize("url", ["ftp://h/x", "file:///etc/passwd", "h/x"])
def test_other_protocols_are_refused(web, url):
    with pytest.raises(PxhelmError, match="could not find protocol handler for: "):
        web.get(url, Access())


def test_hosts_differ_by_scheme_and_port():
    assert same_host("https://h/a", "https://h/b")
    assert not same_host("https://h/a", "http://h/a")
    assert not same_host("http://h:1/a", "http://h:2/a")
    assert same_host("https://ada:secret@h/a", "https://h/b")
    assert not same_host("https://h/a", "https://h@evil/a")


def test_a_missing_authority_is_named(web, tmp_path):
    with pytest.raises(PxhelmError, match=r"can't create TLS config for client: can't read CA file: .*nope\.pem"):
        web.get("https://127.0.0.1:1/x", Access(ca_file=str(tmp_path / "nope.pem")))
