"""What an extension adds to a run, in words."""

from __future__ import annotations

from collections.abc import Sequence

from models.analysis.words import count, join_words, of_all
from models.cells import cell_label
from models.experiment import Experiment
from models.experiment.partition import starting_steps


def added(experiment: Experiment, before: Experiment) -> str:
    """What there is more of: "2 more seeds, T = 71 and 84 and 300 more steps"."""
    lengths = [str(length) for length in experiment.lengths if length not in before.lengths]
    cells = [cell_label(cell) for cell in experiment.cells if cell not in before.cells]
    seeds, steps = experiment.seeds - before.seeds, experiment.steps - before.steps
    parts = (
        join_words(cells),
        f"T = {', '.join(lengths)}" if lengths else "",
        count(seeds, "more seed") if seeds else "",
        count(steps, "more step") if steps else "",
    )
    return join_words([part for part in parts if part])


def left_to_train(experiment: Experiment, earlier: Sequence[Experiment]) -> str:
    """How many models an extension trains, and what becomes of the others, in a sentence."""
    starts = starting_steps(experiment, earlier)
    everyone = sum(len(shard.models) for shard in starts)
    new = sum(len(shard.models) for shard, step in starts.items() if step is None)
    trains = f"{of_all(new, everyone, 'model')} {'is' if new == 1 else 'are'} trained"
    if experiment.steps == earlier[-1].steps:
        return f"{trains}, the others are taken over as they are."
    on = f"go on from step {earlier[-1].steps:,}"
    return f"{trains} from the start, the others {on}." if new else f"All {everyone:,} models {on}."
