"""Opens pages in AppTest, and reads back what they show."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest

from models.command_line.main import parse_experiment
from models.experiment import Experiment

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"


def tiny(**settings: Any) -> Experiment:
    """An experiment that trains at once, with these settings of its own."""
    small = {"cells": ("rnn",), "lengths": (10,), "seeds": 1, "hidden_size": 4, "batch_size": 4}
    return Experiment(**{**small, "held_out": 8, "device": "cpu", **settings})


def app(view: str | None = None) -> AppTest:
    """The app as people open it, or on a page of ``views``; not yet run.

    The fold with the command line is open: ``experiment`` reads it.
    """
    page = AppTest.from_file(str(DASHBOARD / "app.py"), default_timeout=60)
    page.session_state["reproduce"] = True
    return page.switch_page(f"views/{view}") if view else page


def open_run(page: AppTest, run: str) -> AppTest:
    """The page with this run on show."""
    page.query_params["run"] = run
    page.run()
    assert not page.exception
    return page


def experiment(page: AppTest) -> Experiment:
    """The experiment of the command line on the page."""
    (command,) = [code.value for code in page.code if code.value.startswith("python -m models")]
    words = shlex.split(command.removesuffix(" --out results/"))
    return parse_experiment(words[4:])


NO_TEXT = ("html", "main", "flex_container", "button")


def top(page: AppTest) -> str:
    """The first text that a visitor reads, below the buttons of the page's corner."""
    first = next(element for element in page.main if element.type not in NO_TEXT)
    text: str = getattr(first, "value", "")
    return text


def warnings(page: AppTest) -> list[str]:
    return [warning.value for warning in page.warning]


def captions(page: AppTest) -> str:
    return "\n".join(caption.value for caption in page.caption)


def hints(page: AppTest) -> str:
    """What stands behind the (i) of captions."""
    return "\n".join(caption.proto.help for caption in page.caption)


def pressed(page: AppTest) -> list[str]:
    """The keys of the presets whose button stands out."""
    presets = (button for button in page.button if (button.key or "").startswith("preset_"))
    return [str(button.key) for button in presets if button.proto.type == "primary"]


def buttons(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def spans(page: AppTest) -> str:
    """The row of memory spans, as HTML."""
    (row,) = span_rows(page)
    return row


def span_rows(page: AppTest) -> list[str]:
    """The rows of memory spans, of which there is one or none."""
    start = '<div class="cards" data-testid="memory-spans"'
    return [html.proto.body for html in page.get("html") if start in html.proto.body]


def listed(page: AppTest) -> pd.DataFrame:
    """The table of the Runs page; without rows where it says that there is none."""
    tables = [table.value for table in page.data_editor]
    return tables[0] if tables else pd.DataFrame(columns=["id"])


def downloads(page: AppTest) -> list[str]:
    """The labels of the download buttons."""
    return [button.proto.label for button in page.get("download_button")]


def figures(page: AppTest) -> list[dict[str, Any]]:
    """The Plotly figures from top to bottom, without those of the sidebar."""
    mounted = [json.loads(component.proto.json) for component in page.main.get("bidi_component")]
    return [json.loads(data["figure"]) for data in mounted if "figure" in data]
