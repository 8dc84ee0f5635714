"""Figures for print: sizes, metadata, styles of the cells, and the numbers of the analysis."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from dashboard.sections.inside import answers
from models.analysis.cell_style import cell_style
from models.analysis.statistics import summarise
from models.diagnostics.inside.gate_trace import gate_trace
from models.diagnostics.inside.trained_model import TrainedModel
from models.exchange import files
from models.exchange.files import Results
from models.experiment import Experiment
from models.experiment.partition import ModelKey
from models.publishing.figure_names import FIGURES, FigureError, View, available
from models.publishing.figures import gates
from models.publishing.figures.figure import figure_bytes
from models.publishing.figures.place import Place
from tests.properties import tiny_run

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "dashboard" / "examples"
TINY = View(3, diagnostic="update_ratio")


@pytest.fixture(scope="module")
def results() -> Results:
    return files.read(EXAMPLES / "who_remembers.zip")


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_as_a_vector_file(name: str) -> None:
    run = tiny_run.results()
    assert name in (*available(run.tables), "gates")
    svg = ElementTree.fromstring(figure_bytes([run], [name], TINY, "svg"))
    assert svg.get("width", "").endswith("pt")
    width = float(svg.get("width", "")[:-2]) / 72 * 25.4
    assert width == pytest.approx(85, abs=0.1)


def test_a_file_says_which_run_it_shows(results: Results) -> None:
    view = View(200)
    svg = figure_bytes([results], ["accuracy"], view, "svg").decode()
    pdf = figure_bytes([results], ["accuracy"], view, "pdf")
    png = figure_bytes([results], ["accuracy"], view, "png")
    settings = results.experiment.command_line(out=None)
    for content in (svg.encode(), pdf, png):
        assert results.run.encode() in content
        assert settings[:60].encode() in content
        assert b"Memory Lab" in content
    assert figure_bytes([results], ["accuracy"], view, "svg").decode() == svg


@pytest.mark.parametrize(("width", "pixels"), [("single", 1003), ("double", 2102), ("slide", 4000)])
def test_a_picture_has_300_dots_an_inch(
    results: Results, tmp_path: Path, width: str, pixels: int
) -> None:
    png = tmp_path / "figure.png"
    png.write_bytes(figure_bytes([results], ["spans"], View(200), "png", width))  # type: ignore[arg-type]
    height, found = imread(png).shape[:2]
    assert found == pytest.approx(pixels, abs=2)
    if width == "slide":
        assert found / height == pytest.approx(16 / 9, rel=0.01)


def test_points_say_the_numbers_of_the_summary(results: Results) -> None:
    hover: dict[str, list[str]] = {}
    svg = figure_bytes([results], ["accuracy"], View(200), "svg", hover=hover).decode()
    rows = summarise(results.accuracy).to_dict("records")
    told = [text for texts in hover.values() for text in texts]
    for row in rows:
        label = cell_style(str(row["cell"])).label
        assert f"{label} · T = {row['length']}: accuracy {row['mean']:.3f}" in " ".join(told)
    for cell in results.experiment.cells:
        groups = svg.split(f'id="cell/{cell}/')[1:]
        assert groups
        assert all(cell_style(cell).color in group[:3000] for group in groups)
    assert all(f'id="{gid}"' in svg for gid in hover)


def test_a_panel_has_letters_and_one_legend(results: Results) -> None:
    svg = figure_bytes([results], ["accuracy", "spans", "learning"], View(50), "svg", "double")
    comments = re.findall(r"<!-- (.*?) -->", svg.decode())
    assert [text for text in comments if re.fullmatch(r"\([a-z]\)", text)] == ["(a)", "(b)", "(c)"]
    # The legend has as much room as was reckoned with, whichever figures there are.
    legend = svg.decode().split('id="legend_')
    assert len(legend) == 2
    entries = re.findall(r"<!-- (.*?) -->", legend[1][: legend[1].index("axes_1")])
    assert {cell_style(cell).label for cell in results.experiment.cells} <= set(entries)


@pytest.mark.parametrize("name", ["accuracy", "gradient_profile", "learning", "gradient_norm"])
def test_the_legend_has_the_room_that_it_needs(name: str, results: Results) -> None:
    svg = ElementTree.fromstring(figure_bytes([results], [name], View(200), "svg", hover={}))
    legend = next(one for one in svg.iter() if one.get("id", "").startswith("legend_"))
    height = float(svg.get("height", "")[:-2])
    texts = [one for one in legend.iter() if one.tag.endswith("text")]
    expected = len(results.experiment.cells) + (name == "gradient_profile")
    assert len(texts) == expected
    rows = [float(re.findall(r"[\d.]+", one.get("transform", ""))[-1]) for one in texts]
    assert min(rows) > 5
    assert max(rows) < height / 4


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru:bias=chrono"])
def test_gates_are_those_of_inside_the_cell(cell: str, results: Results) -> None:
    assert answers.SEQUENCES == gates.SEQUENCES
    figure = Figure()
    (part,) = figure.subfigures(1, 1, squeeze=False)[0]
    gates.gates(Place("gates", part, 1.0), results, View(50, cell=cell))
    images = [axes.images[0].get_array() for axes in part.axes if axes.images]
    key = next(key for key in results.weights if (key.cell, key.length) == (cell, 50))
    own = ModelKey(key.length, key.seed, key.learning_rate)
    model = TrainedModel(results.experiment, cell, own, results.weights[key])
    trace = gate_trace(model, model.held_out(answers.SEQUENCES))
    for image, name in zip(images, gates.gate_names(cell), strict=True):
        assert image is not None
        shown, traced = np.sort(np.asarray(image), axis=0), np.sort(trace.values[name].T, axis=0)
        np.testing.assert_allclose(shown, traced, rtol=1e-6)


def test_a_name_with_signs_of_formulas_is_printed_as_it_is(results: Results) -> None:
    odd = replace(results, run=r"$\frac{1}{ <b>&")
    svg = figure_bytes([odd], ["accuracy"], View(200), "svg")
    assert ElementTree.fromstring(svg) is not None


@pytest.mark.parametrize(
    ("name", "view", "message"),
    [
        ("learning_rates", View(200), "there is none without several learning rates"),
        ("accuracy", View(7), "length is 7: this run has 20, 50, 100, 200"),
        ("diagnostic", View(200, diagnostic="accuracy_part_3"), "this run has spectral_radius"),
        ("gates", View(200, seed=99), "no weights are stored of rnn at length 200 with seed 99"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    results: Results, name: str, view: View, message: str
) -> None:
    with pytest.raises(FigureError, match=message):
        figure_bytes([results], [name], view)


def test_a_run_that_only_measured_is_drawn() -> None:
    run = tiny_run.results()
    experiment = Experiment(**{**vars(run.experiment), "seeds": 1, "first_seed": 5})
    tables = {name: rows[rows["seed"] == 5] for name, rows in run.tables.items()}
    assert figure_bytes([replace(run, experiment=experiment, tables=tables)], ["accuracy"], TINY)


def test_the_names_do_not_load_matplotlib() -> None:
    program = (
        "import sys, models.publishing.figure_names, models.command_line.main; "
        "assert 'matplotlib' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
