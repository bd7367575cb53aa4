"""The documentation says what the program does: generated pages are fresh, commands are named, links lead somewhere."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def _generator():
    spec = importlib.util.spec_from_file_location("pxhelm_docs", ROOT / "packaging" / "docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()
WRITTEN = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])


def anchors(text):
    """Return the anchors that a forge makes of a page's headings."""
    plain = (re.sub(r"[`*]", "", heading).lower() for heading in HEADING.findall(FENCE.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def broken_links(page, text):
    """Return the targets of a page's links that are not there; those that leave the repository are not looked at."""
    for target in LINK.findall(FENCE.sub("", text)):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        if not found.exists() or (
            anchor and found.suffix == ".md" and anchor not in anchors(found.read_text(encoding="utf-8"))
        ):
            yield target


def contexts():
    return [each for name, command in GENERATOR.commands().items() for each in GENERATOR.tree(name, command)]


def test_generated_pages_are_what_the_program_says_now():
    wanted = GENERATOR.pages()
    stale = [path for path, text in wanted.items() if not (DOCS / path).is_file() or (DOCS / path).read_text() != text]
    assert not stale, "run `make docs` and commit what it changes"


def test_no_generated_folder_holds_a_page_that_nobody_generates():
    wanted = GENERATOR.pages()
    found = {f"{folder}/{page.name}" for folder in ("cli", "kinds") for page in (DOCS / folder).iterdir()}
    assert found == {name for name in wanted if "/" in name}


@pytest.mark.parametrize("context", contexts(), ids=lambda context: context.command_path)
def test_every_command_has_help_and_so_has_every_flag(context):
    assert (context.command.help or "").strip(), "no help text"
    options = [each for each in context.command.params if each.param_type_name == "option" and not each.hidden]
    assert [each.name for each in options if not (each.help or "").strip()] == []


@pytest.mark.parametrize("name", GENERATOR.commands())
def test_every_command_is_mentioned_in_the_guide_or_the_readme(name):
    pages = [ROOT / "README.md", DOCS / "differences.md", *(DOCS / "guide").glob("*.md")]
    assert any(re.search(rf"\bpxhelm (?:--\S+ \S+ )*{name}\b", page.read_text()) for page in pages)


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_repository_lead_somewhere(page):
    assert list(broken_links(page, page.read_text(encoding="utf-8"))) == []


def test_a_link_that_leads_nowhere_is_found():
    text = "# One\n[a](nowhere.md) [b](#one) [c](#two) [d](https://example.org)\n```\n[e](code.md)\n```\n"
    page = DOCS / "guide" / "page.md"
    page_anchors = anchors(text)
    assert "one" in page_anchors
    assert [t for t in broken_links(page, text) if not t.startswith("#")] == ["nowhere.md"]


def test_every_fragment_has_a_kind_a_title_and_what_pxhelm_now_does():
    pages = sorted((DOCS / "changes" / "unreleased").glob("*.md"))
    assert pages
    for page in pages:
        assert re.fullmatch(r"\d{3}-[a-z0-9-]+", page.stem), page.name
        first, _, rest = page.read_text().partition("\n")
        assert re.fullmatch(r"(Enhancement|Change|Bugfix|Security): [A-Z].*[^.]", first), page.name
        assert re.search(r"pxhelm[^.]*\bnow\b", rest), page.name


def test_decisions_have_their_four_parts_and_their_numbers():
    for page in sorted((DOCS / "adr").glob("*.md")):
        text = page.read_text()
        assert text.startswith(f"# {int(page.stem[:4])}. "), page.name
        parts = [text.find(f"**{part}.**") for part in ("Context", "Decision", "Consequences", "Common mistakes")]
        assert -1 not in parts, page.name
        assert parts == sorted(parts), page.name
