"""The text that training ends with."""

from __future__ import annotations

import pytest

from models import train_experiment
from models.command_line.report import report
from tests.models.training.small import small

HEADING = (
    "Accuracy minus that of the RNN, paired over seeds; p by the sign-flip test, with Holm's "
    "correction for all rows"
)


@pytest.mark.parametrize(("seeds", "said"), [(5, False), (6, True)])
def test_differences_over_shared_seeds_are_said_where_there_are_enough(
    seeds: int, said: bool
) -> None:
    experiment = small(cells=("rnn", "gru"), lengths=(10,), seeds=seeds, steps=1)
    results = train_experiment(experiment, progress=False)
    (row,) = results.paired_differences().to_dict("records")
    difference = results.summary().set_index("cell")["mean"].diff().iloc[1]
    assert row["difference"] == pytest.approx(difference)
    text = report(results)
    assert (HEADING in text) == said
    assert (f"{row['difference']:+.3f}" in text.splitlines()[-1]) == said
