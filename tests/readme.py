"""The generated parts of the documentation: ``python -m tests.readme`` makes them anew.

The tables of settings come from the settings, those of published results from the recorded
outcomes, the data dictionary from the schema of the tables, the picture and the table of the layers
from the contracts in pyproject.toml and the docstrings of the layers, the picture of a run's life
from the store's table of transitions.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from models.analysis.data_dictionary import CONTENTS, data_dictionary
from models.analysis.diagnostic_names import DIAGNOSTICS
from models.analysis.glossary import GLOSSARY
from models.analysis.references import cited
from models.analysis.schema import TABLES
from models.experiment.experiment import SETTINGS
from models.published import PUBLISHED
from models.published.record import compared, cut_in_words, origin_in_words, recorded
from models.settings.configuration import PREFIX, VARIABLES
from models.settings.setting import Setting, in_words
from models.store.run import TRANSITIONS

ROOT = Path(__file__).resolve().parents[1]


def settings_table() -> str:
    """The settings of an experiment."""
    rows = [
        (f"`{one.flag}`", one.label, one.help, _allowed(one), _default(one))
        for one in SETTINGS.values()
    ]
    return _table(("setting", "on the pages", "what it is", "what it may be", "default"), rows)


def variables_table() -> str:
    """The settings of an app."""
    rows = [(f"`{PREFIX}{one.name.upper()}`", one.help, one.default) for one in VARIABLES.values()]
    return _table(("variable", "what it is", "default"), rows)


def layers_picture() -> str:
    """The layers as a Mermaid diagram, from top to bottom."""
    lines = ["flowchart TD"]
    for package, ranks in _layers().items():
        lines.append(f'    subgraph {package} ["{package}/"]')
        lines += [
            f'        {_node(layer)}["{layer.split(".")[1]}"]' for rank in ranks for layer in rank
        ]
        lines += [f"        {arrow}" for arrow in _arrows(ranks)]
        lines.append("    end")
    lines.append("    dashboard --> models")
    return _mermaid(lines)


def states_picture() -> str:
    """The life of a run as a Mermaid diagram."""
    lines = ["stateDiagram-v2", "    [*] --> queued"]
    for status, following in TRANSITIONS.items():
        lines += [f"    {status} --> {one}" for one in TRANSITIONS if one in following]
    return _mermaid(lines)


def layers_table() -> str:
    """One sentence on each layer, the first of its docstring."""
    rows = [
        (f"`{layer.replace('.', '/')}`", _first_sentence(layer))
        for ranks in _layers().values()
        for rank in ranks
        for layer in rank
    ]
    return _table(("layer", "what it holds"), rows)


def glossary_table() -> str:
    """The field's terms as the pages use them."""
    rows = [(f"**{term}**", GLOSSARY[term]) for term in sorted(GLOSSARY, key=str.lower)]
    return _table(("term", "what it means"), rows)


def dictionary_table() -> str:
    """Every column of every table of an export."""
    rows = [
        (f"`{one.table}`" if one.table else "all", f"`{one.name}`", one.kind, one.unit, one.meaning)
        for one in data_dictionary()
    ]
    return _table(("table", "column", "type", "unit", "meaning"), rows)


def contents_table() -> str:
    """The tables of an export."""
    rows = [(f"`{name}`", CONTENTS[name]) for name in TABLES]
    return _table(("table", "what it holds"), rows)


def diagnostics_table() -> str:
    """Every number in the table of diagnostics."""
    rows = [(f"`{one.name}`", one.unit, one.meaning) for one in DIAGNOSTICS.values()]
    return _table(("diagnostic", "unit", "meaning"), rows)


def published_table() -> str:
    """Every number of a paper beside ours."""
    rows = [
        (
            result.title if place == 0 else "",
            row["what"],
            f"{row['published']}{f' ({source})' if (source := row['source']) else ''}",
            row["ours"],
        )
        for result in PUBLISHED.values()
        if (outcome := recorded(result.name))
        for place, row in enumerate(compared(result, outcome))
    ]
    return _table(("result", "what", "published", "ours"), rows)


def published_notes_table() -> str:
    """What each published result is, what differs, and how ours was made."""
    rows = [
        (
            f"**{result.title}** ({'; '.join(map(cited, result.references)) or 'no paper'}, "
            f"`{result.name}`)",
            result.found,
            " ".join(filter(None, (result.differs, cut_in_words(outcome)))),
            origin_in_words(outcome),
        )
        for result in PUBLISHED.values()
        if (outcome := recorded(result.name))
    ]
    return _table(("published result", "found", "what is not as in the paper", "ours"), rows)


PARTS: dict[Callable[[], str], Path] = {
    contents_table: ROOT / "docs" / "data.md",
    dictionary_table: ROOT / "docs" / "data.md",
    diagnostics_table: ROOT / "docs" / "data.md",
    glossary_table: ROOT / "docs" / "glossary.md",
    published_table: ROOT / "docs" / "published.md",
    published_notes_table: ROOT / "docs" / "published.md",
    settings_table: ROOT / "docs" / "command_line.md",
    variables_table: ROOT / "docs" / "operations.md",
    states_picture: ROOT / "docs" / "operations.md",
    layers_picture: ROOT / "docs" / "architecture.md",
    layers_table: ROOT / "docs" / "architecture.md",
}
"""Each generated part and the page that it stands on."""


def _layers() -> dict[str, list[list[str]]]:
    """Of the dashboard and of the models, the layers from top to bottom, several on one rank."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    found = [
        [[layer.strip() for layer in rank.split("|")] for rank in contract["layers"]]
        for contract in settings["contracts"]
        if contract["type"] == "layers"
    ]
    return {ranks[0][0].split(".")[0]: ranks for ranks in reversed(found)}


def _arrows(ranks: Sequence[Sequence[str]]) -> list[str]:
    named = [" & ".join(map(_node, rank)) for rank in ranks]
    return [f"{upper} --> {lower}" for upper, lower in pairwise(named)]


def _node(layer: str) -> str:
    return layer.replace(".", "_")


def _first_sentence(layer: str) -> str:
    path = ROOT / layer.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text())) or ""
    (sentence, *_) = re.split(r"(?<=\.)\s", " ".join(text.split()))
    return sentence.replace("``", "`")


def _allowed(one: Setting) -> str:
    if one.bounds:
        return " to ".join(map(in_words, one.bounds))
    return ", ".join(f"`{choice}`" for choice in one.choices) or "`python -m models list`"


def _default(one: Setting) -> str:
    values = one.default if one.several else (one.default,)
    return " ".join(f"`{value}`" for value in values) or "none"


def _mermaid(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in ["```mermaid", *lines, "```"])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _write() -> None:
    """Each part in the place of the one that begins with the same line."""
    for part, page in PARTS.items():
        made = part()
        head = re.escape(made.split("\n", 1)[0])
        rest = r"(\|.*\n)*" if made.startswith("|") else r"(.*\n)*?```\n"
        page.write_text(re.sub(rf"^{head}\n{rest}", lambda _: made, page.read_text(), flags=re.M))  # noqa: B023


if __name__ == "__main__":
    _write()
