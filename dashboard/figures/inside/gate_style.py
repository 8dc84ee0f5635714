"""How gates and states are called and drawn: the same in every picture of a cell's inside."""

from __future__ import annotations

from dataclasses import dataclass

from models.cells import CELLS
from models.cells.cell import Cell
from models.settings import spec

WORDS = {
    "i": "input gate",
    "f": "forget gate",
    "o": "output gate",
    "g": "candidate",
    "r": "reset gate",
    "z": "update gate: the share that is kept",
    "n": "candidate",
    "c": "long-term state",
    "h": "hidden state",
}
# From the house's palette: at least 3:1 in contrast on white and on dark.
COLORS = {
    "i": "#c85a0f",
    "f": "#105dd1",
    "o": "#4f8a00",
    "g": "#ad2795",
    "r": "#4f8a00",
    "z": "#105dd1",
    "n": "#ad2795",
    "c": "#957702",
    "h": "#0e6d7a",
}
OTHER = "#7f46ba"
DASHES = {"i": "solid", "f": "dash", "o": "dashdot", "r": "dashdot", "z": "dash"}


@dataclass(frozen=True)
class Anatomy:
    """What of a cell does what; by role, so that a new cell has its pictures as well."""

    gates: tuple[str, ...]
    candidate: str
    states: tuple[str, ...]
    keep: str | None
    write: str | None
    show: str | None

    @property
    def memory(self) -> str:
        """The state that is carried longest."""
        return self.states[-1]

    @property
    def names(self) -> tuple[str, ...]:
        """Everything there is to see: forget and input first, then the states, then the rest."""
        first = [name for name in (self.keep, self.write) if name]
        return tuple(dict.fromkeys((*first, *self.states[::-1], *self.gates)))

    @property
    def first_to_see(self) -> tuple[str, ...]:
        """What is shown before anything is chosen."""
        chosen = {name for name in (self.keep, self.write, *self.states) if name}
        return tuple(name for name in self.names if name in chosen)

    def signed(self, name: str) -> bool:
        """Whether its values may be below 0."""
        return name in self.states or name == self.candidate

    @property
    def selective(self) -> str:
        """The gate by whose selectivity units are sorted."""
        return self.write or self.keep or self.candidate


def anatomy(cell: str) -> Anatomy:
    """Of a cell spec. Raises SpecError."""
    described: type[Cell] = spec.parse("cell", cell, CELLS)[0]
    return Anatomy(
        described.gates,
        described.candidate,
        described.states,
        described.forget_gate,
        described.input_gate,
        described.output_gate,
    )


def words(name: str) -> str:
    """For people: "f, forget gate"."""
    return f"{name}, {WORDS[name]}" if name in WORDS else name


def color(name: str) -> str:
    return COLORS.get(name, OTHER)


def dash(name: str) -> str:
    return DASHES.get(name, "solid")
