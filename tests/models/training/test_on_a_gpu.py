"""Training on a GPU, where there is one: the readable step there against the kernels of the CPU."""

from __future__ import annotations

import pandas as pd
import pytest
import torch

from models.training.train import train
from tests.models.training.small import EVERY_PATH, shard_of, small, table
from tests.models.training.test_checkpoint import stop_after

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")

MEASURED = ("training", "accuracy", "gradients", "diagnostics", "influence")


@pytest.mark.parametrize("cell", EVERY_PATH)
def test_the_numbers_are_those_of_the_cpu_but_for_rounding(cell: str) -> None:
    here, there = (list(train(small(cells=[cell], device=one))) for one in ("cpu", "cuda"))
    for name in MEASURED:
        ours, theirs = table(here, name), table(there, name)
        if name == "diagnostics":  # a half-life is the inverse of a slope that may be near 0
            ours, theirs = ours[ours["step"] == 0], theirs[theirs["step"] == 0]
        # Rounding grows: Adam divides by the root of second moments that may be small.
        pd.testing.assert_frame_equal(ours, theirs, rtol=1e-2, atol=1e-5)


@pytest.mark.parametrize("cell", EVERY_PATH)
def test_resumed_training_ends_in_the_same_bits(cell: str) -> None:
    experiment = small(cells=[cell], device="cuda", steps=8)
    whole = list(train(experiment))
    saved = list(train(experiment, stop_after(7)))[-1].checkpoint
    assert saved is not None
    resumed = list(train(experiment, checkpoints={shard_of(experiment): saved}))
    for name in MEASURED:
        pd.testing.assert_frame_equal(
            table(resumed, name, saved.step), table(whole, name, saved.step), check_exact=True
        )
