"""How gates and states are called and drawn: the same on every figure of a cell's inside."""

from __future__ import annotations

from dataclasses import dataclass

from models.cells import CELLS
from models.cells.cell import Cell
from models.cells.gate_names import GATE_NAMES
from models.settings import spec

MEANINGS = {"z": "the share that is kept"}
"""What a gate does, where papers disagree about it."""
# From the palette of the cells: at least 3:1 in contrast on white and on dark.
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
"""The colour of a gate or state of any other name."""
DASHES = {"i": "solid", "f": "dash", "o": "dashdot", "r": "dashdot", "z": "dash"}


@dataclass(frozen=True)
class GateRoles:
    """Which of a cell's gates and states plays which role.

    Figures ask for roles, not for names, so that a new cell has its figures as well. A role that no
    gate of the cell plays is None.
    """

    gates: tuple[str, ...]
    candidate: str
    """The gate that holds the new value, not a factor between 0 and 1."""
    states: tuple[str, ...]
    keep: str | None
    """The gate that says how much of the old memory stays."""
    write: str | None
    """The gate that says how much of the candidate is added."""
    show: str | None
    """The gate that says how much of the memory is passed on as h."""

    @property
    def memory(self) -> str:
        """The state that carries information furthest: c of the LSTM, else h."""
        return self.states[-1]

    @property
    def names(self) -> tuple[str, ...]:
        """All gates and states: keep and write first, then the states, then the rest."""
        first = [name for name in (self.keep, self.write) if name]
        return tuple(dict.fromkeys((*first, *self.states[::-1], *self.gates)))

    @property
    def default_names(self) -> tuple[str, ...]:
        """The gates and states that are shown before anything is chosen."""
        chosen = {name for name in (self.keep, self.write, *self.states) if name}
        return tuple(name for name in self.names if name in chosen)

    def signed(self, name: str) -> bool:
        """Whether values of this gate or state may be below 0."""
        return name in self.states or name == self.candidate

    @property
    def selective(self) -> str:
        """The gate by whose selectivity units are sorted."""
        return self.write or self.keep or self.candidate


def gate_roles(cell: str) -> GateRoles:
    """The roles of the gates of a cell, given as a spec text. Raises SpecError."""
    described: type[Cell] = spec.parse("cell", cell, CELLS)[0]
    return GateRoles(
        described.gates,
        described.candidate,
        described.states,
        described.forget_gate,
        described.input_gate,
        described.output_gate,
    )


def full_name(name: str) -> str:
    """A gate or state as people call it: "f, forget gate"."""
    return f"{name}, {GATE_NAMES[name]}" if name in GATE_NAMES else name


def described(name: str) -> str:
    """The full name with its meaning: "z, update gate: the share that is kept"."""
    return ": ".join((full_name(name), *([MEANINGS[name]] if name in MEANINGS else [])))


def color(name: str) -> str:
    """The colour of a gate or state, as #rrggbb."""
    return COLORS.get(name, OTHER)


def dash(name: str) -> str:
    """The dash of a gate's or state's line, as Plotly names it."""
    return DASHES.get(name, "solid")
