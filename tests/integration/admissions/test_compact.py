"""The compact's versions: seeded, drafted, published for good; members asked anew, written to once, heard when they refuse."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions import compact
from core.admissions.compact import CompactText
from core.admissions.form.schema import Said
from core.admissions.models import CompactAcceptance, CompactNotice, CompactRefusal, CompactVersion
from core.admissions.queries import compact as queries
from core.admissions.service import accepting
from core.admissions.service import compact as service
from core.admissions.service.accepting import Changed
from core.data.audit import AuditEntry
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.permissions import ROLE_PERMISSIONS, Role
from core.kernel.views import SYSTEM, Actor
from core.people.models import Membership
from tests.factories.joining import make_compact
from tests.factories.people import make_person

Sessions = Callable[[str], ScopedSession]
CENTRAL = Actor(None, "Cleo", frozenset({Role.CENTRAL_TEAM}), ROLE_PERMISSIONS[Role.CENTRAL_TEAM])
LEAD = Actor(None, "Isla", frozenset({Role.PARTNER_LEAD}), ROLE_PERMISSIONS[Role.PARTNER_LEAD])


@pytest.fixture
def session(session_for: Sessions) -> ScopedSession:
    """A session of the UK site."""
    return session_for("uk")


def promised(text: str) -> compact.Edit:
    return lambda one: one.model_copy(update={"promise": Said(en=text, cy=f"{text} (cy)")})


def second(session: ScopedSession, *, asks_again: bool = True) -> str:
    """Version 2, published with another promise; its id."""
    number = service.new_draft(session, CENTRAL)
    service.change_draft(session, CENTRAL, number=number, version=1, edit=promised("Again"), what="frame")
    service.publish(session, CENTRAL, number=number, version=2, note="Another promise", asks_again=asks_again)
    return queries.one(session, number).version.id


def member(app: Flask, email: str, home: str = "scotland") -> Actor:
    return Actor(make_person(app, email, name=email.partition("@")[0], home=home), "", frozenset({Role.MEMBER}))


def test_the_first_is_published_once_and_asks_nobody_anew(app: Flask, session: ScopedSession) -> None:
    someone = member(app, "ann@example.org")
    assert service.ensure_first(session) == service.ensure_first(session, CENTRAL)
    newest = queries.newest(session)
    assert newest is not None
    assert (newest.version.number, newest.version.asks_again, newest.version.sha256) == (1, False, newest.text.sha256())
    assert not queries.is_asked(session, str(someone.account_id))


def test_a_draft_is_edited_and_published_and_never_changes_again(session: ScopedSession) -> None:
    with pytest.raises(Refused):
        service.new_draft(session, CENTRAL)
    service.ensure_first(session)
    assert service.new_draft(session, CENTRAL) == service.new_draft(session, CENTRAL) == 2
    with pytest.raises(Refused, match="Nothing differs"):
        service.publish(session, CENTRAL, number=2, version=1, note="n", asks_again=True)
    service.change_draft(session, CENTRAL, number=2, version=1, edit=promised("Again"), what="frame")
    with pytest.raises(Conflict):
        service.change_draft(session, CENTRAL, number=2, version=1, edit=promised("Lost"), what="frame")
    for note in ("", "x" * 501):
        with pytest.raises(Invalid):
            service.publish(session, CENTRAL, number=2, version=2, note=note, asks_again=True)
    with pytest.raises(Conflict):
        service.publish(session, CENTRAL, number=2, version=1, note="n", asks_again=True)
    service.publish(session, CENTRAL, number=2, version=2, note="n", asks_again=True)
    for late in (
        lambda: service.change_draft(session, CENTRAL, number=2, version=3, edit=promised("Late"), what="frame"),
        lambda: service.publish(session, CENTRAL, number=2, version=3, note="n", asks_again=True),
        lambda: service.discard(session, CENTRAL, number=2, version=3),
    ):
        with pytest.raises(Refused):
            late()
    newest = queries.newest(session)
    assert newest is not None
    assert (newest.version.number, newest.text.promise.en) == (2, "Again")
    assert queries.one(session, 1).text.promise.en != "Again"


def test_the_database_itself_refuses_to_change_what_is_published(session: ScopedSession) -> None:
    service.ensure_first(session)
    for change in (sa.update(CompactVersion).values(note="x"), sa.delete(CompactVersion)):
        with pytest.raises(sa.exc.DBAPIError), transaction(session):
            session.execute(change)


def test_words_must_be_there_in_both_languages_to_publish(session: ScopedSession) -> None:
    service.ensure_first(session)
    number = service.new_draft(session, CENTRAL)

    def half(text: CompactText) -> CompactText:
        return text.model_copy(update={"promise": Said(en="Only English")})

    service.change_draft(session, CENTRAL, number=number, version=1, edit=half, what="frame")
    with pytest.raises(Refused, match="missing"):
        service.publish(session, CENTRAL, number=number, version=2, note="n", asks_again=True)
    service.discard(session, CENTRAL, number=number, version=2)
    assert queries.draft_number(session) is None
    with pytest.raises(NotFound):
        queries.one(session, number)


def test_only_the_central_team_works_on_it(session: ScopedSession) -> None:
    make_compact(session)
    for use in (
        lambda: service.ensure_first(session, LEAD), lambda: service.new_draft(session, LEAD),
        lambda: service.change_draft(session, LEAD, number=1, version=1, edit=promised("x"), what="frame"),
        lambda: service.publish(session, LEAD, number=1, version=1, note="n", asks_again=True),
        lambda: service.discard(session, LEAD, number=1, version=1),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            use()


def test_members_are_asked_by_a_version_that_asks_and_by_no_other(app: Flask, session: ScopedSession) -> None:
    ann, outsider = member(app, "ann@example.org"), make_person(app, "out@example.org")
    first = service.ensure_first(session)
    accepting.accept(session, ann, first)
    second(session, asks_again=False)
    assert not queries.is_asked(session, str(ann.account_id))
    third = make_compact(session, 3, asks_again=True, promise="Third")
    assert queries.is_asked(session, str(ann.account_id))
    assert not queries.is_asked(session, outsider)
    with pytest.raises(Conflict):
        accepting.accept(session, ann, first)
    accepting.accept(session, ann, third)
    accepting.accept(session, ann, third)
    assert not queries.is_asked(session, str(ann.account_id))
    assert [one.number for one in queries.accepted(session, str(ann.account_id))] == [3, 1]
    assert session.scalar(sa.select(sa.func.count()).select_from(CompactAcceptance)) == 2
    with pytest.raises(Forbidden):
        accepting.accept(session, Actor(outsider, ""), third)


def test_what_was_accepted_is_never_rewritten(app: Flask, session: ScopedSession) -> None:
    accepting.accept(session, member(app, "ann@example.org"), service.ensure_first(session))
    with pytest.raises(sa.exc.DBAPIError), transaction(session):
        session.execute(sa.update(CompactAcceptance).values(at=clock.now()))


def test_a_refusal_is_heard_and_ends_no_membership(app: Flask, session: ScopedSession) -> None:
    ann = member(app, "ann@example.org")
    service.ensure_first(session)
    newer = second(session)
    with pytest.raises(Invalid):
        accepting.refuse(session, ann, newer, "x" * 1001)
    accepting.refuse(session, ann, newer, "  Too long  ")
    accepting.refuse(session, ann, newer, "Canary words")
    assert not queries.is_asked(session, str(ann.account_id))
    assert [(one.number, one.words) for one in queries.refused(session, str(ann.account_id))] == [(2, "Canary words")]
    [row] = queries.members(session, standing="refused")
    assert (row.account_id, row.words, row.number) == (ann.account_id, "Canary words", None)
    assert session.scalar(sa.select(Membership.left_on)) is None
    entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "compact.refuse")).all()
    assert "Canary" not in str([(one.before, one.after, one.why) for one in entries])
    accepting.accept(session, ann, newer)
    assert [row.standing for row in queries.members(session)] == ["accepted"]
    with pytest.raises(Refused):
        accepting.refuse(session, ann, newer, "Now I do not")


def test_each_member_is_written_to_once_for_a_version_from_their_home(
    app: Flask, session: ScopedSession, session_for: Sessions
) -> None:
    scotland = session_for("scotland")
    people = {name: member(app, f"{name}@example.org") for name in ("ann", "bob", "cat", "dan")}
    member(app, "wyn@example.org", home="wales")
    first = service.ensure_first(session)
    letters: list[Changed] = []

    def tell(which: ScopedSession = scotland) -> list[str]:
        letters.clear()
        which.rollback()  # a session of its own, that looked before
        number = accepting.tell_members(which, clock.now(), lambda _, one: letters.append(one))
        assert number == len(letters)
        return sorted(letter.email.partition("@")[0] for letter in letters)

    accepting.accept(session, people["ann"], first)
    assert tell() == []
    newer = second(session)
    accepting.accept(session, people["bob"], newer)
    accepting.refuse(session, people["cat"], newer, "")
    assert tell() == ["ann", "dan"]
    assert tell() == []
    assert tell(session_for("wales")) == ["wyn"]
    make_compact(session, 3, asks_again=True, promise="Third")
    assert tell() == ["ann", "bob", "cat", "dan"]
    assert session.scalar(sa.select(sa.func.count()).select_from(CompactNotice)) == 7


def test_figures_and_the_list_count_the_same_people(
    app: Flask, session: ScopedSession, statements: Callable[[], Any]
) -> None:
    ann, bob, cat = (member(app, f"{name}@example.org") for name in ("ann", "bob", "cat"))
    gone = member(app, "gone@example.org")
    service.ensure_first(session)
    newer = second(session)
    accepting.accept(session, ann, newer)
    accepting.refuse(session, bob, newer, "No")
    with transaction(session):
        session.execute(
            sa.update(Membership)
            .where(Membership.account_id == gone.account_id)
            .values(left_on=clock.today() - timedelta(days=1))
        )
    assert queries.figures(session) == {"accepted": 1, "refused": 1, "not_yet": 1}
    for standing, who in (("accepted", ann), ("refused", bob), ("not_yet", cat)):
        assert [row.account_id for row in queries.members(session, standing=standing)] == [who.account_id]
    assert [row.name for row in queries.members(session, home=2, sort="-name")] == ["cat", "bob", "ann"]
    assert queries.members(session, home=3) == []
    for read in (
        lambda: queries.figures(session), lambda: queries.members(session), lambda: queries.versions(session),
        lambda: queries.newest(session), lambda: queries.is_asked(session, str(ann.account_id)),
        lambda: queries.before(session, 2),
    ):  # fmt: skip
        with statements() as seen:
            read()
        assert len(seen) == 1


def test_a_letter_is_not_written_for_a_refusal_of_an_older_version_again(app: Flask, session: ScopedSession) -> None:
    ann = member(app, "ann@example.org")
    service.ensure_first(session, SYSTEM)
    accepting.refuse(session, ann, second(session), "No")
    make_compact(session, 3, asks_again=True, promise="Third")
    assert queries.is_asked(session, str(ann.account_id))
    assert session.scalar(sa.select(sa.func.count()).select_from(CompactRefusal)) == 1
    assert [row.standing for row in queries.members(session)] == ["not_yet"]
