"""Helm's own objects as templates see them: ``.Chart .Files .Capabilities``; ``.Values`` is the engine's.

Only views; the maps inside are the very maps they are made from, so that ``set`` in one template is seen in the next.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from pxhelm.chart.encode import dependency_json, maintainer_json, metadata_json
from pxhelm.chart.model import Dependency, Maintainer, Metadata
from pxhelm.golang.value import GoList, NilList, NilStringMap, NilStrings, StringMap, Strings, Struct, go_string
from pxhelm.gotemplate.objects import GoMap
from pxhelm.render import model


class Files(GoMap):
    """``.Files``: the chart's other files, as bytes by path."""

    __slots__ = ()
    GO_TYPE = "engine.files"
    GO_UNDERLYING = "map[string][]uint8"
    GO_MISSING = b""
    GO_METHODS = {  # noqa: RUF012 - a class table, as GoMap says
        "Get": "text",
        "GetBytes": "raw",
        "Glob": "glob",
        "AsConfig": "as_config",
        "AsSecrets": "as_secrets",
        "Lines": "lines",
    }

    def get(self, key: str, default: object = None) -> object:
        """Return a file's bytes; Go's zero value, no bytes, for a file that is not there."""
        found = super().get(key, default)
        return self.GO_MISSING if found is None else found

    def raw(self, name: str) -> bytes:
        """Return a file's bytes, none for a file that is not there."""
        found = self.get(name)
        return found if isinstance(found, bytes) else b""

    def text(self, name: str) -> str:
        """Return a file as a string."""
        return go_string(self.raw(name))

    def glob(self, pattern: str) -> Files:
        """Return the files whose paths match; a bad pattern matches all."""
        from pxhelm.golang.glob import compile_glob

        try:
            matches = compile_glob(pattern).fullmatch
        except ValueError:
            return Files(self)
        return Files({name: data for name, data in self.items() if matches(name)})

    def as_config(self) -> str:
        """Return the contents by base name as YAML, for a ConfigMap's data."""
        return _yaml({_base(name): self.text(name) for name in self})

    def as_secrets(self) -> str:
        """Return the contents in base64 by base name as YAML, for a Secret's data."""
        return _yaml({_base(name): base64.b64encode(self.raw(name)).decode() for name in self})

    def lines(self, name: str) -> Strings:
        """Return a file's lines."""
        text = self.text(name)
        return Strings(text.removesuffix("\n").split("\n")) if text else Strings()


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _yaml(value: Mapping[str, object]) -> str:
    from pxhelm.golang.yaml import to_yaml

    try:
        return to_yaml(value).removesuffix("\n")
    except ValueError:
        return ""


class VersionSet(GoList):
    """``.Capabilities.APIVersions``."""

    __slots__ = ()
    GO_TYPE = "chartutil.VersionSet"
    GO_METHODS: Final = {"Has": "has"}

    def has(self, version: str) -> bool:
        """Tell whether an API version, or a kind of one, is served."""
        return version in self


class KubeVersion:
    """``.Capabilities.KubeVersion``."""

    __slots__ = ("major", "minor", "version")
    GO_TYPE = "chartutil.KubeVersion"
    GO_FIELDS: Final = {"Version": "version", "Major": "major", "Minor": "minor"}
    GO_METHODS: Final = {"String": "__str__", "GitVersion": "__str__"}
    GO_POINTER_STRING: ClassVar[bool] = True
    """String is a method of the pointer: an action prints by it, fmt the fields."""

    def __init__(self, version: model.KubeVersion) -> None:
        self.version = version.version
        self.major = version.major
        self.minor = version.minor

    def __str__(self) -> str:
        return self.version

    def go_moved(self) -> KubeVersion:
        """Return the same without a place of its own."""
        moved = _MovedKubeVersion.__new__(_MovedKubeVersion)
        moved.version, moved.major, moved.minor = self.version, self.major, self.minor
        return moved

    def go_json(self) -> dict[str, str]:
        """Return the object that Go's JSON has for it."""
        return {"Version": self.version, "Major": self.major, "Minor": self.minor}


class _MovedKubeVersion(KubeVersion):
    """It after a function handed it on: an action, too, prints its fields."""

    __slots__ = ()
    GO_POINTER_STRING = False


class HelmVersion:
    """``.Capabilities.HelmVersion``."""

    __slots__ = ("commit", "go", "tree_state", "version")
    GO_TYPE = "version.BuildInfo"
    GO_FIELDS: Final = {"Version": "version", "GitCommit": "commit", "GitTreeState": "tree_state", "GoVersion": "go"}

    def __init__(self, version: model.HelmVersion) -> None:
        self.version = version.version
        self.commit = version.git_commit
        self.tree_state = version.git_tree_state
        self.go = version.go_version

    def go_json(self) -> dict[str, str]:
        """Return the object that Go's JSON has for it."""
        named = {
            "version": self.version,
            "git_commit": self.commit,
            "git_tree_state": self.tree_state,
            "go_version": self.go,
        }
        return {name: text for name, text in named.items() if text}


class Capabilities:
    """``.Capabilities``."""

    __slots__ = ("api_versions", "helm_version", "kube_version")
    GO_TYPE = "*chartutil.Capabilities"
    GO_FIELDS: Final = {"KubeVersion": "kube_version", "APIVersions": "api_versions", "HelmVersion": "helm_version"}

    def __init__(self, capabilities: model.Capabilities) -> None:
        self.kube_version = KubeVersion(capabilities.kube_version)
        self.api_versions = VersionSet(capabilities.api_versions)
        self.helm_version = HelmVersion(capabilities.helm_version)

    def go_json(self) -> dict[str, object]:
        """Return the object that Go's JSON has for it."""
        return {name: getattr(self, attribute) for name, attribute in self.GO_FIELDS.items()}


class MaintainerObject:
    """One of ``.Chart.Maintainers``."""

    __slots__ = ("email", "maintainer", "name", "url")
    GO_TYPE = "*chart.Maintainer"
    GO_FIELDS: Final = {"Name": "name", "Email": "email", "URL": "url"}

    def __init__(self, maintainer: Maintainer) -> None:
        self.maintainer = maintainer
        self.name, self.email, self.url = maintainer.name, maintainer.email, maintainer.url

    def go_json(self) -> dict[str, Any]:
        """Return the object that Go's JSON has for it."""
        return maintainer_json(self.maintainer)


class DependencyObject:
    """One of ``.Chart.Dependencies``."""

    __slots__ = (
        *("alias", "condition", "dependency", "enabled", "import_values", "name", "repository", "tags"),
        "version",
    )
    GO_TYPE = "*chart.Dependency"
    GO_FIELDS: Final = {
        "Name": "name",
        "Version": "version",
        "Repository": "repository",
        "Condition": "condition",
        "Tags": "tags",
        "Enabled": "enabled",
        "ImportValues": "import_values",
        "Alias": "alias",
    }

    def __init__(self, dependency: Dependency) -> None:
        self.dependency = dependency
        for name in ("name", "version", "repository", "condition", "enabled", "alias"):
            setattr(self, name, getattr(dependency, name))
        self.tags = _strings(dependency.tags)
        self.import_values: list[object] = list(dependency.import_values) if dependency.import_values else NilList()

    def go_json(self) -> dict[str, Any]:
        """Return the object that Go's JSON has for it."""
        return dependency_json(self.dependency)


class _Maintainers(GoList):
    __slots__ = ()
    GO_TYPE = "[]*chart.Maintainer"


class _Dependencies(GoList):
    __slots__ = ()
    GO_TYPE = "[]*chart.Dependency"


class _NilMaintainers(_Maintainers):
    __slots__ = ()
    GO_NIL = True


class _NilDependencies(_Dependencies):
    __slots__ = ()
    GO_NIL = True


class MetadataObject:
    """``.Chart.Metadata``, whose fields are those of ``.Chart``, too."""

    GO_TYPE = "chart.Metadata"
    GO_FIELDS: Final = {
        "Name": "name",
        "Home": "home",
        "Sources": "sources",
        "Version": "version",
        "Description": "description",
        "Keywords": "keywords",
        "Maintainers": "maintainers",
        "Icon": "icon",
        "APIVersion": "api_version",
        "Condition": "condition",
        "Tags": "tags",
        "AppVersion": "app_version",
        "Deprecated": "deprecated",
        "Annotations": "annotations",
        "KubeVersion": "kube_version",
        "Dependencies": "dependencies",
        "Type": "type",
    }

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata
        for name in ("name", "home", "version", "description", "icon", "api_version", "condition", "tags"):
            setattr(self, name, getattr(metadata, name))
        for name in ("app_version", "deprecated", "kube_version", "type"):
            setattr(self, name, getattr(metadata, name))
        self.sources = _strings(metadata.sources)
        self.keywords = _strings(metadata.keywords)
        self.annotations = StringMap(metadata.annotations) if metadata.annotations else NilStringMap()
        maintainers = map(MaintainerObject, metadata.maintainers)
        self.maintainers = _Maintainers(maintainers) if metadata.maintainers else _NilMaintainers()
        asked = metadata.dependencies
        self.dependencies = _Dependencies(map(DependencyObject, asked)) if asked else _NilDependencies()

    def go_json(self) -> dict[str, Any]:
        """Return the object that Go's JSON has for it."""
        shown = metadata_json(self._metadata)
        # Structs within the struct, whose fields keep their own order.
        for name, objects in (("maintainers", self.maintainers), ("dependencies", self.dependencies)):
            if name in shown:
                shown[name] = objects
        return shown

    def go_yaml(self) -> Struct:
        """Return what goyaml has of it."""
        return Struct({go.lower(): getattr(self, name) for go, name in self.GO_FIELDS.items()})


class ChartObject:
    """``.Chart``: the metadata, and whether it is the root's."""

    GO_TYPE = "struct { chart.Metadata; IsRoot bool }"
    GO_LAYOUT: Final = {"Metadata": "metadata", "IsRoot": "is_root"}
    GO_FIELDS: Final = {**MetadataObject.GO_FIELDS, **GO_LAYOUT}

    def __init__(self, metadata: Metadata, *, is_root: bool) -> None:
        self.metadata = MetadataObject(metadata)
        self.is_root = is_root
        for attribute in MetadataObject.GO_FIELDS.values():
            setattr(self, attribute, getattr(self.metadata, attribute))

    def go_json(self) -> dict[str, Any]:
        """Return the object that Go's JSON has for it."""
        return {**self.metadata.go_json(), "IsRoot": self.is_root}

    def go_yaml(self) -> Struct:
        """Return what goyaml has of it: the embedded metadata is a field."""
        return Struct(metadata=self.metadata.go_yaml(), isroot=self.is_root)


def _strings(texts: tuple[str, ...]) -> Strings:
    return Strings(texts) if texts else NilStrings()
