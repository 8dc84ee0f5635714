"""Opens exported results again: a ZIP, or the files that are in one."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Protocol

import streamlit as st

from dashboard.components.markdown import escape_markdown
from dashboard.scheduling import draw_slots
from dashboard.scheduling.app_resources import scheduler
from dashboard.scheduling.child_processes import ChildError
from dashboard.session import current_run
from dashboard.session.session_state import SELECTED_RUNS, UPLOADS
from dashboard.session.visitor import visitor
from models.exchange.import_files import MOST_PACKED, ImportedError
from models.settings.quoting import quoted


class File(Protocol):
    """What was uploaded."""

    name: str

    def getbuffer(self) -> memoryview: ...


def import_results() -> None:
    """A place to drop files; what is good becomes runs of this visitor's."""
    with st.expander("Open exported results", icon=":material/upload_file:"):
        files = st.file_uploader(
            "A ZIP exported from Memory Lab, of one run or several, or experiment.json with its "
            "tables, CSV or Parquet",
            type=["zip", "json", "csv", "parquet", "npz"],
            accept_multiple_files=True,
            max_upload_size=MOST_PACKED // 10**6,
            key=f"upload_{UPLOADS.get(0)}",
        )
        if files and st.button("Open the files", key="import", type="primary"):
            _import(files)


def _import(files: Sequence[File]) -> None:
    try:
        with tempfile.TemporaryDirectory() as folder:
            paths = [_on_disk(file, Path(folder) / str(n)) for n, file in enumerate(files)]
            with draw_slots.released(), st.spinner("Opening…"):
                runs = scheduler().import_files(paths, visitor())
    except (ChildError, ImportedError, OSError) as error:
        st.error(f"Not opened: {escape_markdown(str(error), most=600)}")
        return
    UPLOADS.set(UPLOADS.get(0) + 1)
    if len(runs) > 1:
        SELECTED_RUNS.set(tuple(runs))
        st.switch_page("views/runs.py")
    current_run.look_at(runs[0])
    st.switch_page("views/race.py", query_params={"run": runs[0]})


def _on_disk(file: File, folder: Path) -> Path:
    """Writes a file into a folder of its own, since two may have one name. Raises OSError."""
    name = PurePath(file.name).name
    if name != file.name or not name.isprintable():
        raise ImportedError(f"{quoted(file.name)} is not a valid file name")
    folder.mkdir()
    (folder / name).write_bytes(file.getbuffer())
    return folder / name
