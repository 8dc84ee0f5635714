"""A cell's recurrence for one model at a time: compiled functions, and the numbers they work on."""

from __future__ import annotations

from abc import ABC, abstractmethod
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
    """Compiled: (weights, gradient, read, steps, options, buffers, sites)."""

    def __init__(self, cell: Cell, sizes: Sizes, truncate: int = 0) -> None:
        self.cell, self.sizes = cell, sizes
        self.rows = len(cell.gates) * sizes.hidden
        self._options = Options(ACTIVATIONS[cell.activation], NORMS[cell.norm], False, truncate)
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
        steps, options = self._steps, self._options
        self.backward_pass(weights, gradient, read, steps, options, self.buffers, self.sites)

    def state(self, state: str) -> np.ndarray:
        """Returns the values of a state after every step of the last forward pass, (T, H, B)."""
        of_c = state == "c"
        return self._after_each(self.buffers.c if of_c else self.buffers.affine.z)

    def state_gradient(self, state: str) -> np.ndarray:
        """Returns ∂L/∂state_t of the last backward pass, through all later steps, (T, H, B)."""
        return self._after_each(self.buffers.dc if state == "c" else self.buffers.affine.dh)

    @abstractmethod
    def _make_buffers(self) -> Any:
        """Returns the cell's buffers."""

    @abstractmethod
    def _make_sites(self) -> Any:
        """Returns the cell's sites, each of them None in a cell without ``norm``."""

    def _after_each(self, values: np.ndarray) -> np.ndarray:
        """What stands before and after every step (T + 1, …), as after every step, (T, H, B)."""
        sizes = self.sizes
        columns = values.reshape(len(values), -1, sizes.sequences)
        return columns[1 : self._steps + 1, : sizes.hidden]

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
