"""The one door for plugins: everything else in `core` may change without notice, what is named here may not."""

from flask_limiter.errors import RateLimitExceeded

from core.admissions.downloads import filesize, store_of
from core.admissions.downloads import sent as send_file
from core.admissions.measure.disclosure import FEWEST_SHOWN
from core.admissions.measure.suppression import put_together
from core.admissions.rules import (
    Assessment,
    Bounds,
    Input,
    NationalPolicy,
    Outcome,
    PolicyException,
    Proposal,
    Reason,
    RuleConfig,
    RuleSet,
    Score,
    Snapshot,
    WindowFigures,
    reckoning,
)
from core.data import upserts
from core.data.audit import record as record_audit
from core.data.audit import record_each as record_audit_each
from core.data.base import Base, Id, IdRef, Shared, TenantOwned, another, tenant_args, tenant_fk
from core.data.conditional import update_as_seen
from core.data.files import Store, new_key
from core.data.idempotency import Once, once
from core.data.listing import caseless, contains_words, ordered
from core.data.resealing import reseal
from core.data.sealing import Sealer, Unreadable
from core.data.session import ScopedSession, after_commit, transaction
from core.hooks.manifest import SDK_VERSION, Manifest, PermissionSpec
from core.hooks.spec import hookimpl
from core.kernel import calendars, clock, wall_clock
from core.kernel.errors import Conflict, Declined, DomainError, Forbidden, Invalid, NotFound, Refused
from core.kernel.findings import Finding, Verdict, lowest, worst
from core.kernel.ids import is_id, new_id, new_token
from core.kernel.money import MOST_PENCE, pence_typed, plain_pounds, pounds, rounded, thousandths_typed
from core.kernel.numbers import whole_number
from core.kernel.permissions import Role
from core.kernel.states import STATE_CHANGED, StateMachine, Transition
from core.kernel.text import N_, is_one_line, one_line
from core.kernel.uploads import KINDS as FILE_KINDS
from core.kernel.uploads import Upload, cleaned
from core.kernel.views import (
    SYSTEM,
    Actor,
    EventRef,
    ExpenseClaim,
    ExpenseLimit,
    ExpenseLine,
    FieldProblem,
    Fragment,
    NavItem,
    OpenWork,
    Person,
    Renewed,
    SubjectName,
    TenantRef,
    Touched,
    TouchedThing,
)
from core.people.calendars import Reader, reader_of
from core.people.calendars import made_at as calendar_keys_made_at
from core.people.emails import is_address
from core.people.emails import normal as normal_email
from core.people.forms import OwnPasswordForm
from core.people.limits import guesses as password_tries
from core.people.limits import reads as reads_by_token
from core.people.limits import uploads as uploads_limited
from core.people.models import AREA as AREA_CALENDAR
from core.people.queries import holders, roles_of
from core.people.reach import Known, address_of, is_closed, members_named, members_today, people_by_id, person_by_email
from core.people.sectors import SECTORS
from core.people.service import calendar_keys
from core.people.views.step_up import prove_password
from core.tenancy import noticeboard, shelf
from core.tenancy.directory import TenantSnapshot, is_on
from core.web import charts
from core.web.access import needs, public, signed_in, while_off
from core.web.contact import contact_address
from core.web.context import Here, Visitor, here
from core.web.everywhere import every_site
from core.web.feeds import feed_response
from core.web.forms import (
    Form,
    NotBlank,
    OnOneClock,
    SecretField,
    kept_on,
    key_sent,
    next_version,
    stripped,
    version_sent,
)
from core.web.i18n import gettext, lazy_gettext, month_year, ngettext, say
from core.web.letters import Letter, in_language, invited, root_of, send_letter, site_of
from core.web.listing import Listing
from core.web.lists import in_memory, listed, searched
from core.web.pages import call_hooks, event_links, redirect_with, render, sealer, sites
from core.web.sent import form_has
from core.web.sheets import Column, Sheet
from core.web.sheets import cell as csv_cell
from core.web.site import map_of, site_names
from core.web.unchanged import revalidated, shows_others
from core.work import GiveUp, enqueue, every, hold, job
from core.work.mail import SENT_WITHIN
from core.work.queries import MailState, mail_states

__all__ = [
    "AREA_CALENDAR",
    "FEWEST_SHOWN",
    "FILE_KINDS",
    "MOST_PENCE",
    "N_",
    "SDK_VERSION",
    "SECTORS",
    "SENT_WITHIN",
    "STATE_CHANGED",
    "SYSTEM",
    "Actor",
    "Assessment",
    "Base",
    "Bounds",
    "Column",
    "Conflict",
    "Declined",
    "DomainError",
    "EventRef",
    "ExpenseClaim",
    "ExpenseLimit",
    "ExpenseLine",
    "FieldProblem",
    "Finding",
    "Forbidden",
    "Form",
    "Fragment",
    "GiveUp",
    "Here",
    "Id",
    "IdRef",
    "Input",
    "Invalid",
    "Known",
    "Letter",
    "Listing",
    "MailState",
    "Manifest",
    "NationalPolicy",
    "NavItem",
    "NotBlank",
    "NotFound",
    "OnOneClock",
    "Once",
    "OpenWork",
    "Outcome",
    "OwnPasswordForm",
    "PermissionSpec",
    "Person",
    "PolicyException",
    "Proposal",
    "RateLimitExceeded",
    "Reader",
    "Reason",
    "Refused",
    "Renewed",
    "Role",
    "RuleConfig",
    "RuleSet",
    "ScopedSession",
    "Score",
    "Sealer",
    "SecretField",
    "Shared",
    "Sheet",
    "Snapshot",
    "StateMachine",
    "Store",
    "SubjectName",
    "TenantOwned",
    "TenantRef",
    "TenantSnapshot",
    "Touched",
    "TouchedThing",
    "Transition",
    "Unreadable",
    "Upload",
    "Verdict",
    "Visitor",
    "WindowFigures",
    "address_of",
    "after_commit",
    "another",
    "calendar_keys",
    "calendar_keys_made_at",
    "calendars",
    "call_hooks",
    "caseless",
    "charts",
    "cleaned",
    "clock",
    "contact_address",
    "contains_words",
    "csv_cell",
    "enqueue",
    "event_links",
    "every",
    "every_site",
    "feed_response",
    "filesize",
    "form_has",
    "gettext",
    "here",
    "hold",
    "holders",
    "hookimpl",
    "in_language",
    "in_memory",
    "invited",
    "is_address",
    "is_closed",
    "is_id",
    "is_on",
    "is_one_line",
    "job",
    "kept_on",
    "key_sent",
    "lazy_gettext",
    "listed",
    "lowest",
    "mail_states",
    "map_of",
    "members_named",
    "members_today",
    "month_year",
    "needs",
    "new_id",
    "new_key",
    "new_token",
    "next_version",
    "ngettext",
    "normal_email",
    "noticeboard",
    "once",
    "one_line",
    "ordered",
    "password_tries",
    "pence_typed",
    "people_by_id",
    "person_by_email",
    "plain_pounds",
    "pounds",
    "prove_password",
    "public",
    "put_together",
    "reader_of",
    "reads_by_token",
    "reckoning",
    "record_audit",
    "record_audit_each",
    "redirect_with",
    "render",
    "reseal",
    "revalidated",
    "roles_of",
    "root_of",
    "rounded",
    "say",
    "sealer",
    "searched",
    "send_file",
    "send_letter",
    "shelf",
    "shows_others",
    "signed_in",
    "site_names",
    "site_of",
    "sites",
    "store_of",
    "stripped",
    "tenant_args",
    "tenant_fk",
    "thousandths_typed",
    "transaction",
    "update_as_seen",
    "uploads_limited",
    "upserts",
    "version_sent",
    "wall_clock",
    "while_off",
    "whole_number",
    "worst",
]
