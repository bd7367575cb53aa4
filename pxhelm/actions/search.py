"""Search the indexes of the repositories known here: ``helm search repo``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pxhelm.actions.indexes import index_file, read_index, repositories
from pxhelm.actions.sources import DEVELOPMENT
from pxhelm.errors import PxhelmError
from pxhelm.events import Warned
from pxhelm.golang import semver
from pxhelm.golang.value import go_bytes
from pxhelm.repo.index import Entry, parse_version

if TYPE_CHECKING:
    from pxhelm.actions.services import Services


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """``helm search repo``."""

    words: tuple[str, ...] = ()
    regexp: bool = False
    versions: bool = False
    devel: bool = False
    version: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A chart that was found."""

    name: str
    """repository/chart."""
    version: str
    app_version: str
    description: str


def search(services: Services, request: SearchRequest) -> list[Hit]:
    """Return what matches, best first; PxhelmError in Helm's words."""
    sources = services.sources
    known = repositories(sources)
    if not known:
        raise PxhelmError("no repositories configured", hint="pxhelm repo add NAME URL")
    text = request.version or (DEVELOPMENT if request.devel else ">0.0.0")
    try:
        fits = semver.parse_constraint(text)
    except semver.SemverError as e:
        raise PxhelmError(f"an invalid version/constraint format: {e}") from None
    found: list[tuple[int, str, Entry]] = []
    look = _Matcher(request)
    for one in known:
        try:
            index = read_index(services, index_file(sources, one.name))
        except PxhelmError as e:
            services.listen(Warned(f"Repo \"{one.name}\" is corrupt or missing. Try 'pxhelm repo update'."))
            services.listen(Warned(e.message))
            continue
        for name, versions in index.entries.items():
            for entry in versions:
                score = look.score(one.name, entry)
                if score is not None:
                    found.append((score, f"{one.name}/{name}", entry))
    return _chosen(found, fits, every=request.versions)


def _chosen(found: list[tuple[int, str, Entry]], fits: semver.Constraints, *, every: bool) -> list[Hit]:
    found.sort(key=lambda row: (row[0], row[1]))  # the versions of a chart stay newest first
    hits, seen = [], set()
    for _, name, entry in found:
        version = parse_version(entry.version)
        if version is None or not fits.check(version) or (not every and name in seen):
            continue
        seen.add(name)
        hits.append(Hit(name, entry.version, entry.text("appVersion"), entry.text("description")))
    return hits


class _Matcher:
    """Scores as Helm: a match in the name is best, then one in the full name, the description, the keywords."""

    def __init__(self, request: SearchRequest) -> None:
        self.word = " ".join(request.words)
        self.pattern = None
        if request.regexp and self.word:
            from pxhelm.golang.regexp import RegexpError, compile_pattern

            try:
                self.pattern = compile_pattern(self.word)
            except RegexpError as e:
                raise PxhelmError(str(e)) from None

    def score(self, repository: str, entry: Entry) -> int | None:
        """Return the score, lower is better; None for no match."""
        if not self.word:
            return 0
        keywords = " ".join(entry.fields.get("keywords") or ())
        parts = (entry.name, f"{repository}/{entry.name}", entry.text("description"), keywords)
        text = "\v".join(parts)
        if self.pattern is not None:
            raw = go_bytes(text)
            found = self.pattern.search(raw)
            return raw.count(b"\v", 0, found.start()) if found else None
        text = text.lower()
        at = text.find(self.word.lower())
        return None if at < 0 else text.count("\v", 0, at)
