"""Exports of several runs in one file: a ZIP that holds the ZIP of each, written and opened."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath

from models.exchange.bounded_zip import Source
from models.exchange.import_files import is_zip, own_files, refusing, unpacked

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


@contextmanager
def unbundled(paths: Sequence[Path]) -> Iterator[Mapping[str, Sequence[Path]]]:
    """The files of each run that these hold, by a name for it: of a ZIP of ZIPs one ZIP each.

    The ZIPs lie in a folder that is gone in the end. Raises ImportedError.
    """
    with ExitStack() as stack:
        with refusing():
            packed = unpacked(paths[0], stack) if len(paths) == 1 and is_zip(paths[0]) else {}
            own = own_files(packed)
            if own and all(map(is_zip, own)):
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                runs: Mapping[str, Sequence[Path]] = {
                    str(name): [_copied(own[name], folder, name)] for name in own
                }
            else:
                runs = {"": paths}
        yield runs


def _copied(packed: Source, folder: Path, name: PurePosixPath) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with packed.open() as source, path.open("wb") as file:
        shutil.copyfileobj(source, file)
    return path
