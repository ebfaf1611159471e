"""Every hook of the platform. `plugins/HOOKS.md` is generated from this file.

Arguments are keyword-only frozen views. An implementation names only the arguments it wants and returns None when it
has nothing to say.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pluggy

from core.kernel.findings import Finding
from core.kernel.views import (
    Actor,
    EventRef,
    ExpenseClaim,
    ExpenseLimit,
    FieldProblem,
    Fragment,
    NavItem,
    OpenWork,
    Person,
    Renewed,
    SubjectName,
    TenantRef,
    Touched,
)

PROJECT = "q_platform"
_spec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Gate(Enum):
    """Which plugins a call reaches."""

    BOOT = "every plugin that loaded, once, when the application is built"
    TARGET = "the one plugin concerned"
    ENABLED = "the plugins that are on for the tenant"
    EVER = "the plugins that were ever on for the tenant: their data is still there"


class OnError(Enum):
    """What happens when an implementation raises or answers the wrong type."""

    RAISE = "the operation is undone and whoever asked for it is told"
    ISOLATE = "logged, counted and shown to the central team; the page still renders"
    REFER = "becomes a finding that a person must decide; never an approval"


@dataclass(frozen=True, slots=True)
class HookMeta:
    """The terms of one hook. `item` is the type each answered item must have (None: the hook answers nothing). `waited_for` says
    whether somebody waits for a page meanwhile: then an implementation that is slow again and again is named."""

    name: str
    gate: Gate
    on_error: OnError
    since: str
    item: type | None
    doc: str
    waited_for: bool = True


HOOKS: dict[str, HookMeta] = {}


def hook(
    *, gate: Gate, on_error: OnError, since: str, item: type | None, waited_for: bool = True
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a hook with its gate, its error policy and the type of the items it answers."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        name, doc = function.__name__, function.__doc__ or ""
        HOOKS[name] = HookMeta(name, gate, on_error, since, item, doc, waited_for)
        return _spec(function)

    return declare


@hook(gate=Gate.BOOT, on_error=OnError.ISOLATE, since="1.0", item=object)
def q_blueprints() -> Iterable[Any]:
    """Flask blueprints with the plugin's routes; each is mounted at `/<url_name>` and named after the plugin."""


@hook(gate=Gate.BOOT, on_error=OnError.ISOLATE, since="1.0", item=object)
def q_manage_blueprints() -> Iterable[Any]:
    """Flask blueprints with the pages for whoever runs a site; each is mounted at `/manage/<url_name>`, is named after the
    plugin with `_manage` behind it, and its every view needs a permission of the plugin's own.
    """


@hook(gate=Gate.TARGET, on_error=OnError.RAISE, since="1.0", item=None)
def q_tenant_enabled(tenant: TenantRef, actor: Actor) -> None:
    """The plugin is being switched on for `tenant`, inside the transaction that does it; raise `Refused(N_("…"))` to prevent it, with
    the reason that is shown.

    It is given no session: what a site needs is made when it is first used there. A plugin of level `platform` hears it once, for the UK site.
    """


@hook(gate=Gate.TARGET, on_error=OnError.ISOLATE, since="1.0", item=None)
def q_tenant_disabled(tenant: TenantRef, actor: Actor) -> None:
    """The plugin is being switched off for `tenant` (level `platform`: for the UK site, once). Its data stays."""


@hook(gate=Gate.TARGET, on_error=OnError.ISOLATE, since="1.0", item=Touched)
def q_switch_off_touches(session: Any, tenants: tuple[TenantRef, ...], limit: int) -> Iterable[Touched]:
    """What people at `tenants` count on that could not be opened if the plugin were switched off: one item for each sort of
    thing at all of them, with at most `limit` of the things, the soonest of all first.

    It is shown before the switch, to whoever is about to confirm it; nothing has been changed yet. One site is asked about or, of a
    plugin of level `platform`, every site at once: `session` then reads the rows of just these, as for `q_open_work`, in as many
    statements as for one.
    """


@hook(gate=Gate.TARGET, on_error=OnError.RAISE, since="1.0", item=FieldProblem)
def q_settings_problems(tenant: TenantRef, settings: Any) -> Iterable[FieldProblem]:
    """Problems with validated `settings` that only the plugin can see, for instance two values that disagree."""


@hook(gate=Gate.TARGET, on_error=OnError.ISOLATE, since="1.0", item=tuple)
def q_settings_upgrade(settings: Mapping[str, Any], from_version: int) -> Iterable[tuple[str, Any]]:
    """Settings kept while the manifest's `settings_version` was `from_version`, as (name, value) pairs of the present one: all of
    them, but for those that begin as new. It may be several versions ago.

    They are JSON values, asked for whenever a site is read, until somebody changes them; a site whose settings could not be brought
    to the present version is without the plugin until they are mended by hand.
    """


@hook(gate=Gate.ENABLED, on_error=OnError.ISOLATE, since="1.0", item=NavItem)
def q_nav_items(tenant: TenantRef) -> Iterable[NavItem]:
    """Links for the site's main navigation; one that is `signed_in` is shown to who is signed in alone."""


@hook(gate=Gate.ENABLED, on_error=OnError.ISOLATE, since="1.0", item=NavItem)
def q_manage_items(tenant: TenantRef, actor: Actor) -> Iterable[NavItem]:
    """Links beside the pages for running a site, for somebody who may use them: one for each room of the plugin's."""


@hook(gate=Gate.ENABLED, on_error=OnError.ISOLATE, since="1.0", item=Fragment)
def q_page_fragments(session: Any, tenant: TenantRef, actor: Actor, place: str) -> Iterable[Fragment]:
    """Pieces for a named place of a page: `home.main`, `home.aside` or `manage.main`."""


@hook(gate=Gate.ENABLED, on_error=OnError.ISOLATE, since="1.0", item=OpenWork)
def q_open_work(session: Any, tenants: tuple[TenantRef, ...]) -> Iterable[OpenWork]:
    """What waits for somebody at each of `tenants`, for partner leads and the central team: one item for each sort of thing at each
    of them.

    A site's own pages ask for that site alone, the central team's table for all sites at once where the plugin is on: `session` then
    reads the rows of just these, through the ORM and without changing any. Count `group_by(Model.tenant_id)`, in as many statements
    for many sites as for one.
    """


@hook(gate=Gate.TARGET, on_error=OnError.ISOLATE, since="1.0", item=SubjectName)
def q_audit_subjects(session: Any, ids: frozenset[str]) -> Iterable[SubjectName]:
    """What the plugin's own entries of the audit trail were about, by name: of `ids`, those that it knows, in a number of
    statements that does not depend on how many there are.

    Whoever may read the trail reads the names: a title or a reference will do, but nobody's name, and nothing that somebody
    answered or gave as a reason. On the central team's trail `session` reaches every site. It is asked while it is off, too.
    """


@hook(gate=Gate.ENABLED, on_error=OnError.REFER, since="1.0", item=Finding)
def q_event_publish_check(tenant: TenantRef, event: EventRef, actor: Actor) -> Iterable[Finding]:
    """Findings about publishing an event: deny, refer to a partner lead, or allow; the worst one counts."""


@hook(gate=Gate.ENABLED, on_error=OnError.ISOLATE, since="1.0", item=NavItem)
def q_event_links(tenant: TenantRef, event: EventRef, actor: Actor) -> Iterable[NavItem]:
    """Links beside an event that is still to come, for somebody signed in who sees it: what else this plugin does about it.

    The event's page is asked for often, so nothing is read for a link: the page that it leads to looks.
    """


@hook(gate=Gate.ENABLED, on_error=OnError.REFER, since="1.0", item=ExpenseLimit)
def q_expense_limits(tenant: TenantRef, claim: ExpenseClaim) -> Iterable[ExpenseLimit]:
    """The most that this site would cover of a claim's lines. The lowest of all limits and of the policy counts: a limit can
    lower what is allowed, never raise it.
    """


@hook(gate=Gate.ENABLED, on_error=OnError.REFER, since="1.0", item=Finding)
def q_expense_check(tenant: TenantRef, claim: ExpenseClaim) -> Iterable[Finding]:
    """Findings about a claim: deny keeps it from being sent, refer puts it before a person; the worst one counts, and none
    approves.
    """


@hook(gate=Gate.ENABLED, on_error=OnError.REFER, since="1.0", item=Finding)
def q_expense_approver_rules(tenant: TenantRef, claim: ExpenseClaim, actor: Actor) -> Iterable[Finding]:
    """Findings about `actor` deciding a claim, beside the separation of duties: deny keeps this person from it, refer leaves it
    to the central team; none lets anybody decide who may not.
    """


@hook(gate=Gate.BOOT, on_error=OnError.ISOLATE, since="1.0", item=object)
def q_rule_sets() -> Iterable[Any]:
    """Rule packs (`core.sdk.RuleSet`) for assessing applications, each under an `id@version` of its own.

    An id that two plugins claim is refused to both. A window may pin those of the plugins that are on for its site; a pinned
    one keeps its place when the plugin is switched off.
    """


@hook(gate=Gate.EVER, on_error=OnError.RAISE, since="1.0", item=tuple)
def q_export_person_data(session: Any, tenant: TenantRef, account_id: str) -> Iterable[tuple[str, Any]]:
    """Everything this plugin holds about one person at one tenant, as (heading, JSON value) pairs."""


@hook(gate=Gate.EVER, on_error=OnError.RAISE, since="1.0", item=str)
def q_erase_person_data(session: Any, tenant: TenantRef, account_id: str, dry_run: bool) -> Iterable[str]:
    """Erase (or, with `dry_run`, say what would be erased) what this plugin holds about one person; one line each."""


@hook(gate=Gate.EVER, on_error=OnError.RAISE, since="1.0", item=Renewed, waited_for=False)
def q_renew_sealed(session: Any, tenant: TenantRef) -> Iterable[Renewed]:
    """Write anew with the present secret key what this plugin sealed or marked at one tenant with the key before
    (`core.sdk.reseal`): one item for each sort of row.

    `qplatform keys renew` asks, while the site is up: in short transactions of the plugin's own, some rows in each. It may be
    interrupted and asked again, and then changes what is still to be changed.
    """


@hook(gate=Gate.ENABLED, on_error=OnError.RAISE, since="1.0", item=None, waited_for=False)
def q_demonstration(session: Any, tenant: TenantRef, people: Iterable[Person]) -> None:
    """Fill the plugin's part of the demonstration for one tenant: `people` are its members, the first its organiser."""


def hooks_markdown() -> str:
    """`plugins/HOOKS.md`: every hook with its exact signature, gate, error policy and meaning."""
    import inspect  # only the documentation needs it

    lines = [
        "# Hooks",
        "",
        "Generated from `core/hooks/spec.py` by `qplatform plugins hooks`; a test fails when it is stale.",
        "",
    ]
    for meta in HOOKS.values():
        signature = str(inspect.signature(globals()[meta.name]))
        lines += [
            f"## `{meta.name}{signature}`",
            "",
            " ".join(meta.doc.split()),
            "",
            f"- Reaches: {meta.gate.value}.",
            f"- On error: {meta.on_error.value}.",
            f"- Since: SDK {meta.since}.",
            "",
        ]
    return "\n".join(lines)
