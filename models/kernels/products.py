"""Sums and products of matrices, compiled: loops, since numba takes seconds to compile slices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from models.kernels.compiled import compiled

_gemm: Any = types.ExternalFunction(
    "numba_xxgemm",
    types.intc(
        *(types.char, types.char, types.char, types.intp, types.intp, types.intp),
        *(types.voidptr, types.voidptr, types.intp, types.voidptr, types.intp),
        *(types.voidptr, types.voidptr, types.intp),
    ),
)
"""BLAS's product as numba hands it to ``np.dot``: kind, transposed, transposed, m, n, k, alpha, a,
lda, b, ldb, beta, c, ldc, with matrices column by column."""


@compiled
def add_product(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """Adds a bᵀ to ``out``: (m, k), (n, k) and (m, n).

    ``np.dot`` can only replace what stands in ``out``; to add afterwards goes through memory twice.
    """
    one = np.ones(1, a.dtype)
    m, k, n = a.shape[0], a.shape[1], b.shape[0]
    kind = np.int8(115) if a.itemsize == 4 else np.int8(100)  # s and d, single and double
    transposed, as_it_is = np.int8(116), np.int8(110)
    # Row by row, out is the transposed of what BLAS sees: outᵀ += b aᵀ.
    pa, pb, pout, p1 = a.ctypes, b.ctypes, out.ctypes, one.ctypes
    _gemm(kind, transposed, as_it_is, n, m, k, p1, pb, k, pa, k, p1, pout, n)


@compiled
def copy(a: np.ndarray, out: np.ndarray) -> None:
    """Copies a matrix to ``out``, which has its shape."""
    flat, into = a.reshape(-1), out.reshape(-1)
    for k in range(len(flat)):
        into[k] = flat[k]


@compiled
def add(a: np.ndarray, out: np.ndarray) -> None:
    """Adds a matrix to ``out``, which has its shape."""
    flat, into = a.reshape(-1), out.reshape(-1)
    for k in range(len(flat)):
        into[k] += flat[k]


@compiled
def add_bias(b: np.ndarray, out: np.ndarray) -> None:
    """Adds a bias, (rows, 1), to every column of ``out``, (rows, B)."""
    rows, columns = out.shape
    for row in range(rows):
        for column in range(columns):
            out[row, column] += b[row, 0]


@compiled
def add_row_sums(a: np.ndarray, out: np.ndarray) -> None:
    """Adds the sum of each row of ``a``, (rows, B), to ``out``, (rows, 1): ∂L/∂b from ∂L/∂a."""
    rows, columns = a.shape
    for row in range(rows):
        total = a.dtype.type(0)
        for column in range(columns):
            total += a[row, column]
        out[row, 0] += total
