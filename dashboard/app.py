"""The file that people run: ``streamlit run dashboard/app.py``.

Imported by Streamlit it is the server, and run as a script, for every visitor, the pages.
"""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

# Streamlit puts this file's folder on the path, not the project's root.
ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from dashboard.components import failures
from dashboard.components.download_button import Downloads
from dashboard.scheduling import app_resources
from dashboard.sections.lecture_bar import lecture_bar
from dashboard.session import current_run
from dashboard.session.public_page import PublicPage
from dashboard.session.session_state import ORIGIN
from models.settings.machine import keep_little_memory

STYLE = Path(__file__).with_name("page.css")
SCRIPTS = [
    Path(__file__).with_name(name).read_text() for name in ("history.js", "lecture.js", "menu.js")
]


def show_page() -> None:
    """The page of the address, with the navigation above it."""
    # It declares a component, for which the server has to run.
    from dashboard.components.live_chart import LOADS_EARLY

    st.set_page_config(page_title="Memory Lab", page_icon="🧠", layout="wide")
    st.html(STYLE)
    scripts = "".join((LOADS_EARLY, *SCRIPTS))
    st.html(f"<script>{scripts}</script>", unsafe_allow_javascript=True)
    pages = [
        st.Page("views/race.py", title="Race", default=True),
        st.Page("views/gradient_flow.py", title="Gradient flow"),
        st.Page("views/the_way_back.py", title="The way back"),
        st.Page("views/inside_the_cell.py", title="Inside the cell"),
        st.Page("views/claims.py", title="Claims"),
        st.Page("views/your_memory.py", title="Your memory"),
        st.Page("views/lessons.py", title="Lessons"),
        st.Page("views/runs.py", title="Runs"),
        st.Page("views/about.py", title="About"),
    ]
    page = st.navigation(pages, position="top")
    with failures.shown_errors():
        app_resources.configuration()
        current_run.come_to(page.url_path)
        ORIGIN.take()
        lecture_bar(page.url_path)
        page.run()


if __name__ == "__main__":
    show_page()
else:
    keep_little_memory()
    app = st.App(__file__, middleware=[Middleware(PublicPage), Middleware(Downloads)])
