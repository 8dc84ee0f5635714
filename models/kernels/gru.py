"""The GRU over all time steps of one model; its equations are in ``models.cells.gru``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from models.kernels.activations import sigmoid, tanh
from models.kernels.affine import Affine, add_read, begin, end_backward, is_cut
from models.kernels.compiled import compiled
from models.kernels.kernel import Kernel
from models.kernels.normalisation import Site, normalise, normalise_backward
from models.kernels.products import add, add_bias, add_product, add_row_sums, copy


class GRUBuffers(NamedTuple):
    """The numbers of one model's pass of B sequences, of at most T steps.

    The rows of ``affine`` are those of r, of z and of the candidate's part from h.
    """

    affine: Affine
    gates: np.ndarray
    """r, z and n of every step, below each other, (T, 3·H·B)."""
    h_n: np.ndarray
    """W_hn h_{t-1} + b_hn of every step, (T, H·B)."""
    W_n: np.ndarray
    """[W_xn | b_n], (H, D + 1)."""
    x_n: np.ndarray
    """W_xn x_t + b_n of one step, (H, B)."""
    dn: np.ndarray
    """∂L/∂ of the candidate's pre-activation of one step, (H, B)."""
    dW_n: np.ndarray
    """∂L/∂W_n of the steps so far, (H, D + 1)."""


class GRUSites(NamedTuple):
    """Where a GRU with a ``norm`` normalises, gates and candidate apart; None in one without."""

    x_rz: Site | None
    h_rz: Site | None
    x_n: Site | None
    h_n: Site | None


@compiled
def forward(w: Any, x: np.ndarray, options: Any, buffers: Any, sites: Any) -> None:
    """r, z = σ(W_x x + W_h h + b);  n = tanh(x_n + r h_n);  h = z h + (1 - z) n.

    The candidate's part from x is not scaled by r, so it does not fit into the one product.
    """
    s, n = buffers, w.W_h.shape[1] * x.shape[2]
    begin(w, x, s.affine)
    _begin_candidate(w, s)
    for t in range(len(x)):
        _preactivate(t, w, options, s, sites.x_rz, sites.h_rz, sites.x_n, sites.h_n)
        h_before, h = s.affine.z[t].reshape(-1)[:n], s.affine.z[t + 1].reshape(-1)[:n]
        _next_h(s.affine.a.reshape(-1), s.x_n.reshape(-1), h_before, s.gates[t], s.h_n[t], h)


@compiled
def _begin_candidate(w: Any, s: Any) -> None:
    """The candidate's rows of W are [W_hn | 0 | b_hn]; [W_xn | b_n] stands by itself."""
    hidden, inputs = w.W_h.shape[1], w.W_x.shape[1]
    for unit in range(hidden):
        row = 2 * hidden + unit
        for feature in range(inputs):
            s.W_n[unit, feature] = w.W_x[row, feature]
            s.affine.W[row, hidden + feature] = 0
        s.W_n[unit, inputs] = w.b[row, 0]
        s.affine.W[row, hidden + inputs] = w.b_hn[unit, 0]


@compiled
def _preactivate(
    t: int, w: Any, options: Any, s: Any, x_rz: Any, h_rz: Any, x_n: Any, h_n: Any
) -> None:
    """Writes the pre-activations of r and z and the two parts of the candidate's."""
    affine, hidden, inputs = s.affine, w.W_h.shape[1], w.W_x.shape[1]
    if x_rz is None:
        np.dot(affine.W, affine.z[t], out=affine.a)
        np.dot(s.W_n, affine.z[t, hidden:], out=s.x_n)
    else:
        two = 2 * hidden
        np.dot(w.W_x, affine.z[t, hidden : hidden + inputs], out=affine.part)
        np.dot(w.W_h, affine.z[t, :hidden], out=affine.a)
        normalise(t, affine.part[:two], w.gamma_x[:two], options, x_rz)
        normalise(t, affine.part[two:], w.gamma_x[two:], options, x_n)
        normalise(t, affine.a[:two], w.gamma_h[:two], options, h_rz)
        normalise(t, affine.a[two:], w.gamma_h[two:], options, h_n)
        add(affine.part[:two], affine.a[:two])
        add_bias(w.b[:two], affine.a[:two])
        add_bias(w.b_hn, affine.a[two:])
        copy(affine.part[two:], s.x_n)
        add_bias(w.b[two:], s.x_n)


@compiled
def _next_h(
    a: np.ndarray,
    x_n: np.ndarray,
    h_before: np.ndarray,
    gates: np.ndarray,
    h_n: np.ndarray,
    h: np.ndarray,
) -> None:
    size = len(h)
    for k in range(size):
        r, z, from_h = sigmoid(a[k]), sigmoid(a[size + k]), a[2 * size + k]
        n = tanh(x_n[k] + r * from_h)
        gates[k], gates[size + k], gates[2 * size + k], h_n[k] = r, z, n, from_h
        h[k] = n + z * (h_before[k] - n)


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

    From h = z h_{t-1} + (1 - z) n: ∂n = ∂h (1 - z),  ∂z = ∂h (h_{t-1} - n),  ∂h_{t-1} = ∂h z;
    from n = tanh(x_n + r h_n):     ∂x_n = ∂n (1 - n²),  ∂h_n = ∂x_n r,  ∂r = ∂x_n h_n;
    from σ:                         ∂a = ∂r r (1 - r), and so z;
    from (a, h_n) = W [h; x; 1]:    ∂W += ∂(a, h_n) [h; x; 1]ᵀ,  ∂h_{t-1} += W_hᵀ ∂(a, h_n);
    from x_n = W_n [x; 1]:          ∂W_n += ∂x_n [x; 1]ᵀ.
    """
    s, affine, n = buffers, buffers.affine, buffers.h_n.shape[1]
    affine.dW[:] = 0
    s.dW_n[:] = 0
    for t in range(steps - 1, first - 1, -1):
        add_read(t, steps, read, affine)
        dh, dh_before = affine.dh[t + 1], affine.dh[t]
        da, h_before = affine.da.reshape(-1), affine.z[t].reshape(-1)[:n]
        _h_backward(s.gates[t], s.h_n[t], h_before, dh.reshape(-1), da, s.dn.reshape(-1))
        _preactivate_backward(t, w, g, options, s, sites.x_rz, sites.h_rz, sites.x_n, sites.h_n)
        if is_cut(t, steps, options.truncate):
            dh_before[:] = 0
        else:
            _add_kept(s.gates[t], dh.reshape(-1), dh_before.reshape(-1))
    _end_candidate(w, g, s, sites.x_rz)


@compiled
def _h_backward(
    gates: np.ndarray,
    h_n: np.ndarray,
    h_before: np.ndarray,
    dh: np.ndarray,
    da: np.ndarray,
    dn: np.ndarray,
) -> None:
    size = len(dh)
    for k in range(size):
        r, z, n = gates[k], gates[size + k], gates[2 * size + k]
        through_n = dh[k] - dh[k] * z
        to_n = through_n - through_n * n * n
        da[k] = to_n * h_n[k] * (r - r * r)
        da[size + k] = dh[k] * (h_before[k] - n) * (z - z * z)
        da[2 * size + k] = to_n * r
        dn[k] = to_n


@compiled
def _add_kept(gates: np.ndarray, dh: np.ndarray, dh_before: np.ndarray) -> None:
    """The part of ∂L/∂h that comes past all weights, through z h_{t-1}."""
    size = len(dh)
    for k in range(size):
        dh_before[k] += dh[k] * gates[size + k]


@compiled
def _preactivate_backward(
    t: int, w: Any, g: Any, options: Any, s: Any, x_rz: Any, h_rz: Any, x_n: Any, h_n: Any
) -> None:
    affine, hidden, inputs = s.affine, w.W_h.shape[1], w.W_x.shape[1]
    before = affine.dh[t]
    if x_rz is None:
        add_product(affine.da, affine.z[t], affine.dW)
        add_product(s.dn, affine.z[t, hidden:], s.dW_n)
        if options.to_inputs:
            copy(affine.da, affine.part)
            copy(s.dn, affine.part[2 * hidden :])
            np.dot(affine.W_x_transposed, affine.part, out=affine.dx[t])
        np.dot(affine.W_h_transposed, affine.da, out=before)
    else:
        two, x = 2 * hidden, affine.z[t, hidden : hidden + inputs]
        copy(affine.da[:two], affine.part[:two])
        copy(s.dn, affine.part[two:])
        add_row_sums(affine.part, g.b)
        add_row_sums(affine.da[two:], g.b_hn)
        normalise_backward(t, affine.part[:two], w.gamma_x[:two], g.gamma_x[:two], options, x_rz)
        normalise_backward(t, affine.part[two:], w.gamma_x[two:], g.gamma_x[two:], options, x_n)
        add_product(affine.part, x, g.W_x)
        if options.to_inputs:
            np.dot(affine.W_x_transposed, affine.part, out=affine.dx[t])
        normalise_backward(t, affine.da[:two], w.gamma_h[:two], g.gamma_h[:two], options, h_rz)
        normalise_backward(t, affine.da[two:], w.gamma_h[two:], g.gamma_h[two:], options, h_n)
        add_product(affine.da, affine.z[t, :hidden], g.W_h)
        np.dot(affine.W_h_transposed, affine.da, out=before)


@compiled
def _end_candidate(w: Any, g: Any, s: Any, x_rz: Any) -> None:
    """Hands out the gradient, in a cell without normalised products."""
    if x_rz is None:
        hidden, inputs = w.W_h.shape[1], w.W_x.shape[1]
        end_backward(g, s.affine, None)
        for unit in range(hidden):
            row = 2 * hidden + unit
            g.b_hn[unit, 0] = s.affine.dW[row, hidden + inputs]
            for feature in range(inputs):
                g.W_x[row, feature] = s.dW_n[unit, feature]
            g.b[row, 0] = s.dW_n[unit, inputs]


class GRUKernel(Kernel):
    """The GRU's passes and their buffers."""

    forward_pass, backward_pass = staticmethod(forward), staticmethod(backward)

    def _make_buffers(self) -> GRUBuffers:
        steps, H, B = self.sizes.steps, self.sizes.hidden, self.sizes.sequences
        zeros, columns = self.sizes.zeros, self.sizes.inputs + 1
        return GRUBuffers(
            affine=self._make_affine(),
            gates=zeros(steps, 3 * H * B),
            h_n=zeros(steps, H * B),
            W_n=zeros(H, columns),
            x_n=zeros(H, B),
            dn=zeros(H, B),
            dW_n=zeros(H, columns),
        )

    def _make_sites(self) -> GRUSites:
        site, H = self._make_site, self.sizes.hidden
        return GRUSites(x_rz=site(2 * H), h_rz=site(2 * H), x_n=site(H), h_n=site(H))
