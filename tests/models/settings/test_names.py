"""Cells, tasks and their options as people call them."""

from __future__ import annotations

import pytest

from models.cells import CELLS, cell_label, cell_title
from models.settings.spec import Option, Registered
from models.tasks import TASKS, task_title


@pytest.mark.parametrize(
    ("spec", "title", "label"),
    [
        ("rnn", "RNN", "RNN"),
        ("lstm:bias=chrono", "LSTM with chrono bias", "LSTM, chrono bias"),
        ("gru:norm=layer", "GRU with layer norm", "GRU, layer norm"),
        (
            "rnn:activation=relu,init=identity",
            "RNN with ReLU and identity init",
            "RNN, ReLU, identity init",
        ),
        ("rnn:init=pytorch", "RNN with PyTorch init", "RNN, PyTorch init"),
        ("rnn:gamma=0.1,norm=batch", "RNN with batch norm and γ 0.1", "RNN, batch norm, γ 0.1"),
    ],
)
def test_a_cell_is_called_the_same_in_a_sentence_and_in_a_legend(
    spec: str, title: str, label: str
) -> None:
    assert cell_title(spec) == title
    assert cell_label(spec) == label


@pytest.mark.parametrize(
    ("spec", "title"),
    [
        ("temporal_order", "Temporal order"),
        (
            "temporal_order:symbols=3,targets=every",
            "Temporal order, 3 symbols, targets at every step",
        ),
        (
            "recall:classes=8,distractors=same",
            "Recall, 8 classes, distractors from the same alphabet",
        ),
        ("adding:tolerance=0.04", "Adding, tolerance 0.04"),
        ("digits:order=permuted", "Handwritten digits, permuted pixels"),
    ],
)
def test_a_task_is_called_by_its_title_and_what_was_changed(spec: str, title: str) -> None:
    assert task_title(spec) == title


@pytest.mark.parametrize("registry", [CELLS, TASKS])
def test_no_option_is_called_as_in_code(registry: dict[str, type[Registered]]) -> None:
    options: list[Option] = [one for described in registry.values() for one in described.options]
    for option in options:
        for name in (option.label, *map(option.in_name, option.values)):
            assert not set(name) & set("_=:"), name
        assert option.label[0] in ("γ", option.label[0].upper())
