"""Sends requests to Proxmox VE (edge).

Never retries a write, never decides what to send, never shows a secret. A read is asked again when the connection
failed; a write goes to another endpoint only when it certainly was not sent, which is when no connection came about.
Proxmox closes idle connections after 5 s and after every error: connections are kept for 3 s only, so that a write
does not meet a closed one.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Self, TypeVar, cast
from urllib.parse import urlsplit

from pxhelm.errors import PxhelmError, system_says
from pxhelm.files import write_file
from pxhelm.proxmox import auth as authentication
from pxhelm.proxmox import schema, wire
from pxhelm.proxmox.answer import broken, read_answer, untrusted
from pxhelm.proxmox.auth import ApiToken, Auth, Login, Ticket
from pxhelm.proxmox.connection import Connection
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import (
    MANUAL,
    ApiGen,
    Download,
    FileTransport,
    Fleet,
    HttpAnswer,
    LocalAnswer,
    MaybeSent,
    NotSent,
    Pairs,
    Request,
    Response,
    Transport,
    Upload,
    drive,
)

T = TypeVar("T")

_AVOID_FOR = 10.0
"""Seconds for which an endpoint that did not answer is asked last; doubled each time, up to a minute."""


class Client:
    """A cluster, asked from many threads at once.

    ``open_transport`` makes the transport of an endpoint; the default is HTTPS.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        open_transport: Callable[[str], Transport] | None = None,
        version: str = "9.2",
    ) -> None:
        if not connection.endpoints:
            raise PxhelmError("cannot reach a cluster: the context has no endpoint")
        limits = connection.limits
        opener = open_transport or (lambda endpoint: _https(endpoint, connection))
        self._connection = connection
        self._doors = [_Door(endpoint, opener, limits.per_endpoint) for endpoint in connection.endpoints]
        self._in_flight = threading.BoundedSemaphore(limits.in_flight)
        self._pace = _Pace(limits.per_second)
        self._session = _Session(connection.auth, self._carry)
        self._owners: dict[str, _Door] = {}
        self._schema = schema.load(version)
        self._told_schema = False

    def __repr__(self) -> str:
        return f"Client({', '.join(self._connection.endpoints)})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all connections."""
        for door in self._doors:
            door.close()

    def use_schema(self, known: schema.Schema) -> None:
        """Encode parameters as this API wants them: ``schema.load`` of the server's version, or its own."""
        self._schema = known
        self._told_schema = True

    def learn_nodes(self, addresses: Mapping[str, str]) -> None:
        """Prefer the endpoint of the node that owns an object; given node names and addresses."""
        for node, address in addresses.items():
            for door in self._doors:
                host = urlsplit(door.endpoint).hostname or ""
                if host in (address, node) or host.split(".", 1)[0] == node:
                    self._owners[node] = door

    def send(self, request: Request) -> Response:
        """Send one request and return its answer; raises ApiError.

        ``ApiError.sent`` is false when the request certainly was not executed.
        """
        endpoint = self._schema.endpoint(request.method, request.path)
        pairs = wire.encode(request.params, endpoint)
        ticket, headers = self._session.headers(request)
        answer = self._carry(request, pairs, headers)
        if answer[0] == 401 and ticket is not None:
            # refused before anything was done, so asking again is safe for a write, too
            self._session.forget(ticket)
            _, headers = self._session.headers(request)
            answer = self._carry(request, pairs, headers)
        found = read_answer(request, answer, None if request.any_shape else endpoint)
        if request.path in ("/version", "/cluster/status"):
            self._learn(request.path, found.data)
        return found

    def _learn(self, path: str, data: object) -> None:
        """Take from answers that pass by which API is spoken, and at which address a node is."""
        if path == "/version" and isinstance(data, Mapping) and not self._told_schema:
            self._schema = schema.load(str(data.get("version", "")))
        elif path == "/cluster/status" and isinstance(data, list) and len(self._doors) > 1:
            nodes = [row for row in data if isinstance(row, Mapping) and row.get("type") == "node"]
            self.learn_nodes({str(row.get("name")): str(row.get("ip", "")) for row in nodes})

    def run(self, operation: ApiGen[T]) -> T:
        """Run one operation to its end in this thread."""
        return drive(operation, self.send, time.sleep)

    def run_all(self, operations: Iterable[ApiGen[T]], limit: int = 0) -> list[T | Exception]:
        """Run many operations, ``limit`` at once, and return their results or errors in order.

        All of them are advanced in this thread; only requests are sent from others, and waiting holds none up.
        """
        from concurrent.futures import ThreadPoolExecutor

        at_once = limit or self._connection.limits.in_flight
        fleet = Fleet(operations, at_once)
        answers: SimpleQueue[tuple[int, Response | None, BaseException | None]] = SimpleQueue()

        def fetch(index: int, request: Request) -> None:
            try:
                answers.put((index, self.send(request), None))
            except BaseException as error:  # noqa: BLE001 - the operation decides what it means
                answers.put((index, None, error))

        pool = ThreadPoolExecutor(at_once, thread_name_prefix="proxmox")
        try:
            while True:
                for index, request in fleet.due(time.monotonic()):
                    pool.submit(fetch, index, request)
                if fleet.finished:
                    return fleet.outcomes()
                with suppress(Empty):
                    index, answer, error = answers.get(timeout=fleet.pause(time.monotonic()))
                    if error is not None and not isinstance(error, Exception):
                        raise error  # not for operations: this command ends
                    fleet.answered(index, answer, error)
        finally:
            fleet.close()
            pool.shutdown(wait=False, cancel_futures=True)

    def _carry(self, request: Request, pairs: Pairs, headers: Mapping[str, str]) -> HttpAnswer:
        """Return the answer of whichever endpoint gives one."""
        writes = request.writes and request.path != "/access/ticket"
        reasons: dict[str, str] = {}
        for pause in (*self._connection.limits.pauses, None):
            for door in self._in_order(request.node):
                try:
                    self._pace.wait()
                    with door.room, self._in_flight:
                        answer = door.carry(request, pairs, headers)
                except NotSent as failed:
                    if failed.trust:
                        raise untrusted(request, door.endpoint, failed) from None
                    reasons[door.endpoint] = str(failed)
                    door.avoid()
                except MaybeSent as failed:
                    if writes:
                        raise broken(request, f"{door.endpoint}: {failed}", sent=True) from None
                    reasons[door.endpoint] = str(failed)
                    door.avoid()
                    break
                else:
                    door.answered()
                    return answer
            if writes or pause is None:
                break
            time.sleep(pause)
        listed = "; ".join(f"{endpoint}: {reason}" for endpoint, reason in reasons.items())
        raise broken(request, listed, sent=False)

    def _in_order(self, node: str) -> list[_Door]:
        now = time.monotonic()
        owner = self._owners.get(node)
        return sorted(self._doors, key=lambda door: (door.avoided_until > now, door is not owner))


class _Pace:
    """Lets so many requests begin in a second, from any thread."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second if per_second > 0 else 0.0
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        if not self._gap:
            return
        with self._lock:
            now = time.monotonic()
            begins = max(now, self._next)
            self._next = begins + self._gap
        time.sleep(begins - now)


class _Door:
    """One endpoint: its transport, made when first used, and how it has been lately."""

    def __init__(self, endpoint: str, opener: Callable[[str], Transport], at_once: int) -> None:
        self.endpoint = endpoint
        self.room = threading.BoundedSemaphore(at_once)
        self.avoided_until = 0.0
        self._failures = 0
        self._opener = opener
        self._lock = threading.Lock()
        self._transport: Transport | None = None

    def avoid(self) -> None:
        self.avoided_until = time.monotonic() + min(_AVOID_FOR * 2 ** min(self._failures, 3), 60.0)
        self._failures += 1

    def answered(self) -> None:
        self.avoided_until, self._failures = 0.0, 0

    def carry(self, request: Request, pairs: Pairs, headers: Mapping[str, str]) -> HttpAnswer:
        with self._lock:
            if self._transport is None:
                self._transport = self._opener(self.endpoint)
            transport = self._transport
        if request.gate is not None:
            request.gate()
        if request.upload is None and request.download is None:
            return transport.send(request.method, request.path, pairs, headers)
        if not hasattr(transport, "send_file"):
            raise PxhelmError(f"cannot {request.method} {request.path}: {self.endpoint} carries no files")
        carrier = cast("FileTransport", transport)
        if request.download is not None:
            return carrier.receive(request.path, pairs, headers, request.download)
        assert request.upload is not None
        return carrier.send_file(request.path, pairs, headers, request.upload)

    def close(self) -> None:
        with self._lock:
            if self._transport is not None:
                self._transport.close()
                self._transport = None


class _Session:
    """Who asks: the same headers always, or those of a ticket that is renewed in time."""

    def __init__(self, auth: Auth | None, carry: Callable[[Request, Pairs, Mapping[str, str]], HttpAnswer]) -> None:
        self._auth = auth
        self._carry = carry
        self._lock = threading.Lock()
        self._ticket: Ticket | None = None

    def headers(self, request: Request) -> tuple[Ticket | None, dict[str, str]]:
        if self._auth is None or request.path == "/access/ticket" or request.path.startswith(MANUAL):
            return None, {}
        if isinstance(self._auth, ApiToken):
            return None, self._auth.headers()
        with self._lock:
            ticket = self._ticket = self._fresh(self._auth)
        return ticket, ticket.headers(writes=request.writes)

    def forget(self, ticket: Ticket) -> None:
        with self._lock:
            if self._ticket is ticket:
                self._ticket = None

    def _fresh(self, login: Login) -> Ticket:
        ticket, now = self._ticket, time.monotonic()
        if ticket is None:
            return self._log_in(login, None)
        age = now - ticket.issued
        if age < authentication.RENEW_AFTER:
            return ticket
        if age < authentication.TICKET_LIFETIME:
            try:
                return self._log_in(login, ticket)
            except ApiError as error:
                if error.status != 401:
                    raise
        return self._log_in(login, None)

    def _log_in(self, login: Login, current: Ticket | None) -> Ticket:
        request = authentication.ticket_request(login, current)
        answer = self._carry(request, wire.encode(request.params, None), {})
        return authentication.read_ticket(read_answer(request, answer).data, time.monotonic())


class LocalTransport:
    """Carries requests into a cluster in this process, given as the function that answers them.

    The function takes method, path below ``/api2/json``, parameters as lists, headers and a body that replaces the
    parameters; a ConnectionError of it is a broken connection.
    """

    def __init__(self, answer: LocalAnswer) -> None:
        self._answer = answer

    def send(self, method: str, path: str, pairs: Pairs, headers: Mapping[str, str]) -> HttpAnswer:
        """Hand over a form or a query."""
        params: dict[str, list[str]] = {}
        for name, value in pairs:
            params.setdefault(name, []).append(value)
        return self._ask(method, path, params, headers, None)

    def send_file(self, path: str, pairs: Pairs, headers: Mapping[str, str], upload: Upload) -> HttpAnswer:
        """Hand over a form with one file."""
        start, end, kind = wire.multipart(pairs, upload.filename, os.urandom(16).hex())
        try:
            content = upload.content() if upload.content is not None else Path(upload.path).read_bytes()
        except OSError as error:
            raise PxhelmError(f"cannot upload {upload.path}: {system_says(error)}") from None
        answer = self._ask("POST", path, {}, {**headers, "content-type": kind}, start + content + end)
        if upload.progress is not None:
            upload.progress(len(content), len(content))
        return answer

    def receive(self, path: str, pairs: Pairs, headers: Mapping[str, str], download: Download) -> HttpAnswer:
        """Take over a file."""
        status, reason, got, body = self.send("GET", path, pairs, headers)
        if status != 200:
            return status, reason, got, body
        if download.progress is not None:
            download.progress(len(body), len(body))
        if not download.path:
            return status, reason, got, body
        write_file(download.path, body)
        return status, reason, got, b""

    def close(self) -> None:
        """Leave the cluster alone: whoever opened it closes it."""

    def _ask(
        self, method: str, path: str, params: dict[str, list[str]], headers: Mapping[str, str], body: bytes | None
    ) -> HttpAnswer:
        try:
            status, reason, got, content = self._answer(method, path, params, headers, body)
        except ConnectionError as error:
            raise MaybeSent(str(error)) from None
        return status, reason, {name.lower(): value for name, value in got.items()}, content


def _https(endpoint: str, connection: Connection) -> Transport:
    from pxhelm.proxmox.https import HttpTransport

    return HttpTransport(endpoint, connection.tls, connection.limits)
