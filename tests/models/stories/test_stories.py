"""Stories: their presets, and that what they say of numbers is true and plain."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from itertools import combinations
from typing import Any

import pandas as pd
import pytest

from models.analysis.schema import TABLES
from models.experiment import Experiment
from models.experiment.presets import PRESETS, Preset
from models.service.questions import ask
from models.stories import STORIES, story_presets, story_variant
from models.stories.story import Story
from models.training.train import train

Frames = dict[str, pd.DataFrame]
ALL = [pytest.param(preset, id=name) for name, preset in story_presets().items()]


def tiny(experiment: Experiment) -> Experiment:
    small = {"lengths": (10, 12), "seeds": 1, "steps": 4, "evaluate_every": 4}
    size = {"hidden_size": 4, "batch_size": 4, "held_out": 8, "device": "cpu"}
    return Experiment.from_mapping({**asdict(experiment), **small, **size})


def empty() -> Frames:
    return {name: pd.DataFrame(columns=list(columns)) for name, columns in TABLES.items()}


@cache
def trained(experiment: Experiment) -> Mapping[str, pd.DataFrame]:
    tables = [one.tables for one in train(experiment, processes=1)]
    return {
        name: pd.concat([table[name] for table in tables if name in table], ignore_index=True)
        if any(name in table for table in tables)
        else frame
        for name, frame in empty().items()
    }


def story_of(experiment: Experiment) -> Story:
    variant = story_variant(experiment)
    assert variant is not None
    return variant.story


def plain(text: str) -> str:
    """The text, if it is made of plain sentences."""
    assert text.endswith(".")
    assert not re.search(r"\b(nan|inf|None)\b", text)
    assert not re.search(r"  | [.,:;]|[.,]{2}|\.(?=[A-Z])|\(\)", text)
    sentences = text[:-1].split(". ")
    assert len(set(sentences)) == len(sentences)
    for sentence in sentences:
        assert re.match("[A-Z0-9]", sentence), sentence
    return text


# What every story has.


def test_names_are_unique_and_lead_to_the_story() -> None:
    presets = [preset for story in STORIES.values() for preset in story.presets]
    names = [preset.name for preset in presets]
    assert len(set(names)) == len(names) == len(story_presets())
    assert not set(names) & set(PRESETS)
    assert all(name == story.name for name, story in STORIES.items())
    assert len({story.title for story in STORIES.values()}) == len(STORIES)


def test_no_two_presets_are_the_same_experiment() -> None:
    for one, other in combinations([*story_presets().values(), *PRESETS.values()], 2):
        assert one.experiment != other.experiment, f"{one.name} is {other.name}"


@pytest.mark.parametrize("preset", ALL)
def test_settings_lead_back_to_the_story_and_its_variant(preset: Preset) -> None:
    as_in_the_address = Experiment.from_json(preset.experiment.to_json())
    variant = story_variant(as_in_the_address)
    assert variant is not None
    assert variant.preset is preset
    assert preset in variant.story.presets


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_other_settings_tell_no_story(preset: Preset) -> None:
    assert story_variant(preset.experiment) is None


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_the_text_has_three_to_five_sentences_and_a_source(story: Story) -> None:
    sentences = re.split(r"(?<=[.?!]) (?=[A-Zσ])", plain(story.text.replace("et al. ", "")))
    assert 3 <= len(sentences) <= 5, sentences
    plain(story.statement)
    assert re.search(r"\d{4}", story.source)
    assert len({preset.title for preset in story.presets}) == len(story.presets)
    for preset in story.presets:
        plain(preset.lesson)


# What they say of real numbers, few as they are.


@pytest.mark.parametrize("preset", ALL)
def test_initialisation_alone_is_told_in_plain_sentences(preset: Preset) -> None:
    small = tiny(preset.experiment)
    answer: Any = ask("at_initialisation", {"experiment": asdict(small)})
    born = pd.DataFrame(answer["diagnostics"])
    tables = {**empty(), "diagnostics": born.assign(step=0, learning_rate=0.0)}
    told = plain(story_of(preset.experiment).conclusion(small, tables))
    assert "After" not in told


@pytest.mark.parametrize("preset", ALL)
def test_a_trained_run_is_told_in_plain_sentences(preset: Preset) -> None:
    small = tiny(preset.experiment)
    plain(story_of(preset.experiment).conclusion(small, trained(small)))


@pytest.mark.parametrize("preset", ALL)
def test_a_run_in_which_only_one_cell_has_trained_is_told_too(preset: Preset) -> None:
    small = tiny(preset.experiment)
    behind = small.cells[1:]
    tables = {
        name: frame[~frame["cell"].isin(behind) | (frame["step"] == 0)]
        for name, frame in trained(small).items()
    }
    plain(story_of(preset.experiment).conclusion(small, tables))
    away = {name: frame[~frame["cell"].isin(behind)] for name, frame in tables.items()}
    plain(story_of(preset.experiment).conclusion(small, away))
    unfinished = {name: frame[frame["step"] <= 2] for name, frame in trained(small).items()}
    told = plain(story_of(preset.experiment).conclusion(small, unfinished))
    assert "After 4 steps" not in told


@pytest.mark.parametrize("preset", ALL)
def test_a_run_without_diagnostics_is_told_too(preset: Preset) -> None:
    small = tiny(preset.experiment)
    tables = {**trained(small), "diagnostics": empty()["diagnostics"]}
    plain(story_of(preset.experiment).conclusion(small, tables))


# What they say of numbers in which the statement holds, and in which it does not.


def model(cell: str, length: int, seed: int = 0) -> dict[str, object]:
    run = {"run": "made-up", "task": "temporal_order", "learning_rate": 0.01}
    return {**run, "cell": cell, "length": length, "seed": seed}


def scores(
    experiment: Experiment, solved: Mapping[str, Sequence[int]], diverged: Sequence[str] = ()
) -> pd.DataFrame:
    """After training: who has solved which lengths, in every seed."""
    rows = []
    for cell in experiment.cells:
        for length in experiment.lengths:
            done = length in solved.get(cell, ())
            for seed in experiment.seed_numbers:
                score = {"accuracy": 1.0 if done else 0.25, "loss": 0.0, "chance_accuracy": 0.25}
                flags = {"solved": done, "diverged": cell in diverged and seed == 0}
                more = {"step": experiment.steps, "sequences": 256, "chance_loss": 1.39}
                rows.append({**model(cell, length, seed), **score, **flags, **more})
    return pd.DataFrame(rows, columns=list(TABLES["accuracy"]))


def measured(
    experiment: Experiment, values: Mapping[str, Mapping[str, float]], step: int = 0
) -> pd.DataFrame:
    """Per diagnostic and cell a value, at the longest length."""
    rows = [
        {**model(cell, experiment.lengths[-1]), "step": step, "diagnostic": name, "value": value}
        for name, of_cells in values.items()
        for cell, value in of_cells.items()
    ]
    return pd.DataFrame(rows, columns=list(TABLES["diagnostics"]))


def conclusion_of(preset: str, **tables: pd.DataFrame) -> str:
    experiment = story_presets()[preset].experiment
    return plain(story_of(experiment).conclusion(experiment, {**empty(), **tables}))


def settings(preset: str) -> Experiment:
    return story_presets()[preset].experiment


@pytest.mark.parametrize(
    ("solved", "told"),
    [
        ((), "forgets at 10 steps already: sooner than expected"),
        ((10,), "starts to forget between 10 and 20 steps, as expected"),
        ((10, 20), "starts to forget between 20 and 50 steps, later than expected"),
        ((10, 50), "starts to forget between 10 and 20 steps"),
        ((10, 20, 50, 100), "does not forget at 100 steps, later than expected"),
    ],
)
def test_longer_is_worse_says_where_the_simple_cell_starts_to_forget(
    solved: tuple[int, ...], told: str
) -> None:
    experiment = settings("longer_is_worse")
    simple = experiment.cells[0]
    text = conclusion_of(
        "longer_is_worse", accuracy=scores(experiment, {simple: solved, "gru": (10, 20)})
    )
    assert f"The RNN with pytorch init {told}" in text


def test_the_longest_lengths_are_told_cell_by_cell_and_at_once_where_they_are_the_same() -> None:
    experiment = settings("last_step")
    text = conclusion_of(
        "last_step", accuracy=scores(experiment, {"lstm": (20, 50), "gru": (20, 50)})
    )
    assert "solve is 50 for the LSTM and the GRU. Most seeds of the RNN solve none." in text
    everyone = dict.fromkeys(experiment.cells, (20,))
    assert "solve is 20 for every cell." in conclusion_of(
        "last_step", accuracy=scores(experiment, everyone)
    )
    nobody = conclusion_of("last_step", accuracy=scores(experiment, {}))
    assert "most seeds of every cell solve none of the lengths." in nobody


def test_half_lives_that_halve_double_or_are_level_are_told_in_the_order_of_the_cells() -> None:
    lives = {"gru": 12.0, "lstm": math.inf, "rnn": -3.0}
    text = conclusion_of(
        "last_step", diagnostics=measured(settings("last_step"), {"half_life_h": lives})
    )
    assert text == (
        "At initialisation, T = 100, the gradient of the last step's loss doubles every 3 steps "
        "for the "
        "RNN. It is level for the LSTM. It halves every 12 steps for the GRU."
    )


def test_nothing_measured_is_told_as_such() -> None:
    assert "could not be measured" in conclusion_of("longer_is_worse")
    assert "could not be measured" in conclusion_of("spectral_radius")
    assert conclusion_of("early_steps") == "Nothing is trained yet."


def test_tanh_against_relu_says_what_vanishes_and_what_explodes() -> None:
    experiment = settings("tanh_against_relu")
    rnn, sigmoid, relu, identity, large = experiment.cells
    held = {rnn: 5.0, sigmoid: 0.5, relu: 2.0, identity: math.inf, large: -2.0}
    text = conclusion_of(
        "tanh_against_relu", diagnostics=measured(experiment, {"half_life_h": held})
    )
    assert "With tanh and σ it vanishes, as expected." in text
    assert "With ReLU it explodes for the RNN with gain 2 and relu activation." in text
    assert "ReLU by itself does not explode here" in text
    broken = {**held, rnn: -5.0, relu: -3.0, large: 4.0}
    text = conclusion_of(
        "tanh_against_relu", diagnostics=measured(experiment, {"half_life_h": broken})
    )
    assert "Against expectation, it does not always vanish with tanh" in text
    assert "explodes for the RNN with relu activation." in text
    assert "by itself" not in text


def test_models_that_diverged_are_counted() -> None:
    experiment = settings("tanh_against_relu")
    large = experiment.cells[-1]
    text = conclusion_of("tanh_against_relu", accuracy=scores(experiment, {}, diverged=[large]))
    assert "3 of 9 models of the RNN with gain 2 and relu activation diverged." in text
    one = Experiment.from_mapping({**asdict(experiment), "seeds": 1, "lengths": (20,)})
    tables = {**empty(), "accuracy": scores(one, {}, diverged=[large])}
    text = plain(story_of(experiment).conclusion(one, tables))
    assert "1 of 1 model of the RNN with gain 2 and relu activation diverged." in text
    assert "No model diverged." in conclusion_of(
        "tanh_against_relu", accuracy=scores(experiment, {})
    )


def test_spectral_radius_says_what_radii_below_and_above_1_do() -> None:
    experiment = settings("spectral_radius")
    radii = dict(zip(experiment.cells, (0.5, 0.9, 1.0000001, 1.1, 1.5), strict=True))
    lives = dict(zip(experiment.cells, (1.0, 3.0, 5.0, 9.0, -16.0), strict=True))
    theory = {**lives, "rnn:gain=1.1": -50.0}
    born = {"spectral_radius": radii, "half_life_theory": theory}
    text = conclusion_of(
        "spectral_radius", diagnostics=measured(experiment, {**born, "half_life_h": lives})
    )
    assert "halves every 3 steps with radius 0.9 (theory: every 3 steps)" in text
    assert "halves every 9 steps with radius 1.1 (theory: doubles every 50 steps)" in text
    assert "Below 1 it always shrinks, as expected. With 1.5 it explodes." in text
    assert "not enough: with 1.1 the slopes" in text  # 1.0000001 is 1
    grows = {cell: -life for cell, life in lives.items()}
    text = conclusion_of(
        "spectral_radius", diagnostics=measured(experiment, {**born, "half_life_h": grows})
    )
    assert "Against expectation, it does not always shrink below 1." in text
    assert "With 1.1 it explodes." in text
    assert "not enough: with 1.5 the slopes" in text


def test_spectral_radius_says_where_training_takes_it_without_models_that_have_none() -> None:
    experiment = settings("spectral_radius")
    after = dict.fromkeys(experiment.cells, math.nan) | {"rnn": 2.0}
    later = measured(experiment, {"spectral_radius": after}, step=300)
    text = conclusion_of("spectral_radius", accuracy=scores(experiment, {}), diagnostics=later)
    assert "By then the radius is 2.00 for the RNN. It could not be measured for the RNN" in text


def norms(experiment: Experiment, largest: Mapping[str, float]) -> pd.DataFrame:
    """Two steps of each cell, of which clipping at 1 by norm changes the one with the largest."""
    rows = [
        {**model(cell, 20), "step": step, "gradient_norm": norm, "clipped": norm > 1}
        for cell in experiment.cells
        for step, norm in enumerate((0.5, largest[cell]), start=1)
    ]
    return pd.DataFrame(rows, columns=list(TABLES["training"]))


@pytest.mark.parametrize("preset", ["clipping", "clipping_off", "clipping_by_value"])
def test_clipping_says_how_large_norms_were_how_much_was_clipped_and_who_diverged(
    preset: str,
) -> None:
    experiment = settings(preset)
    relu, identity, large = experiment.cells
    training = norms(experiment, {relu: math.nan, identity: 3e7, large: 1234.0})
    calm = conclusion_of(preset, accuracy=scores(experiment, {}), training=training)
    assert (
        "too large to be a number for the RNN with gain 2 and relu activation, about 10⁷ for "
        "the RNN with identity init and relu activation and 1,234 for the RNN with gain 1.5."
    ) in calm
    clips = {"clipping": "by norm at 1 ", "clipping_by_value": "by value at 0.1 "}
    assert (clips.get(preset, "share of steps") in calm) is (preset in clips)
    assert ("50% for the RNN with gain 1.5" in calm) is (preset in clips)
    assert "No model diverged." in calm
    assert "cannot help" not in calm
    assert "overflow" not in calm
    lost = conclusion_of(
        preset,
        accuracy=scores(experiment, {}, diverged=[relu]),
        training=training,
        diagnostics=measured(experiment, {"overflow_state_t": {relu: 174.0}}, step=1),
    )
    assert (
        "The first state to overflow was one of the RNN with gain 2 and relu activation at "
        "t = 174 of 200, in training step 1."
    ) in lost
    assert "4 of 12 models of the RNN with gain 2 and relu activation diverged." in lost
    assert ("Clipping cannot help" in lost) is (experiment.clip > 0)


@pytest.mark.parametrize(
    ("layer", "batch", "told"),
    [
        (
            (10, 20, 50),
            (10, 20),
            ("helps", "makes no difference"),
        ),
        ((10,), (10, 20, 50), ("hurts", "helps")),
        ((10, 20), (), ("makes no difference", "hurts")),
    ],
)
def test_normalisation_says_whether_it_helps(
    layer: tuple[int, ...], batch: tuple[int, ...], told: tuple[str, str]
) -> None:
    experiment = settings("normalisation")
    solved = {"rnn": (10, 20), "rnn:norm=layer": layer, "rnn:gamma=0.1,norm=batch": batch}
    text = conclusion_of("normalisation", accuracy=scores(experiment, solved))
    assert f"Layer norm is expected to help. Here it {told[0]} for the RNN with layer norm." in text
    said = text.split("Batch norm is expected to help little. Here it ")[1].split(" Layer norm is")[
        0
    ]
    assert f"{told[1]} for" in said
    assert "the RNN with batch norm and gamma 0.1" in said.split(f"{told[1]} for")[1]
    assert "the memory span is 32 for the RNN, " in text


def test_normalisation_does_not_judge_spans_beyond_all_lengths() -> None:
    experiment = settings("normalisation")
    text = conclusion_of(
        "normalisation", accuracy=scores(experiment, dict.fromkeys(experiment.cells, (10, 20, 50)))
    )
    assert "to help. Here it cannot be judged at these lengths for the RNN with layer norm" in text


def test_normalisation_has_no_span_for_a_cell_that_diverged() -> None:
    experiment = settings("normalisation")
    rows = scores(experiment, {"rnn": (10,)})
    rows.loc[rows["cell"] == "rnn:norm=layer", "diverged"] = True
    text = conclusion_of("normalisation", accuracy=rows)
    assert "the memory span is 14 for the RNN, " in text
    assert "none for the RNN with layer norm." in text
    assert "Here it hurts for the RNN with layer norm." in text


def test_additive_path_says_whether_the_gradient_lives_longer_through_c() -> None:
    experiment = settings("additive_path")
    shut, half, chrono = experiment.cells
    h = {shut: 2.0, half: 19.0, chrono: 80.0}
    lives = {"half_life_h": h, "half_life_c": {**h, chrono: math.inf}}
    born = measured(experiment, {**lives, "mean_f": {shut: 0.5, half: 0.73, chrono: 0.98}})
    text = conclusion_of("additive_path", diagnostics=born)
    assert "It lives longer through c than through h for the LSTM with chrono bias." in text
    assert "the forget gate lets through 0.50 for the LSTM with bias 0, 0.73 for" in text
    alike = measured(experiment, {"half_life_h": h, "half_life_c": h})
    assert (
        "It lives about as long through c as through h for the LSTM with bias 0, the"
        in conclusion_of("additive_path", diagnostics=alike)
    )
    later = measured(experiment, {"mean_f": {half: 0.9}}, step=300)
    text = conclusion_of(
        "additive_path", accuracy=scores(experiment, {}), diagnostics=pd.concat([born, later])
    )
    # The others were measured at initialisation alone.
    assert text.endswith("By then the forget gate lets through 0.90 for the LSTM.")


def parts(experiment: Experiment, known: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Per cell and symbol: known from which step on."""
    frames = [
        measured(
            experiment,
            {
                f"accuracy_part_{place}": {
                    cell: 0.95 if step >= known[cell][place - 1] else 0.5
                    for cell in experiment.cells
                }
                for place in (1, 2, 3)
            },
            step=step,
        )
        for step in range(0, 401, 10)
    ]
    return pd.concat(frames)


def test_early_steps_says_who_learnt_in_which_order() -> None:
    experiment = settings("early_steps")
    rnn, lstm, gru = experiment.cells
    steps = {rnn: (math.inf, 200, 50), gru: (100, 200, 150), lstm: (90, 130, 130)}
    text = conclusion_of(
        "early_steps", accuracy=scores(experiment, {}), diagnostics=parts(experiment, steps)
    )
    assert "symbol 1 never, symbol 2 after 200 steps and symbol 3 after 50 steps." in text
    assert "As expected, the RNN learnt the late symbols first." in text
    assert "Against expectation, the LSTM learnt the early" in text
    assert "No order can be seen in what the GRU learnt." in text


def test_early_steps_sees_no_order_where_all_or_nothing_is_learnt_at_once() -> None:
    experiment = settings("early_steps")
    rnn, lstm, gru = experiment.cells
    steps = {rnn: (math.inf,) * 3, gru: (50,) * 3, lstm: (50,) * 3}
    text = conclusion_of(
        "early_steps", accuracy=scores(experiment, {}), diagnostics=parts(experiment, steps)
    )
    assert "The RNN has learnt none of them." in text
    assert "No order can be seen in what the LSTM and the GRU learnt." in text
    assert "notes" not in text


def test_every_step_says_how_the_models_were_trained() -> None:
    for preset, told in (("every_step", "losses at every step, but"), ("last_step", "the loss at")):
        text = conclusion_of(preset, accuracy=scores(settings(preset), {}))
        assert f"are trained with {told}" in text


def test_truncation_says_whether_what_lies_beyond_the_window_was_learnt() -> None:
    experiment = settings("truncation")
    within = dict.fromkeys(experiment.cells, (20,))
    text = conclusion_of("truncation", accuracy=scores(experiment, within))
    assert "At T = 50 and 100 the answer hangs on a step further back" in text
    assert "As expected, that is not learnt." in text
    beyond = {**within, "lstm:bias=chrono": (20, 50)}
    text = conclusion_of("truncation", accuracy=scores(experiment, beyond))
    assert "Against expectation, the LSTM with chrono bias learnt it" in text
    whole = conclusion_of("truncation_off", accuracy=scores(settings("truncation_off"), beyond))
    assert whole.startswith("The gradient goes all the way back. After 300 steps")
    assert "xpect" not in whole
