"""The sheet that a figure is printed on: its measures, its style, and what the file says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.experiment import Experiment
from models.publishing.figure_names import Format, Width
from models.settings import __version__

MILLIMETRE = 1 / 25.4
DPI = 300


@dataclass(frozen=True)
class Size:
    """The measures of a figure."""

    width: float
    """Millimetres."""
    plot: float
    """The height of one plot, millimetres."""
    letters: float
    """The size of letters, points."""
    columns: int
    """Plots of a panel side by side."""

    @property
    def scale(self) -> float:
        """The factor on lines and marks: 1 in a column, larger on a slide."""
        return self.letters / 7

    @property
    def letter(self) -> float:
        """The size of letters, millimetres."""
        return self.letters / 72 * 25.4


SIZES: dict[Width, Size] = {
    "single": Size(85, 58, 7, 1),
    "double": Size(178, 66, 7, 2),
    "slide": Size(338.7, 190.5, 16, 2),
}


@dataclass(frozen=True)
class Origin:
    """Where the numbers of a figure come from, for the metadata of its file."""

    run: str
    """The run's id; of several runs all; empty where there is none."""
    settings: str
    """The command line that has all settings; empty where they are not known."""


NOWHERE = Origin("", "")


def origin_of(runs: Mapping[str, Experiment]) -> Origin:
    """The origin of what these experiments have measured, each in the run of this id."""
    commands = [experiment.command_line(out=None) for experiment in runs.values()]
    return Origin(" ".join(runs), "\n".join(commands))


def style(size: Size) -> Any:
    """Letters and lines to scale, texts that are never formulas, the same file every time."""
    scale = size.scale
    return {
        "font.family": "DejaVu Sans",
        "font.size": size.letters,
        "figure.titlesize": size.letters + 1,
        "axes.titlesize": size.letters,
        "axes.labelsize": size.letters,
        "xtick.labelsize": 0.9 * size.letters,
        "ytick.labelsize": 0.9 * size.letters,
        "legend.fontsize": size.letters,
        "legend.frameon": False,
        "legend.handlelength": 2.6,
        "legend.columnspacing": 1.2,
        "axes.linewidth": 0.5 * scale,
        "grid.linewidth": 0.4 * scale,
        "grid.color": "#d9dbe0",
        "axes.axisbelow": True,
        "lines.linewidth": 1.1 * scale,
        "lines.markersize": 3.6 * scale,
        **{f"{axis}tick.major.width": 0.5 * scale for axis in "xy"},
        **{f"{axis}tick.major.size": 2.2 * scale for axis in "xy"},
        **{f"{axis}tick.minor.size": 1.2 * scale for axis in "xy"},
        **{f"{axis}tick.minor.width": 0.4 * scale for axis in "xy"},
        "text.parse_math": False,
        "axes.unicode_minus": True,
        "pdf.fonttype": 42,
        "svg.fonttype": "path",
        "svg.hashsalt": "memory lab",
        "savefig.facecolor": "white",
    }


def metadata(title: str, origin: Origin, kind: Format) -> Mapping[str, Any]:
    """What the file says of itself, in the words of its format; it has no date."""
    program, run = f"Memory Lab {__version__}", f"run {origin.run}" if origin.run else ""
    if kind == "pdf":
        said = {"Title": title, "Subject": origin.settings, "Keywords": run, "Creator": program}
        return {**said, "CreationDate": None}
    settings = origin.settings
    if kind == "svg":
        said = {"Title": title, "Description": settings, "Identifier": run, "Creator": program}
        return {**said, "Date": None}
    return {"Title": title, "Description": settings, "Source": run, "Software": program}
