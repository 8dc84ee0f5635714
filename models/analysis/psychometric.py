"""The psychometric curve: the share of models that remember, as sequences get longer, and its fit.

A model remembers or it does not. Of the models of a cell the share

    ψ(T) = (1 − λ) / (1 + exp((ln T − ln T50) / s))

remembers sequences of length T: equation 1 of Wichmann & Hill 2001, falling in ln T, with guess
rate 0 and a logistic curve. T50 is the length at which half of the models still remember, s says
how gradually they fall, and λ, the lapse rate, is the share that fails at any length. The number
that remembers is binomial at each length.

The posterior is computed on a grid, and s and λ are summed out, as in psignifit 4 (Schütt,
Harmeling, Macke & Wichmann 2016). Priors: ln T50 is uniform from REACH times below the shortest
length tested to REACH times above the longest, ln s uniform over SLOPES, λ uniform up to LAPSE.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_expit

REACH = 2
"""T50 may be so many times below the shortest length tested, or above the longest."""
SLOPES = (0.01, 1.5)
"""The least and the largest s, from a step to a share that falls over three decades."""
LAPSE = 0.1
"""The largest lapse rate."""
WIDTH = 0.02
"""The width in ln T50 of a cell of the grid, at most."""
SLOPE_NODES, LAPSE_NODES = 12, 5


@dataclass(frozen=True)
class Posterior:
    """What is known of T50 after the counts of one cell, or of several at once."""

    log_spans: np.ndarray
    """(nodes,), ln T50 in the middle of each of the grid's cells, which are equally wide."""
    mass: np.ndarray
    """(…, nodes), the probability of each of them; sums to 1."""
    log_evidence: np.ndarray
    """(…), ln of the probability of the counts, but for a constant of the lengths' ends, and for
    the number of ways in which so many models can be chosen."""

    def quantile(self, probability: ArrayLike) -> np.ndarray:
        """The ln T50 below which it lies with this probability, one for each posterior, (…)."""
        wanted = np.asarray(probability)
        upto = self.mass.cumsum(axis=-1)
        node = (upto[..., :-1] < wanted[..., None]).sum(axis=-1)
        after, own = (_at(node, values) for values in (upto, self.mass))
        width = self.log_spans[1] - self.log_spans[0]
        ends: np.ndarray = self.log_spans[node] + width * (0.5 - (after - wanted) / own)
        return ends


def fit(lengths: np.ndarray, remember: np.ndarray, models: np.ndarray) -> Posterior:
    """The posterior of T50 given how many of the ``models`` remember at each of the lengths.

    ``lengths`` (lengths,) ascend; ``remember`` and ``models`` are (…, lengths).
    """
    log_spans, log_shares = _grid(tuple(lengths))
    counts = np.concatenate([remember, models - remember], axis=-1)
    log_likelihood = counts @ log_shares
    most = log_likelihood.max(axis=-1, keepdims=True)
    likelihood = np.exp(log_likelihood - most)
    mass = likelihood.reshape(*likelihood.shape[:-1], -1, len(log_spans)).sum(axis=-2)
    total = mass.sum(axis=-1, keepdims=True)
    return Posterior(log_spans, mass / total, (most + np.log(total))[..., 0])


@lru_cache(maxsize=16)
def _grid(lengths: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """ln T50 (nodes,), and ln ψ at each length above ln (1 − ψ), (2 lengths, λ · s · nodes)."""
    log_lengths = np.log(lengths)
    low, high = log_lengths[0] - np.log(REACH), log_lengths[-1] + np.log(REACH)
    log_spans = _middles(low, high, int(np.ceil((high - low) / WIDTH)))
    slopes = np.exp(_middles(np.log(SLOPES[0]), np.log(SLOPES[1]), SLOPE_NODES))
    lapses = _middles(0, LAPSE, LAPSE_NODES)[:, None, None]
    falls = (log_spans - log_lengths[:, None, None, None]) / slopes[:, None]
    remember = np.log1p(-lapses) + log_expit(falls)
    forget = np.logaddexp(log_expit(-falls), np.log(lapses) + log_expit(falls))
    return log_spans, np.concatenate([remember, forget]).reshape(2 * len(lengths), -1)


def _middles(low: float, high: float, cells: int) -> np.ndarray:
    """The middles of so many cells of equal width between two ends, (cells,)."""
    return low + (high - low) * (np.arange(cells) + 0.5) / cells


def _at(node: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The value at a node, (…), of values (…, nodes)."""
    rows = np.broadcast_to(values, (*node.shape, values.shape[-1]))
    return np.take_along_axis(rows, node[..., None], axis=-1)[..., 0]
