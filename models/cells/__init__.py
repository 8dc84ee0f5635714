"""The recurrent cells. A new one is a file beside these and a line in CELLS."""

from __future__ import annotations

from models import spec
from models.cells.cell import Cell
from models.cells.gru import GRU
from models.cells.lstm import LSTM
from models.cells.rnn import RNN

CELLS: dict[str, type[Cell]] = {cell.name: cell for cell in (RNN, LSTM, GRU)}


def make_cell(text: str) -> Cell:
    """The cell that a spec text such as ``lstm:bias=chrono`` names. Raises SpecError."""
    cell, options = spec.parse("cell", text, CELLS)
    return cell(**options)
