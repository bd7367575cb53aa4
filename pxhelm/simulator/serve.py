"""Serves the simulated cluster over HTTPS, or in the process (edge).

The state is one SQLite file: a request is a transaction, several processes may share it, and a kill loses nothing.
``open_simulator`` gives the cluster in the process; ``Server`` puts it behind TLS as pveproxy would.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import ssl
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from typing import Any
from urllib.parse import urlencode

from pxhelm.simulator import certificate, happenings, manual, seed
from pxhelm.simulator.cluster import Cluster
from pxhelm.simulator.errors import ApiError, BlockedError
from pxhelm.simulator.faults import Faults
from pxhelm.simulator.options import Options
from pxhelm.simulator.scenario import prepare
from pxhelm.simulator.state import State
from pxhelm.simulator.tasks import LOCK_TIMEOUT
from pxhelm.simulator.wire import Answer, HttpRequest, failure, logged_parameters
from pxhelm.simulator.world import Moment, World

IDLE_SECONDS = 5.0
REQUESTS_PER_CONNECTION = 100
KEPT_LOG = 100_000
KEPT_REMOVED = 5_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (kind TEXT, key TEXT, value TEXT, version INTEGER, PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS rows_version ON rows (version);
CREATE TABLE IF NOT EXISTS counter (version INTEGER);
CREATE TABLE IF NOT EXISTS floor (version INTEGER);
CREATE TABLE IF NOT EXISTS log (
  id INTEGER PRIMARY KEY, time REAL, method TEXT, path TEXT, params TEXT, status INTEGER, reason TEXT, user TEXT
);
"""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One request of the log."""

    id: int
    time: float
    method: str
    path: str
    params: Mapping[str, Any]
    """Passwords and the like masked."""
    status: int
    """0 when the request was dropped."""
    reason: str
    user: str


class Lost(ConnectionError):  # noqa: N818 - what the client sees: the connection went away
    """A fault made the request or its answer disappear."""


class Simulator:
    """A cluster in this process."""

    def __init__(self, options: Options, clock: Callable[[], float] = time.time) -> None:
        self.options = options
        self.faults = Faults(options.faults)
        self._clock = clock
        self._events = [(clock() + event.after, event.what) for event in options.events]
        self._lock = threading.RLock()
        self._state = State()
        self._version = 0
        self._logged = 0
        self._database = sqlite3.connect(
            options.state_file, isolation_level=None, check_same_thread=False, timeout=60.0
        )
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_SCHEMA)
        self.cluster = Cluster(self._state, options.release)
        self.change(self._begin)
        self._transaction(self._forget_removed)

    def _begin(self, world: World) -> None:
        if not world.state.has("cluster", "main"):
            given = self.options
            seed.seed(world.state, seed.Shape(given.nodes, given.guests, given.seed, given.machines), world.now)
            for request in given.requests:
                prepare(self.cluster, request, world.now)
        down = self.faults.values("node-down")
        for node in world.nodes():
            if (node in down) == world.online(node):
                world.state.edit("node", node)["online"] = node not in down
        quorate = not self.faults.values("quorum-lost")
        if world.quorate != quorate:
            world.state.edit("cluster", "main")["quorate"] = quorate

    def _let_happen(self) -> None:
        """Let every event take place whose time has come, as it was then."""
        with self._lock:
            while self._events and self._events[0][0] <= self._clock():
                at, what = self._events.pop(0)
                then = World(self._state, replace(self.moment(), now=at))
                self._transaction(partial(happenings.happen, then, what))

    def moment(self) -> Moment:
        """Return the present."""
        told = self.options
        return Moment(self._clock(), os.urandom, told.time_scale, told.statistics, told.release)

    def change(self, function: Callable[[World], Any]) -> Any:
        """Run a function on the state in a transaction of its own."""
        return self._transaction(lambda: function(World(self._state, self.moment())))

    def _transaction(self, function: Callable[[], Any]) -> Any:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            storing = False
            try:
                self._catch_up()
                result = function()
                storing = True
                self._store()
                self._database.execute("COMMIT")
            except BaseException:
                self._state.forget()
                if storing:  # the rows in memory are ahead of those in the file
                    self._state.clear()
                    self._version = -1
                self._database.execute("ROLLBACK")
                raise
            return result

    def _catch_up(self) -> None:
        """Read what other processes have written."""
        row = self._database.execute("SELECT version FROM counter").fetchone()
        if row is None:
            self._database.execute("INSERT INTO counter VALUES (0)")
            row = (0,)
        if row[0] == self._version:
            return
        floor = self._database.execute("SELECT max(version) FROM floor").fetchone()[0]
        if self._version < (floor or 0):  # what was removed in between is not told any more
            self._state.clear()
            self._version = -1
        found = self._database.execute("SELECT kind, key, value FROM rows WHERE version > ?", (self._version,))
        for kind, key, value in found:
            self._state.load(kind, key, value)
        self._version = row[0]

    def _store(self) -> None:
        changes = self._state.take_changes()
        if not changes:
            return
        self._version += 1
        rows = [(kind, key, value, self._version) for kind, key, value in changes]
        self._database.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)", rows)
        self._database.execute("UPDATE counter SET version = ?", (self._version,))

    def _forget_removed(self) -> None:
        """Drop the marks of removed rows, when there are many."""
        count = self._database.execute("SELECT count(*) FROM rows WHERE value IS NULL").fetchone()[0]
        if count > KEPT_REMOVED:
            self._database.execute("DELETE FROM rows WHERE value IS NULL")
            self._database.execute("INSERT INTO floor VALUES (?)", (self._version,))

    # requests

    def handle(self, request: HttpRequest) -> Answer:
        """Answer a request, its delays and faults included; ``Lost`` when a fault swallows it."""
        if request.target.startswith(manual.ROOT):
            return manual.answer(request, self.options.release)
        path = request.target.partition("?")[0].removeprefix("/api2/json").removeprefix("/api2/extjs")
        self._let_happen()
        met = self.faults.meet(request.method, path)
        if "drop-request" in met:
            self._log(request, 0, "request dropped", "")
            raise Lost("request dropped")
        if "slow" in met:
            time.sleep(float(met["slow"]))
        answer = self._answer(request)
        if "node-crash" in met:
            node, _, after = met["node-crash"].partition("+")
            with self._lock:
                self._events.append((self._clock() + float(after or 0), {"event": "node-crash", "node": node}))
                self._events.sort(key=lambda event: event[0])
        wait = answer.delay + self.options.latency
        if wait > 0:
            time.sleep(wait)
        if "drop-reply" in met:
            raise Lost("reply dropped")
        if "5xx-after-effect" in met:
            status = int(met["5xx-after-effect"])
            return Answer(status, {502: "Bad Gateway", 503: "Service Unavailable"}.get(status, "Internal Server Error"))
        return answer

    def _answer(self, request: HttpRequest) -> Answer:
        limit = self._clock() + LOCK_TIMEOUT * self.options.time_scale
        while True:
            try:
                return self._once(request)
            except BlockedError as blocked:
                now = self._clock()
                if now >= limit:
                    return failure("json", ApiError(blocked.what))
                time.sleep(max(0.0, min(blocked.until, limit) - now) + 0.001)

    def _once(self, request: HttpRequest) -> Answer:
        def work() -> Answer:
            answer, user = self.cluster.answer(request, self.moment())
            self._write_log(request, answer.status, answer.reason, user)
            return answer

        return self._transaction(work)  # type: ignore[no-any-return]

    def send(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> tuple[int, str, dict[str, str], bytes]:
        """Answer a request without a socket: status, reason, headers, body.

        ``path`` is below ``/api2/json`` and URL-quoted, or begins with ``/api2/``; ``params`` go where HTTP wants them.
        """
        target = path if path.startswith(("/api2/", manual.ROOT)) else f"/api2/json{path}"
        given = {k.lower(): v for k, v in (headers or {}).items()}
        if params:
            form = urlencode(list(params.items()), doseq=True)
            if method in ("GET", "DELETE"):
                target += f"{'&' if '?' in target else '?'}{form}"
            else:
                body = form.encode()
                given.setdefault("content-type", "application/x-www-form-urlencoded")
        answer = self.handle(HttpRequest(method, target, given, body or b""))
        stamp = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(self._clock()))
        return answer.status, answer.reason, {"Content-Type": answer.content_type, "Date": stamp}, answer.body

    # the log

    def _log(self, request: HttpRequest, status: int, reason: str, user: str) -> None:
        self._transaction(lambda: self._write_log(request, status, reason, user))

    def _write_log(self, request: HttpRequest, status: int, reason: str, user: str) -> None:
        path = request.target.partition("?")[0]
        params = json.dumps(logged_parameters(request))
        values = (self._clock(), request.method, path, params, status, reason, user)
        self._logged += 1
        if self._logged % 1000 == 0:
            self._database.execute("DELETE FROM log WHERE id <= (SELECT max(id) FROM log) - ?", (KEPT_LOG,))
        self._database.execute(
            "INSERT INTO log (time, method, path, params, status, reason, user) VALUES (?,?,?,?,?,?,?)", values
        )

    def log(self, since: int = 0) -> list[LogEntry]:
        """Return the requests after the one with this id, oldest first."""
        with self._lock:
            rows = self._database.execute("SELECT * FROM log WHERE id > ? ORDER BY id", (since,)).fetchall()
        return [LogEntry(r[0], r[1], r[2], r[3], json.loads(r[4]), r[5], r[6], r[7]) for r in rows]

    def happen(self, event: Mapping[str, Any]) -> None:
        """Let something happen outside of the API: see ``pxhelm.simulator.happenings``."""
        self.change(lambda world: happenings.happen(world, event))

    def truth(self) -> dict[str, dict[str, Any]]:
        """Return every row as it is now, by kind and key, for checks against the ground truth."""

        def copy(world: World) -> dict[str, dict[str, Any]]:
            self.cluster.settle(self.moment())
            return json.loads(json.dumps({k: dict(world.state.items(k)) for k in world.state.kinds()}))  # type: ignore[no-any-return]

        return self.change(copy)  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close the state file."""
        with self._lock:
            self._database.close()


def open_simulator(options: Options, clock: Callable[[], float] = time.time) -> Simulator:
    """Open a cluster in this process; the state file is made and seeded when it is not there."""
    if options.state_file != ":memory:":
        Path(options.state_file).parent.mkdir(parents=True, exist_ok=True)
    return Simulator(options, clock)


class Server:
    """A simulator behind HTTPS, in threads of this process."""

    def __init__(self, options: Options) -> None:
        self.simulator = open_simulator(options)
        self._folder = None if options.state_file == ":memory:" else Path(options.state_file).with_suffix(".tls")
        certificates = self._certificates(options)
        self._show_authority(certificates)
        self.authority = certificates.authority
        self.fingerprint = certificates.fingerprint
        self._context = self._tls(certificates)
        simulator, context = self.simulator, self._context

        class Handler(_Handler):
            pass

        Handler.simulator = simulator
        Handler.context = context
        self._server = _Tcp((options.address, options.port), Handler)
        self.port = int(self._server.server_address[1])
        self.url = f"https://{options.address}:{self.port}"
        self.token = seed.TOKEN
        self._thread: threading.Thread | None = None

    def _certificates(self, options: Options) -> certificate.Certificates:
        expired = bool(self.simulator.faults.values("expired-cert"))
        files = [self._folder / n for n in ("ca.pem", "server.pem", "server.key")] if self._folder else []
        if files and not expired and all(f.exists() for f in files):
            return certificate.Certificates(*(f.read_bytes() for f in files))
        names = ["localhost", "127.0.0.1", "::1", options.address]
        row = self.simulator.change(lambda world: world.state.get("authority", "main")) or {}
        root = (row["pem"].encode(), row["key"].encode()) if row.get("key") else None
        made = certificate.make(time.time(), names, expired=expired, authority=root)
        if self._folder:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            kept = files[:1] if expired else files  # who signs is the same; what has expired is not served again
            for file, content in zip(kept, (made.authority, made.chain, made.key), strict=False):
                file.touch(mode=0o600)
                file.write_bytes(content)
        return made

    def _show_authority(self, certificates: certificate.Certificates) -> None:
        """Let the API tell of the authority that signs here, unless the cluster has shown another one before."""
        texts = {"pem": certificates.authority, "key": certificates.authority_key, "server": certificates.chain}
        made = {name: text.decode() for name, text in texts.items()}

        def show(world: World) -> None:
            if not world.state.has("authority", "main"):
                world.state.put("authority", "main", made)

        self.simulator.change(show)

    @staticmethod
    def _tls(certificates: certificate.Certificates) -> ssl.SSLContext:
        import tempfile

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # mode 0600; OpenSSL reads keys from files only
            file.write(certificates.key + certificates.chain)
            file.flush()
            context.load_cert_chain(file.name)
        return context

    @property
    def authority_file(self) -> str:
        """Path of the CA's certificate; empty when nothing is kept."""
        return str(self._folder / "ca.pem") if self._folder else ""

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Serve until interrupted."""
        self._server.serve_forever(poll_interval=0.2)

    def stop(self) -> None:
        """Stop serving and close the state file."""
        self._server.shutdown()
        self._server.server_close()
        self.simulator.close()


class _Tcp(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that went away."""
        kind = sys.exc_info()[0]
        if kind is None or not issubclass(kind, (OSError, ssl.SSLError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 with pveproxy's habits: closed after an error, after 100 requests, after five idle seconds."""

    simulator: Simulator
    context: ssl.SSLContext
    protocol_version = "HTTP/1.1"
    server_version = "pve-api-daemon/3.0"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1
    _served = 0

    def setup(self) -> None:
        self.request.settimeout(self.timeout)
        self.plain = self.request.recv(1, socket.MSG_PEEK) not in (b"\x16", b"")
        if not self.plain:
            self.request = self.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle_one_request(self) -> None:
        """Read one request and answer it; every method goes the same way."""
        try:
            self.raw_requestline = self.rfile.readline(65537)
        except OSError:
            self.raw_requestline = b""
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        if self.plain:
            self._write(
                Answer(301, "Moved Permanently"), {"Location": f"https://{self.headers.get('Host', '')}{self.path}"}
            )
            return
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        headers = {k.lower(): v for k, v in self.headers.items()}
        request = HttpRequest(self.command, self.path, headers, body)
        try:
            answer = self._private(request) if self.path.startswith("/simulator/") else self.simulator.handle(request)
        except Lost:
            self.close_connection = True
            return
        self._served += 1
        self._write(answer, {})

    def _write(self, answer: Answer, more: Mapping[str, str]) -> None:
        if answer.status >= 400 or self._served >= REQUESTS_PER_CONNECTION or self.plain:
            self.close_connection = True
        self.send_response(answer.status, answer.reason.encode("latin-1", "replace").decode("latin-1"))
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "max-age=0")
        self.send_header("Connection", "close" if self.close_connection else "Keep-Alive")
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def _private(self, request: HttpRequest) -> Answer:
        """``GET /simulator/log?since=N``, ``GET /simulator/truth``, ``POST /simulator/event``: for tests, without a login."""
        path, _, query = request.target.partition("?")
        if path == "/simulator/log":
            since = int(query.partition("=")[2] or 0)
            entries = [{n: getattr(e, n) for n in LogEntry.__slots__} for e in self.simulator.log(since)]
            return Answer(200, "OK", json.dumps(entries).encode())
        if path == "/simulator/truth":
            return Answer(200, "OK", json.dumps(self.simulator.truth()).encode())
        if path == "/simulator/event" and request.method == "POST":
            self.simulator.happen(json.loads(request.body))
            return Answer(200, "OK", b"{}")
        return Answer(404, "Not Found")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Write nothing: the log is in the state file."""
