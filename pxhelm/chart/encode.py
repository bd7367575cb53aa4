"""Metadata as Go encodes its structs: JSON names, empty fields left out, in the order of the struct.

The reverse of ``decode``. Used for Chart.yaml in packages, for index files, for ``toYaml .Chart``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pxhelm.chart.model import Dependency, Lock, Maintainer, Metadata


def metadata_json(metadata: Metadata) -> dict[str, Any]:
    """Return the object that Go's JSON has for chart metadata."""
    dependencies = metadata.dependencies or ()
    return _filled(
        {
            "name": metadata.name,
            "home": metadata.home,
            "sources": list(metadata.sources),
            "version": metadata.version,
            "description": metadata.description,
            "keywords": list(metadata.keywords),
            "maintainers": [maintainer_json(m) for m in metadata.maintainers],
            "icon": metadata.icon,
            "apiVersion": metadata.api_version,
            "condition": metadata.condition,
            "tags": metadata.tags,
            "appVersion": metadata.app_version,
            "deprecated": metadata.deprecated,
            "annotations": dict(metadata.annotations),
            "kubeVersion": metadata.kube_version,
            "dependencies": [dependency_json(d) for d in dependencies],
            "type": metadata.type,
        }
    )


def maintainer_json(maintainer: Maintainer) -> dict[str, Any]:
    """Return the object for a maintainer."""
    return _filled({"name": maintainer.name, "email": maintainer.email, "url": maintainer.url})


def dependency_json(dependency: Dependency) -> dict[str, Any]:
    """Return the object for a dependency; its name and repository are there even when empty."""
    optional = _filled(
        {
            "condition": dependency.condition,
            "tags": list(dependency.tags),
            "enabled": dependency.enabled,
            "import-values": list(dependency.import_values),
            "alias": dependency.alias,
        }
    )
    version = {"version": dependency.version} if dependency.version else {}
    return {"name": dependency.name, **version, "repository": dependency.repository, **optional}


def lock_json(lock: Lock) -> dict[str, Any]:
    """Return the object for a lock."""
    dependencies = None if lock.dependencies is None else [dependency_json(d) for d in lock.dependencies]
    return {"generated": lock.generated, "digest": lock.digest, "dependencies": dependencies}


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
