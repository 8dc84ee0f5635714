"""The table of all claims: statement, verdict, effect, and a small plot of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import streamlit as st

from dashboard.components.seed_bars import seed_bars
from models.analysis.comparison import LEVEL
from models.analysis.words import capitalise, join_words
from models.claims import number_of
from models.claims.decision import (
    NOT_SUPPORTED,
    SUPPORTED,
    UNDECIDED,
    Judgement,
    Verdict,
    decisive,
)
from models.claims.record import Record
from models.claims.words import interval_in_words, margin_in_words

SIGNS: dict[Verdict, str] = {
    SUPPORTED: ":blue[:material/check_circle:]",
    NOT_SUPPORTED: ":orange[:material/cancel:]",
    UNDECIDED: ":gray[:material/help:]",
}
"""The sign of each verdict."""
HEADS = ("Claim", "Verdict", "Effect", "Seeds that agree")
WIDTHS = [4.4, 1.5, 3, 1.5]
"""The columns of the table, and how wide they are beside each other."""


def all_claims(record: Record, open_claim: Callable[[str], None]) -> None:
    """Draws a row for each claim; its statement is a button that calls ``open_claim``."""
    found = Counter(one.verdict for one in record.judgements)
    counted = join_words([f"{found[verdict]} {verdict}" for verdict in SIGNS if found[verdict]])
    st.markdown(
        f"What textbooks and papers say of memory in recurrent networks, tested: {counted}. Each "
        "claim is an experiment with a rule that was written before it was run. That any of them "
        f"is wrongly called supported has a probability of {LEVEL:.0%} at most, and so has that "
        "any is wrongly called not supported. **Press a statement** to see its experiment, and to "
        "run it again with your own settings."
    )
    with st.container(key="claims_head"):
        for column, head in zip(st.columns(WIDTHS), HEADS, strict=True):
            column.markdown(f"**{head}**")
    with st.container(key="claims"):
        for judgement in record.judgements:
            _row(judgement, open_claim)
    origin(record)
    st.caption(
        "Effect: of the case that decides, the median of the seeds with its 95% interval, and the "
        "margin. Bars: one for each case, the share of seeds for which the claim holds; the line "
        "across them is half."
    )


def _row(judgement: Judgement, open_claim: Callable[[str], None]) -> None:
    claim = judgement.claim
    statement, verdict, effect, plot = st.columns(WIDTHS, vertical_alignment="center")
    statement.button(
        f"**{number_of(claim)}** {claim.statement}",
        key=f"claim_{claim.name}",
        on_click=open_claim,
        args=(claim.name,),
        type="tertiary",
    )
    verdict.markdown(f"{SIGNS[judgement.verdict]} {capitalise(judgement.verdict)}")
    if case := decisive(judgement):
        effect.markdown(
            f"{interval_in_words(case)}, claimed: {margin_in_words(case.effect)}  \n"
            f":small[{case.effect.title}]",
            help=f"Case: {case.title}.",
        )
        with plot:
            seed_bars(judgement.cases)


def origin(record: Record) -> None:
    """Says where recorded verdicts come from."""
    made = record.origin
    st.caption(
        f"Recorded on {made['created'][:10]} with `{made['command']}`: Memory Lab "
        f"{made['memory_lab']}, PyTorch {made['torch']}, Python {made['python']}."
    )
