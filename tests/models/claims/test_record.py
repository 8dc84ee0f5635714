"""Verdicts as files: what is written is read again, and what comes with the project is whole."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from models.claims import CLAIMS, record
from models.claims.claim import Case, Effect
from models.claims.decision import judge
from models.claims.words import cases_in_words, interval_in_words, p_in_words, seeds_in_words

EFFECT = Effect("made up", 0.5, above=False)


def case(title: str, values: list[float]) -> Case:
    return Case(title, EFFECT, tuple(range(7, 7 + len(values))), tuple(values))


CASES = {
    "gru_as_good": [case("Recall", [0.1] * 16), case("Adding", [0.9] * 15 + [math.nan])],
    "c_survives": [case("RNN", [-math.inf] * 16)],
}


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    judged = judge(CASES, CLAIMS)
    record.write(record.Record(judged, {"command": "made up"}), tmp_path)
    again = record.read(tmp_path)
    assert again.origin == {"command": "made up"}
    assert [one.verdict for one in again.judgements] == [one.verdict for one in judged]
    assert again.of("c_survives").cases == tuple(CASES["c_survives"])
    recall, adding = again.of("gru_as_good").cases
    assert (recall, adding.seeds) == (CASES["gru_as_good"][0], tuple(range(7, 23)))
    assert math.isnan(adding.values[-1])


def test_tables_have_a_row_for_each_claim_case_and_seed() -> None:
    judged = judge(CASES, CLAIMS)
    claims = record.claims_table(judged)
    assert claims["number"].to_list() == list(range(1, 16))
    cases = record.cases_table(judged)
    assert cases[["median", "holds", "seeds"]].to_numpy().tolist()[2] == [0.9, 0, 16]
    assert cases["verdict"].to_list() == ["supported", "supported", "not supported"]
    assert len(record.seeds_table(judged)) == 48


def test_cases_in_words() -> None:
    judged = {one.claim.name: one for one in judge(CASES, CLAIMS)}
    both = judged["gru_as_good"]
    assert cases_in_words(both) == "It holds for “Recall”. It does not hold for “Adding”."
    more = replace(both, cases=(*both.cases, case("Copy", [math.nan] * 16)))
    assert cases_in_words(more).endswith("Adding”. No seed has what is measured in “Copy”.")
    assert cases_in_words(judged["bias_decides"]) == "Nothing was measured yet."
    assert seeds_in_words(both.cases) == "16 of 16 seeds for “Recall”; 0 of 16 seeds for “Adding”"
    assert interval_in_words(case("", [1.0, 2.0, 3.0])) == "2"
    assert interval_in_words(case("", [math.nan])) == "nothing to measure"
    assert interval_in_words(case("", [float(x) for x in range(16)])) == "7.5 (3 to 12)"
    assert (p_in_words(0.0123), p_in_words(1e-9)) == ("p = 0.012", "p < 0.001")
