"""Requests, waits and their driver: everything that talks to Proxmox is a generator of these.

``ApiGen[T]`` asks for a request or for time and returns ``T``; errors are thrown into it. One driver serves the real
client, the simulator and canned answers. Nothing here sends or sleeps.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from pxhelm.secret import Secret

T = TypeVar("T")

Method = Literal["GET", "POST", "PUT", "DELETE"]
Param = str | int | float | bool | Secret | Sequence[str]
"""A parameter as the caller means it; the wire encoder prints booleans as 0/1 and opens secrets."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that only the edge opens."""

    path: str
    filename: str


@dataclass(frozen=True, slots=True)
class Request:
    """One API call: path below ``/api2/json``, already URL-quoted."""

    method: Method
    path: str
    params: Mapping[str, Param] = field(default_factory=dict)
    upload: Upload | None = None
    node: str = ""
    """The node that owns the object, preferred as the endpoint; empty = any."""

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


def drive(operation: ApiGen[T], send: Send, sleep: Sleep) -> T:
    """Run one operation to its end; an error of ``send`` is thrown into it.

    ``send`` raises ``pxhelm.proxmox.errors.ApiError``; whatever the generator lets pass is raised here.
    """
    answer: Response | None = None
    error: Exception | None = None
    while True:
        try:
            asked = operation.throw(error) if error is not None else operation.send(answer)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        answer, error = None, None
        if isinstance(asked, Wait):
            sleep(asked.seconds)
            continue
        try:
            answer = send(asked)
        except Exception as caught:  # noqa: BLE001 - the operation decides what an error means
            error = caught


def call(request: Request) -> ApiGen[object]:
    """Send one request and return the ``data`` of its answer."""
    answer = yield request
    assert answer is not None
    return answer.data
