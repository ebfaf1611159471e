"""People: accounts for life, what they show of themselves, membership, home tenant, roles, and where they are signed in."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.data.base import Base, Id, IdRef, Shared
from core.kernel import clock
from core.kernel.text import N_
from core.people.sectors import SECTORS, UNTOLD

ACCOUNT = "people_account.id"
TENANT = "tenancy_tenant.id"


class Cohort(StrEnum):
    """How somebody came in, as the source counts them: 231 founding, 216 in the pilot, 352 phased; later ones by window."""

    FOUNDING = "founding"
    PILOT = "pilot"
    PHASED = "phased"
    LATER = "later"


COHORT_TITLES: dict[Cohort, str] = {
    Cohort.FOUNDING: N_("Founding cohort"),
    Cohort.PILOT: N_("Targeted pilot"),
    Cohort.PHASED: N_("Phased recruitment"),
    Cohort.LATER: N_("Later windows"),
}
COHORTS = tuple(cohort.value for cohort in Cohort)
MINE, AREA = "mine", "area"
CALENDAR_SCOPES = (MINE, AREA)
"""What a calendar's address lets it read: what concerns the person, or the programme that the person may see."""


class Account(Shared, Base):
    """One person's account for every site.

    `stamp` changes with each change of what proves who somebody is (password, address, closing): mailed links carry it,
    which makes them one-use. `version` rises with each change of the person's own details.
    """

    __tablename__ = "people_account"
    id: Mapped[Id]
    email: Mapped[str] = mapped_column(sa.String(254))
    email_norm: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    stamp: Mapped[str] = mapped_column(sa.String(64))
    locale: Mapped[str] = mapped_column(sa.String(5))
    confirmed_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class Profile(Shared, Base):
    """The short profile: what a person does, for whom, where, in which part of health and care, and a few words. No row means nothing was told."""

    __tablename__ = "people_profile"
    __table_args__ = (sa.CheckConstraint(f"sector in {(UNTOLD, *SECTORS)}", name="sector"),)
    account_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey(ACCOUNT), primary_key=True)
    job_title: Mapped[str] = mapped_column(sa.String(120), default="")
    organisation: Mapped[str] = mapped_column(sa.String(160), default="")
    locality: Mapped[str] = mapped_column(sa.String(120), default="")
    sector: Mapped[str] = mapped_column(sa.String(20), default=UNTOLD, server_default=UNTOLD)
    about: Mapped[str] = mapped_column(sa.String(1000), default="")


class Membership(Shared, Base):
    """That an account is a member, of which cohort, since when. A member who left keeps the row."""

    __tablename__ = "people_membership"
    __table_args__ = (sa.CheckConstraint(f"cohort in {COHORTS}", name="cohort"),)
    account_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey(ACCOUNT), primary_key=True)
    cohort: Mapped[str] = mapped_column(sa.String(10))
    since: Mapped[date]
    left_on: Mapped[date | None]


class Affiliation(Shared, Base):
    """A member's home tenant, from a day until the day the next one begins; moving keeps the history. One is open at a time."""

    __tablename__ = "people_affiliation"
    __table_args__ = (
        sa.Index(
            "uq_people_affiliation_open", "account_id", unique=True,
            sqlite_where=sa.text("ends_on is null"), postgresql_where=sa.text("ends_on is null"),
        ),
        sa.Index("ix_people_affiliation_account", "account_id"),
        sa.Index("ix_people_affiliation_home", "home_tenant_id", "ends_on"),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
    )  # fmt: skip
    id: Mapped[Id]
    account_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey(ACCOUNT))
    home_tenant_id: Mapped[int] = mapped_column(sa.ForeignKey(TENANT))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(sa.String(300), default="")


class RoleGrant(Shared, Base):
    """A role held at one tenant (the UK site's id: UK-wide), from a day to a day, both included, given for a reason.

    `ends_on` is what was agreed, `ended_at` that somebody ended it: what was agreed is never rewritten. One grant of a
    role at a tenant can be open at a time.
    """

    __tablename__ = "people_role_grant"
    __table_args__ = (
        sa.Index(
            "uq_people_role_grant_open", "account_id", "role", "at_tenant_id", unique=True,
            sqlite_where=sa.text("ended_at is null"), postgresql_where=sa.text("ended_at is null"),
        ),
        sa.Index("ix_people_role_grant_account", "account_id"),
        sa.Index("ix_people_role_grant_tenant", "at_tenant_id", "role"),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
    )  # fmt: skip
    id: Mapped[Id]
    account_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey(ACCOUNT))
    role: Mapped[str] = mapped_column(sa.String(20))
    at_tenant_id: Mapped[int] = mapped_column(sa.ForeignKey(TENANT))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    granted_by: Mapped[IdRef | None]
    granted_at: Mapped[datetime] = mapped_column(default=clock.now)
    reason: Mapped[str] = mapped_column(sa.String(500))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[IdRef | None]
    end_reason: Mapped[str] = mapped_column(sa.String(500), default="")


class CalendarKey(Shared, Base):
    """That somebody's calendar program may read one thing without signing in: `scope` says what. The address holds a token
    whose SHA-256 is here, so that deleting or renewing the row ends it at once. `as_member` ones end with the membership."""

    __tablename__ = "people_calendar_key"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "scope"),
        sa.CheckConstraint(f"scope in {CALENDAR_SCOPES}", name="scope"),
    )
    id: Mapped[Id]
    account_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey(ACCOUNT))
    scope: Mapped[str] = mapped_column(sa.String(10))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    as_member: Mapped[bool]
    made_at: Mapped[datetime]


class SignIn(Shared, Base):
    """One signed-in device. The cookie holds a token whose SHA-256 is here, so that ending the row ends the device at once.

    `idle_until` moves on while the device is used, `expires_at` does not: after it the person signs in again.
    """

    __tablename__ = "people_sign_in"
    __table_args__ = (
        sa.Index("ix_people_sign_in_account", "account_id"),
        sa.Index("ix_people_sign_in_expires", "expires_at"),
    )
    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    account_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey(ACCOUNT))
    device: Mapped[str] = mapped_column(sa.String(120))
    ip: Mapped[str] = mapped_column(sa.String(45), default="")
    remember: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    idle_until: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_how: Mapped[str] = mapped_column(sa.String(20), default="")


class Closure(Shared, Base):
    """That an account is closed and will be erased: opening it again before `begun_at` deletes the row.

    `erased_at` stays, so that whoever restores an old copy of the database knows whom to erase once more. `not_asked` are the
    plugins that were not installed then and still have to erase what they hold; none is None.
    """

    __tablename__ = "people_closure"
    __table_args__ = (sa.Index("ix_people_closure_due", "erased_at", "erase_after"),)
    account_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey(ACCOUNT), primary_key=True)
    asked_at: Mapped[datetime]
    erase_after: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    not_asked: Mapped[list[str] | None] = mapped_column(sa.JSON(none_as_null=True))
