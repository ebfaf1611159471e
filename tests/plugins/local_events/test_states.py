"""An event's life: the table, and any order of presses whatever keeps the rules."""

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from core.sdk import Refused, TenantRef
from plugins.local_events.models import Event
from plugins.local_events.rules import audiences, may_create, may_publish, may_run
from plugins.local_events.settings import Settings
from plugins.local_events.states import EVENT, OWN_HAND
from tests.plugins.local_events.helpers import ORGANISER, visitor

EVENTS = sorted({row.event for row in EVENT.transitions})
ALLOWED = {
    ("publish", "draft"): "published",
    ("cancel", "draft"): "cancelled",
    ("cancel", "published"): "cancelled",
    ("complete", "published"): "completed",
    ("submit", "draft"): "submitted",
    ("submit", "changes_requested"): "submitted",
    ("request_changes", "submitted"): "changes_requested",
    ("approve", "submitted"): "approved",
    ("reject", "submitted"): "rejected",
    ("publish", "approved"): "published",
    ("cancel", "approved"): "cancelled",
    ("withdraw", "submitted"): "withdrawn",
    ("withdraw", "changes_requested"): "withdrawn",
    ("withdraw", "approved"): "withdrawn",
}


@pytest.mark.parametrize("state", sorted(EVENT.states))
@pytest.mark.parametrize("event", EVENTS)
def test_every_pair_is_allowed_or_refused_as_written_here(event, state):
    if (event, state) in ALLOWED:
        assert EVENT.target(event, state) == ALLOWED[event, state]
        return
    with pytest.raises(Refused):
        EVENT.target(event, state)


CLOSED = {"cancelled", "completed", "rejected", "withdrawn"}


@given(st.lists(st.sampled_from(EVENTS), max_size=16))
def test_no_order_of_presses_leaves_a_closed_state_or_unpublishes(presses):
    order = {
        "draft": 0,
        "submitted": 1,
        "changes_requested": 1,
        "approved": 2,
        "published": 3,
        **dict.fromkeys(CLOSED, 4),
    }
    state = "draft"
    for event in presses:
        before = state
        try:
            state = EVENT.target(event, state)
        except Refused:
            assert state == before
        else:
            assert before not in CLOSED
            assert order[state] >= order[before]


@given(st.lists(st.sampled_from(EVENTS), max_size=16))
def test_what_was_submitted_is_published_only_after_approval(presses):
    state, submitted, approved = "draft", False, False
    for event in presses:
        try:
            state = EVENT.target(event, state)
        except Refused:
            continue
        submitted, approved = submitted or event == "submit", approved or event == "approve"
        if state == "published":
            assert approved or not submitted


def test_the_table_is_what_the_database_allows():
    check = next(
        c for c in Event.metadata.tables["local_events_event"].constraints if c.name == "ck_local_events_event_state"
    )
    assert isinstance(check, sa.CheckConstraint)
    assert all(f"'{state}'" in str(check.sqltext) for state in EVENT.states)
    who = {"local_events.publish", "local_events.organise", "the proposer", "local_events.publish, or the proposer"}
    assert {row.who for row in EVENT.transitions} == who


SITE = TenantRef(2, "scotland", "Scotland", "nation")


@given(
    roles=st.sets(st.sampled_from([ORGANISER])),
    home=st.sampled_from([None, 2, 3]),
    who=st.sampled_from(["organisers", "members"]),
    propose=st.booleans(),
    mine=st.booleans(),
    state=st.sampled_from(sorted(EVENT.states)),
)
def test_rights_never_exceed_what_somebody_is(roles, home, who, propose, mine, state):
    person = visitor(*roles, home=home)
    site, settings = SITE, Settings(who_may_create=who, members_may_propose=propose)
    owner = person.account_id if mine else None
    organiser, local = bool(roles), home == 2
    assert may_create(person, site, settings) == (organiser or (local and (who == "members" or propose)))
    assert may_publish(person, site, settings, owner) == (organiser or (local and mine and who == "members"))
    runs = may_run(person, site, settings, owner, state)
    assert runs == (organiser or (local and mine and (who == "members" or state in OWN_HAND)))
    assert ("area" in audiences(person, site)) == (organiser or local)
    assert "public" in audiences(person, site)
