"""What a page shows, read back from an AppTest."""

from __future__ import annotations

import json
import shlex
from typing import Any

from streamlit.testing.v1 import AppTest

from models.command_line import parse_experiment
from models.experiment import Experiment


def experiment(page: AppTest) -> Experiment:
    """The experiment of the command line on the page."""
    (command,) = [code.value for code in page.code if code.value.startswith("python -m models")]
    words = shlex.split(command.removesuffix(" --out results/"))
    return parse_experiment(words[4:])


def warnings(page: AppTest) -> list[str]:
    return [warning.value for warning in page.warning]


def captions(page: AppTest) -> str:
    return "\n".join(caption.value for caption in page.caption)


def buttons(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def spans(page: AppTest) -> str:
    """The row of memory spans, as HTML."""
    (row,) = [html for html in page.get("html") if 'class="spans"' in html.proto.body]
    text: str = row.proto.body
    return text


def figures(page: AppTest) -> list[dict[str, Any]]:
    """The Plotly figures from top to bottom."""
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
