"""The simple RNN over all time steps of one model; its equations are in ``models.cells.rnn``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from models.kernels.activations import activate, activate_backward
from models.kernels.affine import (
    Affine,
    add_read,
    begin,
    end_backward,
    is_cut,
    preactivate,
    preactivate_backward,
)
from models.kernels.compiled import compiled
from models.kernels.kernel import Kernel
from models.kernels.normalisation import Site, normalise, normalise_backward
from models.kernels.products import add_bias, add_row_sums


class RNNBuffers(NamedTuple):
    """The numbers of one model's pass of B sequences, of at most T steps."""

    affine: Affine


class RNNSites(NamedTuple):
    """Where a simple recurrent network with a ``norm`` normalises; None in one without."""

    a: Site | None
    """With ``norm=layer``, the sum of both products."""
    x: Site | None
    h: Site | None


@compiled
def forward(w: Any, x: np.ndarray, options: Any, buffers: Any, sites: Any) -> None:
    """h = φ(W_x x + W_h h + b)."""
    affine = buffers.affine
    begin(w, x, affine)
    _begin_sum(affine, sites.a)
    for t in range(len(x)):
        preactivate(t, w, options, affine, sites.x, sites.h)
        _normalise_sum(t, w, options, affine, sites.a)
        activate(options.activation, affine.a.reshape(-1), affine.z[t + 1].reshape(-1))


@compiled
def backward(
    w: Any,
    g: Any,
    read: np.ndarray,
    first: int,
    steps: int,
    options: Any,
    buffers: Any,
    sites: Any,
) -> None:
    r"""Goes back through time: from ∂L/∂h_t to that of the step before, and to w.

    From h = φ(a):        ∂a = ∂h φ'(a);
    from a = W [h; x; 1]: ∂W += ∂a [h; x; 1]ᵀ,  ∂h_{t-1} = W_hᵀ ∂a.
    """
    affine = buffers.affine
    affine.dW[:] = 0
    for t in range(steps - 1, first - 1, -1):
        add_read(t, steps, read, affine)
        h, dh = affine.z[t + 1].reshape(-1), affine.dh[t + 1].reshape(-1)
        activate_backward(options.activation, h, dh, affine.da.reshape(-1))
        _normalise_sum_backward(t, w, g, options, affine, sites.a)
        preactivate_backward(t, w, g, options, affine, sites.x, sites.h)
        if is_cut(t, steps, options.truncate):
            affine.dh[t] = 0
    end_backward(g, affine, sites.x)


@compiled
def _begin_sum(affine: Affine, site: Any) -> None:
    """Takes the bias out of the product, where that is normalised before it is added."""
    if site is not None:
        affine.z[:, -1] = 0


@compiled
def _normalise_sum(t: int, w: Any, options: Any, affine: Affine, site: Any) -> None:
    if site is not None:
        normalise(t, affine.a, w.gamma_h, options, site)
        add_bias(w.b, affine.a)


@compiled
def _normalise_sum_backward(
    t: int, w: Any, g: Any, options: Any, affine: Affine, site: Any
) -> None:
    if site is not None:
        add_row_sums(affine.da, affine.dW[:, affine.dW.shape[1] - 1 :])
        normalise_backward(t, affine.da, w.gamma_h, g.gamma_h, options, site)


class RNNKernel(Kernel):
    """The simple recurrent network's passes and their buffers."""

    forward_pass, backward_pass = staticmethod(forward), staticmethod(backward)

    def _make_buffers(self) -> RNNBuffers:
        return RNNBuffers(self._make_affine())

    def _make_sites(self) -> RNNSites:
        if self.cell.norm == "layer":
            return RNNSites(a=self._make_site(self.rows), x=None, h=None)
        return RNNSites(a=None, x=self._make_site(self.rows), h=self._make_site(self.rows))
