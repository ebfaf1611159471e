"""What a site adds to the national expenses policy, from a day on."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy.exc import IntegrityError

from core.sdk import (
    N_,
    Conflict,
    Forbidden,
    Invalid,
    Refused,
    ScopedSession,
    Visitor,
    clock,
    new_id,
    once,
    record_audit,
    transaction,
)
from plugins.expense_approvals.manifest import TIGHTEN
from plugins.expense_approvals.models import SiteRules
from plugins.expense_approvals.policy.local import OWN
from plugins.expense_approvals.policy.rules import AnyRule
from plugins.expense_approvals.policy.tightening import WORDS, Problem, problems
from plugins.expense_approvals.queries import policies

LONGEST_NOTE = 500
AHEAD = timedelta(days=366)
OWN_NAME = "own_name"
PROBLEMS = {**WORDS, OWN_NAME: N_("Begin the names of this site’s rules with site_.")}
"""Why a rule cannot stand, in a sentence for each code."""


def wrong_with(session: ScopedSession, rules: Sequence[AnyRule], on: date) -> list[Problem]:
    """Why rules cannot be this site's from a day on; empty where all can. Codes are keys of PROBLEMS."""
    national = policies.known(session)(on)
    if national is None:
        return [Problem(rule.key, "unknown") for rule in rules]
    named = [Problem(rule.key, OWN_NAME) for rule in rules if not rule.key.startswith(OWN)]
    return [*named, *problems(national, rules)]


def publish(
    session: ScopedSession, after: int, rules: Sequence[AnyRule], effective_from: date, note: str, visitor: Visitor, form_key: str
) -> int:  # fmt: skip
    """Make `rules` all of this site's own from a day on, in place of those of number `after` (0: of none); their number.

    They hold for costs of days to come alone: nobody is held to a rule that was not there. Raises Forbidden, Conflict, Refused
    (nothing differs), Invalid (`effective_from`, `note`, `text`).
    """
    if not visitor.can(TIGHTEN):
        raise Forbidden(TIGHTEN)
    note = note.strip()
    wrong = {}
    if not clock.today() <= effective_from <= clock.today() + AHEAD:
        wrong["effective_from"] = N_("Choose today or a day of the next twelve months.")
    if not 0 < len(note) <= LONGEST_NOTE:
        wrong["note"] = N_("Say why, in at most 500 characters.")
    if found := wrong_with(session, rules, effective_from):
        wrong["text"] = PROBLEMS[found[0].code]
    if wrong:
        raise Invalid(wrong)
    try:
        with transaction(session):
            key = once(session, form_key, "expense_approvals.site_rules")
            if key.result is not None:
                return int(key.result)
            newest = max(policies.site_versions(session), key=lambda one: one.number, default=None)
            if (newest.number if newest else 0) != after:
                raise Conflict
            if tuple(rules) == (newest.rules if newest else ()):
                raise Refused(N_("Nothing differs from this site’s rules."))
            number = after + 1
            session.add(
                SiteRules(
                    id=new_id(), number=number, effective_from=effective_from, published_at=clock.now(), note=note,
                    published_by=visitor.account_id, content={"rules": [_kept(rule) for rule in rules]},
                )
            )  # fmt: skip
            session.flush()
            record_audit(
                session, actor=visitor.actor(), action="expense_approvals.site_rules", subject=f"site_rules:{number}", why=note,
                after={"rules": [rule.key for rule in rules], "effective_from": effective_from.isoformat()},
            )  # fmt: skip
            key.keep(str(number))
            return number
    except IntegrityError as error:  # somebody was quicker
        raise Conflict from error


def _kept(rule: AnyRule) -> dict[str, object]:
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in rule.model_dump().items()}
