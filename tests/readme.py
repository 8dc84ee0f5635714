"""The README's tables of settings: ``python -m tests.readme`` makes them from the settings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from models.experiment.experiment import SETTINGS
from models.settings.configuration import PREFIX, VARIABLES
from models.settings.setting import Setting, in_words

README = Path(__file__).resolve().parents[1] / "README.md"


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


def _allowed(one: Setting) -> str:
    if one.bounds:
        return " to ".join(map(in_words, one.bounds))
    return ", ".join(f"`{choice}`" for choice in one.choices) or "`python -m models list`"


def _default(one: Setting) -> str:
    values = one.default if one.several else (one.default,)
    return " ".join(f"`{value}`" for value in values) or "none"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _write() -> None:
    """Each table in the place of the one that has the same head."""
    text = README.read_text()
    for table in (settings_table(), variables_table()):
        head = re.escape(table.split("\n", 1)[0])
        text = re.sub(rf"^{head}\n(\|.*\n)*", lambda _: table, text, flags=re.M)  # noqa: B023
    README.write_text(text)


if __name__ == "__main__":
    _write()
