"""The chosen model in plain PyTorch: its weights as a file, and the script that loads them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.components.download_button import download_button
from dashboard.sections.inside.model_choice import ModelChoice
from dashboard.session.lecture import presents
from models.analysis.words import capitalise
from models.exchange.torch_modules import NoModuleError, torch_snippet
from models.training.weights import FILE, from_base64, to_npz


def plain_torch(chosen: ModelChoice) -> None:
    """Draws the downloads of the model's weights and of the script; not in lecture mode."""
    if presents():
        return
    st.header("The same model in plain PyTorch", anchor=False)
    try:
        script = torch_snippet(chosen.experiment, chosen.model)
    except NoModuleError as error:
        st.caption(f"{capitalise(str(error))}, so that no script can load this model.")
        return
    st.markdown(
        "The weights of the model above, and a script that loads them into `torch.nn` with nothing "
        "but PyTorch and NumPy. Put both into one folder."
    )
    row = st.container(horizontal=True)

    def write(path: Path) -> None:
        path.write_bytes(to_npz({chosen.model: from_base64(chosen.parameters)}))

    download_button(FILE, write, FILE, f"inside_{FILE}", row)
    download_button(
        "load_model.py",
        lambda path: path.write_text(script, "utf-8"),
        "load_model.py",
        "inside_script",
        row,
    )
    expander = st.expander("Read it here", key="inside_script_read", on_change="rerun")
    if expander.open:
        expander.code(script, language="python", wrap_lines=True)
