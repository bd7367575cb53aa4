"""What goes wrong in the API, as Proxmox words it: exceptions that become a status, a reason line and a body."""

from __future__ import annotations

from collections.abc import Mapping

UNDEFINED = "property is not defined in schema and the schema does not allow additional properties"
MISSING = "property is missing and it is not optional"


class ApiError(Exception):
    """An answer that is not 200; ``message`` without its line end, the reason line is its first line."""

    def __init__(self, message: str, status: int = 500, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.errors = dict(errors) if errors else None
        self.keep = False
        """Whether what the request has changed so far stays (a failed hot plug leaves its value pending)."""
        self.delay = 0.0


class BareError(ApiError):
    """A refusal of the HTTP server itself: no JSON, ``text`` as the body."""

    def __init__(self, status: int, message: str, text: str = "", delay: float = 0.0) -> None:
        super().__init__(message, status)
        self.text = text
        self.delay = delay


class BlockedError(Exception):
    """The request waits for a lock until ``until`` (seconds of the clock) and is then asked again."""

    def __init__(self, until: float, what: str) -> None:
        super().__init__(what)
        self.until = until
        self.what = what


def parameter_error(name: str, text: str) -> ApiError:
    """Return the 400 that blames one parameter."""
    return ApiError("Parameter verification failed.", 400, {name: text})


def parameter_errors(errors: Mapping[str, str]) -> ApiError:
    """Return the 400 that blames several parameters."""
    return ApiError("Parameter verification failed.", 400, errors)


def denied(what: str = "") -> ApiError:
    """Return the 403 of a missing privilege: ``path, privilege``."""
    return ApiError(f"Permission check failed ({what})" if what else "Permission check failed", 403)


def nested(prefix: str, errors: Mapping[str, str]) -> ApiError:
    """Return the 500 whose text quotes a parameter exception raised inside another."""
    lines = "".join(f"{name}: {text}\n" for name, text in errors.items())
    return ApiError(f"{prefix}400 Parameter verification failed.\n{lines}".rstrip("\n"))
