"""Which rules a window pins: chosen freely until it opens, afterwards by an amendment with its reason."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.admissions.instants import WindowState
from core.admissions.models import WindowAmendment, WindowRules
from core.admissions.models.deciding import BLINDNESS
from core.admissions.projection import USUAL_APPEAL_DAYS
from core.admissions.queries import policies, shadows, windows
from core.admissions.queries import rules as queries
from core.admissions.queries.rules import Pinned
from core.admissions.rules import Catalogue, checked_config
from core.admissions.rules.canonical import written
from core.admissions.service.usual_rules import Rules, insert, pin_usual
from core.admissions.service.windows import may_manage, reason
from core.data import audit
from core.data.conditional import update_as_seen
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, Refused
from core.kernel.ids import new_id
from core.kernel.text import N_
from core.kernel.views import SYSTEM, Actor

MOST_DAYS = 365
OVER = N_("The decisions of this window are out, or it is cancelled: its rules stay as they are.")
PROMISED = N_(
    "The window has opened, and letters may have told people how long they can appeal: it cannot be made shorter."
)
UNTRIED = N_(
    "These rules were never used at this site. Try them on past cases first, and agree to what they change; then a window can use them."
)
CHANGEABLE = frozenset(WindowState) - {WindowState.RELEASED, WindowState.CANCELLED}
BEGUN = frozenset({WindowState.OPEN, WindowState.GRACE, WindowState.ASSESSING})
"""States in which a change of rules is an amendment."""


def choices(catalogue: Catalogue, plugins: Collection[str], now: Pinned | None) -> dict[str, str]:
    """{`id@version`: title (msgid)} of the packs that a site's window can pin: those of the plugins that are on there, and
    the one it pins already, which stays when its plugin is switched off."""
    found = {pack.ref: pack.title for pack in catalogue.offered(plugins)}
    if now is not None and now.rule in catalogue.packs:
        found.setdefault(now.rule, catalogue.resolve(now.rule).title)
    return found


def checked(session: ScopedSession, catalogue: Catalogue, wanted: Rules) -> Rules:
    """`wanted` with every default of its configuration written out. Raises Invalid by field (ConfigRefused among them), and
    UnknownRule."""
    wrong = {}
    if wanted.blindness not in BLINDNESS:
        wrong["blindness"] = N_("Choose one of the answers")
    for name in ("assess_days", "appeal_days"):
        if not 1 <= getattr(wanted, name) <= MOST_DAYS:
            wrong[name] = N_("Enter a number of days from 1 to 365")
    known = {one.id: one.policy for one in policies.versions(session)}
    if wanted.policy_id not in known:
        wrong["policy_id"] = N_("Choose a version of the national policy")
    if wrong:
        raise Invalid(wrong)
    config = checked_config(catalogue.resolve(wanted.rule), wanted.config, known[wanted.policy_id])
    return Rules(
        wanted.rule, config.model_dump(mode="json"), wanted.policy_id, wanted.blindness, wanted.assess_days, wanted.appeal_days
    )  # fmt: skip


def pin(
    session: ScopedSession, actor: Actor, window_id: str, version: int, wanted: Rules, *,
    catalogue: Catalogue, plugins: Collection[str], why: str = "",
) -> None:  # fmt: skip
    """Pin `wanted` for a window, if what it pins is still at `version` (0 is nothing). `plugins` are those on at the site.

    Raises Forbidden, NotFound, Invalid and ConfigRefused by field (less time to appeal among it, once the window has opened),
    Conflict, and Refused for a window whose decisions are out, or for a pack that was never used at the site and was not tried
    on its past cases.
    """
    may_manage(actor)
    window, now = windows.one(session, window_id), queries.pinned(session, window_id)
    state = window.now
    if state not in CHANGEABLE:
        raise Refused(OVER)
    if (now.version if now is not None else 0) != version:
        raise Conflict
    if wanted.rule not in choices(catalogue, plugins, now):
        raise Invalid({"rule": N_("Choose one of the rules that are switched on at this site")})
    wanted = checked(session, catalogue, wanted)
    amends = state in BEGUN and now is not None
    # whether or not a letter is out: whoever pins may be in conflict with the only one
    if state in BEGUN and wanted.appeal_days < (now.appeal_days if now is not None else USUAL_APPEAL_DAYS):
        raise Invalid({"appeal_days": PROMISED})
    why = reason(why) if amends else why.strip()
    before = Rules.of(now).told() if now is not None else {}
    after = wanted.told()
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    if not changed:
        raise Invalid({}, N_("Nothing is different."))
    with transaction(session):
        if now is None:
            _first(session, actor, window_id, wanted)
        else:
            _step(session, actor, now, wanted)
        if shadows.untried(session, wanted.rule, written(dict(wanted.config)), wanted.policy_id):
            raise Refused(UNTRIED)
        if now is None:
            return
        was, becomes = ({key: one[key] for key in changed if key in one} for one in (before, after))
        if amends:
            _amend(session, actor, window_id, was, becomes, why)
        audit.record(
            session, actor=actor, action="window.pin", subject=f"window:{window_id}", before=was, after=becomes, why=why
        )  # fmt: skip


def _first(session: ScopedSession, actor: Actor, window_id: str, wanted: Rules) -> None:
    try:
        with session.begin_nested():
            insert(session, actor, window_id, wanted)
    except IntegrityError:  # somebody pinned at the same moment
        raise Conflict from None


def _step(session: ScopedSession, actor: Actor, now: Pinned, wanted: Rules) -> None:
    """The conditional update that a change begins with. Raises NotFound and Conflict."""
    update_as_seen(
        session, WindowRules, WindowRules.id == now.id, now.version, pinned_by=actor.account_id, pinned_at=clock.now(), **wanted.values()
    )  # fmt: skip


def _amend(
    session: ScopedSession, actor: Actor, window_id: str, before: Mapping[str, Any], after: Mapping[str, Any], why: str
) -> None:
    entry = {
        "id": new_id(), "tenant_id": session.scope.tenant_id, "window_id": window_id, "at": clock.now(),
        "by": actor.account_id, "before": before, "after": after, "why": why,
    }  # fmt: skip
    session.execute(sa.insert(WindowAmendment), [entry])


def pin_missing(session: ScopedSession) -> int:
    """Give the usual rules to the site's published windows that pin none; how many. Raises Refused as `pin_usual` does."""
    missing = queries.without_rules(session)
    if not missing:
        return 0
    with transaction(session):
        for window_id in missing:
            pin_usual(session, SYSTEM, window_id)
    return len(missing)
