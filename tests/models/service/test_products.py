"""What is made for papers, of a run of the store and of a recorded one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.service.products import PRODUCTS
from models.store import Store
from tests.imported import store_results
from tests.properties import tiny_run

EXAMPLE = Path(__file__).resolve().parents[3] / "dashboard" / "examples" / "clipping.zip"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'runs.sqlite'}"
    monkeypatch.setenv("MEMORY_LAB_STORE", url)
    monkeypatch.setattr("models.service.products.give_way", lambda _: None)
    return store_results(Store(url), tiny_run.results())


def test_each_product_is_written(run: str, tmp_path: Path) -> None:
    view = {"length": 3, "state": "c", "diagnostic": "update_ratio"}
    figure = {"names": ["accuracy", "gradient_profile"], "kind": "pdf", "width": "double"}
    path = tmp_path / "made"
    PRODUCTS["figure"](run=run, path=str(path), view=view, **figure)
    assert path.read_bytes().startswith(b"%PDF")
    PRODUCTS["table"](runs=[run, str(EXAMPLE)], path=str(path), table="spans", kind="tex")
    assert r"\toprule" in path.read_text()
    PRODUCTS["report"](runs=[run], path=str(path), question="Which <cell>?")
    assert "<h1>Which &lt;cell&gt;?</h1>" in path.read_text()
    plot = json.dumps({"data": [{"y": [1, 2]}], "layout": {}})
    origin = {"run": run, "settings": "train"}
    PRODUCTS["plot"](plot=plot, path=str(path), origin=origin, kind="png", width="slide")
    assert path.read_bytes().startswith(b"\x89PNG")
