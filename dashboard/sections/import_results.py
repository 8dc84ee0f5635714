"""Opens exported results again: a ZIP, or the files that are in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import streamlit as st

from dashboard.components.markdown import escape_markdown
from dashboard.scheduling.app_resources import store
from dashboard.session.session_state import UPLOADS
from dashboard.session.visitor import visitor
from models.exchange.files import Results
from models.exchange.import_files import MOST_PACKED, ImportedError, from_files, from_zip
from models.exchange.import_run import store_results
from models.store import StoreError


class File(Protocol):
    """What was uploaded."""

    name: str

    def getvalue(self) -> bytes: ...


def import_results() -> None:
    """A place to drop files; what is good becomes a run of this visitor's."""
    with st.expander("Open exported results", icon=":material/upload_file:"):
        files = st.file_uploader(
            "A ZIP that was exported here, or experiment.json with its CSV tables",
            type=["zip", "json", "csv", "npz"],
            accept_multiple_files=True,
            max_upload_size=MOST_PACKED // 10**6,
            key=f"upload_{UPLOADS.get(0)}",
        )
        if files and st.button("Open them", key="import", type="primary"):
            _import(files)


def _import(files: Sequence[File]) -> None:
    try:
        run = store_results(store(), _read(files), visitor())
    except ImportedError as error:
        st.error(f"Not opened: {escape_markdown(str(error), most=600)}")
        return
    except StoreError as error:
        st.error(f"The results cannot be stored: {escape_markdown(str(error), most=600)}")
        return
    UPLOADS.set(UPLOADS.get(0) + 1)
    st.switch_page("views/race.py", query_params={"run": run})


def _read(files: Sequence[File]) -> Results:
    zips = [file for file in files if file.name.lower().endswith(".zip")]
    if zips and len(files) > 1:
        raise ImportedError("give one ZIP, or the files of one run")
    if zips:
        return from_zip(zips[0].getvalue())
    contents = {file.name: file.getvalue() for file in files}
    if len(contents) < len(files):
        raise ImportedError("two files have the same name: give the files of one run")
    return from_files(contents)
