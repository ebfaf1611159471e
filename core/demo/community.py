"""The demonstration community: the source's counts and places with invented people.

799 members (source, 22 February 2017): 231 founding, 216 of the pilot, 352 phased in from North East and North Cumbria,
West of England and South West.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from core.data.session import ScopedSession, transaction
from core.hooks.registry import Registry
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM, Person
from core.people import passwords
from core.people.models import Account, Affiliation, Membership, Profile, RoleGrant
from core.people.sectors import SECTORS
from core.tenancy.directory import TenantSnapshot
from core.tenancy.service import Change, configure

PASSWORD = "improve-together-2017"
COHORTS = (("founding", 231, date(2015, 3, 2)), ("pilot", 216, date(2016, 4, 11)), ("phased", 352, date(2016, 11, 14)))
PHASED_AREAS = ("north-east-north-cumbria", "west-of-england", "south-west")
SHOWS_ALL = ("uk", "scotland", "wales")
"""Sites at which the demonstration has every plugin on, also those that the central team switches on one by one."""
STAFF = (
    ("lead", Role.PARTNER_LEAD),
    ("assessor", Role.ASSESSOR),
    ("organiser", Role.EVENTS_ORGANISER),
    ("approver", Role.EXPENSE_APPROVER),
)
FIRST = (
    "Aisha", "Alun", "Amara", "Andrew", "Angharad", "Anil", "Beth", "Bronwen", "Callum", "Carys", "Catriona", "Chidi",
    "Ciara", "Claire", "Daniel", "David", "Deepa", "Dylan", "Eilidh", "Elin", "Emma", "Esther", "Ewan", "Farah",
    "Fiona", "Gareth", "Grace", "Hamish", "Hannah", "Imran", "Iona", "Isla", "James", "Jo", "Kwame", "Laura", "Leah",
    "Liam", "Mair", "Malik", "Maria", "Megan", "Mohammed", "Morag", "Nadia", "Naomi", "Niamh", "Oisin", "Olu", "Owen",
    "Priya", "Rachel", "Rhys", "Rosa", "Ruth", "Sadia", "Samuel", "Sean", "Sian", "Sorcha", "Sunita", "Tariq", "Tom",
    "Ursula", "Vikram", "Wendy", "Yusuf", "Zoe",
)  # fmt: skip
LAST = (
    "Abbott", "Adeyemi", "Ahmed", "Bailey", "Banerjee", "Begum", "Bell", "Bevan", "Brennan", "Campbell", "Chaudhry",
    "Clarke", "Cole", "Cooper", "Davies", "Doherty", "Douglas", "Edwards", "Evans", "Fraser", "Gallagher", "Gordon",
    "Griffiths", "Hall", "Hassan", "Hughes", "Hussain", "Jenkins", "Jones", "Kaur", "Kelly", "Khan", "Lewis", "Lloyd",
    "MacDonald", "MacLeod", "Marshall", "McBride", "Mensah", "Morgan", "Morris", "Murphy", "Murray", "Nair", "Nolan",
    "O'Neill", "Okafor", "Owen", "Parry", "Patel", "Pearce", "Powell", "Price", "Quinn", "Rahman", "Reid", "Roberts",
    "Robertson", "Rowe", "Shah", "Sharma", "Singh", "Stewart", "Taylor", "Thomas", "Walker", "Watkins", "Williams",
    "Wilson", "Wright",
)  # fmt: skip
JOBS = (
    "Improvement adviser", "Ward manager", "General practitioner", "Consultant physician", "Patient leader", "Pharmacist",
    "Commissioning manager", "Health researcher", "Physiotherapist", "Midwife", "Community nurse", "Programme manager",
    "Carer representative", "Paramedic", "Data analyst", "Occupational therapist",
)  # fmt: skip
PLACES = (
    "{area} hospital trust",
    "{area} community services",
    "a general practice",
    "a charity",
    "a university",
    "the ambulance service",
)


def load(session: ScopedSession, tenants: Sequence[TenantSnapshot]) -> int:
    """Fill an empty database with the community, in one transaction; returns the number of members.

    `session` is in platform scope. Does nothing (returns 0) when there are accounts already.
    """
    with transaction(session):
        if session.scalar(sa.select(sa.func.count()).select_from(Account)):
            return 0
        return _Builder(session, tenants).build()


def switch_on(session: ScopedSession, tenant: TenantSnapshot, registry: Registry) -> None:
    """Switch on what is off at a site that shows all there is (`SHOWS_ALL`), in the tenant's own scope; a transaction each."""
    for name, plugin in sorted(registry.plugins.items()):
        if tenant.slug in SHOWS_ALL and name not in tenant.enabled and not plugin.manifest.platform_wide:
            change = Change(name, True, plugin.settings().model_dump(mode="json"), 0, "demonstration")
            configure(session, registry, tenant.ref(), change, SYSTEM)


def fill_plugins(session: ScopedSession, tenant: TenantSnapshot, registry: Registry) -> None:
    """Let the plugins that are on at `tenant` fill their part, in one transaction of the tenant's own scope."""
    with transaction(session):
        people = _people(session, tenant)
        registry.dispatcher.call("q_demonstration", tenant.enabled, session=session, tenant=tenant.ref(), people=people)


def _people(session: ScopedSession, tenant: TenantSnapshot) -> tuple[Person, ...]:
    """A site's organiser and up to sixty members; for the UK site the central team and members from everywhere."""
    uk = tenant.kind == "uk"
    columns = sa.select(Account.id, Account.name, Account.email)
    members = columns.join(Affiliation, Affiliation.account_id == Account.id)
    if not uk:
        members = members.where(Affiliation.home_tenant_id == tenant.id)
    organiser = "central@demo.example" if uk else f"organiser.{tenant.slug}@demo.example"
    first = session.execute(columns.where(Account.email_norm == organiser))
    rest = session.execute(members.order_by(Account.email.not_like("member.%"), Account.id).limit(60))
    return tuple(Person(*row) for row in (*first, *rest))


def account_row(email: str, name: str, hashed: str, at: datetime) -> dict[str, object]:
    """The row of an invented person's account, confirmed at `at`; `hashed` is the hash of the password."""
    return {
        "id": new_id(), "email": email, "email_norm": email, "name": name, "password_hash": hashed, "stamp": new_token(),
        "locale": "en", "confirmed_at": at, "disabled_at": None, "created_at": at,
    }  # fmt: skip


class _Builder:
    """Rows are collected and inserted in bulk: 900 people in about a second."""

    def __init__(self, session: ScopedSession, tenants: Sequence[TenantSnapshot]) -> None:
        self.session, self.random = session, random.Random(2017)
        self.partners = [tenant for tenant in tenants if tenant.kind != "uk"]
        self.hash = passwords.hasher().hash(PASSWORD)
        self.accounts: list[dict[str, object]] = []
        self.others: dict[type, list[dict[str, object]]] = {Profile: [], Membership: [], Affiliation: [], RoleGrant: []}

    def build(self) -> int:
        central = self._account("central@demo.example", self._name())
        self._grant(central, Role.CENTRAL_TEAM, 1)
        for tenant in self.partners:
            for word, role in STAFF:
                self._grant(self._account(f"{word}.{tenant.slug}@demo.example", self._name()), role, tenant.id)
        waiting = {tenant.slug: f"member.{tenant.slug}@demo.example" for tenant in self.partners}
        members = 0
        for cohort, count, since in COHORTS:
            for tenant in self._homes(cohort, count):
                members += 1
                email = waiting.pop(tenant.slug, "") or f"person{members:03d}@people.example"
                self._member(email, tenant, cohort, since)
        second = self._account("central2@demo.example", self._name())
        self._grant(second, Role.CENTRAL_TEAM, 1)  # answers appeals: who moderated a decision cannot
        self.session.execute(sa.insert(Account), self.accounts)
        for model, rows in self.others.items():
            self.session.execute(sa.insert(model), rows)
        return members

    def _homes(self, cohort: str, count: int) -> Iterator[TenantSnapshot]:
        places = [t for t in self.partners if cohort != "phased" or t.slug in PHASED_AREAS]
        return (places[index % len(places)] for index in range(count))

    def _name(self) -> str:
        return f"{self.random.choice(FIRST)} {self.random.choice(LAST)}"

    def _account(self, email: str, name: str) -> str:
        row = account_row(email, name, self.hash, clock.now())
        self.accounts.append(row)
        return str(row["id"])

    def _grant(self, account_id: str, role: Role, tenant_id: int) -> None:
        self.others[RoleGrant].append(
            {
                "id": new_id(), "account_id": account_id, "role": role.value, "at_tenant_id": tenant_id,
                "starts_on": date(2017, 1, 1), "ends_on": None, "granted_by": None, "granted_at": clock.now(),
                "reason": "demonstration",
            }
        )  # fmt: skip

    def _member(self, email: str, tenant: TenantSnapshot, cohort: str, since: date) -> None:
        account_id = self._account(email, self._name())
        place = self.random.choice(PLACES).format(area=tenant.name)
        self.others[Profile].append(
            {
                "account_id": account_id,
                "job_title": self.random.choice(JOBS),
                "organisation": place[0].upper() + place[1:],
                "sector": tuple(SECTORS)[len(self.others[Profile]) % len(SECTORS)],
                "about": "",
            }
        )
        self.others[Membership].append({"account_id": account_id, "cohort": cohort, "since": since, "left_on": None})
        self.others[Affiliation].append(
            {"id": new_id(), "account_id": account_id, "home_tenant_id": tenant.id, "starts_on": since, "ends_on": None}
        )
