"""Members' proposals on their way, who may publish for whom, and who runs an event."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.data.audit import AuditEntry
from core.kernel import clock
from core.sdk import Conflict, Forbidden, Invalid, NotFound, Refused
from core.tenancy.models import ShelfItem
from core.work.models import Mail
from plugins.local_events import personal
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import Organiser, ProposalStep
from plugins.local_events.queries import events, organisers, proposals
from plugins.local_events.service import drafts, places, running
from plugins.local_events.service import organisers as naming
from plugins.local_events.service import proposals as service
from plugins.local_events.settings import Settings
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import (
    CLOSED,
    LEAD,
    OPEN,
    ORGANISER,
    USUAL,
    draft,
    drafted,
    nothing_found,
    published,
    row,
    visitor,
)
from tests.support.client import forms

NARROW = Settings(organisers_publish_for="area")


@pytest.fixture
def ann(app):
    """A member of Scotland with an account."""
    return make_person(app, "ann@example.org", name="Ann Baird", home="scotland")


@pytest.fixture
def member(ann, scotland):
    """The same as a visitor."""
    return visitor(home=scotland.id, account_id=ann, email="ann@example.org")


@pytest.fixture
def told():
    """What the proposer was told, in order."""
    return []


@pytest.fixture
def post(told):
    """Keeps letters instead of writing them."""
    return lambda session, news: told.append((news.step, news.account_id, news.why))


def submitted(session, scotland, member, post, **changes):
    """A proposal that an organiser is to decide."""
    event_id = drafted(session, scotland, member, **changes)
    service.submit(session, scotland, USUAL, event_id, member, post)
    return event_id


def _actions(session):
    return [
        action.removeprefix("local_events.")
        for action in session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq))
        if action.startswith("local_events")
    ]


def test_a_proposal_goes_its_way_and_each_step_is_told_once(session, scotland, member, ann, told, post):
    event_id, lead = drafted(session, scotland, member), visitor(LEAD)
    assert events.find(session, event_id).origin == "member"
    service.submit(session, scotland, USUAL, event_id, member, post)
    service.request_changes(session, scotland, event_id, "Say where", lead, post)
    assert (row(session, event_id).state, row(session, event_id).state_why) == ("changes_requested", "Say where")
    version = events.find(session, event_id).version
    drafts.edit(session, scotland, USUAL, event_id, draft(place="Oban"), version, member)
    service.submit(session, scotland, USUAL, event_id, member, post)
    service.approve(session, scotland, USUAL, event_id, events.find(session, event_id).version, lead, post)
    item = session.scalar(sa.select(ShelfItem).where(ShelfItem.account_id == ann))
    assert (item.status, item.needs_action) == ("Approved", True)
    session.rollback()
    running.publish(session, scotland, USUAL, event_id, member, nothing_found, post)
    assert session.scalar(sa.select(ShelfItem).where(ShelfItem.account_id == ann)) is None
    assert row(session, event_id).state == "published"
    assert [one[0] for one in told] == ["submit", "request_changes", "submit", "approve", "publish"]
    assert told[1] == ("request_changes", ann, "Say where")
    assert [one.step for one in proposals.steps(session, event_id)] == [one[0] for one in told]
    assert _actions(session) == ["create", "submit", "request_changes", "edit", "submit", "approve", "publish"]
    assert organisers.is_organiser(session, event_id, ann)


def test_a_rejected_proposal_says_why_and_stays_closed(session, scotland, member, ann, told, post):
    event_id, who = submitted(session, scotland, member, post), visitor(ORGANISER)
    for empty in ("", "  ", "x" * 501):
        with pytest.raises(Invalid):
            service.reject(session, scotland, event_id, empty, who, post)
    now = clock.now()
    with clock.frozen(now):
        service.reject(session, scotland, event_id, "Twice this month", who, post)
    assert told[-1][0] == "reject"
    item = session.scalar(sa.select(ShelfItem).where(ShelfItem.account_id == ann))
    assert (item.status, item.when) == ("Rejected", now), "it is no appointment: it stands at the day it was told"
    session.rollback()
    for again in (service.reject, service.request_changes):
        with pytest.raises(Refused):
            again(session, scotland, event_id, "Again", who, post)
    with pytest.raises(Refused):
        service.submit(session, scotland, USUAL, event_id, member, post)
    assert len(told) == 2


def test_who_proposed_hears_that_an_approved_proposal_is_cancelled(session, scotland, member, ann, told, post):
    event_id = submitted(session, scotland, member, post)
    service.approve(session, scotland, USUAL, event_id, row(session, event_id).version, visitor(LEAD), post)
    now = clock.now()
    with clock.frozen(now):
        running.cancel(session, scotland, USUAL, event_id, " No room ", visitor(LEAD), post)
    assert told[-1] == ("cancel", ann, "No room")
    item = session.scalar(sa.select(ShelfItem).where(ShelfItem.account_id == ann))
    assert (item.status, item.needs_action, item.when) == ("Cancelled", False, now)


def test_the_letter_about_a_cancelled_proposal_says_why(app, session, scotland, member, post):
    event_id = submitted(session, scotland, member, post, title="Falls")
    service.approve(session, scotland, USUAL, event_id, row(session, event_id).version, visitor(LEAD), post)
    session.commit()
    lead = client_of(app, make_person(app, "lead@example.org", grants=[(LEAD, "scotland")]))
    assert lead.submit(f"/scotland/events/{event_id}", {"why": "No room"}, form="/cancel").status_code == 303
    mail = session.execute(sa.select(Mail.subject, Mail.text).where(Mail.to_address == "ann@example.org")).one()
    assert mail.subject == "Cancelled: Falls"
    assert "No room" in mail.text


def test_a_proposer_withdraws_and_nobody_else(session, scotland, member, told, post):
    event_id = submitted(session, scotland, member, post)
    with pytest.raises(Forbidden):
        service.withdraw(session, scotland, event_id, visitor(LEAD), post)
    with pytest.raises(NotFound):
        service.withdraw(session, scotland, event_id, visitor(home=scotland.id), post)
    service.withdraw(session, scotland, event_id, member, post)
    assert row(session, event_id).state == "withdrawn"
    with pytest.raises(Refused):
        service.withdraw(session, scotland, event_id, member, post)


def test_a_proposer_changes_only_what_is_in_their_hands(session, scotland, member, post):
    event_id = submitted(session, scotland, member, post)

    def edit(who):
        drafts.edit(session, scotland, USUAL, event_id, draft(), events.find(session, event_id).version, who)

    with pytest.raises(Forbidden):
        edit(member)
    edit(visitor(ORGANISER))
    service.approve(session, scotland, USUAL, event_id, events.find(session, event_id).version, visitor(LEAD), post)
    with pytest.raises(Forbidden):
        edit(member)


def test_what_is_approved_is_what_was_seen(session, scotland, member, post):
    event_id = submitted(session, scotland, member, post)
    seen = events.find(session, event_id).version
    drafts.edit(session, scotland, USUAL, event_id, draft(title="Another"), seen, visitor(ORGANISER))
    with pytest.raises(Conflict):
        service.approve(session, scotland, USUAL, event_id, seen, visitor(LEAD), post)
    assert row(session, event_id).state == "submitted"


def test_who_may_propose_and_decide(session, scotland, wales, member, post):
    event_id = drafted(session, scotland, member)
    with pytest.raises(Forbidden):
        service.submit(session, scotland, CLOSED, event_id, member, post)
    service.submit(session, scotland, USUAL, event_id, member, post)
    version = events.find(session, event_id).version
    for who in (member, visitor(home=scotland.id), visitor()):
        with pytest.raises((Forbidden, NotFound)):
            service.approve(session, scotland, USUAL, event_id, version, who, post)
        with pytest.raises((Forbidden, NotFound)):
            service.reject(session, scotland, event_id, "No", who, post)


def test_a_proposal_whose_time_has_come_is_not_submitted(session, scotland, member, post, frozen_clock):
    event_id = drafted(session, scotland, member, starts_at=clock.now() + timedelta(days=1))
    frozen_clock.advance(days=2)
    with pytest.raises(Refused):
        service.submit(session, scotland, USUAL, event_id, member, post)


@pytest.mark.parametrize("audience", ["area", "uk", "public"])
def test_who_may_publish_for_which_audience(session, scotland, member, post, audience):
    who = visitor(ORGANISER)
    one = drafted(session, scotland, who, audience=audience)
    if audience == "area":
        running.publish(session, scotland, NARROW, one, who, nothing_found)
    else:
        with pytest.raises(Forbidden) as problem:
            running.publish(session, scotland, NARROW, one, who, nothing_found)
        assert problem.value.permission == "local_events.publish_wider"
        running.publish(session, scotland, NARROW, one, visitor(LEAD), nothing_found)
    own, members = drafted(session, scotland, member, audience=audience), Settings(who_may_create="members")
    if audience == "area":
        running.publish(session, scotland, members, own, member, nothing_found)
    else:
        with pytest.raises(Forbidden):
            running.publish(session, scotland, members, own, member, nothing_found)
        running.publish(session, scotland, OPEN, own, member, nothing_found)


def _widen(session, tenant, settings, event_id, who, audience):
    drafts.edit(
        session, tenant, settings, event_id, draft(audience=audience), events.find(session, event_id).version, who
    )


def test_an_event_is_let_be_for_more_people_only_by_who_may_publish_for_them(session, scotland, member):
    """Publishing for the area and then changing the audience would be a way round the settings."""
    members = Settings(who_may_create="members")
    for who, settings in ((visitor(ORGANISER), NARROW), (member, members)):
        event_id = drafted(session, scotland, who, audience="area")
        _widen(session, scotland, settings, event_id, who, "public")  # a draft: publishing asks
        _widen(session, scotland, settings, event_id, who, "area")
        running.publish(session, scotland, settings, event_id, who, nothing_found)
        for audience in ("uk", "public"):
            with pytest.raises(Invalid) as problem:
                _widen(session, scotland, settings, event_id, who, audience)
            assert set(problem.value.field_errors) == {"audience"}
        _widen(session, scotland, settings, event_id, who, "area")
        _widen(session, scotland, settings, event_id, visitor(LEAD), "public")
        _widen(session, scotland, settings, event_id, who, "public")  # as it is by now
        _widen(session, scotland, settings, event_id, who, "area")
        assert events.find(session, event_id).audience == "area"


def test_what_is_approved_is_let_be_for_more_people_only_by_who_may_publish_for_them(session, scotland, member, post):
    event_id = submitted(session, scotland, member, post, audience="area")
    version = events.find(session, event_id).version
    service.approve(session, scotland, NARROW, event_id, version, visitor(ORGANISER), post)
    with pytest.raises(Invalid):
        _widen(session, scotland, NARROW, event_id, visitor(ORGANISER), "public")
    running.publish(session, scotland, NARROW, event_id, member, nothing_found, post)
    assert events.find(session, event_id).audience == "area"


def test_an_organiser_approves_for_no_wider_audience_than_theirs(session, scotland, member, post):
    event_id = submitted(session, scotland, member, post, audience="uk")
    version = events.find(session, event_id).version
    with pytest.raises(Forbidden):
        service.approve(session, scotland, NARROW, event_id, version, visitor(ORGANISER), post)
    service.approve(session, scotland, NARROW, event_id, version, visitor(LEAD), post)
    running.publish(session, scotland, NARROW, event_id, member, nothing_found, post)


def test_the_queue_shows_who_waits_longest_first_in_one_statement(session, scotland, member, post, statements):
    ids = [submitted(session, scotland, member, post, title=f"Idea {n}") for n in range(3)]
    session.rollback()
    with statements() as seen:
        found, total = proposals.waiting(session, limit=2)
    assert ([one.id for one in found], total, len(seen)) == (ids[:2], 3, 1)
    assert proposals.waiting(session, search="IDEA 2")[1] == 1
    service.request_changes(session, scotland, ids[0], "More", visitor(LEAD), post)
    assert proposals.undecided(session) == (2, 1)
    assert {one.id for one in proposals.own(session, member.account_id)} == set(ids)


def test_every_word_of_a_proposals_title_is_found_whatever_its_case(session, scotland, member, post):
    for title in ("Gwella ŵyn", "Ideas of Élan", "Another idea"):
        submitted(session, scotland, member, post, title=title)
    for search, total in (("ŴYN", 1), ("ÉLAN ideas", 1), ("idea", 2), ("idea ŵyn", 0), ("%", 0)):
        assert proposals.waiting(session, search=search)[1] == total, search


def test_a_named_organiser_runs_one_event_without_a_role(app, session, scotland, wales, ann):
    who = visitor(ORGANISER, account_id=make_person(app, "olu@example.org"))
    event_id, other = published(session, scotland, who), published(session, scotland, who)
    someone = visitor(home=scotland.id, account_id=ann)
    assert naming.add(session, scotland, event_id, "ann@example.org", who)
    assert not naming.add(session, scotland, event_id, "ann@example.org", who)
    known = organisers.at_event(session, scotland, event_id, someone)
    assert known.can(ORGANISE)
    assert not organisers.at_event(session, scotland, other, someone).can(ORGANISE)
    assert not organisers.at_event(session, wales, event_id, someone).can(ORGANISE)
    version = events.find(session, event_id).version
    drafts.edit(session, scotland, USUAL, event_id, draft(title="Changed"), version, known)
    with pytest.raises(Forbidden):
        drafts.edit(session, scotland, USUAL, other, draft(), 2, organisers.at_event(session, scotland, other, someone))
    with pytest.raises(Invalid):
        naming.add(session, scotland, event_id, "nobody@example.org", known)


def test_the_last_organiser_cannot_leave_without_handing_over(app, session, scotland, ann):
    olu = make_person(app, "olu@example.org")
    who = visitor(ORGANISER, account_id=olu)
    event_id = published(session, scotland, who)
    with pytest.raises(Refused):
        naming.leave(session, scotland, event_id, olu, who)
    naming.add(session, scotland, event_id, "ann@example.org", who)
    naming.leave(session, scotland, event_id, olu, who)
    with pytest.raises(NotFound):
        naming.leave(session, scotland, event_id, olu, who)
    with pytest.raises(Refused):
        naming.leave(session, scotland, event_id, ann, who)
    assert [one.account_id for one in organisers.of_event(session, event_id)] == [ann]


def test_what_is_held_about_a_proposer_can_be_had_and_erased(session, scotland, member, ann, post):
    event_id = submitted(session, scotland, member, post)
    service.request_changes(session, scotland, event_id, "Say where, Ann", visitor(LEAD), post)
    service.submit(session, scotland, USUAL, event_id, member, post)
    service.approve(session, scotland, USUAL, event_id, events.find(session, event_id).version, visitor(LEAD), post)
    running.publish(session, scotland, USUAL, event_id, member, nothing_found, post)
    held = dict(personal.person_data(session, ann))
    assert [one["step"] for one in held["Proposals of events"]][:2] == ["submit", "request_changes"]
    assert held["Events organised"][0]["id"] == event_id
    assert any("organiser of 1" in line for line in personal.erase_person(session, ann, True))
    assert list(personal.erase_person(session, ann, False))
    assert session.scalar(sa.select(sa.func.count(Organiser.id)).where(Organiser.account_id == ann)) == 0
    assert not session.scalars(sa.select(ProposalStep.why).where(ProposalStep.why != "")).all()
    assert not dict(personal.person_data(session, ann))


@pytest.mark.parametrize("press", ["changes", "reject"])
def test_a_word_on_a_proposal_that_was_taken_back_meanwhile_is_kept(app, session, scotland, ann, press):
    mine = client_of(app, ann)
    lead = client_of(app, make_person(app, "lead@example.org", grants=((LEAD, "scotland"),)))
    path = f"/scotland/events/{drafted(session, scotland, visitor(home=scotland.id, account_id=ann))}"
    assert mine.submit(path, form="/submit").status_code == 303
    (form,) = [one for one in forms(lead.get(path).text) if one.action.endswith("/decide")]
    assert mine.submit(path, form="/take-back").status_code == 303
    words = "Say where it is, and for whom"
    late = lead.post(form.action, data={**form.fields, "why": words, "press": press})
    assert 400 <= late.status_code < 500
    assert f"<blockquote>{words}</blockquote>" in late.text


def test_the_pages_of_a_proposal(app, session, scotland, ann):
    mine = client_of(app, ann)
    lead = client_of(app, make_person(app, "lead@example.org", grants=((LEAD, "scotland"),)))
    event_id = drafted(session, scotland, visitor(home=scotland.id, account_id=ann), title="Bring a chart")
    path = f"/scotland/events/{event_id}"
    for client, words, others in (
        (mine, "Propose an event", "Create an event"),
        (lead, "Create an event", "Propose an event"),
    ):
        for page in ("/scotland/events/", "/scotland/events/new"):
            text = client.get(page).text
            assert words in text
            assert others not in text
    assert mine.submit(path, form="/submit").status_code == 303
    assert "Bring a chart" in lead.get("/scotland/manage/events/proposals").text
    assert lead.get("/scotland/manage/events/proposals?format=csv").mimetype == "text/csv"
    assert lead.submit(path, {"why": "", "press": "changes"}, form="/decide").status_code == 422
    assert lead.submit(path, {"why": "Say where", "press": "changes"}, form="/decide").status_code == 303
    assert "Bring a chart" in mine.get("/scotland/events/?show=drafts").text
    assert "Bring a chart" in mine.get("/me/").text
    page = mine.get(path).text
    assert "Say where" in page
    assert "Submit it again" in page
    assert mine.submit(path, form="/submit").status_code == 303
    assert lead.submit(path, form="/approve").status_code == 303
    assert "Say where" not in mine.get(path).text.split("timeline")[0]
    assert mine.submit(path, form="/publish").status_code == 303
    subjects = session.scalars(sa.select(Mail.subject).order_by(Mail.created_at)).all()
    assert [one.partition(":")[0] for one in subjects if "chart" in one] == [
        "We have your proposal", "Please change your proposal", "We have your proposal", "Your proposal is approved",
        "Your event is published",
    ]  # fmt: skip
    public = app.test_client().get(path).text
    assert "Say where" not in public
    assert "Sam Example" not in public
    places.register(session, scotland, event_id, visitor(name="Una Other"))
    session.rollback()
    assert "Una Other" in mine.get(f"{path}/people").text
    stranger = client_of(app, make_person(app, "s@example.org", home="scotland"))
    assert stranger.get(f"{path}/people").status_code == 403
    assert mine.submit(f"{path}/organisers", {"email": "s@example.org"}).status_code == 303
    assert stranger.get(f"{path}/people").status_code == 200
    assert mine.submit(f"{path}/organisers", form=f"{ann}/leave").status_code == 303
    assert mine.get(f"{path}/people").status_code == 403
