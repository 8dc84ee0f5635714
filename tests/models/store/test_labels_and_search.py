"""Runs are labelled, found, deleted and restored, in every database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from models.experiment import Experiment
from models.store import Store, UnknownRunError
from models.store.deleting import UNDO_HOURS
from models.store.housekeeping import tidy
from models.store.labels import LONGEST_TAG, MOST_TAGS, LabelError, Labels
from models.store.run import short_id
from models.store.run_search import RunFilter
from models.store.summaries import summarise, summarise_some
from models.store.tables import RUNS
from tests.recorded import finished, measured

TINY = Experiment(
    cells=("rnn", "gru"), lengths=(10, 12), seeds=2, steps=2, evaluate_every=1, hidden_size=4,
    held_out=8, batch_size=4, device="cpu",
)  # fmt: skip
ODD = (
    "100% _sure_ \\ / ' \" ; --",
    "=1+1",
    "<b>x</b>**y**$a_1$[l](http://e.example)",
    ":smile: \\textbf{x}",
    "עברית \u202eabc",
    "İstanbul ﬁne Ｗide e\u0301",
    "qx\0qy\u0007qz",
)


def made(store: Store, **settings: Any) -> str:
    run = store.create(Experiment(**settings), "me", process="a trainer")
    store.finish(run, "finished")
    return run


def found(store: Store, **wanted: Any) -> list[str]:
    runs = [run.id for run in store.find(RunFilter(**wanted))]
    assert store.count_found(RunFilter(**wanted)) == len(runs)
    return runs


def change(store: Store, run: str, **values: object) -> None:
    statement = sa.update(RUNS).where(RUNS.c.id == run).values(**values)
    store.writing(lambda connection: connection.execute(statement))


@pytest.mark.parametrize("text", ODD)
def test_labels_come_back_as_they_were_written_and_find_their_run(store: Store, text: str) -> None:
    run, _ = made(store), made(store)
    labels = Labels(text, f"{text}\nand more", (text, "other"))
    store.label(run, labels)
    assert store.run(run).labels == labels
    if "\0" not in text:
        assert (labels.name, labels.tags) == (text, (text, "other"))
    for said in (text, text.upper(), f"  other {text}"):
        assert found(store, text=said) == [run]
    assert found(store, text=f"{text} elsewhere") == []


def test_what_is_too_long_is_refused() -> None:
    for labels in (
        {"name": "n" * 121},
        {"notes": "n" * 10_001},
        {"tags": ("t" * (LONGEST_TAG + 1),)},
        {"tags": tuple(map(str, range(MOST_TAGS + 1)))},
    ):
        with pytest.raises(LabelError, match="give at most"):
            Labels(**labels)
    assert Labels(tags=("a", " a", "", "b\n")).tags == ("a", "b")
    with pytest.raises(LabelError, match="texts"):
        Labels.from_mapping({"name": 1})


def test_a_run_that_is_not_there_cannot_be_labelled(store: Store) -> None:
    with pytest.raises(UnknownRunError, match="there is no run 'gone'"):
        store.label("gone", Labels("x"))


def test_runs_are_found_by_task_cell_status_and_date(store: Store) -> None:
    old = made(store, task="adding", cells=("lstm:bias=chrono",))
    new = made(store, task="temporal_order:symbols=3", cells=("rnn", "gru"))
    waits = store.create(Experiment(cells=("gru",)))
    today = datetime.now(UTC)
    change(store, old, created=today - timedelta(days=3))
    cases: Sequence[tuple[dict[str, Any], list[str]]] = [
        ({}, [waits, new, old]),
        ({"tasks": ["adding"]}, [old]),
        ({"tasks": ["temporal_order"]}, [waits, new]),
        ({"cells": ["lstm"]}, [old]),
        ({"cells": ["rnn", "lstm"]}, [new, old]),
        ({"statuses": ["queued"]}, [waits]),
        ({"since": today - timedelta(days=1)}, [waits, new]),
        ({"until": today - timedelta(days=1)}, [old]),
        ({"text": "CHRONO adding"}, [old]),
        ({"text": new[-16:]}, [new]),
        ({"text": "symbols=3", "cells": ["gru"], "statuses": ["finished"]}, [new]),
        ({"cells": ["ls"]}, []),
    ]
    for wanted, expected in cases:
        assert found(store, **wanted) == expected, wanted
    store.pin(old, True)
    assert found(store) == [old, waits, new], "pinned first"
    assert [run.id for run in store.find(RunFilter(), "me", most=1)] == [old]
    assert store.count_found(RunFilter(), "somebody") == 0


def test_a_deleted_run_is_on_no_list_until_it_is_restored(store: Store) -> None:
    run, other = measured(store, TINY), made(store)
    assert store.mark_deleted([run]) == 0, "it trains"
    store.finish(run, "stopped")
    rows = len(store.read(run, "accuracy")[0])
    assert store.mark_deleted([run, "gone"]) == 1
    assert store.mark_deleted([run]) == 0
    assert ([one.id for one in store.runs()], store.count()) == ([other], 1)
    assert found(store) == [other]
    assert [one.id for one in store.deleted()] == [run]
    with pytest.raises(UnknownRunError, match="was deleted"):
        store.run(run)
    assert not store.resume(run)
    assert store.restore([run, other]) == 1
    assert store.run(run).status == "stopped"
    assert len(store.read(run, "accuracy")[0]) == rows
    assert found(store) == [other, run]


def test_housekeeping_removes_what_was_deleted_long_ago_and_first_where_room_is_short(
    store: Store,
) -> None:
    long_ago, lately, oldest, newest = (made(store) for _ in range(4))
    for run in (long_ago, lately, oldest, newest):
        change(store, run, size=10 * 2**20)
    store.pin(lately, True)
    store.mark_deleted([lately, long_ago])
    change(store, long_ago, deleted=datetime.now(UTC) - timedelta(hours=UNDO_HOURS, minutes=1))
    assert tidy(store) == [long_ago]
    assert tidy(store, keep_runs=2) == [], "one that is deleted does not count"
    assert tidy(store, keep_megabytes=25) == [lately]
    assert tidy(store, keep_megabytes=15) == [newest] or found(store) == [newest]
    assert not store.remove_marked(newest)
    assert store.count() == 1


def test_a_run_is_summarised_once_and_anew_when_it_went_on(store: Store) -> None:
    run = finished(store, TINY)
    assert store.run(run).summary is None
    summary = summarise(store, store.run(run)).summary
    assert summary
    assert store.run(run).summary == summary
    assert [one.cell for one in summary] == ["rnn", "gru"]
    assert (summary[0].lengths, summary[0].models) == ((10, 12), (2, 2))
    assert summary[0].estimate()
    broken = measured(store, TINY, until=1)
    assert summarise(store, store.run(broken)).summary is None, "it trains"
    store.finish(broken, "stopped")
    before = store.run(broken)
    (ended,) = summarise_some(store, [before], seconds=9)
    assert ended.summary is not None
    assert summarise_some(store, [before], seconds=0) == [before], "no time is left"
    store.resume(broken)
    assert store.run(broken).summary is None
    summarise(store, before)
    assert store.run(broken).summary is None, "it goes on meanwhile"


def test_a_run_has_its_tags_and_no_part_of_them(store: Store) -> None:
    odd, both, one = (made(store) for _ in range(3))
    store.label(odd, Labels(tags=('x", "a', '["a"', "ab", "100%")))
    store.label(both, Labels(tags=("b", "a")))
    store.label(one, Labels(tags=("A", "é_")))
    assert set(found(store, tags=["a"])) == {both, one}
    assert found(store, tags=["a", "b"]) == [both]
    assert found(store, tags=['x", "a']) == found(store, tags=["100%"]) == [odd]
    assert found(store, tags=["é_"]) == [one]
    assert found(store, tags=["100_"]) == []
    assert store.tags() == ["100%", '["a"', "A", "a", "ab", "b", 'x", "a', "é_"]
    assert store.tags("nobody") == []


def test_any_beginning_that_no_other_run_has_names_a_run(store: Store) -> None:
    run, other, dated = (f"20261127-151645-{end}" for end in ("memory2", "mend345", "23memory"))
    for run_id in (run, other, dated):
        change(store, made(store), id=run_id)
    secret = store.run(run).secret
    assert secret == "memory2"
    for beginning in (run, secret, "mem", run[:-4]):
        assert store.whole_id(beginning) == run
    for beginning in (dated, "23", "23memory"):
        assert store.whole_id(beginning) == dated
    for shared in ("", "2", "20", "me", run[:-5]):
        with pytest.raises(UnknownRunError, match="begins the ids of several runs"):
            store.whole_id(shared)
    assert short_id(run) == store.run(run).short_id == secret[:6]
    assert short_id("results") == "results"
    store.mark_deleted([run])
    assert store.whole_id(run) == run
    for unknown in ("nothing", "%", "_" * 6, secret[1:]):
        with pytest.raises(UnknownRunError, match="there is no run"):
            store.whole_id(unknown)
