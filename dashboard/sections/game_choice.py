"""Which game the visitor plays: task, speed and seed, in the controls and in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.session import current_run
from dashboard.session.session_state import GAME_MESSAGES, GAME_SECONDS, GAME_SEED, GAME_TASK, Key
from dashboard.sidebar.address import check_of, refusal, unknown, usable
from models.analysis.memory_game import Game
from models.experiment.presets import PRESETS, Preset
from models.settings.setting import Setting
from models.tasks import make_task

MOST_SEED = 9999
SEED = Setting(
    "Seed",
    "Fixes the sequences: all who play with the same seed, and answer alike, see the same ones.",
    (0, MOST_SEED),
    name="seed",
    default=0,
)
SECONDS = Setting(
    "Seconds a symbol",
    "How long each symbol stands there. A change holds from the next symbol on.",
    (0.1, 2.0),
    step=0.1,
    name="seconds",
    default=0.6,
)

Keys = Mapping[Setting, Key[Any]]


@dataclass(frozen=True)
class GameChoice:
    """What the visitor has chosen."""

    game: Game
    preset: Preset
    """Its cells have learned the task of the game."""
    seconds: float
    """The time of a symbol."""


def choose_game() -> GameChoice:
    """Draws the controls, and keeps the address of what they are set to."""
    presets = _presets()
    task = Setting("Task", "", choices=tuple(presets), name="task", default=next(iter(presets)))
    keys: Keys = {task: GAME_TASK, SEED: GAME_SEED, SECONDS: GAME_SECONDS}
    if current_run.follow_address():
        _take_over_address(keys)
    for setting, key in keys.items():
        key.set(key.get(setting.default))  # another page has dropped it with its widget
    _controls(presets)
    for message in GAME_MESSAGES.get([]):
        st.warning(message, icon=":material/link_off:")
    values: dict[Setting, Any] = {setting: key.get() for setting, key in keys.items()}
    changed = {one.name: str(value) for one, value in values.items() if value != one.default}
    current_run.keep_address(changed)
    preset = presets[values[task]]
    game = Game(preset.experiment.task, values[SEED], max(preset.experiment.lengths))
    return GameChoice(game, preset, values[SECONDS])


def play_other_sequences() -> None:
    """Chooses the next seed; call it before the controls are drawn, as in a callback."""
    GAME_SEED.set((GAME_SEED.get(SEED.default) + 1) % (MOST_SEED + 1))


def _presets() -> dict[str, Preset]:
    """The preset of each task that people can be asked, by the task's name."""
    tasks = [(make_task(preset.experiment.task), preset) for preset in PRESETS.values()]
    return {task.name: preset for task, preset in tasks if task.question}


def _controls(presets: Mapping[str, Preset]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            "Task",
            list(presets),
            required=True,
            key=GAME_TASK.name,
            format_func=lambda name: make_task(name).title,
            label_visibility="collapsed",
        )
        with st.popover("Speed and seed"):
            for setting, key, control in (
                (SECONDS, GAME_SECONDS, st.slider),
                (SEED, GAME_SEED, st.number_input),
            ):
                least, most = setting.bounds or (0, 0)
                control(
                    setting.label,
                    least,
                    most,
                    step=setting.kind(setting.step),
                    key=key.name,
                    help=setting.help,
                )


def _take_over_address(keys: Keys) -> None:
    """Sets every control to what the address gives, or to its default; says what it cannot use."""
    messages = []
    for setting, key in keys.items():
        given = st.query_params.get_all(setting.name)
        key.set(setting.default)
        if not usable(given, check_of(setting, ""), several=False):
            messages.append(refusal(setting.name, given, str(setting.default)))
        elif given:
            key.set(setting.checked(setting.parse(given[0])))
    if message := unknown(st.query_params, [setting.name for setting in keys]):
        messages.append(message)
    GAME_MESSAGES.set(messages)
