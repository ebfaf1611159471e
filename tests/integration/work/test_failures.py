"""Failed work: what the console asks about it and does with it, and what is forgotten."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.service.interest import UNCONFIRMED_KEPT_FOR
from core.data import audit
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, NotFound
from core.kernel.ids import new_id
from core.kernel.permissions import Permission
from core.kernel.views import Actor
from core.people.service.tools import LIFETIMES
from core.work import housekeeping, mail, queries, registry
from core.work.models import DONE, FAILED, QUEUED, SET_ASIDE, SKIPPED, Mail, OutboxItem, WorkerBeat, WorkFailure
from core.work.runner import Runner, Task
from core.work.service import run_again, send_again, set_aside
from tests.support.app_fixtures import FrozenClock

SessionFor = Callable[[str], ScopedSession]
CENTRAL = Actor(new_id(), "Central", permissions=frozenset({Permission.WORK_MANAGE}))


def _failure(session: ScopedSession, name: str = "core.mail", state: str = FAILED, age: int = 0) -> str:
    failed_at = clock.now() - timedelta(days=age)
    row = WorkFailure(
        id=new_id(), name=name, args={"mail_id": "x"}, at_tenant_id=session.scope.tenant_id, state=state, error="E",
        place="", attempts=6, request_id="", created_at=failed_at, failed_at=failed_at,
    )  # fmt: skip
    with transaction(session):
        session.add(row)
    return row.id


def test_running_it_again_is_won_by_one_and_leaves_a_trace(session_for: SessionFor) -> None:
    session = session_for("scotland")
    failure_id = _failure(session)
    item_id = run_again(session, failure_id, CENTRAL)
    item = session.get_one(OutboxItem, item_id)
    assert (item.failure_id, item.name, item.args, item.attempt) == (failure_id, "core.mail", {"mail_id": "x"}, 1)
    assert item.at_tenant_id == session.scope.tenant_id
    row = session.get_one(WorkFailure, failure_id, populate_existing=True)
    assert (row.state, row.retried_at is not None) == (QUEUED, True)
    with pytest.raises(Conflict):
        run_again(session, failure_id, CENTRAL)
    with pytest.raises(Conflict):
        set_aside(session, failure_id, CENTRAL, "no")
    (entry,) = session.scalars(sa.select(audit.AuditEntry).where(audit.AuditEntry.action == "work.run_again"))
    assert (entry.subject, entry.actor_id) == (f"work_failure:{failure_id}", CENTRAL.account_id)


def test_it_can_be_set_aside_with_a_reason(session_for: SessionFor) -> None:
    session = session_for("scotland")
    failure_id = _failure(session, state=SKIPPED)
    set_aside(session, failure_id, CENTRAL, "not needed")
    assert session.get_one(WorkFailure, failure_id, populate_existing=True).state == SET_ASIDE
    (entry,) = session.scalars(sa.select(audit.AuditEntry).where(audit.AuditEntry.action == "work.set_aside"))
    assert entry.why == "not needed"


def test_who_may_not_and_what_is_not_there(session_for: SessionFor) -> None:
    session = session_for("scotland")
    failure_id = _failure(session, name="gone.job")
    with pytest.raises(Forbidden):
        run_again(session, failure_id, Actor(new_id(), "Member"))
    with pytest.raises(NotFound):
        run_again(session, new_id(), CENTRAL)
    with pytest.raises(registry.UnknownJob):
        run_again(session, failure_id, CENTRAL)
    assert session.get_one(WorkFailure, failure_id, populate_existing=True).state == FAILED


@pytest.mark.parametrize("act", [run_again, lambda s, i, a: set_aside(s, i, a, "why")])
def test_a_site_acts_on_its_own_work_alone(
    session_for: SessionFor, platform_session: ScopedSession, act: Callable[..., object]
) -> None:
    wales = session_for("wales")
    failure_id, unowned = _failure(wales), _failure(platform_session)
    for slug in ("scotland", "uk"):
        with pytest.raises(NotFound):
            act(session_for(slug), failure_id, CENTRAL)
    with pytest.raises(NotFound):
        act(wales, unowned, CENTRAL)
    assert wales.get_one(WorkFailure, failure_id, populate_existing=True).state == FAILED
    act(wales, failure_id, CENTRAL)
    act(session_for("uk"), unowned, CENTRAL)
    with pytest.raises(Conflict):
        act(platform_session, failure_id, CENTRAL)
    assert _chains(platform_session) == [(1, unowned), (wales.scope.tenant_id, failure_id)]


@pytest.mark.parametrize("act", [run_again, lambda s, i, a: set_aside(s, i, a, "why")])
def test_in_platform_scope_the_trail_is_still_the_sites_own(
    session_for: SessionFor, platform_session: ScopedSession, act: Callable[..., object]
) -> None:
    wales = session_for("wales")
    failure_id, unowned = _failure(wales), _failure(platform_session)
    act(platform_session, failure_id, CENTRAL)
    act(platform_session, unowned, CENTRAL)
    assert _chains(platform_session) == [(1, unowned), (wales.scope.tenant_id, failure_id)]
    items = {row.failure_id: row.at_tenant_id for row in platform_session.scalars(sa.select(OutboxItem))}
    assert items in ({}, {failure_id: wales.scope.tenant_id, unowned: None})


def _chains(session: ScopedSession) -> list[tuple[int, str]]:
    """Whose chain holds which act on failed work."""
    rows = session.scalars(sa.select(audit.AuditEntry).where(audit.AuditEntry.action.startswith("work.")))
    return sorted((row.tenant_id, row.subject.removeprefix("work_failure:")) for row in rows)


def _failed_mail(session: ScopedSession, text: str = "T") -> str:
    with transaction(session):
        mail_id = mail.send(session, to="a@example.org", subject="S", text=text or "T", html="T")
        session.execute(sa.delete(OutboxItem))
        session.execute(
            sa.update(Mail).where(Mail.id == mail_id).values(state="failed", text=text, last_error="550 no")
        )
    return mail_id


def test_a_message_that_failed_is_sent_again_once_and_leaves_a_trace(session_for: SessionFor) -> None:
    session = session_for("scotland")
    mail_id = _failed_mail(session)
    other, own = _failure(session), _failure(session)
    with transaction(session):
        session.execute(sa.update(WorkFailure).where(WorkFailure.id == own).values(args={"mail_id": mail_id}))
    for actor, slug, refusal in (
        (Actor(new_id(), "Member"), "scotland", Forbidden), (CENTRAL, "wales", NotFound), (CENTRAL, "uk", NotFound),
    ):  # fmt: skip
        with pytest.raises(refusal):
            send_again(session_for(slug), mail_id, actor)
    send_again(session, mail_id, CENTRAL)
    with pytest.raises(Conflict):
        send_again(session, mail_id, CENTRAL)
    (item,) = session.scalars(sa.select(OutboxItem))
    assert (item.name, item.args, item.failure_id, item.attempt) == ("core.mail", {"mail_id": mail_id}, own, 1)
    assert item.at_tenant_id == session.scope.tenant_id
    states = {row.id: row.state for row in session.scalars(sa.select(WorkFailure))}
    assert states == {own: QUEUED, other: FAILED}
    assert queries.mail_states(session, [mail_id])[mail_id].state == "queued"
    (entry,) = session.scalars(sa.select(audit.AuditEntry).where(audit.AuditEntry.action == "work.send_again"))
    assert (entry.subject, entry.actor_id) == (f"work_mail:{mail_id}", CENTRAL.account_id)


def test_a_message_whose_text_is_forgotten_is_not_sent_again(session_for: SessionFor) -> None:
    session = session_for("scotland")
    with pytest.raises(Conflict):
        send_again(session, _failed_mail(session, text=""), CENTRAL)
    assert session.scalar(sa.select(sa.func.count()).select_from(OutboxItem)) == 0


def test_the_figures(session_for: SessionFor, frozen_clock: FrozenClock) -> None:
    session = session_for("scotland")
    assert queries.counts(session) == queries.Counts(0, 0, 0, 0, 0, 0, 0)
    with transaction(session):
        mail.send(session, to="a@example.org", subject="S", text="T", html="T", account_id="a")
        session.add(WorkerBeat(id="w", started_at=clock.now(), seen_at=clock.now(), running=2))
        session.add(
            WorkerBeat(id="dead", started_at=clock.now(), seen_at=clock.now() - timedelta(minutes=1), running=2)
        )
    frozen_clock.advance(seconds=10)
    assert queries.counts(session).due == 1
    with transaction(session):
        mail.send(session, to="b@example.org", subject="S", text="T", html="T")
        session.execute(sa.update(OutboxItem).values(run_after=clock.now() + timedelta(hours=1)))
    for name in ("core.mail", "events.remind", "events.close"):
        _failure(session, name=name)
    _failure(session_for("wales"), name="events.remind", state=SKIPPED)
    assert queries.counts(session) == queries.Counts(
        due=0, later=2, failed=3, skipped=1, mail_waiting=2, mail_failed=0, workers=1
    )
    assert [w.id for w in queries.workers(session)] == ["w"]
    rows, total = queries.failures(session, name="events.", limit=1)
    assert (len(rows), total) == (1, 2)
    wales = session_for("wales").scope.tenant_id
    rows, total = queries.failures(session, states=(FAILED, SKIPPED), tenant_id=wales)
    assert ([row.name for row in rows], total) == (["events.remind"], 1)
    assert queries.failures(session, name="ev_nts")[1] == 0  # no wildcard
    assert queries.mails(session, to="a@example.org")[1] == 1
    assert queries.mails(session, account_id="a", state="queued")[1] == 1
    assert [m.to_address for m in queries.mails(session)[0]] == ["b@example.org", "a@example.org"]


def test_old_bodies_and_closed_failures_are_forgotten(session_for: SessionFor, app: Flask) -> None:
    session = session_for("scotland")
    ages = {"new": (1, False), "old": (31, False), "secret": (7.1, True), "fresh secret": (6.9, True)}
    with transaction(session):
        for subject, (_, secret) in ages.items():
            mail.send(session, to="a@example.org", subject=subject, text="T", html="H", secret=secret)
        for subject, (days, _) in ages.items():
            then = clock.now() - timedelta(days=days)
            session.execute(sa.update(Mail).where(Mail.subject == subject).values(created_at=then))
    kept = [_failure(session, age=100), _failure(session, state=DONE, age=80)]
    _failure(session, state=DONE, age=100)
    _failure(session, state=SKIPPED, age=100)
    housekeeping.forget_mail(session, clock.now())
    housekeeping.forget_failures(session, clock.now())
    with_body = session.scalars(sa.select(Mail.subject).where(Mail.text == "T", Mail.html == "H"))
    assert set(with_body) == {"new", "fresh secret"}
    assert set(session.scalars(sa.select(WorkFailure.id))) == set(kept)


def test_a_message_is_kept_as_long_as_it_goes_by_itself_and_its_link_works() -> None:
    """A worker that stood still finds it, and one that the mail server took for none can be sent again while that is of use."""
    assert max(mail.SENT_WITHIN, UNCONFIRMED_KEPT_FOR, *LIFETIMES.values()) <= housekeeping.SECRET_KEPT_FOR


@pytest.mark.both
@pytest.mark.parametrize("words", ["a\x00b", "a\udcffb"], ids=["null byte", "lone surrogate"])
@pytest.mark.parametrize("tries", [1, 2])
def test_a_job_whose_error_no_database_can_keep_fails_like_any_other(
    app: Flask, session_for: SessionFor, monkeypatch: pytest.MonkeyPatch, words: str, tries: int
) -> None:
    def fail(_: ScopedSession) -> None:
        raise ValueError(words)

    monkeypatch.setattr(
        logging.getLogger("q.work"), "disabled", True
    )  # no process can tell another what is captured of it
    monkeypatch.setitem(registry.JOBS, "try.one", registry.Job("try.one", fail, "default", tries, 0.5, None))
    session = session_for("scotland")
    for attempt in (1, 2)[:tries]:
        task = Task(new_id(), "try.one", "default", {}, 2, attempt, attempt, None, "", clock.now().isoformat())
        Runner(app, lambda *_: True).run(task.as_json())
    session.rollback()
    (failure,) = session.scalars(sa.select(WorkFailure))
    assert (failure.state, failure.error, failure.attempts) == (FAILED, "ValueError: a\ufffdb", tries)
    assert len(session.scalars(sa.select(OutboxItem)).all()) == tries - 1
