"""Who owns an object: Helm's label and annotations, checked before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pxhelm.errors import PxhelmError
from pxhelm.release.failure import wrapped
from pxhelm.release.objects import Existing, Item, ObjectPort

MANAGED_BY = "app.kubernetes.io/managed-by"
HELM = "Helm"
RELEASE_NAME = "meta.helm.sh/release-name"
RELEASE_NAMESPACE = "meta.helm.sh/release-namespace"


def stamped(items: Iterable[Item], release: str, namespace: str) -> tuple[Item, ...]:
    """Return the items with the label and annotations that make them the release's."""
    marks = {RELEASE_NAME: release, RELEASE_NAMESPACE: namespace}
    return tuple(_marked(item, marks) for item in items)


def _marked(item: Item, marks: Mapping[str, str]) -> Item:
    metadata = dict(item.document.get("metadata") or {})
    metadata["labels"] = {**(metadata.get("labels") or {}), MANAGED_BY: HELM}
    metadata["annotations"] = {**(metadata.get("annotations") or {}), **marks}
    return replace(item, document={**item.document, "metadata": metadata})


def to_adopt(port: ObjectPort, items: Iterable[Item], release: tuple[str, str] | None) -> tuple[Item, ...]:
    """Return those items that exist already and may be taken into the release (name, namespace).

    ``None`` takes them whoever owns them (``--take-ownership``). Raises PxhelmError, Helm's text, for the first one
    that belongs to somebody else.
    """
    found = []
    for item in items:
        try:
            existing = port.existing(item)
        except PxhelmError as unknown:
            raise wrapped(f"could not get information about the resource {item}", unknown) from unknown
        if existing is None:
            continue
        problem = ownership_problem(existing, *release) if release else ""
        if problem:
            raise PxhelmError(
                f"{item} exists and cannot be imported into the current release: {problem}",
                hint="rename it in the chart, remove it, or take it over with --take-ownership",
            )
        found.append(item)
    return tuple(found)


def ownership_problem(existing: Existing, release: str, namespace: str) -> str:
    """Return why the object is not the release's, empty when it is."""
    checks = (
        ("label", existing.labels, MANAGED_BY, HELM),
        ("annotation", existing.annotations, RELEASE_NAME, release),
        ("annotation", existing.annotations, RELEASE_NAMESPACE, namespace),
    )
    problems = [
        f"{where} validation error: {problem}"
        for where, texts, key, wanted in checks
        if (problem := _value_problem(texts, key, wanted))
    ]
    return "; ".join(["invalid ownership metadata", *problems]) if problems else ""


def _value_problem(texts: Mapping[str, str], key: str, wanted: str) -> str:
    if key not in texts:
        return f'missing key "{key}": must be set to "{wanted}"'
    if texts[key] != wanted:
        return f'key "{key}" must equal "{wanted}": current value is "{texts[key]}"'
    return ""
