"""How the lists of applications, proposals, decisions, offers and members are sorted and searched: alike on both databases."""

from collections.abc import Callable, Sequence

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import ReleaseBatch
from core.admissions.queries import applications, batches, compact, deciding, offers, oversight, proposals
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import make_decision, make_proposal
from tests.factories.joining import make_accepted, make_offer
from tests.factories.people import make_person
from tests.integration.admissions.scored import Panel

NAMES = ("Zed Ash", "de Souza", "Abel Ŵyn")
IN_ORDER = ["Abel Ŵyn", "de Souza", "Zed Ash"]


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    return session_for("scotland")


@pytest.fixture
def panel(app: Flask, session: ScopedSession) -> Panel:
    return Panel(app, session)


def _batch(panel: Panel, application_ids: Sequence[str]) -> str:
    """A batch that is open, with a decision for each of the applications; its id."""
    batch_id, signer, moderator = new_id(), panel.person(), panel.person()
    row = {
        "id": batch_id, "tenant_id": panel.session.scope.tenant_id, "window_id": panel.window, "name": "May", "state": "open",
        "version": 1, "created_by": None, "created_at": clock.now(),
    }  # fmt: skip
    with transaction(panel.session):
        panel.session.execute(sa.insert(ReleaseBatch), [row])
    for one in application_ids:
        make_decision(panel.session, one, state="held", signed_by=signer, moderated_by=moderator, batch_id=batch_id)
    return batch_id


def test_names_are_sorted_without_regard_to_case(panel: Panel) -> None:
    session = panel.session
    made = [panel.application(person=panel.person(name)) for name in NAMES]
    batch = _batch(panel, made)

    def both(read: Callable[[str], Sequence[str]]) -> None:
        assert read("name") == IN_ORDER
        assert read("-name") == IN_ORDER[::-1]

    both(lambda sort: [one.name for one in applications.listed(session, None, panel.window, sort=sort)[0]])
    both(lambda sort: [one.name for one in deciding.candidates(session, None, panel.window, sort=sort)[0]])
    both(lambda sort: [one.name for one in batches.entries(session, None, batch, sort=sort)[0]])


def test_offers_and_members_are_sorted_without_regard_to_case(app: Flask, session: ScopedSession) -> None:
    form_id = make_form(session)
    window_id = make_window(session, form_id, -60, -30)
    for number, name in enumerate(NAMES):
        account, application = make_accepted(
            app, session, f"offered{number}@example.org", name=name, form_id=form_id, window_id=window_id
        )
        make_offer(session, application, account)
        make_person(app, f"member{number}@example.org", name=name, home="scotland")
    assert [one.name for one in offers.listed(session, None, sort="name")] == IN_ORDER
    assert [one.name for one in compact.members(session, sort="name")] == IN_ORDER
    assert [one.name for one in compact.members(session, sort="-name")] == IN_ORDER[::-1]


@pytest.mark.parametrize("search", ["ash ZED", "zed", "Zed Ash"])
def test_every_word_is_looked_for_in_the_name_and_in_the_reference(panel: Panel, search: str) -> None:
    session = panel.session
    for name in NAMES:
        panel.application(person=panel.person(name))
    [wanted] = applications.listed(session, None, panel.window, search="zed")[0]
    search = f"{search} {wanted.reference[-6:].lower()}"
    assert [one.name for one in applications.listed(session, None, panel.window, search=search)[0]] == ["Zed Ash"]
    assert [one.name for one in deciding.candidates(session, None, panel.window, search=search)[0]] == ["Zed Ash"]
    found, total = oversight.prepared(session, None, panel.window, "reference", search, None, 0)
    assert ([one.name for one in found], total) == (["Zed Ash"], 1)


def test_letters_with_accents_are_found_whatever_their_case(panel: Panel) -> None:
    for name in NAMES:
        panel.application(person=panel.person(name))
    for search in ("ŵyn", "ŴYN", "Ŵyn"):
        [found] = applications.listed(panel.session, None, panel.window, search=search)[0]
        assert found.name == "Abel Ŵyn"


def test_applications_without_a_proposal_stand_last_both_ways(panel: Panel) -> None:
    first, waiting, second = (panel.application() for _ in range(3))
    make_proposal(panel.session, first, "accept")
    make_proposal(panel.session, second, "decline")

    def ids(sort: str, limit: int | None = None, offset: int = 0) -> list[str]:
        found, total = proposals.listed(panel.session, panel.window, None, sort=sort, limit=limit, offset=offset)
        assert total == 3
        return [one.application_id for one in found]

    for column in ("outcome", "at"):
        assert ids(column) == [first, second, waiting], column
        assert ids(f"-{column}") == [second, first, waiting], column
        assert [*ids(column, 2), *ids(column, 2, 2)] == ids(column), column
    assert set(ids("sealed")) == set(ids("-sealed")) == {first, second, waiting}
