"""What a claim is bound to and what a decision comes to, over many claims: no database."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sdk import Invalid
from plugins.expense_approvals.claims import binding
from plugins.expense_approvals.queries import claims
from plugins.expense_approvals.service import judging
from plugins.expense_approvals.states import CLAIM

rows = st.lists(
    st.fixed_dictionaries({"allowed_p": st.integers(0, 10**8), "reason": st.text(max_size=5)}), min_size=1, max_size=5
)


@given(rows, st.randoms(use_true_random=True))  # drawn as one seed and not as every number that is asked for
def test_the_hash_is_of_the_content_and_not_of_the_order(drawn, chance):
    """Rows in another order have the same hash; one penny, word, proof, number or claim more has another."""
    lines: list[dict[str, Any]] = [{**one, "position": n} for n, one in enumerate(drawn)]
    proofs = [{"id": "p1", "sha256": "a"}, {"id": "p2", "sha256": "b"}]
    first = binding.bound("c", 1, lines, proofs)
    mixed = chance.sample(lines, len(lines))
    assert binding.bound("c", 1, mixed, proofs[::-1]) == first
    dearer = [{**lines[0], "allowed_p": lines[0]["allowed_p"] + 1}, *lines[1:]]
    others = [
        binding.bound("c", 1, dearer, proofs),
        binding.bound("c", 2, lines, proofs),
        binding.bound("d", 1, lines, proofs),
    ]
    assert first not in [*others, binding.bound("c", 1, lines, proofs[:1])]


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 100)), min_size=1, max_size=8))
def test_a_decision_comes_to_the_sum_of_its_costs(drawn):
    """Any split that names every cost, keeps to what is allowed and gives reasons is its own sum; without reasons it is refused."""
    base = dict.fromkeys(claims.Spent._fields, 0)
    lines = [claims.Spent(**{**base, "id": str(n), "allowed_p": allowed}) for n, (allowed, _) in enumerate(drawn)]
    amounts = {str(n): allowed * share // 100 for n, (allowed, share) in enumerate(drawn)}
    reasons = dict.fromkeys(amounts, "Why.")
    if not sum(amounts.values()):
        with pytest.raises(Invalid):
            judging._total(lines, amounts, reasons)
        return
    assert judging._total(lines, amounts, reasons) == sum(amounts.values()) <= sum(one.allowed_p for one in lines)
    if any(amounts[one.id] < one.allowed_p for one in lines):
        with pytest.raises(Invalid):
            judging._total(lines, amounts, {})


def test_the_docs_draw_the_life_of_a_claim() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "expenses.md"
    assert CLAIM.mermaid() in page.read_text("utf-8")
