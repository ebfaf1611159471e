"""Form versions: one draft at a time, published whole and never changed, and what becomes of drafts under way."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DatabaseError

from core.admissions.form import editing
from core.admissions.form.changes import Change
from core.admissions.form.schema import FormSchema, Kind, Question, Said
from core.admissions.models import Application, FormVersion, Window, WindowAmendment
from core.admissions.queries import forms as queries
from core.admissions.service import drafts, forms
from core.data.audit import AuditEntry
from core.data.session import ScopedSession, transaction
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.permissions import Permission
from core.kernel.views import Actor
from tests.factories.admissions import make_window, small_form
from tests.factories.people import make_person

NOBODY = Actor("0" * 26, "No Body")


@pytest.fixture
def central(app: Flask) -> Actor:
    """Somebody of the central team."""
    account_id = make_person(app, "cen@example.org", name="Cen Tral")
    return Actor(account_id, "Cen Tral", permissions=frozenset({Permission.ADMISSIONS_CONFIGURE}))


@pytest.fixture
def first(platform_session: ScopedSession) -> str:
    """Version 1 of the small form; its id."""
    return forms.ensure_first(platform_session, schema=small_form())


def question(key: str, **more: Any) -> Question:
    return Question.model_validate(
        {"key": key, "kind": Kind.LINE, "label": Said(en=key, cy=key), "required": False, **more}
    )


def add(question: Question) -> forms.Edit:
    return lambda schema, known: editing.add_question(schema, "about", question, known.taken)


def retitle(schema: FormSchema, _: forms.Known) -> FormSchema:
    return editing.edit_section(schema, "about", Said(en="You", cy="Chi"), Said())


def edit(session: ScopedSession, actor: Actor, number: int, how: forms.Edit) -> FormSchema:
    version = queries.one(session, number).version.version
    return forms.change_draft(session, actor, number=number, version=version, edit=how, what="test", key="about")


def publish(session: ScopedSession, actor: Actor, number: int, change: Change, note: str = "better") -> Any:
    version = queries.one(session, number).version.version
    return forms.publish(session, actor, number=number, version=version, change=change, note=note)


def next_version(session: ScopedSession, actor: Actor, how: forms.Edit, change: Change) -> Any:
    number = forms.new_draft(session, actor)
    edit(session, actor, number, how)
    return number, publish(session, actor, number, change)


def test_the_first_version_is_published_once(app: Flask, platform_session: ScopedSession, central: Actor) -> None:
    made = forms.ensure_first(platform_session, central)
    assert forms.ensure_first(platform_session) == made
    [only] = queries.versions(platform_session)
    assert (only.number, only.state, only.published_by) == (1, "published", "Cen Tral")
    newest = queries.newest_published(platform_session)
    assert newest is not None
    assert newest.schema.sha256() == only.sha256
    assert newest.schema.untranslated() == []


def test_there_is_one_draft_and_it_begins_as_a_copy(
    platform_session: ScopedSession, central: Actor, first: str
) -> None:
    number = forms.new_draft(platform_session, central)
    assert (number, forms.new_draft(platform_session, central)) == (2, 2)
    draft = queries.one(platform_session, 2)
    assert draft.version.is_draft
    assert draft.schema == small_form()


def test_nothing_can_be_drafted_before_the_first(platform_session: ScopedSession, central: Actor) -> None:
    with pytest.raises(Refused):
        forms.new_draft(platform_session, central)
    with pytest.raises(NotFound):
        queries.one(platform_session, 1)
    for number in (0, -1, 10**30):
        with pytest.raises(NotFound):
            queries.one(platform_session, number)


def test_two_who_edit_at_once_lose_nothing(platform_session: ScopedSession, central: Actor, first: str) -> None:
    number = forms.new_draft(platform_session, central)
    change = partial(forms.change_draft, platform_session, central, number=number, version=1, what="x", key="x")
    change(edit=retitle)
    with pytest.raises(Conflict):
        change(edit=add(question("mine")))
    found = queries.one(platform_session, number)
    assert found.version.version == 2
    assert found.version.sha256 == found.schema.sha256()
    assert found.schema.question("mine") is None
    entry = platform_session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "form.edit")).one()
    assert (entry.tenant_id, entry.subject, entry.after and entry.after["what"]) == (1, "form:2", "x")


def test_keys_of_every_version_stay_taken(platform_session: ScopedSession, central: Actor, first: str) -> None:
    next_version(platform_session, central, add(question("brief")), Change.ADDITIVE)
    gone = lambda schema, _: editing.remove_question(schema, "brief")  # noqa: E731 - an edit, named for the reader
    number, _ = next_version(platform_session, central, gone, Change.BREAKING)
    assert queries.one(platform_session, number).schema == small_form()
    again = forms.new_draft(platform_session, central)
    with pytest.raises(Invalid) as refused:
        edit(platform_session, central, again, add(question("brief")))
    assert set(refused.value.field_errors) == {"key"}


def test_what_is_published_never_changes(platform_session: ScopedSession, central: Actor, first: str) -> None:
    """By the services, and by the database itself on both engines."""
    with pytest.raises(Refused):
        edit(platform_session, central, 1, retitle)
    with pytest.raises(Refused):
        forms.discard(platform_session, central, number=1, version=1)
    before = queries.one(platform_session, 1)
    wrong: list[dict[str, Any]] = [
        {"content": {}}, {"sha256": "0" * 64}, {"number": 9}, {"change": "editorial"}, {"state": "draft", "published_at": None},
    ]  # fmt: skip
    for values in wrong:
        with pytest.raises(DatabaseError), transaction(platform_session):
            platform_session.execute(sa.update(FormVersion).values(**values))
    with pytest.raises(DatabaseError), transaction(platform_session):
        platform_session.execute(sa.delete(FormVersion))
    assert queries.one(platform_session, 1) == before


def test_words_must_be_there_in_both_languages(platform_session: ScopedSession, central: Actor, first: str) -> None:
    number = forms.new_draft(platform_session, central)
    edit(platform_session, central, number, add(question("half", label=Said(en="Half"))))
    with pytest.raises(Refused) as refused:
        publish(platform_session, central, number, Change.ADDITIVE)
    assert refused.value.params == {"where": "sections.about.questions.half.label"}
    assert queries.one(platform_session, number).version.is_draft


@pytest.mark.parametrize(
    ("how", "least"),
    [
        (retitle, Change.EDITORIAL),
        (add(question("extra")), Change.ADDITIVE),
        (add(question("extra", required=True)), Change.BREAKING),
    ],
    ids=["words", "optional", "required"],
)
def test_a_kind_may_be_graver_but_never_milder(
    platform_session: ScopedSession, central: Actor, first: str, how: forms.Edit, least: Change
) -> None:
    number = forms.new_draft(platform_session, central)
    edit(platform_session, central, number, how)
    order = list(Change)
    for milder in order[: order.index(least)]:
        with pytest.raises(Invalid) as refused:
            publish(platform_session, central, number, milder)
        assert set(refused.value.field_errors) == {"change"}
    with pytest.raises(Invalid):
        publish(platform_session, central, number, least, note="  ")
    publish(platform_session, central, number, Change.BREAKING)
    found = queries.one(platform_session, number).version
    assert (found.state, found.change, found.note, found.published_by) == (
        "published",
        "breaking",
        "better",
        "Cen Tral",
    )


def test_nothing_new_is_not_published(platform_session: ScopedSession, central: Actor, first: str) -> None:
    number = forms.new_draft(platform_session, central)
    with pytest.raises(Refused):
        publish(platform_session, central, number, Change.EDITORIAL)
    forms.discard(platform_session, central, number=number, version=1)
    assert [one.number for one in queries.versions(platform_session)] == [1]


@pytest.fixture
def under_way(app: Flask, session_for: Callable[[str], ScopedSession], first: str) -> dict[str, str]:
    """A draft of an application in Scotland and in Wales; their ids by site."""
    found = {}
    for slug in ("scotland", "wales"):
        session = session_for(slug)
        make_window(session, first)
        who = Actor(make_person(app, f"{slug}@example.org"), slug)
        found[slug] = drafts.start(session, actor=who, eligible={"based_here": True}, locale="en", is_member=False)
    return found


def on(session: ScopedSession) -> list[tuple[int, int]]:
    """The number of each application's version, and the application's own version, as they are now."""
    session.rollback()  # what this session read before may be a snapshot
    rows = session.execute(
        sa.select(FormVersion.number, Application.version)
        .join(FormVersion, FormVersion.id == Application.form_version_id)
        .order_by(Application.tenant_id)
    )
    return [(row[0], row[1]) for row in rows]


def test_drafts_under_way_take_what_does_not_break_them(
    platform_session: ScopedSession, central: Actor, under_way: dict[str, str]
) -> None:
    _, moved = next_version(platform_session, central, retitle, Change.EDITORIAL)
    assert (moved.drafts, moved.windows) == (2, 2)
    assert on(platform_session) == [(2, 2), (2, 2)]
    _, moved = next_version(platform_session, central, add(question("extra")), Change.ADDITIVE)
    assert (moved.drafts, on(platform_session)) == (2, [(3, 3), (3, 3)])
    entries = platform_session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.action == "form.take_over")
        .order_by(AuditEntry.tenant_id, AuditEntry.seq)
    ).all()
    assert len({entry.tenant_id for entry in entries}) == 2
    assert [entry.after for entry in entries[:2]] == [
        {"change": "editorial", "drafts": 1, "windows": 1},
        {"change": "additive", "drafts": 1, "windows": 1},
    ]


def test_drafts_stay_with_their_version_where_the_change_breaks_them(
    app: Flask,
    platform_session: ScopedSession,
    session_for: Callable[[str], ScopedSession],
    central: Actor,
    under_way: dict[str, str],
) -> None:
    _, moved = next_version(platform_session, central, add(question("must", required=True)), Change.BREAKING)
    assert (moved.drafts, moved.windows) == (0, 2)
    assert on(platform_session) == [(1, 1), (1, 1)]
    later = Actor(make_person(app, "later@example.org"), "Later")
    drafts.start(session_for("wales"), actor=later, eligible={"based_here": True}, locale="en", is_member=False)
    assert sorted(on(platform_session)) == [(1, 1), (1, 1), (2, 1)]
    # a mild version after the breaking one is for those who are past it
    _, moved = next_version(platform_session, central, retitle, Change.EDITORIAL)
    assert moved.drafts == 1
    assert sorted(number for number, _ in on(platform_session)) == [1, 1, 3]
    use = queries.in_use(platform_session)
    told = {one.number: tuple(use[one.id]) for one in queries.versions(platform_session) if one.id in use}
    assert told == {1: (2, 0, 0), 3: (1, 0, 2)}


def test_only_drafts_and_windows_to_come_are_touched(
    platform_session: ScopedSession, session_for: Callable[[str], ScopedSession], central: Actor, under_way: dict[str, str], first: str
) -> None:  # fmt: skip
    scotland = session_for("scotland")
    over = make_window(scotland, first, opens=-30, closes=-20, name="Autumn")
    planned = make_window(scotland, first, opens=60, closes=70, state="draft", name="Planned")
    with transaction(platform_session):
        platform_session.execute(
            sa.update(Application).where(Application.id == under_way["wales"]).values(state="submitted")
        )
    _, moved = next_version(platform_session, central, retitle, Change.EDITORIAL)
    assert (moved.drafts, moved.windows) == (1, 3)
    assert [number for number, _ in on(platform_session)] == [2, 1]
    pinned = dict(
        scotland.execute(sa.select(Window.id, FormVersion.number).join(FormVersion, FormVersion.id == Window.form_version_id))

        .all()
    )  # fmt: skip
    assert (pinned[over], pinned[planned]) == (1, 2)
    [note] = scotland.scalars(sa.select(WindowAmendment)).all()
    assert (note.why, note.before["form_version_id"], note.by) == ("better", first, central.account_id)


def test_a_draft_that_began_a_moment_too_early_is_brought_along(
    platform_session: ScopedSession, central: Actor, under_way: dict[str, str], first: str
) -> None:
    next_version(platform_session, central, retitle, Change.EDITORIAL)
    with transaction(platform_session):  # as if it had begun while version 2 was being published
        platform_session.execute(
            sa.update(Application).where(Application.id == under_way["wales"]).values(form_version_id=first)
        )
    assert forms.catch_up(platform_session, central).drafts == 1
    assert forms.catch_up(platform_session, central).drafts == 0
    assert [number for number, _ in on(platform_session)] == [2, 2]


def test_a_version_in_use_is_not_retired(
    platform_session: ScopedSession, central: Actor, under_way: dict[str, str]
) -> None:
    retire = partial(forms.retire, platform_session, central, why="done with")
    with pytest.raises(Refused):
        retire(number=1)
    next_version(platform_session, central, add(question("must", required=True)), Change.BREAKING)
    with pytest.raises(Refused) as refused:
        retire(number=1)
    assert refused.value.params == {"drafts": 2, "windows": 0}
    with transaction(platform_session):
        platform_session.execute(sa.update(Application).values(state="withdrawn"))
    retire(number=1)
    assert queries.one(platform_session, 1).version.state == "retired"
    with pytest.raises(Refused):
        retire(number=1)


def test_everything_asks_for_the_permission(platform_session: ScopedSession, first: str) -> None:
    at = {"number": 1, "version": 1}
    for attempt in (
        lambda: forms.ensure_first(platform_session, NOBODY),
        lambda: forms.new_draft(platform_session, NOBODY),
        lambda: forms.change_draft(platform_session, NOBODY, **at, edit=retitle, what="x", key="x"),
        lambda: forms.publish(platform_session, NOBODY, **at, change=Change.EDITORIAL, note="x"),
        lambda: forms.discard(platform_session, NOBODY, **at),
        lambda: forms.retire(platform_session, NOBODY, number=1, why="x"),
        lambda: forms.catch_up(platform_session, NOBODY),
    ):
        with pytest.raises(Forbidden):
            attempt()
