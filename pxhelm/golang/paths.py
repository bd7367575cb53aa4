"""Go's package path: slash paths as text.

Never looks at a file system.
"""

from __future__ import annotations


def clean(path: str) -> str:
    """Return the shortest equal path."""
    if not path:
        return "."
    rooted = path[0] == "/"
    out: list[str] = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part != "..":
            out.append(part)
        elif out and out[-1] != "..":
            out.pop()
        elif not rooted:
            out.append("..")
    cleaned = "/".join(out)
    return "/" + cleaned if rooted else cleaned or "."


def base(path: str) -> str:
    """Return the last element."""
    if not path:
        return "."
    bare = path.rstrip("/")
    return bare[bare.rfind("/") + 1 :] or "/"


def folder(path: str) -> str:
    """Return all but the last element, cleaned."""
    return clean(path[: path.rfind("/") + 1])


def extension(path: str) -> str:
    """Return what follows the last dot of the last element, dot included."""
    last = path[path.rfind("/") + 1 :]
    dot = last.rfind(".")
    return last[dot:] if dot >= 0 else ""


def is_absolute(path: str) -> bool:
    """Whether the path begins at the root."""
    return path[:1] == "/"
