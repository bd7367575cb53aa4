"""What ``helm template`` prints, to the byte, and what it writes with ``--output-dir``.

Only texts; writing them is the door's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pxhelm.chart.pathmatch import BadPatternError, path_match
from pxhelm.golang.text import SPACE
from pxhelm.golang.value import go_string
from pxhelm.manifest import Manifest
from pxhelm.render.model import Rendered, RenderError
from pxhelm.render.split import split_documents

_SOURCE: Final = re.compile(r"# Source: [^/]+/(.+)")


Post = Callable[[str], str]
"""What a post-renderer makes of a text."""


@dataclass(frozen=True, slots=True)
class Show:
    """What of a rendering is shown."""

    include_crds: bool = False
    hooks: bool = True
    skip_tests: bool = False
    only: tuple[str, ...] = ()
    """Patterns of template paths (``--show-only``)."""
    hide_secrets: bool = False


def manifest_text(rendered: Rendered, *, include_crds: bool = False, hide_secrets: bool = False) -> str:
    """Return the release's manifest: CRDs if asked for, then every manifest, each under its source."""
    parts = []
    if include_crds:
        parts = [_document(crd.source, go_string(crd.data)) for crd in rendered.crds]
    for manifest in rendered.manifests:
        hidden = hide_secrets and manifest.kind == "Secret" and manifest.api_version == "v1"
        text = "# HIDDEN: The Secret output has been suppressed" if hidden else manifest.text
        parts.append(_document(manifest.file, text))
    return "".join(parts)


def template_text(rendered: Rendered, show: Show = Show(), post: Post = str) -> str:
    """Return the standard output of ``helm template``; ``post`` is given the manifests, never the hooks.

    Raises:
        RenderError: when a pattern of ``--show-only`` matches nothing.
    """
    manifest = post(manifest_text(rendered, include_crds=show.include_crds, hide_secrets=show.hide_secrets))
    text = manifest.strip(SPACE) + "\n"
    if show.hooks:
        text += "".join(_document(m.file, m.text) for m in _shown_hooks(rendered, show))
    return _only(text, show.only) if show.only else text


def text_beside_files(show: Show = Show(), post: Post = str) -> str:
    """Return what ``helm template --output-dir`` prints in the end: what is left of no manifests at all.

    Raises:
        RenderError: for any ``--show-only``, as in Helm: it chooses among what is printed.
    """
    text = post("").strip(SPACE) + "\n"
    return _only(text, show.only) if show.only else text


def debug_text(files: Mapping[str, str], show: Show = Show()) -> str:
    """Return what ``helm template --debug`` prints of output that is not YAML.

    Raises:
        RenderError: when a pattern of ``--show-only`` matches nothing.
    """
    shown = (
        _document(name, text) for name, text in files.items() if text.strip(SPACE) and not name.endswith("NOTES.txt")
    )
    text = "".join(shown).strip(SPACE) + "\n"
    return _only(text, show.only) if show.only else text


def output_files(rendered: Rendered, show: Show = Show(), release: str = "") -> dict[str, str]:
    """Return what ``--output-dir`` writes, by path below it; ``release`` names a folder of its own (``--release-name``)."""
    files: dict[str, str] = {}
    below = f"{release}/" if release else ""
    if show.include_crds:
        # Helm leaves CRDs out of the release's folder.
        for crd in rendered.crds:
            files[crd.source] = files.get(crd.source, "") + _document(crd.source, go_string(crd.data))
    hooks = _shown_hooks(rendered, show) if show.hooks else ()
    for manifest in (*rendered.manifests, *hooks):
        path = below + manifest.file
        files[path] = files.get(path, "") + _document(manifest.file, manifest.text)
    return files


def written(rendered: Rendered, show: Show = Show(), release: str = "") -> list[str]:
    """Return the paths in the order Helm reports ``wrote PATH``, once for each document."""
    below = f"{release}/" if release else ""
    hooks = _shown_hooks(rendered, show) if show.hooks else ()
    crds = [crd.source for crd in rendered.crds] if show.include_crds else []
    return crds + [below + m.file for m in (*rendered.manifests, *hooks)]


def _document(source: str, text: str) -> str:
    return f"---\n# Source: {source}\n{text}\n"


def _shown_hooks(rendered: Rendered, show: Show) -> tuple[Manifest, ...]:
    return tuple(hook.manifest for hook in rendered.hooks if not (show.skip_tests and hook.is_test))


def _only(text: str, patterns: Iterable[str]) -> str:
    documents = [document for _, document in split_documents(text)]
    sources = [found[1] if (found := _SOURCE.search(document)) else "" for document in documents]
    chosen: list[str] = []
    for pattern in patterns:
        hits = [d for d, source in zip(documents, sources, strict=True) if source and _matches(pattern, source)]
        if not hits:
            raise RenderError(f"could not find template {pattern} in chart", hint=_hint(pattern, sources))
        chosen.extend(hits)
    return "".join(f"---\n{document}\n" for document in chosen)


def _hint(pattern: str, sources: Iterable[str]) -> str:
    known = sorted({source for source in sources if source})
    if not known:
        return "nothing is printed that could be chosen from: --output-dir writes every file"
    from difflib import get_close_matches

    near = get_close_matches(pattern, known, 1)
    return f"did you mean {near[0]}?" if near else f"what is printed comes from {', '.join(known)}"


def _matches(pattern: str, source: str) -> bool:
    try:
        return path_match(pattern, source)
    except BadPatternError:
        return False
