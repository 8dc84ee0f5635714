"""The file that people run: ``streamlit run dashboard/app.py``."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import streamlit as st

# Streamlit puts this file's folder on the path, not the project's root.
ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from dashboard import services, visitor
from dashboard.plain import plain
from models.configuration import ConfigurationError
from models.results.store import StoreError

st.set_page_config(page_title="Memory Lab", page_icon="🧠", layout="wide")

# Live pages run again every second or so: without Streamlit's own sign of it, whose Stop is not
# ours, and without fading what is about to be drawn again.
STEADY = """
<style>
[data-testid="stStatusWidget"], header [data-testid="stBaseButton-header"] {display: none}
[data-stale="true"] {opacity: 1 !important; transition: none !important}
</style>
"""
st.html(STEADY)

PAGES = [
    st.Page("views/race.py", title="Race", icon=":material/flag:", default=True),
    st.Page("views/gradient_flow.py", title="Gradient flow", icon=":material/waterfall_chart:"),
    st.Page("views/inside_the_cell.py", title="Inside the cell", icon=":material/memory:"),
    st.Page("views/runs.py", title="Runs", icon=":material/folder_open:"),
    st.Page("views/about.py", title="About", icon=":material/info:"),
]
page = st.navigation(PAGES, position="top")
try:
    services.configuration()
    page.run()
    visitor.remember()
except ConfigurationError as error:
    st.error(f"This app is not set up well: {plain(str(error), most=600)}")
except StoreError as error:
    logging.getLogger("memory_lab.app").warning("page without its store: %s", error)
    st.error(
        f"The store of runs does not answer: {plain(str(error), most=600)}. What was measured is "
        "kept. Reload the page in a while."
    )
