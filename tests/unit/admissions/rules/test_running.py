"""Asking a rule, failing closed, and making a proposal again byte for byte."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import Field

from core.admissions.rules import (
    Catalogue,
    NationalPolicy,
    Outcome,
    Proposal,
    Reason,
    Record,
    RuleConfig,
    collect,
    replay,
    run,
    sha256,
)
from core.admissions.rules.running import REFERRAL
from tests.unit.admissions.rules.cases import GOOD, POLICY, WEAK, Plain, answer, assessed, case


def book(*packs: Any) -> Catalogue:
    return collect(("demo", pack) for pack in packs or (Plain(),))


def acting(act: Callable[..., Any]) -> Plain:
    """A pack whose `propose` is `act(config)`."""

    class Acting(Plain):
        def propose(self, snapshot: Any, config: Any, policy: Any) -> Any:
            return act(config)

    return Acting()


def test_a_record_holds_what_it_was_made_from():
    record = run(book(), "plain@1.0.0", {"threshold": 2.75}, POLICY, GOOD)
    assert record.proposed() == Proposal(
        outcome=Outcome.ACCEPT, reasons=(Reason.of("mean", mean="3.10"),), sign_off=("partner_lead", "central_team")
    )
    assert record.incident is None
    assert '"n_assessors":2' in record.config
    assert record.snapshot_sha == sha256(record.snapshot)
    assert record.proposal_sha == sha256(record.proposal)
    assert Record.model_validate_json(record.model_dump_json()) == record
    assert run(book(), "plain@1.0.0", {}, POLICY, WEAK).proposed().outcome is Outcome.DECLINE


def _raise(error: BaseException) -> Any:
    raise error


def _forged(config: RuleConfig) -> Proposal:
    return Proposal.model_construct(outcome="accept", reasons=(), sign_off=config.sign_off)


class Gilded(Proposal):
    bonus: int = 1


@pytest.mark.parametrize(("act", "kind"), [
    (lambda config: 1 / 0, "rule_raised"),
    (lambda config: _raise(RecursionError()), "rule_raised"),
    (lambda config: _raise(SystemExit(0)), "rule_raised"),
    (lambda config: None, "proposal_refused"),
    (lambda config: Outcome.ACCEPT, "proposal_refused"),
    (lambda config: {"outcome": "accept"}, "proposal_refused"),
    (lambda config: Reason(code="A Name"), "proposal_refused"),
    (_forged, "rule_raised"),
    (lambda config: Gilded(**dict(answer(Outcome.ACCEPT, Reason.of("few"), config))), "proposal_refused"),
    (lambda config: answer(Outcome.ACCEPT, Reason.of("unheard_of"), config), "proposal_refused"),
    (lambda config: Proposal(outcome=Outcome.ACCEPT, reasons=(Reason.of("few"),), sign_off=("partner_lead",)), "proposal_refused"),
])  # fmt: skip
def test_a_failing_rule_refers_to_a_person_and_never_accepts(act: Callable[..., Any], kind: str):
    record = run(book(acting(act)), "plain@1.0.0", {}, POLICY, GOOD)
    assert record.proposed() == REFERRAL
    assert record.proposed().outcome is Outcome.PANEL
    assert record.incident is not None
    assert record.incident.kind == kind


def test_a_rule_that_divides_by_zero_leaves_its_name_in_the_incident():
    record = run(book(acting(lambda config: 1 / 0)), "plain@1.0.0", {}, POLICY, GOOD)
    assert record.incident is not None
    assert record.incident.detail.startswith("ZeroDivisionError")


@pytest.mark.parametrize(("ref", "config", "snapshot", "kind"), [
    ("plain@1.0.1", {}, GOOD, "rule_missing"),
    ("gone@1.0.0", {}, GOOD, "rule_missing"),
    ("plain", {}, GOOD, "rule_missing"),
    ("plain@1.0.0", {"threshold": 4}, GOOD, "config_refused"),
    ("plain@1.0.0", {}, case(assessed("a", (9, 3, 3, 3, 3)), assessed("b", (4, 4, 4, 4, 4))), "snapshot_refused"),
])  # fmt: skip
def test_so_does_what_cannot_even_be_asked(ref: str, config: dict[str, Any], snapshot: Any, kind: str):
    record = run(book(), ref, config, POLICY, snapshot)
    assert record.proposed() == REFERRAL
    assert record.incident is not None
    assert record.incident.kind == kind


def test_a_rule_cannot_accept_on_one_assessor_whatever_it_says():
    eager = acting(lambda config: answer(Outcome.ACCEPT, Reason.of("few"), config))
    record = run(book(eager), "plain@1.0.0", {}, POLICY, case(assessed("a", (4, 4, 4, 4, 4))))
    assert record.proposed() == REFERRAL


@pytest.mark.parametrize(
    "snapshot", [GOOD, WEAK, case(), case(assessed("a", (None,) * 5), now=GOOD.now, language="cy")]
)
def test_a_replay_is_identical_byte_for_byte(snapshot: Any):
    stored = Record.model_validate_json(run(book(), "plain@1.0.0", {"floor": 1}, POLICY, snapshot).model_dump_json())
    again = replay(book(), stored)
    assert again.identical
    assert again.again == stored


def test_a_referral_is_replayed_too():
    failing = book(acting(lambda config: 1 / 0))
    stored = run(failing, "plain@1.0.0", {}, POLICY, GOOD)
    assert replay(failing, stored).identical
    assert "incident" in replay(book(), stored).differs


def test_a_silent_edit_of_the_pack_is_caught():
    class Milder(Plain):
        def propose(self, snapshot: Any, config: Any, policy: Any) -> Proposal:
            return super().propose(snapshot, config.model_copy(update={"threshold": 1.0}), policy)

    stored = run(book(), "plain@1.0.0", {}, POLICY, WEAK)
    found = replay(book(Milder()), stored)
    assert found.differs == ("proposal", "proposal_sha")
    assert found.again.proposed().outcome is Outcome.ACCEPT
    assert replay(book(), stored).identical


def test_a_field_that_a_pack_gains_silently_is_caught():
    class Longer(RuleConfig):
        extra_care: bool = Field(default=True, title="Extra care")

    class More(Plain):
        config_model = Longer

    stored = run(book(), "plain@1.0.0", {}, POLICY, GOOD)
    assert replay(book(More()), stored).differs == ("config", "config_sha")


def test_a_stored_text_that_was_changed_is_caught():
    stored = run(book(), "plain@1.0.0", {}, POLICY, GOOD)
    bent = stored.model_copy(update={"snapshot": stored.snapshot.replace('"value":3', '"value":4')})
    assert set(replay(book(), bent).differs) == {"snapshot_sha", "proposal", "proposal_sha"}
    other = stored.model_copy(update={"policy_sha": sha256(NationalPolicy(version="2").model_dump_json())})
    assert replay(book(), other).differs == ("policy_sha",)
    with pytest.raises(ValueError, match="validation error"):
        replay(book(), stored.model_copy(update={"snapshot": "{}"}))
