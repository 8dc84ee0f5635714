"""The glossary and the references: whole sentences, and everything that pages cite."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models.analysis.glossary import GLOSSARY, option_help
from models.analysis.references import REFERENCES, TITLE, citation
from models.analysis.remedies import REMEDIES
from models.cells import CELLS
from models.settings.spec import Option
from models.stories import STORIES
from models.tasks import TASKS

ROOT = Path(__file__).resolve().parents[3]
OPTIONS: list[Option] = [
    option for registry in (CELLS, TASKS) for one in registry.values() for option in one.options
]
CITED = re.compile(r"([A-Z]\w+)(?:(?:,| &| et al\.) ?[\w&. ]*?)* ((?:19|20)\d\d)")


@pytest.mark.parametrize("term", GLOSSARY)
def test_a_term_is_explained_in_whole_sentences(term: str) -> None:
    text = GLOSSARY[term]
    assert text[0].isupper() or not text[0].isalpha()
    assert text.endswith(".")
    assert "|" not in text, "it stands in a table"
    for wit in ("the notes say", "at birth", "foretold"):
        assert wit not in text.lower()


def test_an_option_says_what_its_values_mean() -> None:
    (bias,) = {option for option in OPTIONS if option.name == "bias"}
    text = option_help(bias)
    assert text.startswith(bias.help[0].upper())
    assert f"**Chrono**: {GLOSSARY['chrono']}" in text
    (gain,) = {option for option in OPTIONS if option.name == "gain"}
    assert GLOSSARY["gain"] in option_help(gain)


def test_every_paper_that_pages_cite_is_among_the_references() -> None:
    texts = [story.source for story in STORIES.values()]
    texts += [one.source for candidates in REMEDIES.values() for one in candidates]
    texts += [*GLOSSARY.values(), *(option.help for option in OPTIONS)]
    cited = {pair for text in texts for pair in CITED.findall(text)}
    assert len(cited) > 10
    for author, year in cited:
        assert any(author in paper and f"({year})" in paper for paper in REFERENCES), (author, year)
    assert list(REFERENCES) == sorted(REFERENCES)


def test_the_citation_is_that_of_the_file() -> None:
    file = (ROOT / "CITATION.cff").read_text()
    assert f'title: "{TITLE}"' in file
    version = re.search(r"^version: (.*)$", file, re.MULTILINE)
    assert version
    assert f"version = {{{version[1]}}}" in citation(version[1])
    assert TITLE in citation(version[1])
