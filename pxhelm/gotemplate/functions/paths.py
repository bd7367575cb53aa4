"""Slash paths as texts.

Never looks at a file system; the ``os…`` variants are those of a Unix system.
"""

from __future__ import annotations

from pxhelm.golang import paths
from pxhelm.gotemplate.signature import Function, function

FUNCTIONS: dict[str, Function] = {
    "base": function(paths.base, "string", result="string"),
    "dir": function(paths.folder, "string", result="string"),
    "clean": function(paths.clean, "string", result="string"),
    "ext": function(paths.extension, "string", result="string"),
    "isAbs": function(paths.is_absolute, "string", result="bool"),
    "osBase": function(paths.base, "string", result="string"),
    "osDir": function(paths.folder, "string", result="string"),
    "osClean": function(paths.clean, "string", result="string"),
    "osExt": function(paths.extension, "string", result="string"),
    "osIsAbs": function(paths.is_absolute, "string", result="bool"),
}
