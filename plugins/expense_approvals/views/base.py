"""The two blueprints, and what all pages use."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from flask import Blueprint, g

from core.sdk import (
    N_,
    ExpenseClaim,
    ExpenseLimit,
    ExpenseLine,
    Finding,
    Here,
    Visitor,
    call_hooks,
    clock,
    here,
    pounds,
    say,
    sites,
)
from plugins.expense_approvals.claims.lines import WORDS as REASONS
from plugins.expense_approvals.manifest import MANIFEST
from plugins.expense_approvals.policy.local import Local
from plugins.expense_approvals.policy.rules import Policy, Words
from plugins.expense_approvals.queries import policies as policies_of
from plugins.expense_approvals.queries import preapprovals
from plugins.expense_approvals.queries.budgets import Planned
from plugins.expense_approvals.queries.preapprovals import Asked, AskedLine
from plugins.expense_approvals.service import declaring
from plugins.expense_approvals.settings import Settings, settings_at
from plugins.expense_approvals.words import EVENTS, LOOKS, STATEMENTS, STATES, VEHICLES

blueprint = Blueprint(MANIFEST.name, __name__)
"""Under `/expenses/`, for members."""
manage_blueprint = Blueprint(f"{MANIFEST.name}_manage", __name__)
"""Under `/manage/expenses/`, for approvers and leads."""


class Room(NamedTuple):
    """The routes of the pages on which somebody decides: an approver's, or those of who stands in for one."""

    home: str
    decide: str
    claim_queue: str
    judge: str
    proof: str


DESK = Room(*(f"{manage_blueprint.name}.{page}" for page in Room._fields))
STANDING_IN = Room(*(f"{blueprint.name}.standing_in_{page}" for page in Room._fields))
SHARED: dict[str, Any] = {"states": STATES, "looks": LOOKS, "events": EVENTS, "pounds": pounds, "vehicles": VEHICLES}


def settings_of(context: Here) -> Settings:
    """What is set for this site."""
    return settings_at(context.tenant)


def policies() -> Local:
    """This site's policies as they are known now; read once in a request."""
    if "expense_policies" not in g:
        g.expense_policies = policies_of.local(here().session)
    found: Local = g.expense_policies
    return found


def policy_today() -> Policy:
    """Today's policy: the ones that the platform comes with begin long ago, so there always is one."""
    found = policies()(clock.today())
    assert found is not None
    return found


def in_words(words: Words) -> str:
    """A policy's words in the reader's language."""
    return words.cy if here().language == "cy" else words.en


def names_of_sites() -> dict[int, str]:
    """The names of all sites, by id, in the reader's language."""
    return {site.id: site.named(here().language) for site in sites()}


def titles(policy: Policy) -> dict[str, str]:
    """What the policy's categories are called, by key."""
    return {category.key: in_words(category.title) for category in policy.categories}


def never_covered(policy: Policy) -> str:
    """What the policy's categories are called of which nothing is ever covered, with semicolons between them; "" for none."""
    return "; ".join(in_words(category.title) for category in policy.never)


def named_rules(policy: Policy) -> dict[str, str]:
    """What each rule is about and says, in the reader's language, by its key."""
    about = titles(policy)
    return {
        rule.key: f"{about[rule.category]}: {in_words(rule.words)}" if rule.category in about else in_words(rule.words)
        for rule in policy.rules
    }


FOR_A_PERSON = N_("A person decides about this.")
"""Said of a cost that no rule covers and that is put before a person."""


def told(found: Iterable[Mapping[str, Any]], policy: Policy) -> list[str]:
    """What rules found about a cost, a sentence or two for each: why, and what the rule asks."""
    rules = {rule.key: in_words(rule.words) for rule in policy.rules}
    sentences = []
    for one in found:
        params = {key: pounds(value) if key == "most" else value for key, value in one["params"].items()}
        put_before = one["code"] == "prohibited" and one.get("effect") == "referred"
        reason = FOR_A_PERSON if put_before else REASONS[one["code"]]
        why = say(reason, params)
        sentences.append(f"{why} {rules[one['rule']]}" if one["rule"] in rules else why)
    return sentences


def declaration(activity_id: str, account_id: str | None, *, open_now: bool) -> dict[str, str]:
    """What a page of the visitor's own says while something is open: that their declaration does not stand any more ("" where it
    does), and the words to declare again."""
    own = open_now and account_id == here().visitor.account_id
    missing = own and not preapprovals.declared(here().session, activity_id, account_id)
    return {"undeclared": say(declaring.GONE) if missing else "", "statement": STATEMENTS[declaring.STATEMENT]}


def undeclared(activity_id: str, account_id: str | None) -> str:
    """What keeps everybody from saying yes to what a person asks for: that their declaration does not stand; "" where it does."""
    if preapprovals.declared(here().session, activity_id, account_id):
        return ""
    return say(declaring.GONE_OF_THEIRS)


def partners(claim: ExpenseClaim) -> list[ExpenseLimit | Finding]:
    """What the other plugins of this site say of costs."""
    return [
        *call_hooks("q_expense_limits", claim=claim).values(),
        *call_hooks("q_expense_check", claim=claim).values(),
    ]


def approver_rules(activity: Planned, visitor: Visitor) -> Any:
    """What the other plugins say of a visitor deciding about costs of `activity`."""

    def ask(asked: Asked, lines: list[AskedLine]) -> list[Finding]:
        seen = tuple(
            ExpenseLine(
                line.id,
                line.category,
                line.incurred_on,
                line.asked_p,
                line.allowed_p,
                line.quantity,
                line.miles,
                line.region,
            )
            for line in lines
        )
        claim = ExpenseClaim(asked.id, asked.account_id or "", activity.starts_on, activity.ends_on, seen)
        return list(call_hooks("q_expense_approver_rules", claim=claim, actor=visitor.actor()).values())

    return ask
