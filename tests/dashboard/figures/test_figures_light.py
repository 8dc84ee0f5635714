from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_figures_need_neither_torch_nor_streamlit() -> None:
    files = (ROOT / "dashboard" / "figures").rglob("[a-z]*.py")
    modules = sorted(".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files)
    assert "dashboard.figures.race.accuracy" in modules
    imports = "".join(f"import {module}\n" for module in modules)
    check = "import sys\nassert not {'torch', 'streamlit'} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", imports + check], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
