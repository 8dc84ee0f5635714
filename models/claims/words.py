"""What cases say of a claim, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from models.analysis.words import number, of_all
from models.claims.claim import Case, Effect
from models.claims.decision import (
    NOT_SUPPORTED,
    SUPPORTED,
    UNDECIDED,
    Judgement,
    Verdict,
    median_interval,
    verdict_of_case,
)

VERBS: dict[Verdict, str] = {
    SUPPORTED: "It holds for",
    NOT_SUPPORTED: "It does not hold for",
    UNDECIDED: "It is undecided for",
}
"""How a sentence begins that names the cases with a verdict of their own."""
EMPTY = "No seed has what is measured in"
"""How one begins that names the cases without a number."""


def cases_in_words(judgement: Judgement) -> str:
    """Which of a claim's cases hold, which do not, which are open or empty, in sentences."""
    named: dict[str, list[str]] = {verb: [] for verb in (*VERBS.values(), EMPTY)}
    for case in judgement.cases:
        empty = all(map(math.isnan, case.values))
        verb = EMPTY if empty else VERBS[verdict_of_case(case, len(judgement.cases))]
        named[verb].append(f"“{case.title}”")
    sentences = [f"{verb} {'; '.join(cases)}." for verb, cases in named.items() if cases]
    return " ".join(sentences) or "Nothing was measured yet."


def seeds_in_words(cases: Sequence[Case]) -> str:
    """For how many seeds of each case the statement holds: "3 of 3 seeds for “RNN”; …"."""
    return "; ".join(
        f"{of_all(case.holds, len(case.values), 'seed')} for “{case.title}”" for case in cases
    )


def interval_in_words(case: Case) -> str:
    """The median effect of a case with its interval: "0.62 (0.4 to 0.75)"."""
    low, median, high = median_interval(case.values)
    if math.isnan(median):
        return "nothing to measure"
    open_ended = math.isinf(low) and math.isinf(high) and low != high
    return number(median) + ("" if open_ended else f" ({number(low)} to {number(high)})")


def margin_in_words(effect: Effect) -> str:
    """Where an effect speaks for the statement: "above 0.5"."""
    return f"{'above' if effect.above else 'below'} {number(effect.margin)}"


def p_in_words(p: float) -> str:
    """A p-value: "p = 0.012", "p < 0.001"."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"
