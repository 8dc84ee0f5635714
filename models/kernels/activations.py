"""Activations, compiled: tanh and σ so that LLVM vectorises them, a cell's φ by its number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from models.kernels.compiled import OPTIONS, compiled

TANH, SIGMOID, RELU = 0, 1, 2
ACTIVATIONS = {"tanh": TANH, "sigmoid": SIGMOID, "relu": RELU}
"""The numbers by which kernels know activations."""

END = np.float32(7.9)
"""From here on tanh is 1 in single precision."""
P5, P4, P3, P2, P1, P0 = np.array(
    [2.41057436e-11, -1.49064845e-08, 9.93927539e-06, 0.00299210742, 0.129849195, 0.999999983],
    np.float32,
)
Q3, Q2, Q1, Q0 = np.array([0.000238088228, 0.0240531363, 0.463182374, 1], np.float32)
HALF = np.float32(0.5)


def tanh(x: float) -> float:
    """Returns tanh(x): of float64 to the last digits, of float32 with an error below 3e-7.

    The C library's tanh is a call for every number. In single precision this is the quotient of
    two polynomials instead, x P(x²) / Q(x²), with the least relative error between 0 and END.
    """
    return math.tanh(x)


def sigmoid(x: float) -> float:
    """Returns σ(x) = 1 / (1 + exp(-x)) = tanh(x / 2) / 2 + 1 / 2, as exact as ``tanh``."""
    return 0.5 * tanh(0.5 * x) + 0.5


@overload(tanh, jit_options=OPTIONS, strict=False)
def _tanh(x: Any) -> Callable[..., Any]:
    def quotient(x: Any) -> Any:
        x = min(max(x, -END), END)  # NaN stays NaN
        y = x * x
        p = ((((P5 * y + P4) * y + P3) * y + P2) * y + P1) * y + P0
        q = ((Q3 * y + Q2) * y + Q1) * y + Q0
        return x * p / q

    return quotient if x == types.float32 else lambda x: math.tanh(x)


@overload(sigmoid, jit_options=OPTIONS, strict=False)
def _sigmoid(x: Any) -> Callable[..., Any]:
    if x == types.float32:
        return lambda x: HALF * tanh(HALF * x) + HALF
    return lambda x: 0.5 * tanh(0.5 * x) + 0.5


@compiled
def activate(activation: int, a: np.ndarray, h: np.ndarray) -> None:
    """Writes φ(a) into the first numbers of ``h``; both are flat."""
    if activation == TANH:
        for k in range(len(a)):
            h[k] = tanh(a[k])
    elif activation == SIGMOID:
        for k in range(len(a)):
            h[k] = sigmoid(a[k])
    else:
        zero = a.dtype.type(0)
        for k in range(len(a)):
            h[k] = zero if a[k] < zero else a[k]  # NaN stays NaN


@compiled
def activate_backward(activation: int, h: np.ndarray, dh: np.ndarray, da: np.ndarray) -> None:
    """Writes ∂L/∂a = ∂L/∂h · φ'(a) into ``da``, with φ' from h = φ(a)."""
    if activation == TANH:
        for k in range(len(da)):
            da[k] = dh[k] - dh[k] * h[k] * h[k]
    elif activation == SIGMOID:
        for k in range(len(da)):
            da[k] = dh[k] * (h[k] - h[k] * h[k])
    else:
        zero = h.dtype.type(0)
        for k in range(len(da)):
            da[k] = dh[k] if h[k] > zero else zero
