"""The LSTM over all time steps of one model; its equations are in ``models.cells.lstm``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from models.kernels.activations import sigmoid, tanh
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
from models.kernels.products import add_bias, add_row_sums, copy


class LSTMBuffers(NamedTuple):
    """The numbers of one model's pass of B sequences, of at most T steps."""

    affine: Affine
    gates: np.ndarray
    """i, f, o and g of every step, below each other, (T, 4·H·B)."""
    c: np.ndarray
    """c before and after every step, (T + 1, H, B)."""
    shown: np.ndarray
    """c of one step as h is made of it, normalised in a cell with a ``norm``, (H, B)."""
    tanh_c: np.ndarray
    """tanh of it at every step, (T, H·B)."""
    dc: np.ndarray
    """∂L/∂c before and after every step, (T + 1, H·B)."""
    dshown: np.ndarray
    """∂L/∂(c as h is made of it) of one step, (H, B)."""


class LSTMSites(NamedTuple):
    """Where an LSTM with a ``norm`` normalises; None in one without."""

    x: Site | None
    h: Site | None
    c: Site | None


@compiled
def forward(w: Any, x: np.ndarray, options: Any, buffers: Any, sites: Any) -> None:
    """i, f, o, g = σ, σ, σ, tanh (W_x x + W_h h + b);  c = f c + i g;  h = o tanh(c)."""
    s = buffers
    begin(w, x, s.affine)
    s.c[0] = 0
    for t in range(len(x)):
        preactivate(t, w, options, s.affine, sites.x, sites.h)
        a, c_before, c = s.affine.a.reshape(-1), s.c[t].reshape(-1), s.c[t + 1].reshape(-1)
        _next_c(a, c_before, s.gates[t], c, options.forgets)
        shown = _show(t, w.gamma_c, w.beta_c, options, s, sites.c).reshape(-1)
        _next_h(s.gates[t], shown, s.tanh_c[t], s.affine.z[t + 1].reshape(-1))


@compiled
def _next_c(
    a: np.ndarray, c_before: np.ndarray, gates: np.ndarray, c: np.ndarray, forgets: bool
) -> None:
    """i, f, o, g = σ, σ, σ, tanh (a), or f = 1 where it does not forget;  c = f c + i g."""
    n, one = len(c), a.dtype.type(1)
    for k in range(n):
        i, o, g = sigmoid(a[k]), sigmoid(a[2 * n + k]), tanh(a[3 * n + k])
        f = sigmoid(a[n + k]) if forgets else one  # the slope f - f² of 1 is 0, as it should be
        gates[k], gates[n + k], gates[2 * n + k], gates[3 * n + k] = i, f, o, g
        c[k] = f * c_before[k] + i * g


@compiled
def _show(t: int, gamma: Any, beta: Any, options: Any, s: Any, site: Any) -> np.ndarray:
    """Returns c of step t as h is made of it, (H, B)."""
    c: np.ndarray = s.c[t + 1]
    if site is None:
        return c
    copy(c, s.shown)
    normalise(t, s.shown, gamma, options, site)
    add_bias(beta, s.shown)
    shown: np.ndarray = s.shown
    return shown


@compiled
def _next_h(gates: np.ndarray, c: np.ndarray, tanh_c: np.ndarray, h: np.ndarray) -> None:
    """h = o tanh(c)."""
    n = len(c)
    for k in range(n):
        tanh_c[k] = tanh(c[k])
        h[k] = gates[2 * n + k] * tanh_c[k]


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
    r"""Goes back through time: from ∂L/∂h_t and ∂L/∂c_t to those of the step before, and to w.

    From h = o tanh(c):       ∂o = ∂h tanh(c),  ∂c += ∂h o (1 - tanh(c)²);
    from c = f c_{t-1} + i g: ∂i = ∂c g,  ∂f = ∂c c_{t-1},  ∂g = ∂c i,  ∂c_{t-1} = ∂c f;
    from σ and tanh:          ∂a = ∂i i (1 - i), and so f and o;  ∂g (1 - g²);
    from a = W [h; x; 1]:     ∂W += ∂a [h; x; 1]ᵀ,  ∂h_{t-1} = W_hᵀ ∂a.
    """
    s = buffers
    s.affine.dW[:] = 0
    for t in range(steps - 1, first - 1, -1):
        add_read(t, steps, read, s.affine)
        dh = s.affine.dh[t + 1].reshape(-1)
        _h_backward(s.gates[t], s.tanh_c[t], dh, s.dshown.reshape(-1))
        _show_backward(t, w.gamma_c, g.gamma_c, g.beta_c, options, s.dshown, sites.c)
        dc, dc_before, da = s.dc[t + 1], s.dc[t], s.affine.da.reshape(-1)
        c_before, dshown = s.c[t].reshape(-1), s.dshown.reshape(-1)
        _c_backward(s.gates[t], c_before, s.tanh_c[t], dh, dshown, dc, dc_before, da)
        preactivate_backward(t, w, g, options, s.affine, sites.x, sites.h)
        if is_cut(t, steps, options.truncate):
            s.affine.dh[t] = 0
            dc_before[:] = 0
    end_backward(g, s.affine, sites.x)


@compiled
def _h_backward(gates: np.ndarray, tanh_c: np.ndarray, dh: np.ndarray, dc: np.ndarray) -> None:
    """What comes to c through h = o tanh(c)."""
    n = len(dc)
    for k in range(n):
        dc[k] = dh[k] * gates[2 * n + k] * (dh.dtype.type(1) - tanh_c[k] * tanh_c[k])


@compiled
def _show_backward(
    t: int, gamma: Any, dgamma: Any, dbeta: Any, options: Any, dshown: np.ndarray, site: Any
) -> None:
    if site is not None:
        add_row_sums(dshown, dbeta)
        normalise_backward(t, dshown, gamma, dgamma, options, site)


@compiled
def _c_backward(
    gates: np.ndarray,
    c_before: np.ndarray,
    tanh_c: np.ndarray,
    dh: np.ndarray,
    dshown: np.ndarray,
    dc: np.ndarray,
    dc_before: np.ndarray,
    da: np.ndarray,
) -> None:
    n = len(dc)
    for k in range(n):
        i, f, o, g = gates[k], gates[n + k], gates[2 * n + k], gates[3 * n + k]
        d = dc[k] + dshown[k]
        dc[k] = d
        dc_before[k] = d * f
        da[k] = d * g * (i - i * i)
        da[n + k] = d * c_before[k] * (f - f * f)
        da[2 * n + k] = dh[k] * tanh_c[k] * (o - o * o)
        da[3 * n + k] = d * i - d * i * g * g


class LSTMKernel(Kernel):
    """The LSTM's passes and their buffers."""

    forward_pass, backward_pass = staticmethod(forward), staticmethod(backward)

    def _make_buffers(self) -> LSTMBuffers:
        steps, H, B = self.sizes.steps, self.sizes.hidden, self.sizes.sequences
        zeros = self.sizes.zeros
        return LSTMBuffers(
            affine=self._make_affine(),
            gates=zeros(steps, 4 * H * B),
            c=zeros(steps + 1, H, B),
            shown=zeros(H, B),
            tanh_c=zeros(steps, H * B),
            dc=zeros(steps + 1, H * B),
            dshown=zeros(H, B),
        )

    def _make_sites(self) -> LSTMSites:
        site, H = self._make_site, self.sizes.hidden
        return LSTMSites(x=site(4 * H), h=site(4 * H), c=site(H))
