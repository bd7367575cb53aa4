"""First code of the binary, in place of PyInstaller's bootstrap: imports from the program file, with little ado.

Modules that commands often need lie unpacked behind PyInstaller's archive; reading one is a single read at a known
place. All others come from that archive, by PyInstaller's own importer, which is itself imported when first needed.
Files that must be files (shared objects, data) are written into this run's own folder when a module of their group is
first imported. Runs before everything else, so it imports nothing but what Python has already.
"""

import sys


def _start():
    import _thread
    import gc
    import marshal
    import posix
    from _frozen_importlib import ModuleSpec
    from _frozen_importlib_external import ExtensionFileLoader, PathFinder

    import frozen_table as table

    here = sys._MEIPASS
    program, _, position = sys._pyinstaller_pyz.rpartition("?")
    base = int(position) + table.ARCHIVE
    modules, groups, extensions, later = table.MODULES, table.GROUPS, table.EXTENSIONS, table.LATER
    descriptor = posix.open(program, posix.O_RDONLY | posix.O_CLOEXEC)
    start_new_thread = _thread.start_new_thread
    contents = []

    def run(module, part=""):
        if module.__name__ in extensions:
            real = extension_spec(module.__name__)
            made = real.loader.create_module(real)
            real.loader.exec_module(made)
            module.__dict__.update(made.__dict__)
            return
        need(module.__name__)
        offset, length, _ = modules[module.__spec__.name + part]
        exec(marshal.loads(posix.pread(descriptor, length, base + offset)), module.__dict__)

    def extension_spec(name):
        need(name)
        file = f"{here}/{extensions[name]}"
        spec = ModuleSpec(name, ExtensionFileLoader(name, file), origin=file)
        spec._set_fileattr = True
        return spec

    class Later(type(sys)):
        """A module that is imported by many and used by few: it runs when something of it is asked for."""

        def __getattr__(self, name):
            if name == "__path__":  # every "from … import …" asks for it
                _missing(self, name)
            if self.__dict__.pop("__waiting__", False):
                run(self)
                self.__class__ = type(sys)
            return self.__dict__[name] if name in self.__dict__ else _missing(self, name)

    def start_thread(*arguments, **named):
        """Start a thread; before the first, all modules run that still wait: two threads never run one together."""
        if later:
            later.clear()
            for module in [m for m in sys.modules.values() if type(m) is Later]:
                Later.__getattr__(module, "__name__")
        return start_new_thread(*arguments, **named)

    def _stand_in(module, name):
        """Return what stands for a function that others take from the module when they are imported."""

        def call(*arguments, **named):
            Later.__getattr__(module, "__file__")
            return module.__dict__[name](*arguments, **named)

        return call

    def _missing(module, name):
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    class Loader:
        """Loads the modules that lie behind the archive."""

        @staticmethod
        def create_module(spec):
            return None

        @staticmethod
        def exec_module(module):
            name = module.__spec__.name
            package = hasattr(module, "__path__")
            module.__file__ = f"{here}/{name.replace('.', '/')}{'/__init__' if package else ''}.pyc"
            if name in later:
                if name + ":early" in modules:
                    run(module, ":early")
                for function in later[name]:
                    setattr(module, function, _stand_in(module, function))
                module.__waiting__ = True
                module.__class__ = Later
            else:
                run(module)

        @staticmethod
        def get_data(path):
            with open(path, "rb") as stream:
                return stream.read()

        @staticmethod
        def get_resource_reader(name):
            from importlib.resources.readers import FileReader
            from types import SimpleNamespace

            return FileReader(SimpleNamespace(path=sys.modules[name].__file__))

    class Finder:
        """Finds modules behind the archive and extension modules, whose files it writes."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            if name in groups and name not in later:
                need(name)
            found = modules.get(name)
            if found is not None:
                spec = ModuleSpec(name, Loader, is_package=found[2])
                if found[2]:
                    spec.submodule_search_locations.append(f"{here}/{name.replace('.', '/')}")
                return spec
            if name not in extensions:
                return None
            return ModuleSpec(name, Loader) if name in later else extension_spec(name)

    class Rest:
        """Installs PyInstaller's importer when a module is asked for that only its archive has."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            if name.partition(".")[0] not in table.ARCHIVED:
                return None
            sys.meta_path[sys.meta_path.index(Rest)] = PathFinder
            import pyimod02_importers

            pyimod02_importers.install()
            sys.path_importer_cache.clear()
            return PathFinder.find_spec(name, path, target)

    def read_contents():
        # CArchive: the cookie at the end names the table of contents (PyInstaller's documented format).
        size = posix.fstat(descriptor).st_size
        tail = posix.pread(descriptor, 65536, size - 65536)
        cookie = tail[tail.rfind(b"MEI\014\013\012\013\016") :]
        length, start, toc_length = (int.from_bytes(cookie[i : i + 4], "big") for i in (8, 12, 16))
        first = size - len(cookie) + 88 - length  # 88: the cookie itself
        contents.append(posix.pread(descriptor, toc_length, first + start))
        contents.append(first)

    def read(name):
        # A row: its length, position, stored length, length (4 bytes each), whether compressed, kind, name.
        table_of_contents, first = contents
        at = table_of_contents.index(b"\0q" + name.encode() + b"\0") - 16
        place, length = (int.from_bytes(table_of_contents[i : i + 4], "big") for i in (at + 4, at + 8))
        return posix.pread(descriptor, length, first + place)

    def need(group):
        names = groups.pop(group, None)
        if not names:
            return
        if not contents:
            read_contents()
        need(group + ".libs")
        for name in names:
            target = here
            for part in name.split("/")[:-1]:
                target += f"/{part}"
                try:
                    posix.mkdir(target)
                except FileExistsError:
                    pass
            try:
                out = posix.open(f"{here}/{name}", posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL, 0o700)
            except FileExistsError:
                continue
            data = memoryview(read(name))
            while data:
                data = data[posix.write(out, data) :]
            posix.close(out)

    _thread.start_new_thread = start_thread
    gc.disable()  # until pxhelm's main says how often: imports leave no garbage
    sys.frozen = True
    sys.pxhelm_need = need
    sys.meta_path.insert(0, Finder)
    # In place of Python's own finder, to which a folder of written files would look like a package.
    sys.meta_path[sys.meta_path.index(PathFinder)] = Rest
    sys.modules["encodings"].__path__.append(f"{here}/encodings")


_start()
