"""A window whose applications stand at every step of a decision: to sign, signed, moderated, held, released, appealed."""

from datetime import timedelta

import sqlalchemy as sa

from core.admissions.models import Appeal, Decision, DecisionLetter
from core.admissions.queries import batches as batch_queries
from core.admissions.service import appeals, batches, deciding, moderating, releasing
from core.admissions.service.deciding import Wish
from core.data.session import transaction
from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.kernel.views import Actor
from core.work.models import Mail
from tests.factories.admissions import make_window
from tests.factories.assessing import make_proposal, make_submitted
from tests.integration.admissions.deciding_rig import SITE, actor_of, post
from tests.integration.bad_input.rooms.cast import FIRST, Cast, Room


class _Office:
    """Who decides here: nobody whose browser the tests use, so that each of those may still do their part."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.session = cast, cast.session
        self.window = make_window(self.session, cast.form_id, -60, -30, name="Being decided")
        self.lead = actor_of(cast.person("signer"), Role.PARTNER_LEAD)
        self.central = actor_of(cast.person("other"), Role.CENTRAL_TEAM)

    def application(self, name: str, proposed: str = "accept") -> str:
        """Somebody's application with what a rule proposed."""
        found = make_submitted(self.session, self.window, self.cast.form_id, self.cast.person(name))
        make_proposal(self.session, found, proposed)
        return found

    def signed(self, application: str, outcome: str = "accept") -> str:
        """A signed decision about it."""
        return deciding.sign(self.session, self.lead, self.window, application, Wish(outcome), new_token())

    def moderated(self, *applications: str, outcome: str = "accept") -> list[str]:
        """A moderated decision about each."""
        made = [self.signed(one, outcome) for one in applications]
        versions = sa.select(Decision.id, Decision.version).where(Decision.id.in_(made))
        picks = {row.id: row.version for row in self.session.execute(versions)}
        moderating.moderate(self.session, self.central, picks)
        return made

    def batch(self, name: str, decisions: list[str]) -> str:
        """An open batch with these in it."""
        found = batches.begin(self.session, self.lead, self.window, name=name, embargo_until=None, key=new_token())
        batches.hold(self.session, self.lead, found, 1, decisions)
        return found

    def released(self, *applications: str) -> str:
        """A batch of refusals that went out, though its letters did not arrive."""
        batch = self.batch("Out", self.moderated(*applications, outcome="decline"))
        found = batch_queries.one(self.session, None, batch)
        releasing.release(self.session, self.lead, batch, found.version, len(applications), site=SITE, post=post)
        with transaction(self.session):
            carried = sa.select(DecisionLetter.mail_id).where(DecisionLetter.mail_id.is_not(None))
            failed = sa.update(Mail).where(Mail.id.in_(carried)).values(state="failed")
            self.session.execute(failed)
        return batch


def make_deciding(cast: Cast) -> Room:
    """Something at every step, and what applicants and leads can do about each."""
    office = _Office(cast)
    session, window = cast.session, office.window
    to_sign, also = office.application("una"), office.application("vic")
    signed, ready, held = (office.application(name) for name in ("wyn", "xan", "yve"))
    out, appealed = office.application("member", "decline"), office.application("zoe", "decline")
    waits = office.application("assessor", "decline")
    waiting = office.signed(signed)
    office.moderated(ready)
    in_batch = office.moderated(held)
    batch, gone = office.batch("Next", in_batch), office.released(out, appealed, waits)
    for who, one in (("zoe", appealed), ("assessor", waits)):
        appeals.appeal(session, Actor(cast.person(who), ""), one, "Overlooked.", post=lambda *_: None)
    pages = ("listing", "one", "comments", "check", "sign_many", "batch_new")
    day = clock.london(clock.now()).date() + timedelta(days=30)
    return Room(
        {
            **{f"decisions.{page}:window_id": (window,) for page in pages},
            "decisions.one:application_id": (to_sign, also, out), "decisions.comments:application_id": (signed,),
            "batch_id": (batch, gone), "decision_id": (in_batch[0],), "admissions.moderation_one:decision_id": (waiting,),
            "appeal_id": (session.scalars(sa.select(Appeal.id).where(Appeal.application_id == appealed)).one(),),
            "applying.withdraw_appeal:application_id": (waits,),
            **{f"applying.{page}:application_id": (out,) for page in ("decision", "understood", "appeal")},
        },
        {
            "decisions.one": {"outcome": "accept", "code": "", "words": ""},
            "decisions.check": {"pick": FIRST},
            "decisions.batch_move": {"pick": FIRST},
            "decisions.batch_new": {"embargo_until": f"{day}T12:00"},
            "decisions.batch_edit": {"embargo_until": f"{day}T12:00"},
            "decisions.batch_release": {"expected": "1"},
            "admissions.moderation_check": {"pick": FIRST},
            "applying.understood": {"understood": "4"},
        },
    )  # fmt: skip
