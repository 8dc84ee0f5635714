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
    """Returns a cell spec in a sentence, such as "LSTM with chrono bias". Raises SpecError."""
    title, changed = spec.in_words("cell", text, CELLS)
    return title + (f" with {' and '.join(changed)}" if changed else "")


def cell_label(text: str) -> str:
    """Returns the same for a legend or table, such as "LSTM, chrono bias". Raises SpecError."""
    title, changed = spec.in_words("cell", text, CELLS)
    return ", ".join((title, *changed))
