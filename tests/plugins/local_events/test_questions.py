"""Questions and answers: what is asked, what is kept sealed, who reads it, what who cooks learns, and when it is deleted."""

import pytest
import sqlalchemy as sa

from core.data.audit import AuditEntry
from core.kernel.ids import new_token
from core.sdk import Forbidden, Invalid, NotFound, Refused, Role, Sealer, Unreadable
from plugins.local_events.answers import Chosen
from plugins.local_events.models import Answer, SealedAnswer
from plugins.local_events.queries import events
from plugins.local_events.queries import questions as reading
from plugins.local_events.service import deciding, places, questions, running, sealed
from plugins.local_events.service.questions import Ask
from tests.plugins.local_events.helpers import LEAD, ORGANISER, USUAL, published, registration, visitor

WHO = visitor(ORGANISER)
SEAL = Sealer("a-secret-of-the-tests-that-is-long-enough", sealed.PURPOSE)
DIET = Ask("choices", "What do you eat?", options=("Vegetarian", "Halal"), sensitive=True)
HOPE = Ask("short", "What do you hope for?", required=True)


def _asking(session, tenant, *asks):
    event_id = published(session, tenant)
    return event_id, [questions.add(session, tenant, event_id, ask, WHO, new_token()) for ask in asks]


def _eats(*options, other=""):
    return Chosen(options, other).kept()


def _register(session, tenant, event_id, answers, **who):
    person = visitor(**who)
    places.register(session, tenant, event_id, person, answers=answers, seal=SEAL)
    return person


def test_a_required_question_is_answered(session, scotland):
    event_id, (hope,) = _asking(session, scotland, HOPE)
    for answers in (None, {}, {hope: "  "}, {hope: "x" * 201}):
        with pytest.raises(Invalid) as wrong:
            places.register(session, scotland, event_id, visitor(), answers=answers, seal=SEAL)
        assert set(wrong.value.field_errors) == {f"q_{hope}"}
    person = _register(session, scotland, event_id, {hope: " Ideas "})
    own = registration(session, event_id, person)
    assert reading.answers_of(session, [own.id]) == {own.id: {hope: "Ideas"}}


@pytest.mark.parametrize("value", [_eats("Beef"), _eats(other="x" * 501)])
def test_only_what_is_on_the_list_is_chosen(session, scotland, value):
    event_id, (diet,) = _asking(session, scotland, DIET)
    with pytest.raises(Invalid):
        _register(session, scotland, event_id, {diet: value})


def test_a_sensitive_answer_is_nowhere_in_the_database(session, scotland):
    event_id, (diet,) = _asking(session, scotland, DIET)
    person = _register(session, scotland, event_id, {diet: _eats("Halal", other="no celery")})
    rows = session.execute(sa.select(SealedAnswer.sealed)).scalars().all()
    assert len(rows) == 1
    assert "celery" not in rows[0]
    assert session.scalar(sa.select(sa.func.count(Answer.id))) == 0
    own = registration(session, event_id, person)
    assert sealed.own(session, own.id, SEAL) == {diet: _eats("Halal", other="no celery")}
    assert sealed.own(session, own.id, Sealer("another-secret-of-the-tests-long-enough", sealed.PURPOSE)) == {}


def test_it_opens_for_its_own_row_and_purpose_alone():
    kept = SEAL.seal("Halal", "2:a:b")
    assert SEAL.unseal(kept, "2:a:b") == "Halal"
    assert SEAL.seal("Halal", "2:a:b") != kept
    for sealer, words, about in (
        (SEAL, kept, "2:a:c"), (Sealer(SEAL.secret, "other"), kept, "2:a:b"), (SEAL, kept[:-4] + "AAAA", "2:a:b"),
        (SEAL, "", "2:a:b"), (SEAL, "1.", "2:a:b"), (SEAL, "1.%%", "2:a:b"), (SEAL, "2." + kept, "2:a:b"),
    ):  # fmt: skip
        with pytest.raises(Unreadable):
            sealer.unseal(words, about)
    assert SEAL.secret not in repr(SEAL)


def test_each_look_is_on_record_and_for_named_roles(session, scotland):
    event_id, (diet,) = _asking(session, scotland, DIET)
    _register(session, scotland, event_id, {diet: _eats("Halal")}, name="Ann")
    for nobody in (visitor(home=scotland.id), visitor(Role.CENTRAL_TEAM), visitor(Role.ASSESSOR)):
        with pytest.raises(Forbidden):
            sealed.read(session, event_id, nobody, SEAL)
    for reader in (WHO, visitor(LEAD)):
        _, said = sealed.read(session, event_id, reader, SEAL)
        assert [(one.name, one.value) for one in said] == [("Ann", _eats("Halal"))]
    entries = session.execute(
        sa.select(AuditEntry.actor_id, AuditEntry.subject, AuditEntry.after).where(
            AuditEntry.action == "local_events.read_sensitive"
        )
    ).all()
    assert [entry[1:] for entry in entries] == [(event_id, {"answers": 1})] * 2


def test_who_cooks_gets_numbers(session, scotland):
    event_id, (diet, _) = _asking(session, scotland, DIET, Ask("long", "Access?", sensitive=True))
    for answer in (_eats("Halal"), _eats("Halal", "Vegetarian"), _eats(other="no celery")):
        _register(session, scotland, event_id, {diet: answer})
    _, counts = sealed.counts(session, event_id, WHO, SEAL)
    assert [(one.option, one.people) for one in counts] == [("Vegetarian", 1), ("Halal", 2), ("", 1)]
    assert "celery" not in repr(counts)
    with pytest.raises(Forbidden):
        sealed.counts(session, event_id, visitor(home=scotland.id), SEAL)


def test_sensitive_answers_go_when_their_days_are_over(session, scotland, frozen_clock):
    event_id, (diet, hope) = _asking(session, scotland, DIET, HOPE)
    _register(session, scotland, event_id, {diet: _eats("Halal"), hope: "Ideas"})
    frozen_clock.advance(days=7, hours=2)
    frozen_clock.advance(days=13, hours=23)
    assert sealed.purge(session, frozen_clock.now) == 0
    frozen_clock.advance(hours=1)
    assert sealed.purge(session, frozen_clock.now) == 1
    assert sealed.purge(session, frozen_clock.now) == 0
    assert session.scalar(sa.select(sa.func.count(Answer.id))) == 1


@pytest.mark.parametrize("ended", ["withdraw", "remove", "cancel"])
def test_they_go_at_once_when_the_registration_ends(session, scotland, ended):
    event_id, (diet,) = _asking(session, scotland, DIET)
    person = _register(session, scotland, event_id, {diet: _eats("Halal")})
    if ended == "withdraw":
        places.withdraw(session, scotland, event_id, person)
    elif ended == "remove":
        deciding.remove(session, event_id, registration(session, event_id, person).id, "why", WHO)
    else:
        running.cancel(session, scotland, USUAL, event_id, "Snow", WHO)
    assert session.scalar(sa.select(sa.func.count(SealedAnswer.id))) == 0


def test_a_question_is_withdrawn_not_reworded(session, scotland):
    event_id, (hope,) = _asking(session, scotland, HOPE)
    person = _register(session, scotland, event_id, {hope: "Ideas"})
    assert events.find(session, event_id).asks
    questions.withdraw(session, event_id, hope, WHO)
    assert not events.find(session, event_id).asks
    places.register(session, scotland, event_id, visitor())
    own = registration(session, event_id, person)
    assert reading.answers_of(session, [own.id]) == {own.id: {hope: "Ideas"}}
    with pytest.raises(NotFound):
        questions.withdraw(session, event_id, hope, WHO)


@pytest.mark.parametrize(
    ("ask", "field"),
    [
        (Ask("essay", "Why?"), "kind"), (Ask("short", "  "), "text"), (Ask("short", "x" * 201), "text"),
        (Ask("choice", "Which?", options=("one", "one")), "options"), (Ask("short", "Why?", "h" * 301), "hint"),
        (Ask("choices", "Which?", options=("a", "b" * 101)), "options"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(session, scotland, ask, field):
    with pytest.raises(Invalid) as wrong:
        questions.check(ask)
    assert set(wrong.value.field_errors) == {field}


def test_the_same_form_asks_once_and_there_is_an_end_to_asking(session, scotland):
    event_id, key = published(session, scotland), new_token()
    first = questions.add(session, scotland, event_id, HOPE, WHO, key)
    assert questions.add(session, scotland, event_id, HOPE, WHO, key) == first
    for _ in range(19):
        questions.add(session, scotland, event_id, HOPE, WHO, new_token())
    with pytest.raises(Refused):
        questions.add(session, scotland, event_id, HOPE, WHO, new_token())
    with pytest.raises(Forbidden):
        questions.add(session, scotland, event_id, HOPE, visitor(home=scotland.id), new_token())
