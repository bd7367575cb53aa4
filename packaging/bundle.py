"""Puts the modules that commands often need behind PyInstaller's archive, and says where each lies.

PyInstaller reads a module by opening the program, seeking, inflating and asking a handful of layers: a tenth of a
millisecond for each of two hundred modules. See ``start``, which reads what is written here.
"""

from __future__ import annotations

import _imp
import ast
import importlib.util
import marshal
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from types import CodeType
from typing import Any

import expand
from PyInstaller.building.utils import get_code_object, replace_filename_in_code_object

Entry = tuple[str, str, str]

BASE = ("encodings", "encodings.aliases", "encodings.utf_8", "encodings.latin_1", "encodings.ascii")
"""What Python needs before ``start`` runs; with what is compiled into it, that is all."""

YAML = ("reader", "scanner", "parser", "composer", "constructor", "emitter", "serializer", "representer")
"""PyYAML's own modules, of which pxhelm has its own or libyaml's."""

LATER: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            *(
                "inspect",
                "platform",
                "gettext",
                "locale",
                "ntpath",
                "subprocess",
                "shutil",
                "json",
                "base64",
                "hashlib",
            ),
            *("socket", "ssl", "zlib", "unicodedata", "fcntl", "signal", "random", "csv", "math", "struct", "binascii"),
            *("certifi", "yaml"),
        ),
        (),
    ),
    **{f"yaml.{name}": (f"{name.capitalize()}Error",) for name in YAML},  # what libyaml's module raises
    "difflib": ("get_close_matches",),
    "tempfile": ("gettempdir",),
    "bisect": ("bisect_right",),
    "copy": ("copy",),
    "urllib.parse": ("quote_from_bytes", "quote"),
    "ipaddress": ("ip_address",),
}
"""Modules that others import without using anything of them in most commands, and the functions they take from them."""

EARLY = {
    "platform": "import os\ndef system(): return os.uname().sysname\n",
    # No translation is shipped: looking for one would read the locale's tables.
    "gettext": "def gettext(message): return message\n"
    "def ngettext(singular, plural, n): return singular if n == 1 else plural\n",
    # The rest wraps what C gives into enumerations.
    "signal": "from _signal import *\n",
    "yaml": f"from yaml.error import *\nfrom yaml import tokens, events, nodes, {', '.join(YAML)}\n",
}
"""What is used of such modules in every command."""
REPLACED = {
    # As Python's own is from 3.12 on: behind it stands the same in Python, which is made and thrown away.
    "datetime": "from _datetime import *\nfrom _datetime import __doc__\n",
}
"""Modules of which the whole text is another."""
EDITED = {
    # The text of a class that has none: it takes inspect, and with it ast, dis and tokenize.
    "dataclasses": ("if not getattr(cls, '__doc__'):", "if False:"),
}
"""A line of a module, and what stands in its place."""
COPIED = {"inspect": ("cleandoc",)}
"""The same, copied from the module itself."""

OWN = ("precompiled", "precompiled_table", "dataclass_runtime")
"""Modules of this folder."""

NOBODY = ("--endpoint", "https://127.0.0.1:9", "--api-token", "root@pam!bundle=none")
"""A cluster that does not answer: asking it imports what asking takes."""
RECORDED = (
    *(("template", "r", "{chart}"), ("lint", "{chart}"), ("--help",), ("template", "--help")),
    *((*NOBODY, "get", "vms"), (*NOBODY, "plan", "r", "{chart}")),
)
"""Commands whose modules are put at hand, beside all of pxhelm's own."""

IN_VAIN = ("httpcore._sync.http2", "httpcore._async.http2")
"""Modules that are asked for in spite of what they lack: at hand, they fail without PyInstaller's importer."""

RECORDER = """
import sys
from pxhelm.cli import main
try:
    main(sys.argv[1:])
finally:
    sys.stderr.write("\\n" + " ".join(sys.modules))
"""


def small_base_library(full: Path) -> list[Entry]:
    """Cut base_library.zip down to ``BASE``; return all its modules, for the archive."""
    out: list[Entry] = []
    kept: dict[str, bytes] = {}
    with zipfile.ZipFile(full) as archive:
        for file in archive.namelist():
            name = file.removesuffix(".pyc").removesuffix("/__init__").replace("/", ".")
            if name in BASE:
                kept[file] = archive.read(file)
            if not _imp.is_frozen(name):
                spec = importlib.util.find_spec(name)
                assert spec is not None
                out.append((name, str(spec.origin), "PYMODULE"))
    with zipfile.ZipFile(full, "w") as archive:
        for file, data in kept.items():
            archive.writestr(zipfile.ZipInfo(file), data)
    return out


def recorded(chart: Path) -> set[str]:
    """Return the modules that common commands import."""
    names: set[str] = set()
    for command in RECORDED:
        with tempfile.TemporaryDirectory() as home:
            arguments = [part.format(chart=chart) for part in command]
            done = subprocess.run(
                [sys.executable, "-c", RECORDER, *arguments],
                capture_output=True,
                text=True,
                check=False,
                env={"HOME": home, "PYTHONPATH": ":".join(sys.path)},
            )
        names.update(done.stderr.rpartition("\n")[2].split())
    return names


def code_of(entry: Entry, cache: dict[str, CodeType]) -> CodeType:
    """Return a module's code, pxhelm's with the dataclasses written out."""
    name, source, _ = entry
    file = name.replace(".", "/") + ("/__init__.py" if is_package(entry) else ".py")
    if name.startswith("pxhelm."):
        return compile(expand.expand(Path(source).read_text(encoding="utf-8"), name), file, "exec", dont_inherit=True)
    if name in REPLACED or name in EDITED:
        return compile(REPLACED.get(name) or edited(name, source), file, "exec", dont_inherit=True)
    code: Any = cache.get(name) or get_code_object(name, source)
    made: CodeType = replace_filename_in_code_object(code, file)
    return made


def edited(name: str, source: str) -> str:
    """Return the text of a module with its line of ``EDITED`` replaced."""
    line, other = EDITED[name]
    text = Path(source).read_text(encoding="utf-8")
    assert text.count(line) == 1, f"{name} has no such line: {line}"
    return text.replace(line, other)


def copied(module: str, functions: tuple[str, ...]) -> str:
    """Return the text of a few functions of a module, which need nothing but ``sys``."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    found = [ast.unparse(n) for n in tree.body if isinstance(n, ast.FunctionDef) and n.name in functions]
    return "\n".join(["import sys", *found])


def is_package(entry: Entry) -> bool:
    """Tell whether a module is a package."""
    return Path(entry[1]).name == "__init__.py"


def is_at_hand(name: str, recorded: set[str]) -> bool:
    """Tell whether a module is to lie behind the archive."""
    return (
        name.startswith("pxhelm") or (name in recorded and not _imp.is_frozen(name)) or name in (*OWN, *BASE, *IN_VAIN)
    )


def append(
    archive: Path, entries: list[Entry], importers: list[Entry], codes: dict[str, CodeType]
) -> dict[str, object]:
    """Write modules behind the archive; return what ``start`` wants to know of them.

    ``importers``: PyInstaller's own, as compiled files.
    """
    stored = {entry[0]: (marshal.dumps(code_of(entry, codes)), is_package(entry)) for entry in entries}
    stored |= {name: (Path(file).read_bytes()[16:], False) for name, file, _ in importers}
    early = EARLY | {name: copied(name, functions) for name, functions in COPIED.items()}
    for name, text in early.items():
        stored[f"{name}:early"] = marshal.dumps(compile(text, f"{name}.py", "exec", dont_inherit=True)), False
    size = archive.stat().st_size
    modules: dict[str, tuple[int, int, bool]] = {}
    at = 0
    with archive.open("ab") as stream:
        for name, (data, package) in sorted(stored.items()):
            modules[name] = (at, len(data), package)
            at += stream.write(data)
    return {
        "ARCHIVE": size,
        "MODULES": modules,
        "LATER": LATER,
    }


def write_module(file: Path, table: dict[str, object]) -> None:
    """Write a compiled module that holds nothing but constants."""
    text = "".join(f"{name} = {value!r}\n" for name, value in table.items())
    header = importlib.util.MAGIC_NUMBER + bytes(12)
    file.write_bytes(header + marshal.dumps(compile(text, file.stem, "exec")))
