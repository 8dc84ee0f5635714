"""One optimiser step of an LSTM or a GRU in JAX: ``lax.scan`` under jit, compiled by XLA.

JAX is not among the requirements: without it, the comparison is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

ADAM = (0.9, 0.999, 1e-8, 0.01)


def make_step(
    cell: str, hidden: int, outputs: int, x: np.ndarray, targets: np.ndarray
) -> Callable[[], None]:
    """A function that trains once on x, (steps, B, inputs), and targets, (B,).

    Raises ImportError without JAX.
    """
    import jax
    from jax import numpy as jnp

    gates = {"lstm": 4, "gru": 3}[cell]
    source = np.random.default_rng(0)

    def drawn(*shape: int) -> Any:
        return jnp.asarray(source.standard_normal(shape) / np.sqrt(hidden), jnp.float32)

    weights = {
        "W_x": drawn(x.shape[2], gates * hidden),
        "W_h": drawn(hidden, gates * hidden),
        "b": drawn(gates * hidden),
        "b_n": drawn(hidden),
        "V": drawn(hidden, outputs),
        "b_V": drawn(outputs),
    }
    advance = {"lstm": _lstm, "gru": _gru}[cell]

    def loss(w: Any, x: Any, targets: Any) -> Any:
        zero = jnp.zeros((x.shape[1], hidden), jnp.float32)
        projected = x @ w["W_x"] + w["b"]
        (h, _), _ = jax.lax.scan(partial(advance, jax, w), (zero, zero), projected)
        log = jax.nn.log_softmax(h @ w["V"] + w["b_V"])
        return -jnp.take_along_axis(log, targets[:, None], axis=1).mean()

    @partial(jax.jit, donate_argnums=0)
    def step(state: Any, x: Any, targets: Any) -> Any:
        w, mean, square, count = state
        gradient = jax.grad(loss)(w, x, targets)
        norm = jnp.sqrt(sum((g**2).sum() for g in jax.tree.leaves(gradient)))
        gradient = jax.tree.map(lambda g: g * jnp.minimum(1, 1 / norm), gradient)
        first, second, epsilon, rate = ADAM
        count = count + 1
        mean = jax.tree.map(lambda m, g: first * m + (1 - first) * g, mean, gradient)
        square = jax.tree.map(lambda s, g: second * s + (1 - second) * g**2, square, gradient)
        size = rate * jnp.sqrt(1 - second**count) / (1 - first**count)
        moved = jax.tree.map(
            lambda p, m, s: p - size * m / (jnp.sqrt(s) + epsilon), w, mean, square
        )
        return moved, mean, square, count

    zeros = partial(jax.tree.map, jnp.zeros_like)
    state = [(weights, zeros(weights), zeros(weights), jnp.zeros(()))]
    inputs, answers = jnp.asarray(x), jnp.asarray(targets)

    def train() -> None:
        state[0] = step(state[0], inputs, answers)
        jax.block_until_ready(state[0])

    return train


def _lstm(jax: Any, w: Any, state: Any, x: Any) -> Any:
    h, c = state
    i, f, o, g = jax.numpy.split(x + h @ w["W_h"], 4, axis=1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jax.numpy.tanh(g)
    return (jax.nn.sigmoid(o) * jax.numpy.tanh(c), c), None


def _gru(jax: Any, w: Any, state: Any, x: Any) -> Any:
    h, same = state
    x_r, x_z, x_n = jax.numpy.split(x, 3, axis=1)
    h_r, h_z, h_n = jax.numpy.split(h @ w["W_h"], 3, axis=1)
    z = jax.nn.sigmoid(x_z + h_z)
    n = jax.numpy.tanh(x_n + jax.nn.sigmoid(x_r + h_r) * (h_n + w["b_n"]))
    return (z * h + (1 - z) * n, same), None
