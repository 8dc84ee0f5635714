"""Interventions in a running cell: to clamp a gate, or to erase, blur or swap a state.

Steps t and units are counted from 1, as in the tables. Several interventions are done in order, at
each step first those on its gates, then those on the states that come out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from models.cells.cell import Cell
from models.diagnostics.trajectory import State, Trajectory
from models.experiment import ExperimentError

Named = dict[str, Tensor]
"""Gates or states by name, (n, H, B) each."""


@dataclass(frozen=True)
class Intervention(ABC):
    """Something that is done to the gates or the states of a cell as it runs."""

    kind: ClassVar[str]
    """The name of the intervention in JSON."""

    @abstractmethod
    def check(self, cell: Cell, hidden: int, steps: int) -> None:
        """Raises ExperimentError where this cannot be done to a cell of ``hidden`` units.

        ``steps`` is the number T of time steps of its sequences.
        """

    def on_gates(self, t: int, gates: Named, intact: Trajectory) -> Named:
        """The gates at step t after the intervention, (n, H, B) each.

        ``intact`` is the trajectory of the cell without any.
        """
        return gates

    def on_state(self, t: int, state: Named, intact: Trajectory) -> Named:
        """The states after step t and the intervention, (n, H, B) each."""
        return state


@dataclass(frozen=True)
class Clamp(Intervention):
    """A clamp holds a gate at a value from step ``first`` to ``last``, both included."""

    kind = "clamp"
    gate: str
    """The gate by its name in the cell."""
    to: float | Literal["mean"]
    """The value, from -1 to 1; ``mean`` is each unit's own mean in the intact cell."""
    units: tuple[int, ...] | None
    """The units that are held, from 1; None is all of them."""
    first: int
    """The first step t at which the gate is held."""
    last: int
    """The last step t at which the gate is held."""

    def check(self, cell: Cell, hidden: int, steps: int) -> None:
        _check_choice("gate", self.gate, cell.gates)
        _check_units(self.units, hidden)
        _check_step("first", self.first, steps)
        _check_step("last", self.last, steps)
        if self.to != "mean" and not _between(-1, self.to, 1):
            raise ExperimentError(f"to is {self.to!r}: give a number from -1 to 1, or mean")

    def on_gates(self, t: int, gates: Named, intact: Trajectory) -> Named:
        if not self.first <= t <= self.last:
            return gates
        old = gates[self.gate]
        if self.to == "mean":
            new = intact.mean_gates[self.gate]
        else:
            new = torch.full_like(old[..., :1], self.to)
        return {**gates, self.gate: _put(old, new, self.units)}


@dataclass(frozen=True)
class Erase(Intervention):
    """An erasure sets a state to 0 after step t."""

    kind = "erase"
    state: str
    """The state, h or c."""
    t: int
    """The step after which it is done."""
    units: tuple[int, ...] | None = None
    """The units that are erased, from 1; None is all of them."""

    def check(self, cell: Cell, hidden: int, steps: int) -> None:
        _check_choice("state", self.state, cell.states)
        _check_units(self.units, hidden)
        _check_step("t", self.t, steps)

    def on_state(self, t: int, state: Named, intact: Trajectory) -> Named:
        if t != self.t:
            return state
        old = state[self.state]
        return {**state, self.state: _put(old, torch.zeros_like(old[..., :1]), self.units)}


@dataclass(frozen=True)
class Noise(Intervention):
    """Normal noise is added to a state after step t."""

    kind = "noise"
    state: str
    """The state, h or c."""
    t: int
    """The step after which it is done."""
    scale: float
    """The noise in standard deviations of that state at that step, over units and sequences."""
    seed: int = 0
    """The seed of the noise."""

    def check(self, cell: Cell, hidden: int, steps: int) -> None:
        _check_choice("state", self.state, cell.states)
        _check_step("t", self.t, steps)
        if not _is_whole(self.seed) or self.seed < 0:
            raise ExperimentError(f"seed is {self.seed!r}: give a whole number from 0 on")
        if not _between(0, self.scale, 1000):
            raise ExperimentError(f"scale is {self.scale!r}: give a number from 0 to 1000")

    def on_state(self, t: int, state: Named, intact: Trajectory) -> Named:
        if t != self.t:
            return state
        place = intact.cell.states.index(self.state)
        spread = intact.states[t][place].std(dim=(1, 2), keepdim=True)
        old = state[self.state]
        generator = torch.Generator().manual_seed(self.seed)
        noise = torch.randn(old.shape, dtype=old.dtype, generator=generator)
        return {**state, self.state: old + self.scale * spread * noise}


@dataclass(frozen=True)
class Transplant(Intervention):
    """After a transplant at step t each sequence goes on with the state of the one before it."""

    kind = "transplant"
    t: int
    """The step after which it is done."""

    def check(self, cell: Cell, hidden: int, steps: int) -> None:
        _check_step("t", self.t, steps)

    def on_state(self, t: int, state: Named, intact: Trajectory) -> Named:
        if t != self.t:
            return state
        return {name: own.roll(1, dims=-1) for name, own in state.items()}


KINDS: dict[str, type[Intervention]] = {one.kind: one for one in (Clamp, Erase, Noise, Transplant)}
"""The classes of interventions by their ``kind``."""


@torch.no_grad()
def run_with(intact: Trajectory, interventions: Sequence[Intervention]) -> list[State]:
    """The states before the first step and after each, with these interventions, T + 1 of them.

    They are as ``Trajectory.states`` is without any. A batch-normalised cell keeps the statistics
    that its batch has in the intact cell.
    """
    w, state = intact.weights, intact.states[0]
    states = [state]
    for t, x in enumerate(intact.inputs, start=1):
        cell = intact.cell_at(t - 1)
        gates = dict(zip(cell.gates, cell.compute_gates(w, x, state), strict=True))
        for one in interventions:
            gates = one.on_gates(t, gates, intact)
        named = cell.next_state(w, tuple(gates.values()), state)._asdict()
        for one in interventions:
            named = one.on_state(t, named, intact)
        state = cell.State(**named)
        states.append(state)
    return states


def to_json(intervention: Intervention) -> dict[str, object]:
    """The intervention as a JSON object: its kind and its settings."""
    return {"kind": intervention.kind, **vars(intervention)}


def from_json(description: Mapping[str, object]) -> Intervention:
    """The intervention that ``to_json`` describes. Raises ExperimentError where it is none."""
    given = dict(description)
    kind = given.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise ExperimentError(f"kind is {kind!r}: choose from {', '.join(KINDS)}")
    if isinstance(given.get("units"), Sequence):
        given["units"] = tuple(given["units"])  # type: ignore[arg-type]
    try:
        return KINDS[kind](**given)
    except TypeError as error:
        raise ExperimentError(f"{kind}: {str(error).partition(') ')[2] or error}") from error


def _put(old: Tensor, new: Tensor, units: tuple[int, ...] | None) -> Tensor:
    """``old`` (n, H, B) with ``new`` (n, H, 1) in the place of these units."""
    if units is None:
        return new.expand_as(old)
    rows = [unit - 1 for unit in units]
    changed = old.clone()
    changed[:, rows] = new[:, rows].expand_as(old[:, rows])
    return changed


def _check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ExperimentError(f"{name} is {value!r}: choose from {', '.join(choices)}")


def _check_units(units: tuple[int, ...] | None, hidden: int) -> None:
    for unit in units or ():
        if not _is_whole(unit) or not 1 <= unit <= hidden:
            raise ExperimentError(f"units has {unit!r}: give numbers from 1 to {hidden}")


def _check_step(name: str, t: int, steps: int) -> None:
    if not _is_whole(t) or not 1 <= t <= steps:
        raise ExperimentError(f"{name} is {t!r}: give a step from 1 to {steps}")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _between(low: float, value: object, high: float) -> bool:
    return isinstance(value, (int, float)) and low <= value <= high
