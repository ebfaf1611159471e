"""Another secret key: what the one before signed and sealed goes on while it is named, and for good once it is renewed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask

from core.admissions.models import EqualityResponse
from core.admissions.queries import equality as answered
from core.admissions.service import equality
from core.app import create_app
from core.cli import main
from core.config import Config
from core.data.db import db
from core.data.sealing import Sealer
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.errors import Refused
from core.kernel.ids import new_token
from core.tenancy.directory import TenantSnapshot
from core.work.models import Mail
from plugins.expense_approvals.models import BankDetails
from plugins.expense_approvals.queries import claims
from plugins.expense_approvals.queries.fingerprints import known_elsewhere
from plugins.expense_approvals.service import bank_details, batches, payer, paying
from plugins.expense_approvals.service.fingerprints import PROOFS_MARKED, of_file
from plugins.local_events.service import places, questions, sealed
from plugins.local_events.service.questions import Ask
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import make_submitted
from tests.factories.people import client_of, make_person
from tests.plugins.expense_approvals import claimed
from tests.plugins.expense_approvals.helpers import opened, switched_on, unheard, visitor
from tests.plugins.expense_approvals.paid import PREPARER, RELEASER, approved, nobody
from tests.plugins.local_events import helpers as local_events
from tests.support.client import FormClient
from tests.support.databases import Database
from tests.support.environment import SECRET_KEY, environment

NEW_KEY = "tests-only-c4ca4238a0b923820dcc509a6f75849b"
Make = Callable[..., Flask]


@dataclass
class World:
    """What was made under the first key."""

    session: ScopedSession
    people: set[str]
    batch_id: str
    claim_id: str
    registration_id: str
    application_id: str

    def found(self, key: str, before: str = "") -> tuple[Any, ...]:
        """What opens with a key: accounts of people, the site's own, its batch, the proof, the sensitive answers, the equality answers."""
        session = self.session
        session.rollback()
        held = bank_details.opened(session, self.people, Sealer(key, bank_details.PURPOSE, before))
        own = payer.opened(session, Sealer(key, payer.PURPOSE, before))
        row = batches._row(session, self.batch_id)
        try:
            total = batches._batch(
                row.sealed, self.batch_id, row.prepared_at, Sealer(key, batches.PURPOSE, before)
            ).total
        except Refused:
            total = 0
        given = answered.given(session, key, self.application_id, before)
        counted = answered.groups_by_application(session, key, [self.application_id], "age", before)
        return (
            {one.account.number for one in held.values()},
            own.user_number if own else "",
            total,
            sealed.own(session, self.registration_id, Sealer(key, sealed.PURPOSE, before)),
            given,
            set(counted),
        )

    def proof_known(self, key: str) -> bool:
        """Whether the proof would be noticed in another claim."""
        self.session.rollback()
        (proof,) = claims.proofs(self.session, self.claim_id)
        mark = Sealer(key, PROOFS_MARKED).mark
        return known_elsewhere(self.session, [of_file(mark, proof.sha256)], "another claim")


def _seal(purpose: str) -> Sealer:
    return Sealer(SECRET_KEY, purpose)


@pytest.fixture
def world(
    app: Flask,
    session_for: Callable[[str], ScopedSession],
    tenant: Callable[[str], TenantSnapshot],
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    switched_on(app, "scotland")
    session, site = session_for("scotland"), tenant("scotland").ref()
    who = [visitor() for _ in range(3)]
    for number, one in enumerate(who):
        bank_details.change(
            session, "Ann", "20-00-00", f"3192681{number // 2}", one, form_key=new_token(), seal=_seal(bank_details.PURPOSE), post=nobody
        )  # fmt: skip
    payer.change(session, "", "Q", "20-00-00", "55779911", "123456", PREPARER, seal=_seal(payer.PURPOSE))
    monkeypatch.setattr(claimed, "mark", _seal(PROOFS_MARKED).mark)
    claim_id = approved(session, opened(session), who[0])
    made = paying.prepare(
        session, [claim_id], clock.today(), PREPARER, new_token(), seal=_seal(batches.PURPOSE),
        accounts=_seal(bank_details.PURPOSE), payers=_seal(payer.PURPOSE), post=unheard,
    )  # fmt: skip
    event_id = local_events.published(session, site)
    organiser, guest = local_events.visitor(local_events.ORGANISER), local_events.visitor()
    diet = questions.add(
        session, site, event_id, Ask("short", "What do you eat?", sensitive=True), organiser, new_token()
    )
    places.register(session, site, event_id, guest, answers={diet: "no celery"}, seal=_seal(sealed.PURPOSE))
    own = local_events.registration(session, event_id, guest)
    form = make_form(session)
    ann = make_person(app, "ann@example.org")
    application = make_submitted(session, make_window(session, form), form, ann)
    equality.answer(
        session, secret_key=SECRET_KEY, application_id=application, account_id=ann, nation="scotland", answers={"age": "a25_34"}
    )  # fmt: skip
    return World(session, {str(one.account_id) for one in who}, made.batch_id, claim_id, own.id, application)


@pytest.fixture
def renew(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """`renew(before=…)`: the command, with the new key."""
    made: list[Flask] = []

    def make(config: Config) -> Flask:
        made.append(create_app(config))
        return made[-1]

    monkeypatch.setattr("core.commands.base.create_app", make)

    def run(before: str = SECRET_KEY) -> Result:
        settings = {**environment(database), "QP_SECRET_KEY": NEW_KEY, "QP_SECRET_KEY_BEFORE": before}
        return CliRunner(env=settings).invoke(main, ["keys", "renew"])

    yield run
    for one in made:
        with one.app_context():
            db.engine.dispose()


def _with_cookie(app: Flask, client: FormClient) -> FormClient:
    cookie, other = client.get_cookie("q"), cast("FormClient", app.test_client())
    assert cookie is not None
    other.set_cookie("q", cookie.value)
    return other


def test_sessions_forms_and_letters_of_the_key_before_go_on_while_it_is_named(
    app: Flask, make_app: Make, client: FormClient, platform_session: ScopedSession
) -> None:
    changed, alone = make_app(secret_key=NEW_KEY, secret_key_before=SECRET_KEY), make_app(secret_key=NEW_KEY)
    ann = client_of(app, make_person(app, "ann@example.org", home="scotland"))
    assert ann.get("/me/").status_code == _with_cookie(changed, ann).get("/me/").status_code == 200
    assert _with_cookie(alone, ann).get("/me/").status_code != 200

    values = {"email": "ann@example.org"}
    form = client.form("/account/reset", values)
    assert _with_cookie(alone, client).send_again(form, values).status_code == 400
    assert _with_cookie(changed, client).send_again(form, values).status_code == 303
    assert client.send_again(form, values).status_code == 303

    text = "\n".join(platform_session.scalars(sa.select(Mail.text)))
    of_new, of_old = re.findall(r"https?://[^/\s]+(/account/reset/\S+)", text)
    for link, opens in ((of_old, {app, changed}), (of_new, {changed, alone})):
        for one in (app, changed, alone):
            page = one.test_client().get(link, follow_redirects=True)
            assert (page.status_code == 200) == (one in opens), (link == of_old, one is app, one is alone)


def test_what_was_sealed_and_linked_is_found_while_the_key_before_is_named(world: World) -> None:
    whole = ({"31926810", "31926811"}, "123456", 1_000, *world.found(SECRET_KEY)[3:])
    assert list(whole[3].values()) == ["no celery"]
    assert whole[4:] == ({"age": "a25_34"}, {world.application_id})
    assert world.found(SECRET_KEY) == world.found(NEW_KEY, SECRET_KEY) == whole
    assert world.found(NEW_KEY) == (set(), "", 0, {}, {}, set())


def test_once_renewed_the_present_key_opens_all_and_the_one_before_nothing(
    world: World, renew: Callable[..., Result]
) -> None:
    whole, shared = world.found(SECRET_KEY), bank_details.sharing(world.session, world.people)
    assert len(shared) == 2
    done = renew()
    assert done.exit_code == 0, done.output
    for line in (
        "equality answers: 1 renewed", "scotland: bank details: 3 renewed", "scotland: accounts that pay: 1 renewed",
        "scotland: batches: 1 renewed", "scotland: marks of proofs: 1 renewed", "scotland: sensitive answers: 1 renewed",
    ):  # fmt: skip
        assert line in done.output.splitlines()
    assert world.found(NEW_KEY) == whole
    assert world.found(SECRET_KEY) == (set(), "", 0, {}, {}, set())
    assert (world.proof_known(NEW_KEY), world.proof_known(SECRET_KEY)) == (True, False)
    world.session.rollback()
    assert bank_details.sharing(world.session, world.people) == shared
    batches.release(world.session, world.batch_id, 1, RELEASER, seal=Sealer(NEW_KEY, batches.PURPOSE))
    world.session.rollback()
    again = renew()
    assert again.exit_code == 0
    assert again.output.splitlines()[:-1] == ["equality answers: 0 renewed"]


def test_an_account_given_after_the_change_is_the_same_account(world: World, renew: Callable[..., Result]) -> None:
    """Its fingerprint is that of the accounts that were renewed; and the same one given again waits for nothing."""
    who = visitor(account_id=next(iter(world.people - set(bank_details.sharing(world.session, world.people)))))
    seal = Sealer(NEW_KEY, bank_details.PURPOSE, SECRET_KEY)
    given = bank_details.change(
        world.session, "Ann L", "20-00-00", "31926811", who, form_key=new_token(), seal=seal, post=nobody
    )
    assert given.usable(clock.now())
    world.session.rollback()
    assert renew().exit_code == 0
    marks = world.session.scalars(sa.select(BankDetails.fingerprint).where(BankDetails.account_id == who.account_id))
    assert set(marks) == {bank_details.fingerprint("200000", "31926811", Sealer(NEW_KEY, bank_details.PURPOSE))}


def test_interrupted_and_run_again_it_gives_the_same(
    world: World, renew: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, seal, calls = world.found(SECRET_KEY), Sealer.seal, []

    def dies(self: Sealer, text: str, about: str) -> str:
        calls.append(about)
        if len(calls) == 3:
            raise RuntimeError("the machine goes off")
        return seal(self, text, about)

    monkeypatch.setattr("core.data.resealing.BATCH", 1)
    with monkeypatch.context() as during:
        during.setattr(Sealer, "seal", dies)
        assert isinstance(renew().exception, RuntimeError)
    half = world.found(NEW_KEY)
    assert (len(half[0]), half[1:4]) == (1, ("", 0, {}))
    assert world.found(NEW_KEY, SECRET_KEY) == whole
    done = renew()
    assert "scotland: bank details: 1 renewed" in done.output.splitlines()
    assert world.found(NEW_KEY) == whole
    assert world.found(SECRET_KEY) == (set(), "", 0, {}, {}, set())


def test_without_the_key_before_it_changes_nothing_and_says_what_is_missing(
    world: World, renew: Callable[..., Result]
) -> None:
    whole = world.found(SECRET_KEY)
    done = renew(before="")
    assert (done.exit_code, "QP_SECRET_KEY_BEFORE is not set" in done.output) == (1, True)
    assert world.found(SECRET_KEY) == whole


def test_with_a_wrong_key_before_it_tells_what_it_left(world: World, renew: Callable[..., Result]) -> None:
    whole = world.found(SECRET_KEY)
    done = renew(before="tests-only-eccbc87e4b5ce2fe28308fd9f2a7baf3")
    assert "scotland: bank details: 0 renewed, 3 left that neither key opens" in done.output.splitlines()
    assert "equality answers: 0 renewed, 1 left that neither key opens" in done.output.splitlines()
    assert "can be taken away" not in done.output
    assert world.found(SECRET_KEY) == whole


def test_answers_under_both_keys_are_one_answer_the_later(world: World) -> None:
    """As two processes leave them that are restarted one after the other."""
    table: Any = EqualityResponse.__table__
    [account] = world.session.execute(
        sa.text("select account_id from admissions_application where id = :one"),
        {"one": world.application_id},
        execution_options={"unscoped_reason": "test"},
    ).scalars()
    world.session.rollback()
    keys = {"secret_key": NEW_KEY, "before": SECRET_KEY}
    own = {"application_id": world.application_id}
    equality.answer(world.session, **keys, **own, account_id=account, nation="scotland", answers={"age": "a35_44"})
    assert answered.given(world.session, NEW_KEY, world.application_id) == {"age": "a35_44"}
    assert answered.given(world.session, SECRET_KEY, world.application_id) == {}
    assert world.session.scalar(sa.select(sa.func.count()).select_from(table)) == 1
    assert equality.forget(world.session, **keys, **own) == 1
