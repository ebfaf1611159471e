"""Tenants, which plugins are on for each, the history of both, and the two shelves that tenants share."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.data.base import Base, Id, IdRef, Shared
from core.kernel.calendars import STATUSES


class Tenant(Shared, Base):
    """A partner's site; the UK site is the row with kind `uk`. `config_version` rises with every change that pages depend on."""

    __tablename__ = "tenancy_tenant"
    __table_args__ = (sa.CheckConstraint("kind in ('uk', 'nation', 'region')", name="kind"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(sa.String(60), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    name_cy: Mapped[str] = mapped_column(sa.String(120))
    partner: Mapped[str] = mapped_column(sa.String(160))
    kind: Mapped[str] = mapped_column(sa.String(10))
    position: Mapped[int]
    details: Mapped[dict[str, Any]]
    config_version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]


class PluginState(Shared, Base):
    """One plugin at one tenant: on or off, ever on, its settings as last applied, and what the central team decided to leave to
    the partner (none: what the plugin's manifest proposes; see `core.tenancy.left`).

    `ever_everywhere`, at the UK site: it was on, here or there, when it was the whole platform's, so that it may hold something at
    every site, whatever its level becomes."""

    __tablename__ = "tenancy_plugin_state"
    __table_args__ = (sa.UniqueConstraint("at_tenant_id", "plugin"),)
    id: Mapped[Id]
    at_tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenancy_tenant.id"))
    plugin: Mapped[str] = mapped_column(sa.String(60))
    enabled: Mapped[bool]
    ever_enabled: Mapped[bool]
    ever_everywhere: Mapped[bool] = mapped_column(default=False)
    settings: Mapped[dict[str, Any]]
    settings_version: Mapped[int]
    left_to_partner: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    revision: Mapped[int]


class PluginRevision(Shared, Base):
    """One change of a PluginState, with who and why: what the console shows, compares and reverts to."""

    __tablename__ = "tenancy_plugin_revision"
    __table_args__ = (sa.UniqueConstraint("at_tenant_id", "plugin", "revision"),)
    id: Mapped[Id]
    at_tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenancy_tenant.id"))
    plugin: Mapped[str] = mapped_column(sa.String(60))
    revision: Mapped[int]
    at: Mapped[datetime]
    actor_id: Mapped[IdRef | None]
    why: Mapped[str] = mapped_column(sa.String(500))
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]


class NoticeCard(Shared, Base):
    """The noticeboard: what a tenant shows to others. Written in the transaction that publishes the thing itself.

    `uid` and `sequence` are as iCalendar wants them (uid "" for what is in no calendar, and what was withdrawn); `cancelled` says that a card came
    down because its thing will not take place. `tags` are what it is about, each between two line breaks.
    """

    __tablename__ = "tenancy_notice_card"
    __table_args__ = (
        sa.UniqueConstraint("origin_tenant_id", "plugin", "ref"),
        sa.CheckConstraint("audience in ('uk', 'public')", name="audience"),
        sa.Index("ix_tenancy_notice_card_list", "withdrawn_at", "ends_at"),
    )
    id: Mapped[Id]
    origin_tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenancy_tenant.id"))
    plugin: Mapped[str] = mapped_column(sa.String(60))
    ref: Mapped[IdRef]
    kind: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str] = mapped_column(sa.String(200))
    summary: Mapped[str] = mapped_column(sa.String(500))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(sa.String(200))
    path: Mapped[str] = mapped_column(sa.String(300))
    audience: Mapped[str] = mapped_column(sa.String(10))
    online: Mapped[bool] = mapped_column(default=False)
    tags: Mapped[str] = mapped_column(sa.String(800), default="")
    uid: Mapped[str] = mapped_column(sa.String(64), default="")
    sequence: Mapped[int] = mapped_column(default=0)
    cancelled: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class ShelfItem(Shared, Base):
    """My items: one thing that concerns one person, whichever tenant it came from.

    What also belongs into the person's calendar says so: `calendar_status` is its status there ("" for what has no place in one),
    `uid` and `sequence` are as iCalendar wants them, `join_href` is how this person takes part online. `title_is_message` tells a
    title that is said in the reader's language from one that somebody wrote, which is shown as it is.
    """

    __tablename__ = "tenancy_shelf_item"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "origin_tenant_id", "plugin", "ref"),
        sa.CheckConstraint(f"calendar_status in {('', *STATUSES)}", name="calendar_status"),
        sa.CheckConstraint(
            "calendar_status = '' or (\"when\" is not null and ends_at is not null)", name="calendar_time"
        ),
        sa.Index("ix_tenancy_shelf_item_person", "account_id", "when"),
    )
    id: Mapped[Id]
    account_id: Mapped[IdRef]
    origin_tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenancy_tenant.id"))
    plugin: Mapped[str] = mapped_column(sa.String(60))
    ref: Mapped[IdRef]
    kind: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str] = mapped_column(sa.String(200))
    title_is_message: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(sa.String(40))
    when: Mapped[datetime | None]
    path: Mapped[str] = mapped_column(sa.String(300))
    needs_action: Mapped[bool]
    calendar_status: Mapped[str] = mapped_column(sa.String(10), default="")
    uid: Mapped[str] = mapped_column(sa.String(64), default="")
    sequence: Mapped[int] = mapped_column(default=0)
    ends_at: Mapped[datetime | None]
    place: Mapped[str] = mapped_column(sa.String(200), default="")
    join_href: Mapped[str] = mapped_column(sa.String(500), default="")
    changed_at: Mapped[datetime]
