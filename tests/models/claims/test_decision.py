"""Decision rules: sign tests against closed forms, error rates against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.claims import CLAIMS
from models.claims.claim import SEEDS, Case, Claim, Effect
from models.claims.decision import judge, median_interval, p_values, sign_test, verdict_of_case

ABOVE, BELOW = Effect("effect", 0.5), Effect("effect", 0.5, above=False)
ERROR_RATE = 0.05
"""What the claims state for all of them together."""


def case(values: list[float], effect: Effect = ABOVE) -> Case:
    return Case("made up", effect, tuple(range(len(values))), tuple(values))


def agreeing(count: int, of: int = SEEDS) -> Case:
    """A case in which so many seeds speak for the statement and all others against it."""
    return case([1.0] * count + [0.0] * (of - count))


def test_a_sign_test_counts_coins() -> None:
    assert sign_test(16, 16) == pytest.approx(2**-16)
    assert sign_test(15, 16) == pytest.approx(17 * 2**-16)
    assert sign_test(0, 16) == 1


def test_seeds_speak_for_it_beyond_the_margin_on_either_side() -> None:
    values = [0.4, 0.5, 0.6, math.nan, math.inf, -math.inf]
    assert (case(values).holds, case(values).fails) == (2, 2)
    assert (case(values, BELOW).holds, case(values, BELOW).fails) == (2, 2)
    assert case([0.6, 0.6]).holds == case([0.4, 0.4], BELOW).holds == 2


def test_a_seed_that_says_nothing_weakens_both_tests() -> None:
    without, silent = case([1.0] * 5), case([1.0] * 5 + [math.nan, 0.5])
    assert p_values([without], any_case=False)[0] == pytest.approx(2**-5)
    assert p_values([silent], any_case=False) == (sign_test(5, 7), 1)


def test_a_statement_for_all_cases_is_as_strong_as_its_weakest() -> None:
    p_for, p_against = p_values([agreeing(16), agreeing(12)], any_case=False)
    assert p_for == pytest.approx(sign_test(12, 16))
    assert p_against == pytest.approx(min(1, 2 * sign_test(4, 16)))
    assert p_values([agreeing(16), agreeing(0)], any_case=False)[1] == pytest.approx(2 * 2**-16)


def test_a_statement_of_what_can_happen_takes_one_case() -> None:
    p_for, p_against = p_values([agreeing(16), agreeing(0)], any_case=True)
    assert p_for == pytest.approx(2 * 2**-16)
    assert p_against == 1
    assert p_values([agreeing(0), agreeing(1)], any_case=True)[1] == sign_test(15, 16)


def test_a_median_has_the_interval_of_the_sign_test() -> None:
    # P(K <= 3) = 0.0106 for 16 seeds: the 4th and the 13th value cover 97.9%.
    assert median_interval([float(value) for value in range(1, 17)]) == (4, 8.5, 13)
    assert median_interval([1.0, 2.0, 3.0]) == (-math.inf, 2, math.inf)
    assert median_interval([math.inf] * 6) == (math.inf,) * 3
    assert median_interval([math.nan, 1.0])[1] == 1
    assert all(map(math.isnan, median_interval([])))


@pytest.mark.parametrize("name", CLAIMS)
def test_each_claim_can_have_each_verdict(name: str) -> None:
    verdicts = {
        share: {one.claim.name: one.verdict for one in judge({name: of_claim}, CLAIMS)}[name]
        for share, of_claim in ((count, [agreeing(count)] * 3) for count in (0, SEEDS // 2, SEEDS))
    }
    assert list(verdicts.values()) == ["not supported", "undecided", "supported"]


def test_claims_without_cases_are_undecided() -> None:
    assert {one.verdict for one in judge({}, CLAIMS)} == {"undecided"}


def test_a_case_is_judged_among_those_of_its_claim() -> None:
    assert verdict_of_case(agreeing(12), 1) == "supported"
    assert verdict_of_case(agreeing(12), 2) == "undecided"
    assert verdict_of_case(agreeing(4), 1) == "not supported"


def rates(cases_of: dict[str, list[np.ndarray]]) -> tuple[float, float]:
    """How often any claim is called supported, and not supported, in simulated experiments.

    Each array is of one case, (experiments, seeds).
    """
    experiments = len(next(iter(cases_of.values()))[0])
    outcomes = [
        {
            one.verdict
            for one in judge(
                {name: [case(list(rows[place])) for rows in own] for name, own in cases_of.items()},
                CLAIMS,
            )
        }
        for place in range(experiments)
    ]
    return tuple(  # type: ignore[return-value]
        float(np.mean([verdict in found for found in outcomes]))
        for verdict in ("supported", "not supported")
    )


def test_nothing_is_supported_too_often_where_every_effect_lies_on_its_margin() -> None:
    """The null experiment: in every claim, a seed is as likely to speak for it as against it."""
    rng = np.random.default_rng(0)
    drawn = {name: [rng.normal(0.5, 1, (1000, SEEDS))] for name in CLAIMS}
    for rate in rates(drawn):
        # Three standard errors of a simulated rate of 5% are 2.1%.
        assert rate <= ERROR_RATE + 0.021
        assert rate > 0.005, "the test could not fail"


def test_one_false_case_keeps_a_statement_for_all_from_being_supported() -> None:
    """The others hold beyond doubt, which is where an intersection-union test errs most."""
    rng = np.random.default_rng(1)
    sure = np.ones((1000, SEEDS))
    drawn = {name: [sure, rng.normal(0.5, 1, sure.shape)] for name in CLAIMS}
    drawn = {name: own for name, own in drawn.items() if not CLAIMS[name].any_case}
    assert 0.005 < rates(drawn)[0] <= ERROR_RATE + 0.021


def test_a_statement_of_what_can_happen_is_not_proven_by_trying_often() -> None:
    rng = np.random.default_rng(2)
    names = [name for name, claim in CLAIMS.items() if claim.any_case]
    drawn = {name: [rng.normal(0.5, 1, (1000, SEEDS)) for _ in range(5)] for name in names}
    assert rates(drawn)[0] <= ERROR_RATE + 0.021


def test_the_interval_of_the_median_covers_it() -> None:
    rng = np.random.default_rng(3)
    covered = [
        low <= 0 <= high
        for low, _, high in (
            median_interval(list(row)) for row in rng.standard_t(1, size=(2000, SEEDS))
        )
    ]
    assert 0.965 <= np.mean(covered) <= 0.99  # exactly 97.9%


def test_p_are_adjusted_for_all_claims_not_for_those_that_were_run() -> None:
    name, claim = next(iter(CLAIMS.items()))
    (alone,) = judge({name: [agreeing(13)]}, {name: claim})
    among = judge({name: [agreeing(13)]}, CLAIMS)[0]
    assert alone.verdict == "supported"
    assert among.verdict == "undecided"
    assert among.p_for == pytest.approx(len(CLAIMS) * alone.p_for)


def test_registry_names_are_the_claims_own() -> None:
    assert len(CLAIMS) == 15
    assert all(isinstance(claim, Claim) and claim.name == name for name, claim in CLAIMS.items())
