"""Labels and annotations of objects: changed in the store and in the manifest it keeps, never in Proxmox.

The next apply of a manifest brings the object's labels to what that manifest says, as apply always does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any, Literal

from pxhelm.actions.inspect import Found, plural_of
from pxhelm.actions.objects import parse_text
from pxhelm.actions.services import Services
from pxhelm.errors import ExitCode, PxhelmError

Part = Literal["labels", "annotations"]
_LEASE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Edits:
    """What shall be set and removed."""

    put: Mapping[str, str]
    remove: tuple[str, ...] = ()
    overwrite: bool = False

    def apply(self, part: Part, before: Mapping[str, str]) -> dict[str, str]:
        """Return the map afterwards; PxhelmError in kubectl's words when something would be overwritten."""
        taken = [(key, before[key]) for key, value in self.put.items() if before.get(key, value) != value]
        if taken and not self.overwrite:
            if part == "labels":
                text = f"'{taken[0][0]}' already has a value ({taken[0][1]}), and --overwrite is false"
            else:
                listed = "; ".join(f"'{key}' already has a value ({value})" for key, value in taken)
                text = f"--overwrite is false but found the following declared annotation(s): {listed}"
            raise PxhelmError(text, code=ExitCode.CONFLICT, hint="give --overwrite if that is what you want")
        return {key: value for key, value in {**before, **self.put}.items() if key not in self.remove}


def parse_edits(part: Part, words: Sequence[str], *, overwrite: bool) -> Edits:
    """Read ``key=value`` and ``key-``; PxhelmError in kubectl's words for anything else."""
    put: dict[str, str] = {}
    remove: list[str] = []
    for word in words:
        key, equals, value = word.partition("=")
        if equals and key:
            put[key] = value
        elif word.endswith("-") and len(word) > 1:
            remove.append(word[:-1])
        else:
            raise PxhelmError(
                f"unknown {part[:-1]} spec: {word}", code=ExitCode.USAGE, hint="key=value sets, key- removes"
            )
    both = [key for key in put if key in remove]
    if both:
        raise PxhelmError(
            f"can not both modify and remove a {part[:-1]} in the same command: {both[0]}", code=ExitCode.USAGE
        )
    if not (put or remove):
        raise PxhelmError(f"at least one {part[:-1]} update is required", code=ExitCode.USAGE)
    return Edits(put, tuple(remove), overwrite)


def manifest_text(found: Found) -> str:
    """Return the manifest that was applied last, as it was written; PxhelmError for what is not ours."""
    from pxhelm.apply.memory import Manifest

    if found.stored is None:
        tags = ": in Proxmox there are tags for that" if found.vmid else ""
        raise PxhelmError(
            f'{plural_of(found.kind)} "{found.name}" is not managed by pxhelm{tags}',
            code=ExitCode.REFUSED,
            hint="take it over with a manifest and `apply --take-ownership`, or with `import`",
        )
    return Manifest.load(found.stored.manifest).text


def change(services: Services, found: Found, part: Part, edits: Edits, *, keep: bool = True) -> bool:
    """Change the map, and tell whether anything is other than before; ``keep`` writes it to the store.

    Raises StageError when the manifest would not be valid any more.
    """
    text = manifest_text(found)
    assert found.stored is not None
    before = current(found, part)
    after = edits.apply(part, before)
    if after == before:
        return False
    edited = _edited(text, found, part, after)
    (resource,) = parse_text(services, edited, f"{found.kind.lower()}/{found.name}")
    if keep:
        from pxhelm.apply.memory import Manifest

        manifest = replace(Manifest.load(found.stored.manifest), text=edited, annotations=resource.annotations)
        stored = replace(found.stored, labels=dict(resource.labels), manifest=manifest.dump())
        with services.hold(f"object:{stored.uid}", _LEASE_SECONDS), services.store.transaction():
            services.store.objects.put(stored)
    return True


def current(found: Found, part: Part) -> dict[str, str]:
    """Return the labels or annotations that an object's manifest gives it."""
    metadata: Any = found.manifest.get("metadata") or {}
    return dict(metadata.get(part) or {}) if metadata else dict(found.stored.labels if found.stored else {})


def _edited(text: str, found: Found, part: Part, after: Mapping[str, str]) -> str:
    def change(body: Any) -> None:
        metadata = body["metadata"]
        own = metadata.setdefault(part, {})
        if own is None:
            own = metadata[part] = {}
        for key in [key for key in own if key not in after]:
            del own[key]
        for key, value in after.items():
            if own.get(key) != value:
                own[key] = _as_text(value)
        if not own:
            del metadata[part]

    return rewritten(text, found.name, change)


def _as_text(value: str) -> str:
    """Return a value that YAML reads as a text: ``yes`` and ``1`` need quotes."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    from pxhelm.golang.yaml import load

    try:
        plain = load(value) == value
    except ValueError:
        plain = False
    return value if plain else DoubleQuotedScalarString(value)


def rewritten(text: str, name: str, change: Callable[[Any], None]) -> str:
    """Return a manifest that ``change`` was let at; its comments and its order stay (ruamel's round trip).

    Of a list it is the item of the name.
    """
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    body = yaml.load(text)
    if body.get("kind") == "List":
        body = next(each for each in body["items"] if (each["metadata"] or {}).get("name") == name)
    change(body)
    stream = StringIO()
    yaml.dump(body, stream)
    return stream.getvalue()
