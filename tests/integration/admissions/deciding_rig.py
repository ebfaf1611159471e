"""A window whose applications are assessed, and the people who decide about them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from core.admissions.models import Decision, Window
from core.admissions.queries import batches as reading
from core.admissions.queries import deciding as reading_deciding
from core.admissions.service import batches, deciding, moderating, releasing
from core.admissions.service.deciding import Wish
from core.admissions.service.releasing import Outgoing, Site
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import ROLE_PERMISSIONS, Role
from core.kernel.views import Actor
from core.people.models import Account
from core.work import mail
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import make_proposal, make_submitted

SITE = Site({"en": "Scotland", "cy": "Yr Alban"}, dict.fromkeys(("en", "cy"), "Healthcare Improvement Scotland"))


def actor_of(account_id: str, role: Role) -> Actor:
    """Somebody with that role here."""
    return Actor(account_id, "", frozenset({role}), frozenset(ROLE_PERMISSIONS[role]))


def post(session: ScopedSession, letter: Outgoing) -> str:
    """The post without templates: the message is queued as the real one is."""
    text = "\n".join(letter.paragraphs)
    return mail.send(
        session, to=letter.email, subject=letter.subject, text=text, html=text, account_id=letter.account_id, locale=letter.locale
    )  # fmt: skip


def quick_people(session: ScopedSession, names: Iterable[str]) -> dict[str, str]:
    """{name: id} of accounts, written straight: who signs in does not matter here."""
    now = clock.now()
    rows = [
        {
            "id": new_id(), "email": f"{name}@example.org", "email_norm": f"{name}@example.org", "name": name.title(),
            "password_hash": None, "stamp": new_token(), "locale": "en", "confirmed_at": now, "disabled_at": None,
            "created_at": now, "signed_in_at": None, "version": 1,
        }
        for name in names
    ]  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(Account), rows)
    return {str(row["name"]).lower(): str(row["id"]) for row in rows}


@dataclass
class Rig:
    """Scotland's closed window with applicants; `lead` and `other_lead` of the partner, `central` and `second` of the
    central team."""

    session: ScopedSession
    window_id: str = ""
    form_id: str = ""
    people: dict[str, str] = field(default_factory=dict)
    lead: Actor = field(default_factory=lambda: Actor(None, ""))
    other_lead: Actor = field(default_factory=lambda: Actor(None, ""))
    central: Actor = field(default_factory=lambda: Actor(None, ""))
    second: Actor = field(default_factory=lambda: Actor(None, ""))

    def __post_init__(self) -> None:
        self.form_id = make_form(self.session)
        self.window_id = make_window(self.session, self.form_id, -60, -30)
        roles = {
            "lead": Role.PARTNER_LEAD, "other_lead": Role.PARTNER_LEAD, "central": Role.CENTRAL_TEAM, "second": Role.CENTRAL_TEAM,
        }  # fmt: skip
        self.people |= quick_people(self.session, roles)
        for name, role in roles.items():
            setattr(self, name, actor_of(self.people[name], role))

    def applicant(self, name: str, outcome: str = "accept", **changes: Any) -> str:
        """Somebody's submitted application with what a rule proposed ("" for nothing); its id."""
        if name not in self.people:
            self.people |= quick_people(self.session, [name])
        application = make_submitted(self.session, self.window_id, self.form_id, self.people[name], **changes)
        if outcome:
            make_proposal(self.session, application, outcome)
        return application

    def sign(self, application: str, wish: Wish | None = None, actor: Actor | None = None) -> str:
        """Sign what is proposed, or `wish`; the decision's id."""
        if wish is None:
            found = reading_suggestion(self.session, self.window_id, application)
            wish = Wish(found)
        return deciding.sign(self.session, actor or self.lead, self.window_id, application, wish, new_token())

    def moderate(self, *decisions: str, actor: Actor | None = None) -> None:
        """The central team agrees."""
        found = sa.select(Decision.id, Decision.version).where(Decision.id.in_(decisions))
        picks = {row.id: row.version for row in self.session.execute(found)}
        moderating.moderate(self.session, actor or self.central, picks)

    def held(self, *decisions: str, name: str = "First") -> str:
        """A batch with these decisions; its id."""
        batch_id = batches.begin(
            self.session, self.lead, self.window_id, name=name, embargo_until=None, key=new_token()
        )
        batches.hold(self.session, self.lead, batch_id, 1, decisions)
        return batch_id

    def ready(self, *applications: str) -> str:
        """A batch in which the decisions about these applications are held; its id."""
        made = [self.sign(one) for one in applications]
        self.moderate(*made)
        return self.held(*made)

    def release(self, batch_id: str, expected: int | None = None, actor: Actor | None = None) -> int:
        """Release it, stating the number that its reader sees unless another is given."""
        who = actor or self.lead
        batch = reading.one(self.session, who.account_id, batch_id)
        wanted = batch.size if expected is None else expected
        return releasing.release(self.session, who, batch_id, batch.version, wanted, site=SITE, post=post)

    def released(self, *applications: str) -> int:
        """Sign, moderate, hold and release."""
        return self.release(self.ready(*applications))

    def decision(self, application: str, *states: str) -> Decision:
        """The newest decision about an application, read anew."""
        self.session.rollback()
        self.session.expire_all()
        query = sa.select(Decision).where(Decision.application_id == application).order_by(Decision.number.desc())
        if states:
            query = query.where(Decision.state.in_(states))
        return self.session.scalars(query.limit(1)).one()

    def window(self) -> Window:
        """The window, read anew."""
        self.session.rollback()
        self.session.expire_all()
        return self.session.scalars(sa.select(Window).where(Window.id == self.window_id)).one()


def reading_suggestion(session: ScopedSession, window_id: str, application: str) -> str:
    """What is suggested for an application."""
    return reading_deciding.candidate(session, None, window_id, application).suggested
