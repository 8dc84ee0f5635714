"""A setting is described once, in its field: all that people see of it is made from there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.session.session_state import EXPERIMENT
from dashboard.sidebar.controls import address_of
from models.command_line.main import main, parse_experiment
from models.experiment import Experiment
from models.experiment.experiment import SETTINGS
from models.settings.setting import Setting, setting, settings_of
from tests.dashboard import pages
from tests.readme import settings_table

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Longer(Experiment):
    """An experiment with two more settings: one line each."""

    patience: int = setting(7, "Patience", "Steps without progress that end a model.", (1, 99))
    rests: tuple[float, ...] = setting((), "Rests", "Pauses, in seconds.", (0.0, 9.0))


NEW = {name: one for name, one in settings_of(Longer).items() if name not in SETTINGS}


@pytest.fixture
def longer(monkeypatch: pytest.MonkeyPatch) -> type[Longer]:
    """The experiment that everyone knows has the new settings too."""
    for name, one in NEW.items():
        monkeypatch.setitem(SETTINGS, name, one)
    for module in ("models.command_line.main", "dashboard.sidebar.controls"):
        monkeypatch.setattr(f"{module}.Experiment", Longer)
    return Longer


def test_there_are_new_settings_to_try() -> None:
    assert list(NEW) == ["patience", "rests"]


@pytest.mark.parametrize("one", SETTINGS.values(), ids=SETTINGS)
def test_help_is_made_of_sentences(one: Setting) -> None:
    assert re.fullmatch(r"[A-Z].*\.", one.help)
    assert one.label[0].isupper()


@pytest.mark.usefixtures("longer")
def test_the_help_of_the_command_line_has_every_setting(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "500")
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    lines = " ".join(capsys.readouterr().out.split())
    for one in SETTINGS.values():
        assert re.search(rf"{one.flag} [^-]*{re.escape(one.help)}", lines), one.name


@pytest.mark.usefixtures("longer")
def test_the_sidebar_has_every_setting_with_its_label_help_and_bounds(race: AppTest) -> None:
    page = race.run()
    assert not page.exception
    drawn = (*page.sidebar.selectbox, *page.sidebar.multiselect, *page.sidebar.number_input)
    widgets: dict[str | None, Any] = {widget.key: widget for widget in drawn}
    for name, one in SETTINGS.items():
        assert widgets[name].label == one.label
        assert widgets[name].help.startswith(one.help)
        if one.bounds and not one.several:
            assert (widgets[name].min, widgets[name].max) == one.bounds


@pytest.mark.usefixtures("longer")
def test_the_table_of_the_documentation_has_every_setting() -> None:
    rows = settings_table().splitlines()[2:]
    for row, one in zip(rows, SETTINGS.values(), strict=True):
        assert row.startswith(f"| `{one.flag}` | {one.label} | {one.help} | ")


def test_a_new_setting_is_read_from_the_address_and_written_to_it(
    race: AppTest, longer: type[Longer]
) -> None:
    race.query_params.update({"patience": "12", "rests": ["3", "0.5"]})
    page = race.run()
    assert not page.exception
    assert not pages.warnings(page)
    experiment = longer(patience=12, rests=(0.5, 3.0))
    assert page.session_state[EXPERIMENT.name] == experiment
    assert address_of(experiment) == {"patience": "12", "rests": ["0.5", "3.0"]}


@pytest.mark.parametrize(("name", "text"), [("patience", "100"), ("rests", "10"), ("rests", "x")])
def test_what_a_new_setting_cannot_be_is_reported(
    race: AppTest, longer: type[Longer], name: str, text: str
) -> None:
    race.query_params[name] = text
    page = race.run()
    assert not page.exception
    (message,) = pages.warnings(page)
    assert message.startswith(f"{name}={text} in the address cannot be used")
    assert page.session_state[EXPERIMENT.name] == longer()


def test_a_new_setting_is_in_the_command_line_and_in_the_json(longer: type[Longer]) -> None:
    experiment = longer(patience=12, rests=(0.5,))
    words = shlex.split(experiment.command_line(out=None))
    assert words[-4:] == ["--patience", "12", "--rests", "0.5"]
    assert parse_experiment(words[4:]) == experiment
    assert longer.from_json(experiment.to_json()) == experiment


def test_importing_the_experiment_is_light() -> None:
    program = "import sys, models.experiment.experiment; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
