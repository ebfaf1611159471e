"""Feedback without a name: which tables and which files could ever lead from an answer to a person."""

from plugins.local_events.models import FeedbackAnswer, FeedbackComment, FeedbackGiven
from tests.arch.test_equality import _using

WHAT = {"id", "tenant_id", "event_id", "question"}
BOTH = {
    "plugins/local_events/service/feedback.py", "plugins/local_events/service/feedback_rounds.py",
    "plugins/local_events/demonstration_after.py", "plugins/local_events/models/__init__.py",
}  # fmt: skip
"""Files that name both who has answered and what was said: writing an answer, closing, and inventing both."""


def test_an_answer_has_nothing_of_a_person_a_time_or_an_order() -> None:
    assert set(FeedbackAnswer.__table__.columns.keys()) == WHAT | {"score"}
    assert set(FeedbackComment.__table__.columns.keys()) == WHAT | {"words", "shown"}
    assert set(FeedbackGiven.__table__.columns.keys()) == {"id", "tenant_id", "event_id", "account_id"}


def test_answers_point_at_their_event_alone() -> None:
    for model in (FeedbackAnswer, FeedbackComment):
        targets = {key.column.table.name for key in model.__table__.foreign_keys}
        assert targets == {"local_events_event", "tenancy_tenant"}


def test_few_files_touch_both_who_and_what() -> None:
    who, what = _using("FeedbackGiven"), _using("FeedbackAnswer") | _using("FeedbackComment")
    models = "plugins/local_events/models/feedback.py"
    assert who & what - {models} <= BOTH | {"plugins/local_events/queries/feedback.py"}
