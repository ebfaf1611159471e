"""The console's lists as files: which columns each has. What a page shows of a row, its file says too."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app

from core.console.actions import title_of
from core.console.queries import ROLES, Trail
from core.console.rounds import called
from core.data.audit import AuditEntry
from core.kernel.permissions import ROLE_TITLES
from core.kernel.text import N_
from core.people.models import COHORT_TITLES
from core.web.context import here
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.pages import registry
from core.web.sheets import Column, Sheet

VERSIONED = frozenset({"compact", "form", "policy", "site_rules"})
"""Subjects of which there are versions, by number."""


def site_name(tenant_id: int | None) -> str:
    """A tenant's name in the reader's language, empty where there is none."""
    found = current_app.extensions["q.directory"].by_id(tenant_id or 0)
    return str(found.named(here().language)) if found is not None else ""


def _place(tenant_id: int) -> str:
    found = current_app.extensions["q.directory"].by_id(tenant_id)
    return _("UK-wide") if found is not None and found.kind == "uk" else site_name(tenant_id)


def action_title(code: str) -> str:
    """What was done, in the reader's language; the code itself where it has no title here."""
    title = title_of(registry(), code)
    return say(title) if title else code


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One entry of the audit trail with the name of who did it, and what it was about in words: each empty where there is none."""

    entry: AuditEntry
    who: str
    about: str


def trail_lines(found: Trail, named: Mapping[str, str]) -> Iterator[TrailLine]:
    """The lines of a page or of a block; `named` says by an entry's id what it was about, where somebody knows that."""
    for entry in found.entries:
        words = named.get(entry.id) or _person(found, entry) or _by_itself(entry.action, entry.subject)
        yield TrailLine(entry, found.names.get(entry.actor_id or "", ""), words)


def _person(found: Trail, entry: AuditEntry) -> str:
    """Who an entry was about, by name: whoever holds a role, and who did something about themselves. Who else stands on the page
    makes no difference."""
    told = entry.action.startswith(ROLES) or entry.subject == entry.actor_id
    return found.names.get(entry.subject, "") if told else ""


def _by_itself(action: str, subject: str) -> str:
    """What an action was about, in words, where its subject says that by itself; empty where it is an id of something."""
    kind, _colon, number = subject.partition(":")
    if action == "plugin.configure" and subject in registry().plugins:
        return say(registry().plugins[subject].manifest.title)
    if action == "tenant.create":
        found = current_app.extensions["q.directory"].by_slug(subject)
        return str(found.named(here().language)) if found is not None else ""
    return _("Version %(number)s", number=number) if kind in VERSIONED and number.isdecimal() else ""


def account_state(row: Any) -> str:
    """How an account stands, in words."""
    if row.disabled_at:
        return _("Closed")
    return _("Open") if row.confirmed_at else _("Not confirmed")


MEMBERS = Sheet(
    "members",
    (
        Column(N_("Name"), lambda row: row.name),
        Column(N_("Job title"), lambda row: row.job_title),
        Column(N_("Organisation"), lambda row: row.organisation),
        Column(N_("Town or area"), lambda row: row.locality),
        Column(N_("Cohort"), lambda row: say(COHORT_TITLES[row.cohort])),
        Column(N_("Member since"), lambda row: row.since),
    ),
    personal=True,
)
GRANTS = Sheet(
    "roles",
    (
        Column(N_("Name"), lambda row: row.name),
        Column(N_("Email address"), lambda row: row.email),
        Column(N_("Role"), lambda row: say(ROLE_TITLES[row.role])),
        Column(N_("Where"), lambda row: _place(row.at_tenant_id)),
        Column(N_("From"), lambda row: row.starts_on),
        Column(N_("To"), lambda row: row.ends_on),
        Column(N_("Reason"), lambda row: row.reason),
    ),
    personal=True,
)
PEOPLE = Sheet(
    "people",
    (
        Column(N_("Name"), lambda row: row.name),
        Column(N_("Email address"), lambda row: row.email),
        Column(N_("Home partner"), lambda row: site_name(row.home_tenant_id)),
        Column(N_("Made"), lambda row: row.created_at),
        Column(N_("Last signed in"), lambda row: row.signed_in_at),
        Column(N_("State"), account_state),
    ),
    personal=True,
)
SITES = Sheet(
    "sites",
    (
        Column(N_("Site"), lambda line: site_name(line.row.id)),
        Column(N_("Members"), lambda line: line.row.members),
        Column(N_("Plugins on"), lambda line: ", ".join(line.row.on)),
        Column(N_("Open work"), lambda line: line.waiting),
        Column(N_("Last change"), lambda line: line.row.changed_at),
    ),
    personal=False,
)
PLUGINS = Sheet(
    "plugins",
    (
        Column(N_("Plugin"), lambda row: say(row.title)),
        Column(N_("Version"), lambda row: row.version),
        Column(N_("On at"), lambda row: row.on),
        Column(N_("Whole platform"), lambda row: row.platform_wide),
        Column(N_("What went wrong"), lambda row: row.error),
    ),
    personal=False,
)
JOBS = Sheet(
    "failed-jobs",
    (
        Column(N_("Job"), lambda row: called(row.name)),
        Column(N_("Name"), lambda row: row.name),
        Column(N_("Site"), lambda row: site_name(row.at_tenant_id) or _("The platform")),
        Column(N_("When"), lambda row: row.failed_at),
        Column(N_("Tries"), lambda row: row.attempts),
        Column(N_("State"), lambda row: row.state),
        Column(N_("What went wrong"), lambda row: row.error),
        Column(N_("Where"), lambda row: row.place),
    ),
    personal=False,
)
TRAIL = Sheet(
    "audit",
    (
        Column(N_("When"), lambda line: line.entry.at),
        Column(N_("Site"), lambda line: site_name(line.entry.tenant_id)),
        Column(N_("Who"), lambda line: line.who or line.entry.actor_id or line.entry.actor_name),
        Column(N_("Action"), lambda line: action_title(line.entry.action)),
        Column(N_("Code"), lambda line: line.entry.action),
        Column(N_("About"), lambda line: line.entry.subject),
        Column(N_("About, in words"), lambda line: line.about),
        Column(N_("Before"), lambda line: line.entry.before),
        Column(N_("After"), lambda line: line.entry.after),
        Column(N_("Reason"), lambda line: line.entry.why),
    ),
    personal=True,
)
