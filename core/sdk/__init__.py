"""The one door for plugins: everything else in `core` may change without notice, what is named here may not."""

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
from core.data.audit import record as record_audit
from core.data.base import Base, Id, IdRef, TenantOwned, tenant_args, tenant_fk
from core.data.idempotency import Once, once
from core.data.sealing import Sealer, Unreadable
from core.data.session import ScopedSession, after_commit, transaction
from core.hooks.manifest import SDK_VERSION, Manifest, PermissionSpec
from core.hooks.spec import hookimpl
from core.kernel import clock
from core.kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Refused
from core.kernel.findings import Finding, Verdict, lowest, worst
from core.kernel.ids import is_id, new_id, new_token
from core.kernel.money import MOST_PENCE, pence_typed, plain_pounds, pounds, rounded, thousandths_typed
from core.kernel.permissions import Role
from core.kernel.states import StateMachine, Transition
from core.kernel.text import N_
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
    TenantRef,
)
from core.people.emails import normal as normal_email
from core.people.reach import Known, people_by_id, person_by_email
from core.tenancy import noticeboard, shelf
from core.tenancy.directory import TenantSnapshot
from core.web.access import needs, public, signed_in
from core.web.context import Here, Visitor, here
from core.web.forms import DayField, Form, NotBlank, stripped
from core.web.i18n import gettext, lazy_gettext, ngettext, say
from core.web.letters import Letter, in_language, root_of, send_letter, site_of
from core.web.listing import Listing
from core.web.lists import in_memory, listed, searched
from core.web.pages import call_hooks, redirect_with, render, sealer
from core.web.sheets import Column, Sheet
from core.web.sheets import cell as csv_cell
from core.web.unchanged import revalidated
from core.work import GiveUp, enqueue, every, job

__all__ = [
    "MOST_PENCE",
    "N_",
    "SDK_VERSION",
    "SYSTEM",
    "Actor",
    "Assessment",
    "Base",
    "Bounds",
    "Column",
    "Conflict",
    "DayField",
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
    "Manifest",
    "NationalPolicy",
    "NavItem",
    "NotBlank",
    "NotFound",
    "Once",
    "OpenWork",
    "Outcome",
    "PermissionSpec",
    "Person",
    "PolicyException",
    "Proposal",
    "Reason",
    "Refused",
    "Role",
    "RuleConfig",
    "RuleSet",
    "ScopedSession",
    "Score",
    "Sealer",
    "Sheet",
    "Snapshot",
    "StateMachine",
    "TenantOwned",
    "TenantRef",
    "TenantSnapshot",
    "Transition",
    "Unreadable",
    "Verdict",
    "Visitor",
    "WindowFigures",
    "after_commit",
    "call_hooks",
    "clock",
    "csv_cell",
    "enqueue",
    "every",
    "gettext",
    "here",
    "hookimpl",
    "in_language",
    "in_memory",
    "is_id",
    "job",
    "lazy_gettext",
    "listed",
    "lowest",
    "needs",
    "new_id",
    "new_token",
    "ngettext",
    "normal_email",
    "noticeboard",
    "once",
    "pence_typed",
    "people_by_id",
    "person_by_email",
    "plain_pounds",
    "pounds",
    "public",
    "reckoning",
    "record_audit",
    "redirect_with",
    "render",
    "revalidated",
    "root_of",
    "rounded",
    "say",
    "sealer",
    "searched",
    "send_letter",
    "shelf",
    "signed_in",
    "site_of",
    "stripped",
    "tenant_args",
    "tenant_fk",
    "thousandths_typed",
    "transaction",
    "worst",
]
