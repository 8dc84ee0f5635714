"""A cell's recurrence for one model at a time: compiled functions, and the numbers they work on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from models.cells.cell import Cell
from models.kernels.activations import ACTIVATIONS
from models.kernels.affine import Affine
from models.kernels.normalisation import NORMS, Site


class Arrays(NamedTuple):
    """The weights of one model, or their gradient: those of its cell and its readout's V and b_V.

    Names and shapes are those of ``models.cells.cell.Weights``; what a cell does not have is None.
    """

    W_x: np.ndarray
    W_h: np.ndarray
    b: np.ndarray
    V: np.ndarray
    b_V: np.ndarray
    b_hn: np.ndarray | None = None
    gamma_x: np.ndarray | None = None
    gamma_h: np.ndarray | None = None
    gamma_c: np.ndarray | None = None
    beta_c: np.ndarray | None = None

    def map(self, change: Callable[[np.ndarray], np.ndarray]) -> Arrays:
        """Returns the result for each array that there is."""
        there = {name: own for name, own in self._asdict().items() if own is not None}
        return Arrays(**{name: change(own) for name, own in there.items()})


class Options(NamedTuple):
    """The settings of a pass, as numbers."""

    activation: int
    """The candidate's φ, of ``models.kernels.activations``."""
    norm: int
    """The normalisation, of ``models.kernels.normalisation``."""
    running: bool
    """Whether batch normalisation uses the statistics in its sites, and not the batch's own."""
    truncate: int
    """The longest way of back-propagation in steps, or 0."""
    to_inputs: bool
    """Whether back-propagation goes on to x."""
    forgets: bool
    """Whether an LSTM has a forget gate; else that is 1."""


@dataclass(frozen=True)
class Sizes:
    """The sizes of a pass."""

    steps: int
    """T, at most."""
    inputs: int
    """D."""
    hidden: int
    """H."""
    sequences: int
    """B."""
    dtype: Any = np.float32
    """Of all numbers: float32 or float64."""

    def zeros(self, *shape: int) -> np.ndarray:
        """Returns an array of this type."""
        return np.zeros(shape, self.dtype)


class Kernel(ABC):
    """One cell's way through all time steps of one model's sequences, and back.

    The numbers of a pass stand in buffers that the next one overwrites: each thread has a kernel of
    its own. Sequences are the last axis: a hidden state is (H, B).
    """

    forward_pass: ClassVar[Any]
    """Compiled: (weights, x, options, buffers, sites)."""
    backward_pass: ClassVar[Any]
    """Compiled: (weights, gradient, read, first, steps, options, buffers, sites)."""

    def __init__(self, cell: Cell, sizes: Sizes, truncate: int = 0) -> None:
        self.cell, self.sizes = cell, sizes
        self.rows = len(cell.gates) * sizes.hidden
        activation, norm = ACTIVATIONS[cell.activation], NORMS[cell.norm]
        self._options = Options(activation, norm, False, truncate, False, cell.forgets)
        self.buffers = self._make_buffers()
        self.sites = self._make_sites()
        self._steps = 0

    def forward(self, weights: Arrays, x: np.ndarray, running: bool = False) -> None:
        """Goes through the inputs x, (T, D, B); ``running`` as in ``Options``."""
        self._options = self._options._replace(running=running)
        self._steps = len(x)
        self.forward_pass(weights, x, self._options, self.buffers, self.sites)

    def backward(self, weights: Arrays, gradient: Arrays, read: np.ndarray) -> None:
        """Goes back after a forward pass with the same weights; adds to ``gradient``.

        ``read`` is ∂L/∂h of the last n steps as far as the loss reads them directly, (n, H, B).
        """
        self._go_back(weights, gradient, read, self._options)

    def input_gradient(self, weights: Arrays, read: np.ndarray) -> np.ndarray:
        """Returns ∂L/∂x_t after a forward pass, (T, D, B); ``read`` as in ``backward``."""
        options = self._options._replace(truncate=0, to_inputs=True)
        self._go_back(weights, weights.map(np.zeros_like), read, options)
        dx: np.ndarray = self.buffers.affine.dx[: self._steps]
        return dx

    def growth(self, weights: Arrays, strides: Sequence[range], v: np.ndarray) -> np.ndarray:
        """Returns the norms of Jᵀ v for stretches of steps, one after the other, (strides, B).

        J is ∂(states after a stretch)/∂(states before it) along the last forward pass; v is
        (states·H, B), and goes from one stretch to the next with length 1.
        """
        H, buffers, sites = self.sizes.hidden, self.buffers, self.sites
        options, tiny = self._options._replace(truncate=0), np.finfo(v.dtype).tiny
        nothing, unwanted = self.sizes.zeros(0, *v.shape), weights.map(np.zeros_like)
        gradients = list(self._around_steps("dh", "dc").values())
        norms = np.empty((len(strides), v.shape[1]), v.dtype)
        for place, steps in enumerate(strides):
            for state, around in enumerate(gradients):
                around[steps.stop] = v[state * H : (state + 1) * H]
            self.backward_pass(
                weights, unwanted, nothing, steps.start, steps.stop, options, buffers, sites
            )
            v = np.concatenate([around[steps.start] for around in gradients])
            norms[place] = np.sqrt(np.square(v).sum(axis=0))
            v /= np.maximum(norms[place], tiny)
        return norms

    def states(self) -> dict[str, np.ndarray]:
        """Returns every state before the first step (zero) and after each, (T + 1, H, B)."""
        return {
            name: around[: self._steps + 1] for name, around in self._around_steps("z", "c").items()
        }

    def state(self, state: str) -> np.ndarray:
        """Returns the values of a state after every step of the last forward pass, (T, H, B)."""
        return self.states()[state][1:]

    def state_gradient(self, state: str) -> np.ndarray:
        """Returns ∂L/∂state_t of the last backward pass, through all later steps, (T, H, B)."""
        return self._around_steps("dh", "dc")[state][1 : self._steps + 1]

    def gates(self) -> dict[str, np.ndarray]:
        """Returns the values of every gate at every step of the last forward pass, (T, H, B)."""
        names, H, B = self.cell.gates, self.sizes.hidden, self.sizes.sequences
        if names == ("h",):
            return {"h": self.state("h")}
        values = self.buffers.gates[: self._steps].reshape(self._steps, len(names), H, B)
        return {name: values[:, place] for place, name in enumerate(names)}

    def use_statistics(self, other: Kernel) -> None:
        """Takes the statistics that another kernel of the cell normalised its batch with."""
        for own, theirs in zip(self.sites, other.sites, strict=True):
            if own:
                own.mean[:], own.variance[:] = theirs.mean, theirs.variance

    @abstractmethod
    def _make_buffers(self) -> Any:
        """Returns the cell's buffers."""

    @abstractmethod
    def _make_sites(self) -> Any:
        """Returns the cell's sites, each of them None in a cell without ``norm``."""

    def _go_back(
        self, weights: Arrays, gradient: Arrays, read: np.ndarray, options: Options
    ) -> None:
        steps = self._steps
        for around in self._around_steps("dh", "dc").values():
            around[steps] = 0
        self.backward_pass(weights, gradient, read, 0, steps, options, self.buffers, self.sites)

    def _around_steps(self, of_h: str, of_c: str) -> dict[str, np.ndarray]:
        """Two buffers by the state they are about, before and after each step, (T + 1, H, B)."""
        H, B = self.sizes.hidden, self.sizes.sequences
        found = {"h": getattr(self.buffers.affine, of_h)[:, :H]}
        if hasattr(self.buffers, of_c):
            found["c"] = getattr(self.buffers, of_c).reshape(-1, H, B)
        return found

    def _make_affine(self) -> Affine:
        one = self.sizes
        features, zeros = one.hidden + one.inputs + 1, one.zeros
        z = zeros(one.steps + 1, features, one.sequences)
        z[:, -1] = 1
        return Affine(
            W=zeros(self.rows, features),
            W_h_transposed=zeros(one.hidden, self.rows),
            z=z,
            a=zeros(self.rows, one.sequences),
            part=zeros(self.rows, one.sequences),
            da=zeros(self.rows, one.sequences),
            dW=zeros(self.rows, features),
            dh=zeros(one.steps + 1, one.hidden, one.sequences),
            W_x_transposed=zeros(one.inputs, self.rows),
            dx=zeros(one.steps, one.inputs, one.sequences),
        )

    def _make_site(self, rows: int) -> Site | None:
        if self.cell.norm == "none":
            return None
        one = self.sizes
        over = one.sequences if self.cell.norm == "layer" else rows
        return Site(
            normal=one.zeros(one.steps, rows, one.sequences),
            inverse=one.zeros(one.steps, over),
            mean=one.zeros(one.steps, rows),
            variance=one.zeros(one.steps, rows),
        )
