"""Judged claims as tables and files, and the recorded ones that come with the project."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from models.claims import CLAIMS, number_of
from models.claims.claim import Case, Effect
from models.claims.decision import Judgement, judge, median_interval, verdict_of_case
from models.exchange.csv_writing import csv_bytes

CLAIMS_FILE, CASES_FILE, SEEDS_FILE = "claims.csv", "cases.csv", "seeds.csv"
"""The verdicts, the cases that they are made of, and the effect of every seed of these."""
ORIGIN_FILE = "origin.json"
"""Where they come from."""
EFFECT = ["effect", "margin", "above"]
"""The columns of CASES_FILE that are those of an ``Effect``."""
RECORDED = Path(__file__).parent / "recorded"
"""The folder of the recorded verdicts."""


@dataclass(frozen=True)
class Record:
    """Judged claims, and where they come from."""

    judgements: Sequence[Judgement]
    origin: Mapping[str, str]
    """The command that made them, when it was run, and the versions and the machine."""

    def of(self, name: str) -> Judgement:
        """The judgement of the claim of this name."""
        return next(one for one in self.judgements if one.claim.name == name)


def claims_table(judgements: Sequence[Judgement]) -> pd.DataFrame:
    """One row a claim: its number, name, verdict, the two adjusted p, and its statement."""
    rows = [
        {
            "number": number_of(one.claim),
            "claim": one.claim.name,
            "verdict": one.verdict,
            "p_supported": one.p_for,
            "p_not_supported": one.p_against,
            "statement": one.claim.statement,
        }
        for one in judgements
    ]
    return pd.DataFrame(rows)


def cases_table(judgements: Sequence[Judgement]) -> pd.DataFrame:
    """One row a case: what was measured of it, and what it says by itself.

    Columns: claim; case; effect, margin and above (see ``Effect``); median, low and high (its 95%
    interval); holds (the seeds for which the statement does); seeds; verdict.
    """
    rows = [
        {
            "claim": one.claim.name,
            "case": case.title,
            **dict(zip(EFFECT, astuple(case.effect), strict=True)),
            **dict(zip(("low", "median", "high"), median_interval(case.values), strict=True)),
            "holds": case.holds,
            "seeds": len(case.values),
            "verdict": verdict_of_case(case, len(one.cases)),
        }
        for one in judgements
        for case in one.cases
    ]
    return pd.DataFrame(rows)


def seeds_table(judgements: Sequence[Judgement]) -> pd.DataFrame:
    """One row a case and seed, with its effect: columns claim, case, seed and value."""
    rows = [
        (one.claim.name, case.title, seed, value)
        for one in judgements
        for case in one.cases
        for seed, value in zip(case.seeds, case.values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["claim", "case", "seed", "value"])


def write(record: Record, folder: Path) -> None:
    """Writes CLAIMS_FILE, CASES_FILE, SEEDS_FILE and ORIGIN_FILE into a folder. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {CLAIMS_FILE: claims_table, CASES_FILE: cases_table, SEEDS_FILE: seeds_table}
    for name, table in tables.items():
        (folder / name).write_bytes(csv_bytes(table(record.judgements)))
    (folder / ORIGIN_FILE).write_text(json.dumps(dict(record.origin), indent=2) + "\n")


def read(folder: Path) -> Record:
    """Reads what ``write`` wrote; the verdicts are made anew from the effects of the seeds."""
    values = pd.read_csv(folder / SEEDS_FILE).groupby(["claim", "case"])
    cases: dict[str, list[Case]] = {}
    for row in pd.read_csv(folder / CASES_FILE).to_dict("records"):
        effect = Effect(*(row[name] for name in EFFECT))
        of_seeds = values.get_group((row["claim"], row["case"])).set_index("seed")["value"]
        cases.setdefault(row["claim"], []).append(Case.of(row["case"], effect, of_seeds))
    return Record(judge(cases, CLAIMS), json.loads((folder / ORIGIN_FILE).read_text()))


@cache
def recorded() -> Record:
    """The verdicts that come with the project."""
    return read(RECORDED)
