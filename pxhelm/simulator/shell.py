"""The system in a simulated machine: a few programs and a small POSIX shell over the files that the agent wrote.

Knows echo, cat, base64 -d, true, false, exit, rm, printf without formats, sleep (at once), uname and hostname; ``sh -c`` with ``;``,
``&&``, ``<``, ``>``, ``>>`` and positional parameters. Whatever else is started prints its own words and succeeds.
"""

from __future__ import annotations

import base64
import binascii
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Files = dict[str, bytes]


@dataclass(frozen=True)
class Result:
    """How a program ended."""

    code: int = 0
    out: bytes = b""
    err: bytes = b""


def run(words: Sequence[str], stdin: bytes, files: Files, host: str = "localhost") -> Result:
    """Run a program; files change in place."""
    program, arguments = words[0].rpartition("/")[2], list(words[1:])
    if program in ("sh", "bash", "dash") and arguments[:1] == ["-c"]:
        return _script(arguments[1:], stdin, files, host)
    known = _PROGRAMS.get(program)
    if known is not None:
        return known(arguments, stdin, files)
    if program in ("uname", "hostname"):
        name = "Linux" if program == "uname" else host
        return Result(out=f"{name}\n".encode())
    return Result(out=(" ".join(words) + "\n").encode())


def _script(words: list[str], stdin: bytes, files: Files, host: str) -> Result:
    positional = words[1:]
    source = words[0]
    for number in range(len(positional)):
        source = source.replace(f'"${number}"', f"${number}").replace(f"${number}", shlex.quote(positional[number]))
    out, err, code = b"", b"", 0
    reader = shlex.shlex(source, posix=True, punctuation_chars=";&<>")
    reader.whitespace_split = True
    tokens = list(reader)
    commands: list[tuple[str, list[str]]] = [("", [])]
    for token in tokens:
        if token in (";", "&&"):
            commands.append((token, []))
        else:
            commands[-1][1].append(token)
    for joint, command in commands:
        if not command or (joint == "&&" and code):
            continue
        if command[0] == "exit":
            return Result(int(command[1]) if len(command) > 1 else code, out, err)
        done = _redirected(command, stdin, files, host)
        out, err, code = out + done.out, err + done.err, done.code
    return Result(code, out, err)


def _redirected(command: list[str], stdin: bytes, files: Files, host: str) -> Result:
    words: list[str] = []
    target, mode = "", ""
    at = 0
    while at < len(command):
        if command[at] in (">", ">>") and at + 1 < len(command):
            mode, target = command[at], command[at + 1]
            at += 2
        elif command[at] == "<" and at + 1 < len(command):
            if command[at + 1] not in files:
                return Result(2, err=f"sh: 1: cannot open {command[at + 1]}: No such file\n".encode())
            stdin = files[command[at + 1]]
            at += 2
        else:
            words.append(command[at])
            at += 1
    done = run(words, stdin, files, host) if words else Result()
    if target:
        files[target] = (files.get(target, b"") if mode == ">>" else b"") + done.out
        return Result(done.code, err=done.err)
    return done


def _cat(names: list[str], stdin: bytes, files: Files) -> Result:
    missing = [name for name in names if name not in files and name != "-"]
    out = b"".join(files.get(name, b"") for name in names) if names else stdin
    err = "".join(f"cat: {name}: No such file or directory\n" for name in missing)
    return Result(1 if missing else 0, out, err.encode())


def _base64(arguments: list[str], stdin: bytes, files: Files) -> Result:
    decodes = bool({"-d", "--decode"} & set(arguments))
    names = [a for a in arguments if not a.startswith("-")]
    data = files.get(names[0], b"") if names else stdin
    if not decodes:
        return Result(out=base64.encodebytes(data))
    try:
        return Result(out=base64.b64decode(data, validate=False))
    except binascii.Error:
        return Result(1, err=b"base64: invalid input\n")


def _rm(arguments: list[str], _stdin: bytes, files: Files) -> Result:
    names = [a for a in arguments if not a.startswith("-")]
    missing = [name for name in names if files.pop(name, None) is None]
    if missing and "-f" not in arguments:
        return Result(1, err=f"rm: cannot remove '{missing[0]}': No such file or directory\n".encode())
    return Result()


_PROGRAMS: dict[str, Callable[[list[str], bytes, Files], Result]] = {
    "true": lambda _a, _s, _f: Result(),
    "false": lambda _a, _s, _f: Result(1),
    ":": lambda _a, _s, _f: Result(),
    "sleep": lambda _a, _s, _f: Result(),
    "echo": lambda a, _s, _f: Result(out=(" ".join(a) + "\n").encode()),
    "printf": lambda a, _s, _f: Result(out=(a[0] if a else "").encode()),
    "cat": _cat,
    "base64": _base64,
    "rm": _rm,
}
