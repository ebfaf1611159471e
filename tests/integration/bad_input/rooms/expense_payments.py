"""Expense approvals, from an approval on: claims that are ready to be paid, batches in every state with a button,
a late change of the policy with an adjustment, and an absence."""

from datetime import timedelta

from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.sdk import Sealer, Visitor, store_of
from plugins.expense_approvals.manifest import MANIFEST
from plugins.expense_approvals.models import Delegation
from plugins.expense_approvals.queries import adjustments, claims
from plugins.expense_approvals.service import bank_details, batches, payer, paying
from tests.integration.bad_input.rooms.cast import Cast, Room
from tests.plugins.expense_approvals.adjusted import CAP, lunch, make
from tests.plugins.expense_approvals.claimed import CHECKER, agreed, approve, check, draft, send, unheard
from tests.plugins.expense_approvals.helpers import activity, asked, opened, visitor
from tests.plugins.expense_approvals.test_policy_versions import published

OWN = {"name": "Q", "sort_code": "20-00-00", "account": "55779911", "user_number": "123456"}


def make_payments(cast: Cast) -> Room:
    """The central team prepared, the lead can release; the assessor stands in for the lead."""
    session, secret = cast.session, cast.app.config["Q"].secret_key
    seal, accounts, payers = (Sealer(secret, one.PURPOSE) for one in (batches, bank_details, payer))
    central = visitor(Role.CENTRAL_TEAM, account_id=cast.person("central"))
    second = visitor(Role.CENTRAL_TEAM)
    payer.change(session, "", OWN["name"], OWN["sort_code"], OWN["account"], OWN["user_number"], central, seal=payers)
    budget_id = opened(session, 100_000, f"Payments in {cast.site.slug}")
    with cast.app.app_context():
        store = store_of(MANIFEST.name)
    made = []
    for number in range(6):
        who = visitor()
        bank_details.change(
            session, "Ann", "200000", f"0000000{number}", who, form_key=new_token(), seal=accounts, post=lambda *_: None
        )
        claim = draft(session, agreed(session, budget_id, who), who, colour=100 * cast.site.id + number, store=store)
        send(session, claim, who)
        made.append(claim)
    *granted, checked, sent = made
    for claim in (*granted, checked):
        check(session, claim)
    for claim in granted:
        approve(session, claim)

    def batch(claim: str, *, released: bool = True, exported: bool = True) -> str:
        batch_id = paying.prepare(
            session,
            [claim],
            clock.today(),
            central,
            new_token(),
            seal=seal,
            accounts=accounts,
            payers=payers,
            post=unheard,
        ).batch_id
        if released:
            batches.release(session, batch_id, 1, second, seal=seal)
        if released and exported:
            batches.export(session, batch_id, "csv", central, seal=seal, tell=paying.life(central, unheard))
        return batch_id

    prepared, released, exported = (
        batch(granted[0], released=False),
        batch(granted[1], exported=False),
        batch(granted[2]),
    )
    yesterday = clock.now() - timedelta(days=1)
    with clock.frozen(yesterday):  # before any site's late version
        owed, proposed = (lunch(session, budget_id, colour=100 * cast.site.id + 50 + number) for number in range(2))
    if not adjustments.differences(session):  # one version is enough for every site
        published(session, clock.london(yesterday).date(), CAP + 150)
    adjustment = make(session, proposed, second)
    away = _absence(cast)
    (theirs,) = claims.proofs(session, sent)
    waiting = asked(session, activity(session, budget_id), Visitor(CHECKER.account_id, is_member=True))
    session.rollback()
    today, later = clock.today().isoformat(), (clock.today() + timedelta(days=3)).isoformat()
    manage, standing_in = (f"{MANIFEST.name}_manage", f"{MANIFEST.name}.standing_in")
    return Room(
        {
            "payment_batch_id": (prepared, released, exported), "file_kind": ("csv",), "delegation_id": (away,),
            "adjustment_id": (adjustment,), f"{manage}.difference:claim_id": (owed,),
            f"{standing_in}_judge:claim_id": (sent, checked), f"{standing_in}_proof:claim_id": (sent,),
            f"{standing_in}_proof:receipt_id": (theirs.id,), f"{standing_in}_decide:preapproval_id": (waiting,),
        },
        {
            f"{manage}.prepare_batch": {"day": today}, f"{manage}.payer_account": OWN,
            f"{manage}.absences": {"email": "member@example.org", "starts_on": today, "ends_on": later},
            f"{manage}.adjustment": {"words": "Because of the railcard."},
            f"{standing_in}_judge": {"words": "Because of the railcard."}, f"{standing_in}_decide": {"words": "Because of the railcard."},
        },
    )  # fmt: skip


def _absence(cast: Cast) -> str:
    """The lead is away, and the assessor decides meanwhile."""
    row = Delegation(
        delegator_id=cast.person("lead"), delegate_id=cast.person("assessor"), starts_on=clock.today(),
        ends_on=clock.today() + timedelta(days=9), made_at=clock.now(),
    )  # fmt: skip
    cast.session.add(row)
    cast.session.commit()
    return row.id
