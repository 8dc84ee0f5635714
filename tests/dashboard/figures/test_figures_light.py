from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_figures_need_neither_torch_nor_streamlit() -> None:
    modules = sorted(path.stem for path in (ROOT / "dashboard" / "figures").glob("[a-z]*.py"))
    assert "accuracy" in modules
    imports = "".join(f"import dashboard.figures.{module}\n" for module in modules)
    check = "import sys\nassert not {'torch', 'streamlit'} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", imports + check], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
