"""Exports of several runs in one file: a ZIP that holds the ZIP of each."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

Export = Callable[[str, str, Path], None]
"""Writes a file of a run's export: the run, the name of the file, and where to write it."""


def file_name(run_ids: Sequence[str]) -> str:
    """What the export of these runs is called."""
    return f"{run_ids[0]}.zip" if len(run_ids) == 1 else f"{len(run_ids)}_runs.zip"


def write_bundle(export: Export, run_ids: Sequence[str], path: Path) -> None:
    """Writes the ZIP of a run, or of several a ZIP of theirs. Raises what ``export`` does."""
    if len(run_ids) == 1:
        export(run_ids[0], f"{run_ids[0]}.zip", path)
        return
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as bundle,
        tempfile.TemporaryDirectory() as folder,
    ):
        one = Path(folder) / "run.zip"
        for run_id in run_ids:
            export(run_id, f"{run_id}.zip", one)
            bundle.write(one, f"{run_id}.zip")
