"""Labels that a context shows in Proxmox as tags (kinds.md 2.10): ``app: shop`` is the tag ``app.shop``.

Only the keys that the context lists, so that a tag can be told to be a label's. Proxmox' tags hold ``a-z 0-9 _ . + -``: letters
become small, the ``/`` of a key becomes ``-``, and a label without a value is its key alone. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pxhelm.resource.parse import LABEL_VALUE


def prefix_of(key: str) -> str:
    """Return what a label's key is in a tag."""
    return key.replace("/", "-").lower()


def tags_of(keys: Iterable[str], labels: Mapping[str, str]) -> tuple[str, ...]:
    """Return the tags of those labels that are shown."""
    shown = ((prefix_of(key), labels[key].lower()) for key in keys if key in labels)
    return tuple(sorted({f"{key}.{value}" if value else key for key, value in shown}))


def labels_in(keys: Sequence[str], tags: Iterable[str]) -> dict[str, str]:
    """Return the labels that tags stand for; of two tags with one key the first, and none that could be no label's."""
    longest = sorted(keys, key=lambda key: (-len(key), key))
    found: dict[str, str] = {}
    for tag in tags:
        for key in longest:
            prefix = prefix_of(key)
            if tag == prefix or tag.startswith(f"{prefix}."):
                value = tag[len(prefix) + 1 :]
                if LABEL_VALUE.fullmatch(value) and tag in tags_of((key,), {key: value}):
                    found.setdefault(key, value)
                break
    return found
