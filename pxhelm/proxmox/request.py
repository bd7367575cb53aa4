"""Requests, waits and their driver: everything that talks to Proxmox is a generator of these.

``ApiGen[T]`` asks for a request or for time and returns ``T``; errors are thrown into it. One driver serves the real
client, the simulator and canned answers. Nothing here sends or sleeps.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Generic, Literal, Protocol, TypeVar

from pxhelm.secret import Secret

T = TypeVar("T")

MANUAL = "/pve-docs/"
"""What stands on every node beside the API; paths that begin so are not below ``/api2/json`` and need no login."""
Method = Literal["GET", "POST", "PUT", "DELETE"]
Param = str | int | float | bool | Secret | Sequence[str | Secret]
"""A parameter as the caller means it; the wire encoder prints booleans as 0/1 and opens secrets."""


Progress = Callable[[int, int], None]
"""Told bytes moved so far and bytes in all; 0 in all when nobody knows."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that only the edge opens, or bytes that are made when they are sent."""

    path: str
    filename: str
    progress: Progress | None = None
    content: Callable[[], bytes] | None = None
    """Makes what is sent in place of a file."""


@dataclass(frozen=True, slots=True)
class Download:
    """An answer that is no JSON: a log, a file of a backup, a page of the manual (``/pve-docs/…``).

    It becomes the file ``path``, whole or not at all; with an empty one the bytes are the ``data`` of the response.
    """

    path: str = ""
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One API call: path below ``/api2/json``, already URL-quoted."""

    method: Method
    path: str
    params: Mapping[str, Param] = field(default_factory=dict)
    upload: Upload | None = None
    download: Download | None = None
    node: str = ""
    """The node that owns the object, preferred as the endpoint; empty = any."""
    gate: Callable[[], None] | None = field(default=None, compare=False, repr=False)
    """Called when it is about to be sent, after all waiting for a connection; what it raises keeps it from being sent."""
    any_shape: bool = False
    """Whether the answer may be other than the schema promises: nothing is made of it, somebody wants to see it."""

    @property
    def writes(self) -> bool:
        """Whether the call may change something: it is then sent at most once."""
        return self.method != "GET"


@dataclass(frozen=True, slots=True)
class Wait:
    """Ask for time before going on."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Response:
    """A successful answer: ``data`` of the JSON body and the keys beside it (``total``, ``changes``)."""

    data: object
    extra: Mapping[str, object] = field(default_factory=dict)
    date: str = ""
    """The HTTP ``Date`` header, from which the offset of the node's clock is taken."""


ApiGen = Generator[Request | Wait, Response | None, T]
Send = Callable[[Request], Response]
Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Ended(Generic[T]):
    """An operation has returned."""

    value: T


def step(
    operation: ApiGen[T], answer: Response | None = None, error: Exception | None = None
) -> Request | Wait | Ended[T]:
    """Give an operation its answer, or throw the error into it, and return what it asks for next.

    Whatever the operation lets pass is raised here. The first step of an operation has neither answer nor error.
    """
    try:
        return operation.throw(error) if error is not None else operation.send(answer)
    except StopIteration as stop:
        return Ended(stop.value)


def drive(operation: ApiGen[T], send: Send, sleep: Sleep) -> T:
    """Run one operation to its end; an error of ``send`` is thrown into it.

    ``send`` raises ``pxhelm.proxmox.errors.ApiError``; whatever the generator lets pass is raised here.
    """
    asked = step(operation)
    while not isinstance(asked, Ended):
        if isinstance(asked, Wait):
            sleep(asked.seconds)
            asked = step(operation)
            continue
        try:
            answer = send(asked)
        except Exception as error:  # noqa: BLE001 - the operation decides what an error means
            asked = step(operation, error=error)
        else:
            asked = step(operation, answer)
    return asked.value


def call(request: Request) -> ApiGen[object]:
    """Send one request and return the ``data`` of its answer."""
    answer = yield request
    assert answer is not None
    return answer.data


class Fleet(Generic[T]):
    """Many operations under way, at most ``limit`` at once; knows neither threads nor clocks.

    The driver sends whatever ``due`` returns, reports with ``answered``, and waits for ``pause`` in between.
    """

    def __init__(self, operations: Iterable[ApiGen[T]], limit: int) -> None:
        self._operations = list(operations)
        self._limit = limit
        self._begun = 0
        self._outcomes: dict[int, T | Exception] = {}
        self._asleep: list[tuple[float, int]] = []
        self._answered: list[tuple[int, Response | None, Exception | None]] = []

    @property
    def finished(self) -> bool:
        """Whether every operation has ended."""
        return len(self._outcomes) == len(self._operations)

    def due(self, now: float) -> list[tuple[int, Request]]:
        """Advance whatever has an answer, has slept enough or may begin; return the requests that are to be sent."""
        asked: list[tuple[int, Request]] = []
        while self._answered:
            self._advance(asked, now, *self._answered.pop(0))
        while self._asleep and self._asleep[0][0] <= now:
            self._advance(asked, now, heappop(self._asleep)[1])
        while self._begun < len(self._operations) and self._begun - len(self._outcomes) < self._limit:
            self._begun += 1
            self._advance(asked, now, self._begun - 1)
        return asked

    def answered(self, index: int, answer: Response | None, error: Exception | None) -> None:
        """Take the answer to a request, or its error."""
        self._answered.append((index, answer, error))

    def pause(self, now: float) -> float | None:
        """Return the seconds until an operation wakes; None when all wait for answers."""
        return max(0.0, self._asleep[0][0] - now) if self._asleep else None

    def outcomes(self) -> list[T | Exception]:
        """Return what each operation returned or raised, in order."""
        return [self._outcomes[index] for index in range(len(self._operations))]

    def close(self) -> None:
        """Give up whatever has not ended."""
        for index, operation in enumerate(self._operations):
            if index not in self._outcomes:
                operation.close()

    def _advance(
        self,
        asked: list[tuple[int, Request]],
        now: float,
        index: int,
        answer: Response | None = None,
        error: Exception | None = None,
    ) -> None:
        try:
            wanted = step(self._operations[index], answer, error)
        except Exception as failed:  # noqa: BLE001 - the caller gets it in place of a result
            self._outcomes[index] = failed
            return
        if isinstance(wanted, Ended):
            self._outcomes[index] = wanted.value
        elif isinstance(wanted, Wait):
            heappush(self._asleep, (now + wanted.seconds, index))
        else:
            asked.append((index, wanted))


Pairs = Sequence[tuple[str, str]]
HttpAnswer = tuple[int, str, Mapping[str, str], bytes]
"""Status, reason line, headers with names in lower case, body."""
LocalAnswer = Callable[[str, str, Mapping[str, list[str]], Mapping[str, str], bytes | None], HttpAnswer]
"""A cluster in this process: method, path, parameters as lists, headers, a body that replaces the parameters."""


class Transport(Protocol):
    """Carries encoded requests to one endpoint: over HTTPS, or into the simulator in this process."""

    def send(self, method: str, path: str, pairs: Pairs, headers: Mapping[str, str]) -> HttpAnswer:
        """Send once and return whatever the server answers, errors included.

        ``path`` is below ``/api2/json`` and URL-quoted; ``pairs`` are the query of a GET or DELETE and else the form,
        not yet URL-encoded. Raises NotSent or MaybeSent, never anything else.
        """
        ...

    def close(self) -> None:
        """Let go of all connections."""
        ...


class FileTransport(Transport, Protocol):
    """A transport that also carries files."""

    def send_file(self, path: str, pairs: Pairs, headers: Mapping[str, str], upload: Upload) -> HttpAnswer:
        """POST a form and the file as ``multipart/form-data``; as ``send``."""
        ...

    def receive(self, path: str, pairs: Pairs, headers: Mapping[str, str], download: Download) -> HttpAnswer:
        """GET and keep a successful answer as ``download`` says; as ``send``, the body empty when it went to a file."""
        ...


class NotSent(Exception):  # noqa: N818 - a fact for the sender, which makes the error of it
    """The request certainly did not reach a server; ``trust`` when that is because the server is not to be trusted."""

    def __init__(self, reason: str, *, trust: bool = False, hint: str = "") -> None:
        super().__init__(reason)
        self.trust = trust
        self.hint = hint


class MaybeSent(Exception):  # noqa: N818 - as above
    """The connection failed after the request began to be sent: it may have been executed."""
