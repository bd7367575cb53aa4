"""Run-time hook of the binary: writes a group of files when one of its modules is first imported.

Runs before everything else, so it imports nothing that start-up does not already have. The build puts a line
``GROUPS = {group: [files]}`` before this text.
"""

import os
import sys


def _install():
    here = sys._MEIPASS
    program = sys.executable
    toc = {}
    groups = GROUPS

    def read_table():
        # CArchive: the cookie at the end names the table of contents (PyInstaller's documented format).
        import struct

        with open(program, "rb") as stream:
            stream.seek(0, 2)
            size = stream.tell()
            stream.seek(max(0, size - 65536))
            tail = stream.read()
            at = tail.rfind(b"MEI\014\013\012\013\016")
            layout = struct.Struct("!8sIIII64s")
            _, length, start, toc_length, _, _ = layout.unpack_from(tail, at)
            base = size - len(tail) + at + layout.size - length
            stream.seek(base + start)
            table = stream.read(toc_length)
        row = struct.Struct("!IIIIBc")
        offset = 0
        while offset < len(table):
            entry_length, position, compressed, _, _, kind = row.unpack_from(table, offset)
            if kind == b"q":
                name = table[offset + row.size : offset + entry_length].rstrip(b"\0").decode()
                toc[name] = (base + position, compressed)
            offset += entry_length

    def read(name):
        position, length = toc[name]
        with open(program, "rb") as stream:
            stream.seek(position)
            return stream.read(length)

    def need(group):
        names = groups.pop(group, None)
        if not names:
            return
        if not toc:
            read_table()
        need(group + ".libs")
        for name in names:
            target = os.path.join(here, name)
            if os.path.exists(target):
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as stream:
                stream.write(read(name))

    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name in groups:
                need(name)

    sys.meta_path.insert(0, Finder)
    sys.pxhelm_need = need


_install()
