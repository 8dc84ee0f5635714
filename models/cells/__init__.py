"""The recurrent cells. A new one is a file beside these and a line in CELLS."""

from __future__ import annotations

from models.cells.cell import Cell
from models.cells.gru import GRU
from models.cells.lstm import LSTM
from models.cells.rnn import RNN
from models.settings import spec

CELLS: dict[str, type[Cell]] = {cell.name: cell for cell in (RNN, LSTM, GRU)}


def make_cell(text: str) -> Cell:
    """Makes the cell that a spec text such as ``lstm:bias=chrono`` names. Raises SpecError."""
    cell, options = spec.parse("cell", text, CELLS)
    return cell(**options)


def cell_title(text: str) -> str:
    """Returns a cell spec in words, such as "LSTM with chrono bias". Raises SpecError."""
    cell, chosen = spec.parse("cell", text, CELLS)
    changed = [option for option in cell.options if chosen[option.name] != option.default]
    changed_in_words = [_option_words(option.name, chosen[option.name]) for option in changed]
    return cell.title + (f" with {' and '.join(changed_in_words)}" if changed_in_words else "")


def _option_words(name: str, value: str) -> str:
    return f"{name} {value}" if value[0].isdigit() else f"{value} {name}"
