"""The load script's visitor without a browser, against the real dashboard."""

from __future__ import annotations

import asyncio
import io
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pandas as pd

from models.analysis.schema import TABLES
from models.store import Store
from models.store.run import short_id
from tests.benchmarks.session import Session, new_cookie
from tests.browser.server import Dashboard

TINY = {
    "cells": "rnn",
    "lengths": 10,
    "seeds": 1,
    "steps": 20,
    "evaluate_every": 10,
    "hidden_size": 4,
    "batch_size": 8,
    "held_out": 32,
    "device": "cpu",
}
SECONDS = 100


def test_a_session_without_a_browser_opens_trains_and_downloads(dashboard: Dashboard) -> None:
    errors: list[str] = []
    # Playwright's own event loop has this thread.
    with ThreadPoolExecutor(1) as elsewhere:
        visit = elsewhere.submit(lambda: asyncio.run(_visit(dashboard, errors)))
    run, content = visit.result()
    assert not errors
    rows = pd.read_csv(io.BytesIO(content))
    assert tuple(rows.columns) == TABLES["accuracy"]
    assert list(rows["step"]) == [0, 10, 20]
    assert set(rows["seed"]) == {7}
    stored = Store(dashboard.store_url).run(run)
    assert stored.status == "finished"
    assert stored.experiment.seed_numbers == (7,)


async def _visit(dashboard: Dashboard, errors: list[str]) -> tuple[str, bytes]:
    session = Session(dashboard.url, new_cookie(), errors.append)
    try:
        async with asyncio.timeout(SECONDS):
            await session.open(urlencode(TINY))
            await session.set_number("First seed", 7)
            await session.press("Train")
            await session.wait_for(re.compile(rf"{short_id(session.run)} finished"))
            return session.run, await session.download("accuracy.csv")
    finally:
        await session.close()
