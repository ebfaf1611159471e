"""The difference report of a shadow run, and the words of reasons."""

from typing import Any

from core.admissions.rules import Choice, Outcome, Reason, ShadowReport, canonical, collect, run, sentence, shadow
from tests.unit.admissions.rules.cases import GOOD, POLICY, WEAK, Plain, assessed, case


class Stricter(Plain):
    version = "2.0.0"

    def propose(self, snapshot: Any, config: Any, policy: Any) -> Any:
        if snapshot.assessments[0].scores[0].value == 4:
            raise ZeroDivisionError
        return super().propose(snapshot, config.model_copy(update={"threshold": 3.0}), policy)


BOOK = collect([("demo", Plain()), ("demo", Stricter())])
MIDDLING = case(assessed("a", (3, 3, 3, 2, 3)), assessed("b", (3, 3, 3, 2, 3)), case="case-2")
CASES = [run(BOOK, "plain@1.0.0", {}, POLICY, one) for one in (GOOD, WEAK, MIDDLING)]


def test_every_case_is_counted_and_each_difference_told():
    report = shadow(BOOK, Choice("plain@1.0.0", {}), Choice("plain@2.0.0", {}), POLICY, CASES)
    assert report.cases == 3
    assert report.table == (
        (Outcome.ACCEPT, Outcome.ACCEPT, 1), (Outcome.ACCEPT, Outcome.DECLINE, 1), (Outcome.DECLINE, Outcome.DECLINE, 1),
    )  # fmt: skip
    assert [(one.case, one.before.outcome, one.after.outcome) for one in report.differences] == [
        ("case-2", Outcome.ACCEPT, Outcome.DECLINE)
    ]
    assert report.outcomes_changed == 1
    assert report.may_be_pinned
    assert ShadowReport.model_validate_json(canonical(report)).sha == report.sha


def test_the_old_one_may_be_what_was_stored():
    report = shadow(BOOK, None, Choice("plain@1.0.0", {}), POLICY, CASES)
    assert report.differences == ()
    assert report.old == "as_stored"
    assert report.may_be_pinned


def test_a_new_version_that_fails_somewhere_or_was_tried_on_nothing_may_not_be_pinned():
    best = run(BOOK, "plain@1.0.0", {}, POLICY, case(assessed("a", (4,) * 5), assessed("b", (4,) * 5), case="case-3"))
    # Scores are kept in the order of their criteria's names, so the first is that for collaboration.
    report = shadow(BOOK, Choice("plain@1.0.0", {}), Choice("plain@2.0.0", {}), POLICY, [*CASES, best])
    assert [one.case for one in report.incidents] == ["case-3"]
    assert not report.may_be_pinned
    assert not shadow(BOOK, None, Choice("plain@1.0.0", {}), POLICY, []).may_be_pinned
    assert not shadow(BOOK, None, Choice("plain@9.0.0", {}), POLICY, CASES).may_be_pinned


def test_the_same_pack_with_other_choices_is_compared_too():
    report = shadow(BOOK, Choice("plain@1.0.0", {}), Choice("plain@1.0.0", {"threshold": 3.0}), POLICY, CASES)
    assert report.outcomes_changed == 1


def _welsh(message: str, params: dict[str, Any]) -> str:
    return {"Not scored: %(criterion)s": "Heb sgôr: %(criterion)s", "commitment": "ymrwymiad"}.get(
        message, message
    ) % params


def test_a_reason_is_said_in_the_readers_language():
    reason = Reason.of("bare", criterion="commitment")
    assert sentence({"bare": "Not scored: %(criterion)s"}, reason, _welsh) == "Heb sgôr: ymrwymiad"
    assert sentence({}, Reason.of("rule_failed"), _welsh).endswith("A person must decide.")
    assert sentence({}, Reason.of("of_a_pack_that_is_gone"), _welsh) == "of_a_pack_that_is_gone"
