"""Stories: what each concludes from numbers in which its statement holds, and does not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import pandas as pd
import pytest

from models.experiment import Experiment
from models.stories import story_presets
from tests.models.stories.conclusions import conclude
from tests.models.tables import CHANCE, measured, table


def scores(
    experiment: Experiment, solved: Mapping[str, Sequence[int]], diverged: Sequence[str] = ()
) -> pd.DataFrame:
    """The table ``accuracy`` after training, with the lengths that all seeds of a cell solved."""
    rows = [
        {
            "cell": cell,
            "length": length,
            "seed": seed,
            "step": experiment.steps,
            "accuracy": 1.0 if length in solved.get(cell, ()) else CHANCE,
            "solved": length in solved.get(cell, ()),
            "diverged": cell in diverged and seed == 0,
        }
        for cell in experiment.cells
        for length in experiment.lengths
        for seed in experiment.seed_numbers
    ]
    return table("accuracy", *rows)


def at_longest(
    experiment: Experiment, values: Mapping[str, Mapping[str, float]], step: int = 0
) -> pd.DataFrame:
    """The table ``diagnostics`` of a value by diagnostic and cell, at the longest length."""
    return measured(values, length=experiment.lengths[-1], step=step)


def settings(preset: str) -> Experiment:
    """The experiment of a preset."""
    return story_presets()[preset].experiment


def test_a_story_counts_the_seeds_for_which_its_claims_hold() -> None:
    experiment = settings("longer_is_worse")
    simple = experiment.cells[0]
    text = conclude("longer_is_worse", accuracy=scores(experiment, {simple: (10,), "rnn": (20,)}))
    assert text.endswith(
        "Claim 5 holds in 3 of 3 seeds for “Temporal order, RNN, PyTorch init: remembers 10 "
        "steps”; 3 of 3 seeds for “Temporal order, RNN, PyTorch init: forgets 20 steps”; 0 of 3 "
        "seeds for “Temporal order, RNN: remembers 10 steps”; 0 of 3 seeds for “Temporal order, "
        "RNN: forgets 20 steps”; tested in full it is not supported."
    )
    of_two_runs = conclude("clipping", accuracy=scores(settings("clipping"), {}))
    assert of_two_runs.endswith("lengths. Claim 15, tested in full, is undecided.")


def test_the_longest_lengths_are_named_cell_by_cell_and_at_once_where_they_are_the_same() -> None:
    experiment = settings("last_step")
    text = conclude("last_step", accuracy=scores(experiment, {"lstm": (20, 50), "gru": (20, 50)}))
    assert "solve is 50 for the LSTM and the GRU. Most seeds of the RNN solve none." in text
    everyone = dict.fromkeys(experiment.cells, (20,))
    assert "solve is 20 for every cell." in conclude(
        "last_step", accuracy=scores(experiment, everyone)
    )
    nobody = conclude("last_step", accuracy=scores(experiment, {}))
    assert "most seeds of every cell solve none of the lengths." in nobody


def test_half_lives_that_halve_double_or_are_level_come_in_the_order_of_the_cells() -> None:
    half_lives = {"gru": 12.0, "lstm": math.inf, "rnn": -3.0}
    text = conclude(
        "last_step", diagnostics=at_longest(settings("last_step"), {"half_life_h": half_lives})
    )
    assert text == (
        "At initialisation, T = 100, the gradient of the last step's loss doubles every 3 steps "
        "for the "
        "RNN. It is level for the LSTM. It halves every 12 steps for the GRU."
    )


def test_where_nothing_was_measured_that_is_said() -> None:
    assert "could not be measured" in conclude("longer_is_worse")
    assert "could not be measured" in conclude("spectral_radius")
    assert conclude("early_steps") == (
        "Nothing has been trained yet. Claim 6, tested in full, is not supported."
    )


def test_models_that_diverged_are_counted() -> None:
    experiment = settings("tanh_against_relu")
    large = experiment.cells[-2]
    text = conclude("tanh_against_relu", accuracy=scores(experiment, {}, diverged=[large]))
    assert "3 of 9 models of the RNN with ReLU and gain 2 diverged." in text
    one = Experiment.from_mapping({**asdict(experiment), "seeds": 1, "lengths": (20,)})
    text = conclude("tanh_against_relu", one, accuracy=scores(one, {}, diverged=[large]))
    assert "1 of 1 model of the RNN with ReLU and gain 2 diverged." in text
    assert "No model diverged." in conclude("tanh_against_relu", accuracy=scores(experiment, {}))


def test_spectral_radius_says_what_radii_below_and_above_1_do() -> None:
    experiment = settings("spectral_radius")
    radii = dict(zip(experiment.cells, (0.5, 0.9, 1.0000001, 1.1, 1.5), strict=True))
    half_lives = dict(zip(experiment.cells, (1.0, 3.0, 5.0, 9.0, -16.0), strict=True))
    theory = {**half_lives, "rnn:gain=1.1": -50.0}
    initial = {"spectral_radius": radii, "half_life_theory": theory}
    text = conclude(
        "spectral_radius",
        diagnostics=at_longest(experiment, {**initial, "half_life_h": half_lives}),
    )
    assert "halves every 3 steps with radius 0.9 (theory: every 3 steps)" in text
    assert "halves every 9 steps with radius 1.1 (theory: doubles every 50 steps)" in text
    assert "Below 1 it always shrinks, as expected. With 1.5 it explodes." in text
    assert "not enough: with 1.1 the slopes" in text  # 1.0000001 is 1
    grows = {cell: -value for cell, value in half_lives.items()}
    text = conclude(
        "spectral_radius", diagnostics=at_longest(experiment, {**initial, "half_life_h": grows})
    )
    assert "Contrary to expectation, it does not always shrink below 1." in text
    assert "With 1.1 it explodes." in text
    assert "not enough: with 1.5 the slopes" in text


def test_spectral_radius_says_where_training_takes_it_without_models_that_have_none() -> None:
    experiment = settings("spectral_radius")
    after = dict.fromkeys(experiment.cells, math.nan) | {"rnn": 2.0}
    later = at_longest(experiment, {"spectral_radius": after}, step=300)
    text = conclude("spectral_radius", accuracy=scores(experiment, {}), diagnostics=later)
    assert "By then, the radius is 2.00 for the RNN. It could not be measured for the RNN" in text


def norms(experiment: Experiment, largest: Mapping[str, float]) -> pd.DataFrame:
    """The table ``training`` of two steps of each cell, of which the second has this norm."""
    rows = [
        {"cell": cell, "step": step, "gradient_norm": norm, "clipped": norm > 1}
        for cell in experiment.cells
        for step, norm in enumerate((0.5, largest[cell]), start=1)
    ]
    return table("training", *rows)


@pytest.mark.parametrize("preset", ["clipping", "clipping_off", "clipping_by_value"])
def test_clipping_says_how_large_norms_were_how_much_was_clipped_and_who_diverged(
    preset: str,
) -> None:
    experiment = settings(preset)
    relu, identity, large = experiment.cells
    training = norms(experiment, {relu: math.nan, identity: 3e7, large: 1234.0})
    calm = conclude(preset, accuracy=scores(experiment, {}), training=training)
    assert (
        "not finite for the RNN with ReLU and gain 2, about 10⁷ for "
        "the RNN with ReLU and identity init and 1,234 for the RNN with gain 1.5."
    ) in calm
    clips = {"clipping": "(by norm, at 1) ", "clipping_by_value": "(by value, at 0.1) "}
    assert (clips.get(preset, "clipped (") in calm) is (preset in clips)
    assert ("50% for the RNN with gain 1.5" in calm) is (preset in clips)
    assert "No model diverged." in calm
    assert "cannot help" not in calm
    assert "overflow" not in calm
    lost = conclude(
        preset,
        accuracy=scores(experiment, {}, diverged=[relu]),
        training=training,
        diagnostics=at_longest(experiment, {"overflow_state_t": {relu: 174.0}}, step=1),
    )
    assert (
        "The first state to overflow was one of the RNN with ReLU and gain 2 at "
        "t = 174 of 200, in training step 1."
    ) in lost
    assert "4 of 12 models of the RNN with ReLU and gain 2 diverged." in lost
    assert ("Clipping cannot help" in lost) is (experiment.clip > 0)


def test_normalisation_has_the_memory_span_of_each_cell() -> None:
    experiment = settings("normalisation")
    text = conclude("normalisation", accuracy=scores(experiment, {"rnn": (10, 20)}))
    assert "the memory span is between 20 and 50 (20–53) for the RNN, " in text
    assert "Claim 3 holds in 3 of 3 seeds for “RNN, batch norm”;" in text
    assert "Claim 4 holds in 0 of 3 seeds for “memory”; tested in full it is" in text


def test_normalisation_has_no_span_for_a_cell_that_diverged() -> None:
    experiment = settings("normalisation")
    rows = scores(experiment, {"rnn": (10,)})
    rows.loc[rows["cell"] == "rnn:norm=layer", "diverged"] = True
    text = conclude("normalisation", accuracy=rows)
    assert "the memory span is between 10 and 20 (" in text
    assert "none for the RNN with layer norm." in text


def test_additive_path_says_how_long_the_gradient_lives_and_what_the_gate_does() -> None:
    experiment = settings("additive_path")
    shut, half, chrono = experiment.cells
    h = {shut: 2.0, half: 19.0, chrono: 80.0}
    half_lives = {"half_life_h": h, "half_life_c": {**h, chrono: math.inf}}
    initial = at_longest(
        experiment, {**half_lives, "mean_f": {shut: 0.5, half: 0.73, chrono: 0.98}}
    )
    text = conclude("additive_path", diagnostics=initial)
    assert "Through h it halves every 2 steps for the LSTM with bias 0" in text
    assert "The mean of the forget gate is 0.50 for the LSTM with bias 0, 0.73 for" in text
    later = at_longest(experiment, {"mean_f": {half: 0.9}}, step=300)
    text = conclude(
        "additive_path", accuracy=scores(experiment, {}), diagnostics=pd.concat([initial, later])
    )
    # The others were measured at initialisation alone.
    assert "By then, the mean of the forget gate is 0.90 for the LSTM. Claim 7," in text


def symbols(experiment: Experiment, steps: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """The accuracies of symbols, by the steps from which on a cell knows each of them."""
    frames = [
        at_longest(
            experiment,
            {
                f"accuracy_part_{place}": {
                    cell: 0.95 if step >= steps[cell][place - 1] else 0.5
                    for cell in experiment.cells
                }
                for place in (1, 2, 3)
            },
            step=step,
        )
        for step in range(0, 401, 10)
    ]
    return pd.concat(frames)


def test_early_steps_says_who_learned_in_which_order() -> None:
    experiment = settings("early_steps")
    rnn, lstm, gru = experiment.cells
    steps = {rnn: (math.inf, 200, 50), gru: (100, 200, 150), lstm: (90, 130, 130)}
    text = conclude(
        "early_steps", accuracy=scores(experiment, {}), diagnostics=symbols(experiment, steps)
    )
    never = (
        "symbol 1 never, symbol 2 after 200 training steps and symbol 3 after 50 training steps."
    )
    assert never in text
    assert "symbol 1 after 90 training steps, symbol 2 after 130 training steps" in text


def test_early_steps_says_where_nothing_is_learned() -> None:
    experiment = settings("early_steps")
    rnn, lstm, gru = experiment.cells
    steps = {rnn: (math.inf,) * 3, gru: (50,) * 3, lstm: (50,) * 3}
    text = conclude(
        "early_steps", accuracy=scores(experiment, {}), diagnostics=symbols(experiment, steps)
    )
    assert "The RNN has learned none of them." in text


def test_every_step_says_how_the_models_were_trained() -> None:
    for preset, words in (
        ("every_step", "losses at every step, but"),
        ("last_step", "the loss at"),
    ):
        text = conclude(preset, accuracy=scores(settings(preset), {}))
        assert f"are trained with {words}" in text


def test_truncation_says_whether_what_lies_beyond_the_window_was_learned() -> None:
    experiment = settings("truncation")
    within = dict.fromkeys(experiment.cells, (20,))
    text = conclude("truncation", accuracy=scores(experiment, within))
    assert "At T = 50 and 100 the answer depends on a step further back" in text
    assert "As expected, that is not learned." in text
    beyond = {**within, "lstm:bias=chrono": (20, 50)}
    text = conclude("truncation", accuracy=scores(experiment, beyond))
    assert "Contrary to expectation, the LSTM with chrono bias learned it" in text
    whole = conclude("truncation_off", accuracy=scores(settings("truncation_off"), beyond))
    assert whole.startswith("The gradient goes all the way back. After 300 steps")
    assert "xpect" not in whole
