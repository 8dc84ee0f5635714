"""Finds runs in the store: by task, cells, status, date, and the text that people know them by."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.experiment import Experiment
from models.settings.quoting import quoted
from models.store.database import Database
from models.store.errors import UnknownRunError, unknown_run
from models.store.labels import Labels
from models.store.run import RUN_COLUMNS, Run, Status, read_runs
from models.store.tables import RUNS

SECRET = re.compile(r"[a-z2-7]{16}", re.ASCII)
"""The part of an id that cannot be guessed: it is enough to name the run."""
ANY_TIME = f"{'_' * 8}-{'_' * 6}-"
"""Matches the part of an id before the one that cannot be guessed."""
MOST_NAMED = 3
"""How many runs are named where a beginning of an id is that of several."""
LONGEST_TEXT = 200
"""How many characters of a text are searched for."""


@dataclass(frozen=True)
class RunFilter:
    """Which runs are wanted; an empty field wants any."""

    text: str = ""
    """Words that all stand in the id, the name, notes or tags, or in the specs of task and cells;
    in capitals or not."""
    tasks: Sequence[str] = ()
    """Names of tasks, without options."""
    cells: Sequence[str] = ()
    """Names of cells, without options: a run has at least one of them."""
    statuses: Sequence[Status] = ()
    since: datetime | None = None
    """Runs that were made then, or later."""
    until: datetime | None = None
    """Runs that were made before then."""
    tags: Sequence[str] = ()
    """Tags that a run has all of, in capitals or not."""

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """What is to hold of a row of the table of runs."""
        found: list[sa.ColumnElement[bool]] = [RUNS.c.deleted.is_(None)]
        found += [RUNS.c.searched.contains(word, autoescape=True) for word in words(self.text)]
        if self.tasks:
            found.append(RUNS.c.task.in_(self.tasks))
        if self.cells:
            found.append(sa.or_(*(RUNS.c.cells.contains(f"|{cell}|") for cell in self.cells)))
        if self.statuses:
            found.append(RUNS.c.status.in_(self.statuses))
        if self.since:
            found.append(RUNS.c.created >= self.since)
        if self.until:
            found.append(RUNS.c.created < self.until)
        return found + [_has_tag(tag) for tag in self.tags]


class RunSearch(Database):
    """The runs of a store, as people look for them."""

    def find(
        self, wanted: RunFilter, visitor: str | None = None, most: int | None = None
    ) -> list[Run]:
        """The runs that are wanted, of all visitors or one: pinned ones first, then the newest."""
        query = self._wanted(sa.select(*RUN_COLUMNS), wanted, visitor)
        order = RUNS.c.pinned.desc(), RUNS.c.created.desc(), RUNS.c.id
        with self.reading() as connection:
            return read_runs(connection.execute(query.order_by(*order).limit(most)).fetchall())

    def count_found(self, wanted: RunFilter, visitor: str | None = None) -> int:
        """How many runs are wanted."""
        query = self._wanted(sa.select(sa.func.count()).select_from(RUNS), wanted, visitor)
        with self.reading() as connection:
            return int(connection.scalar(query) or 0)

    def whole_id(self, beginning: str) -> str:
        """The id of the one run whose id, or the part that cannot be guessed, begins so.

        A run that is marked as deleted counts as well. Raises UnknownRunError where there is none,
        or several.
        """
        secret = f"{ANY_TIME}{_literally(beginning)}%"
        begins = sa.or_(
            RUNS.c.id.startswith(beginning, autoescape=True), RUNS.c.id.like(secret, escape="/")
        )
        with self.reading() as connection:
            query = sa.select(RUNS.c.id).where(begins).order_by(RUNS.c.id).limit(MOST_NAMED + 1)
            found: list[str] = list(connection.scalars(query))
            if connection.scalar(sa.select(RUNS.c.id).where(RUNS.c.id == beginning)):
                found = [beginning]
        if not found:
            raise unknown_run(beginning)
        if len(found) > 1:
            some = ", ".join(found[:MOST_NAMED]) + (" and more" if len(found) > MOST_NAMED else "")
            raise UnknownRunError(f"{quoted(beginning)} begins the ids of several runs: {some}")
        return found[0]

    def tags(self, visitor: str | None = None) -> list[str]:
        """Every tag of the runs of all visitors or one, in the order of the alphabet."""
        query = self._wanted(sa.select(RUNS.c.tags).distinct(), RunFilter(), visitor)
        with self.reading() as connection:
            found = {tag for text in connection.scalars(query) for tag in json.loads(text)}
        return sorted(found, key=lambda tag: (_alike(tag), tag))

    def named(self, names: Sequence[str]) -> list[Run]:
        """The runs of these ids, or secret parts of ids, in this order; others are left out."""
        secrets = [name for name in names if SECRET.fullmatch(name)]
        known = [RUNS.c.id.endswith(f"-{secret}", autoescape=True) for secret in secrets]
        query = sa.select(*RUN_COLUMNS).where(
            RUNS.c.deleted.is_(None), sa.or_(RUNS.c.id.in_(names), *known)
        )
        with self.reading() as connection:
            found = read_runs(connection.execute(query).fetchall())
        by_name = {name: run for run in found for name in (run.id, run.secret)}
        wanted = (by_name[name] for name in names if name in by_name)
        return list({run.id: run for run in wanted}.values())

    @staticmethod
    def _wanted(query: sa.Select[Any], wanted: RunFilter, visitor: str | None) -> sa.Select[Any]:
        query = query.where(*wanted.conditions())
        return query if visitor is None else query.where(RUNS.c.visitor == visitor)


def search_columns(run_id: str, experiment: Experiment, labels: Labels) -> dict[str, str]:
    """The columns that a run is found by."""
    names = dict.fromkeys(cell.partition(":")[0] for cell in experiment.cells)
    texts = [run_id, experiment.task, *experiment.cells, labels.name, labels.notes, *labels.tags]
    return {
        "task": experiment.task.partition(":")[0],
        "cells": f"|{'|'.join(names)}|",
        "searched": _alike("\n".join(texts)),
    }


def words(text: str) -> list[str]:
    """The words of a text that is searched for, each once."""
    printable = "".join(" " if unicodedata.category(one) == "Cc" else one for one in text)
    return list(dict.fromkeys(_alike(printable[:LONGEST_TEXT]).split()))


def _has_tag(tag: str) -> sa.ColumnElement[bool]:
    """What holds of the JSON list of a run's tags; what stands inside of a tag is no tag."""
    written = json.dumps(tag)
    places = (
        RUNS.c.tags.icontains(f"{before}{written}", autoescape=True) for before in ("[", ", ")
    )
    return sa.or_(*places)


def _literally(text: str) -> str:
    """A text as a pattern that matches nothing else."""
    return "".join(f"/{sign}" if sign in "/%_" else sign for sign in text)


def _alike(text: str) -> str:
    """The text in one way to write it: in any case, of any width, however accents are made."""
    return unicodedata.normalize("NFKC", text.encode(errors="replace").decode()).casefold()
