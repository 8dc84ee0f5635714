"""What the documentation says is there is there, and what is generated is up to date."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import models
from tests.readme import PARTS, ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("part", PARTS)
def test_what_is_generated_is_up_to_date(part: Callable[[], str]) -> None:
    assert part() in PARTS[part].read_text(), "run: python -m tests.readme"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_or_names_is_there(page: Path) -> None:
    text = page.read_text()
    linked = [page.parent / link for link in re.findall(r"\]\((?!http)([^)#]+)", text)]
    named = [
        ROOT / name for name in re.findall(r"`((?:models|dashboard|tests|docs)/[\w./]*)`", text)
    ]
    modules = [ROOT / name.replace(".", "/") for name in re.findall(r"-m (tests[\w.]+)", text)]
    paths = [*linked, *named, *(file.with_suffix(".py") for file in modules)]
    layers = [path for path in paths if path.with_suffix(".py").exists()]
    assert [path for path in paths if path not in layers and not path.exists()] == []


def test_every_page_is_linked_from_the_readme() -> None:
    readme = PAGES[0].read_text()
    assert [page for page in PAGES[1:] if f"({page.relative_to(ROOT)})" not in readme] == []


def test_a_citation_names_this_release() -> None:
    assert f"\nversion: {models.__version__}\n" in (ROOT / "CITATION.cff").read_text()
