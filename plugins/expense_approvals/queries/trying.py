"""A policy that is not published, tried on what members asked for and claimed in the last twelve months."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from core.sdk import ScopedSession, clock
from plugins.expense_approvals.claims.changes import DryRun, Past, dry_run, together
from plugins.expense_approvals.claims.evaluator import PolicyOn
from plugins.expense_approvals.policy.history import Known, Version
from plugins.expense_approvals.policy.local import Local
from plugins.expense_approvals.policy.rules import Policy
from plugins.expense_approvals.queries import past, policies

LOOKED_BACK = timedelta(days=366)


class Cost(NamedTuple):
    """Whose (a site's id) and what kind of cost a line is."""

    site: int
    category: str


class Everywhere(NamedTuple):
    """What a draft would change for the claims of every site: a part of them, from the `first` to the `last` of `total`."""

    run: DryRun
    costs: Mapping[tuple[str, str], Cost]
    """By claim and line."""
    first: int
    last: int
    total: int
    part: int


def on_claims(
    all_sites: ScopedSession, session: ScopedSession, draft: Policy, effective_from: date, part: int
) -> Everywhere:
    """What `draft`, in force from a day on, would change for what was claimed at all sites, each site's own rules beside it: so many
    claims at a time, the newest in part 1. `all_sites` is a session over every site, `session` one that reads the policy."""
    now, part = clock.now(), max(part, 1)
    found = past.sent_since(all_sites, now - LOOKED_BACK, part)
    known = policies.known(session)
    wished = Known((*known.versions, Version(len(known.versions) + 1, effective_from, now, draft)), now)
    by_site: dict[int, list[Past]] = defaultdict(list)
    for tenant_id, claim in found.claims:
        by_site[tenant_id].append(claim)
    run = together(
        dry_run(claims, Local(known, found.rules.get(site, ())), Local(wished, found.rules.get(site, ())))
        for site, claims in by_site.items()
    )
    costs = {(claim.ref, line.key): Cost(site, line.category) for site, claim in found.claims for line in claim.lines}
    first = (part - 1) * past.PART + 1
    return Everywhere(run, costs, first, first + run.claims - 1, found.total, part)


class Here(NamedTuple):
    """What another policy makes of what was asked for at one site; `kinds` are the categories of costs, by request and line."""

    run: DryRun
    kinds: Mapping[tuple[str, str], str]


def on_requests(session: ScopedSession, now: PolicyOn, then: PolicyOn) -> Here:
    """What the policy `then` would change for what was asked for at the session's site under `now`."""
    asked = past.asked_since(session, clock.now() - LOOKED_BACK)
    kinds = {(one.ref, line.key): line.category for one in asked for line in one.lines}
    return Here(dry_run(asked, now, then), kinds)
