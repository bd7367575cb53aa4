"""The order in which Helm deletes a release's manifests, and those that it keeps.

The install order is the renderer's; a stored manifest is in it already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pxhelm.errors import PxhelmError
from pxhelm.golang import yaml
from pxhelm.release.failure import wrapped
from pxhelm.render.order import UNINSTALL_ORDER, by_kind
from pxhelm.render.split import split_documents

POLICY_ANNOTATION = "helm.sh/resource-policy"
KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a manifest."""

    text: str
    kind: str
    name: str
    annotations: Mapping[str, Any]

    @property
    def is_kept(self) -> bool:
        """Whether its policy is ``keep``."""
        return str(self.annotations.get(POLICY_ANNOTATION, "")).strip().lower() == KEEP


def split(manifest: str) -> list[str]:
    """Split a text into its documents as Helm's SplitManifests does: by text, before any YAML is read."""
    return [text for _, text in split_documents(manifest)]


def deletion_order(manifest: str) -> tuple[list[Document], list[Document]]:
    """Return the documents that are kept and those to delete, in the order they are deleted.

    A document with another ``helm.sh/resource-policy`` than ``keep`` is in neither: Helm leaves it alone unsaid.
    """
    documents = by_kind(map(_document, split(manifest)), lambda one: one.kind, UNINSTALL_ORDER)
    kept = [one for one in documents if one.is_kept]
    return kept, [one for one in documents if POLICY_ANNOTATION not in one.annotations]


def _document(text: str) -> Document:
    try:
        head = yaml.load_map(text)
    except yaml.YamlError as error:
        problem = PxhelmError(f"YAML parse error: {error}")
        raise wrapped("corrupted release record. You must manually delete the resources", problem) from error
    metadata: Any = head.get("metadata")
    if not isinstance(metadata, dict):
        metadata = {}
    return Document(
        text, str(head.get("kind") or ""), str(metadata.get("name") or ""), metadata.get("annotations") or {}
    )
