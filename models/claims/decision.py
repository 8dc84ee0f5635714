"""From cases to verdicts: exact sign tests over seeds, and one error rate for all claims.

In a case, k of n seeds speak for the statement. That a seed does with probability 1/2 at most, as
if the effect's median were on the margin, is rejected by the exact sign test: p = P(K ≥ k), K
binomial with n and 1/2. The same test with the seeds that speak against the statement is that of
the contrary. A seed on the margin, or of which nothing can be said, is among the n and speaks for
neither, so that both tests err on the safe side. Nothing is assumed of the effect's distribution,
and all-or-nothing results are as good as any.

A statement for all cases has the largest of their p (an intersection-union test, Berger 1982),
and its contrary, that it fails somewhere, the smallest times their number (Bonferroni). For a
statement that one case proves it is the other way round. Equivalence is two cases, one for each
margin: two one-sided tests (Schuirmann 1987).

The p of all claims are adjusted together (Holm 1979), those for "supported" and those for "not
supported" each by themselves: the probability that any claim is wrongly called supported is 5% at
most, and so is that any is wrongly called not supported.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import bdtr, bdtrc

from models.analysis.comparison import LEVEL, holm
from models.analysis.statistics import TAIL
from models.claims.claim import Case, Claim

Verdict = Literal["supported", "not supported", "undecided"]
"""What an experiment can say of a claim."""
SUPPORTED: Verdict = "supported"
NOT_SUPPORTED: Verdict = "not supported"
UNDECIDED: Verdict = "undecided"


@dataclass(frozen=True)
class Judgement:
    """A claim with its cases and what they say."""

    claim: Claim
    cases: tuple[Case, ...]
    p_for: float
    """The p of "supported", adjusted for the number of claims."""
    p_against: float
    """The p of "not supported", adjusted in the same way."""

    @property
    def verdict(self) -> Verdict:
        """What the claim is called, at an error rate of 5% over all claims."""
        return _verdict(self.p_for, self.p_against)


def judge(cases: Mapping[str, Sequence[Case]], claims: Mapping[str, Claim]) -> list[Judgement]:
    """The judgement of each of ``claims`` by its cases; one without cases is undecided.

    p are adjusted for the number of all ``claims``.
    """
    own = {name: tuple(cases.get(name, ())) for name in claims}
    raw = [p_values(own[name], any_case=claim.any_case) for name, claim in claims.items()]
    p_for, p_against = (holm(p) for p in zip(*raw, strict=True))
    return [
        Judgement(claim, own[name], float(yes), float(no))
        for (name, claim), yes, no in zip(claims.items(), p_for, p_against, strict=True)
    ]


def p_values(cases: Sequence[Case], *, any_case: bool) -> tuple[float, float]:
    """The p of a statement and of its contrary, before they are adjusted for other claims."""
    if not cases:
        return 1.0, 1.0
    for_it = [sign_test(case.holds, len(case.values)) for case in cases]
    against = [sign_test(case.fails, len(case.values)) for case in cases]
    if any_case:
        return _of_one(for_it), max(against)
    return max(for_it), _of_one(against)


def verdict_of_case(case: Case, cases: int) -> Verdict:
    """What one of a claim's ``cases`` says by itself, at 5% over the cases of that claim."""
    tests = (sign_test(count, len(case.values)) for count in (case.holds, case.fails))
    p_for, p_against = (min(cases * p, 1.0) for p in tests)
    return _verdict(p_for, p_against)


def decisive(judgement: Judgement) -> Case | None:
    """The case that decides: the one that holds for the fewest seeds, where one is enough the most.

    None where there are no cases.
    """
    best = max if judgement.claim.any_case else min
    return best(judgement.cases, key=lambda case: case.holds / len(case.values), default=None)


def sign_test(count: int, seeds: int) -> float:
    """The probability that at least ``count`` of ``seeds`` fair coins show heads."""
    return float(bdtrc(count - 1, seeds, 0.5)) if count else 1.0


def median_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The median and its 95% interval, between two values in order: low, median, high.

    Exact whatever the distribution: the interval of the sign test. NaN are left out; of fewer than
    six values it is open at both ends.
    """
    known = np.sort([value for value in values if not math.isnan(value)])
    if not len(known):
        return math.nan, math.nan, math.nan
    # The median of two infinite values of one sign is that value, which a mean is not.
    low_half, high_half = known[(len(known) - 1) // 2], known[len(known) // 2]
    median = low_half if low_half == high_half else (low_half + high_half) / 2
    left_out = int((bdtr(np.arange(len(known)), len(known), 0.5) < TAIL).sum())
    if left_out == 0:
        return -math.inf, float(median), math.inf
    return float(known[left_out - 1]), float(median), float(known[-left_out])


def _of_one(p: Sequence[float]) -> float:
    return min(1.0, len(p) * min(p))


def _verdict(p_for: float, p_against: float) -> Verdict:
    if p_for <= LEVEL:
        return SUPPORTED
    return NOT_SUPPORTED if p_against <= LEVEL else UNDECIDED
