"""The central team's pages of the national expenses policy. They stand at the UK site alone."""

from datetime import date, timedelta
from typing import NamedTuple

from flask import Response, request

from core.sdk import (
    NotFound,
    clock,
    every_site,
    form_has,
    gettext,
    here,
    kept_on,
    needs,
    new_token,
    next_version,
    redirect_with,
    render,
    version_sent,
    whole_number,
)
from plugins.expense_approvals.claims import examples
from plugins.expense_approvals.claims.changes import DryRun, dry_run
from plugins.expense_approvals.claims.evaluator import PolicyOn
from plugins.expense_approvals.manifest import POLICY
from plugins.expense_approvals.policy.reading import Unread, policy_of, policy_text
from plugins.expense_approvals.policy.rules import Policy
from plugins.expense_approvals.queries import past, trying
from plugins.expense_approvals.queries import policies as reading
from plugins.expense_approvals.service import policies as service
from plugins.expense_approvals.views import policy_words as words
from plugins.expense_approvals.views.base import SHARED, in_words, manage_blueprint, named_rules, names_of_sites, titles
from plugins.expense_approvals.web_forms.policy import NothingForm, PolicyTextForm, PublishForm


def _only_at_the_uk_site() -> None:
    """Partners read the policy on members' pages and add to it on a page of their own."""
    if here().tenant.kind != "uk":
        raise NotFound


@manage_blueprint.get("/policy")
@needs(POLICY)
def policy_list() -> Response:
    """Every version of the national policy, and drafts."""
    _only_at_the_uk_site()
    session = here().session
    known = reading.known(session)
    today = known.version_on(clock.today())
    return render(
        "expense_approvals/manage/policy_list.html", versions=reading.published(session), drafts=reading.drafts(session),
        today=today.number if today else 0, illustrative={one.number for one in known.versions if one.policy.illustrative},
        **SHARED,
    )  # fmt: skip


@manage_blueprint.get("/policy/<int:number>")
@needs(POLICY)
def policy_version(number: int) -> Response:
    """One version's rules in both languages, its examples, and what it changed."""
    _only_at_the_uk_site()
    session = here().session
    shown = reading.one(session, number)
    before = next((one.policy for one in reading.versions(session) if one.number == number - 1), None)
    return render(
        "expense_approvals/manage/policy_version.html", head=shown.head, policy=shown.policy,
        rules=words.told_rules(shown.policy, shown.policy.rules), outcomes=_outcomes(shown.policy),
        rows=words.compared(before, shown.policy) if before else [], form_key=new_token(), **SHARED,
    )  # fmt: skip


@manage_blueprint.post("/policy/<int:number>/draft")
@needs(POLICY)
def policy_draft_from(number: int) -> Response:
    """Begin a draft with what a version says."""
    _only_at_the_uk_site()
    context, form = here(), NothingForm()
    made = service.draft_from(context.session, number, context.visitor, form.form_key.data)
    return redirect_with(gettext("The draft is begun."), "expense_approvals_manage.policy_draft", draft_id=made)


@manage_blueprint.get("/policy/drafts/<draft_id>")
@needs(POLICY)
def policy_draft(draft_id: str) -> Response:
    """A draft: its rules, whether its examples come out, and what it would change."""
    _only_at_the_uk_site()
    session = here().session
    draft = reading.draft(session, draft_id)
    began = reading.one(session, draft.based_on).policy
    return render(
        "expense_approvals/manage/policy_draft.html", draft=draft, form_key=new_token(),
        rules=words.told_rules(draft.policy, draft.policy.rules), outcomes=_outcomes(draft.policy),
        rows=words.compared(began, draft.policy), tried=_tried(began, draft.policy), **SHARED,
    )  # fmt: skip


@manage_blueprint.route("/policy/drafts/<draft_id>/edit", methods=["GET", "POST"])
@needs(POLICY)
def policy_edit(draft_id: str) -> Response:
    """The draft as data."""
    _only_at_the_uk_site()
    context, form = here(), PolicyTextForm()
    draft = reading.draft(context.session, draft_id)
    if form.validate_on_submit():
        try:
            policy = policy_of(form.text.data)
        except Unread as error:
            form.text.errors = [*form.text.errors, *(words.mistake(one) for one in error.mistakes)]
        else:
            with kept_on(form):
                service.save(context.session, draft_id, version_sent(), policy, context.visitor)
                told = gettext("The draft is saved.")
                return redirect_with(told, "expense_approvals_manage.policy_draft", draft_id=draft_id)
    form.version.data = str(next_version(form, draft.version))
    if not form.is_submitted():
        form.text.data = policy_text(draft.policy)
    return render(
        "expense_approvals/manage/policy_edit.html", 422 if form.errors else 200, form=form, draft=draft, **SHARED
    )


@manage_blueprint.route("/policy/drafts/<draft_id>/publish", methods=["GET", "POST"])
@needs(POLICY)
def policy_publish(draft_id: str) -> Response:
    """The day from which a draft holds; first what it would change, then for good."""
    _only_at_the_uk_site()
    context, form = here(), PublishForm()
    if request.method == "POST" and (number := reading.published_from(context.session, draft_id)) is not None:
        told = gettext("Version %(number)s is published already.", number=number)
        return redirect_with(told, "expense_approvals_manage.policy_version", number=number)
    draft = reading.draft(context.session, draft_id)
    form_has("part")  # which claims are looked at: the other button publishes
    if request.form.get("do") == "try":
        form.effective_from.validate(form)
    elif form.validate_on_submit():
        with kept_on(form):
            number = service.publish(
                context.session, draft_id, version_sent(), form.effective_from.data, form.note.data,
                context.visitor,
            )  # fmt: skip
            told = gettext("Version %(number)s is published.", number=number)
            return redirect_with(told, "expense_approvals_manage.policy_version", number=number)
    form.version.data = str(next_version(form, draft.version))
    if not form.is_submitted():
        form.effective_from.data = clock.today() + timedelta(days=1)
    return render(
        "expense_approvals/manage/policy_publish.html", 422 if form.errors else 200, form=form, draft=draft,
        outcomes=_outcomes(draft.policy), past=_past(draft, form.effective_from.data), most=past.PART, **SHARED,
    )  # fmt: skip


@manage_blueprint.post("/policy/drafts/<draft_id>/discard")
@needs(POLICY)
def policy_discard(draft_id: str) -> Response:
    """Take a draft away."""
    _only_at_the_uk_site()
    context, form = here(), NothingForm()
    service.discard(context.session, draft_id, whole_number(form.version.data), context.visitor)
    return redirect_with(gettext("The draft is gone."), "expense_approvals_manage.policy_list")


def _outcomes(policy: Policy) -> list[tuple[str, examples.Outcome]]:
    return [(in_words(outcome.example.words), outcome) for outcome in examples.run(policy)]


def _tried(began: Policy, policy: Policy) -> list[words.Turned]:
    """The examples of both policies, held against both: what comes out otherwise."""
    given = {example.words.en: example for example in (*began.examples, *policy.examples)}
    both = began.model_copy(update={"examples": tuple(given.values())})
    found = dry_run(examples.as_past(both), lambda _: began, lambda _: policy)
    names = {(str(n), "example"): in_words(one.words) for n, one in enumerate(both.examples, start=1)}
    return words.turned(found, names, policy)


class Everywhere(NamedTuple):
    """What a draft would change for the claims of every site, in words: what and by which rules, beside the figures."""

    run: DryRun
    rows: list[words.Turned]
    by_rule: list[tuple[str, int]]
    first: int
    last: int
    total: int
    part: int


def _past(draft: reading.Draft, effective_from: date | None) -> Everywhere | None:
    """What the draft would change for what was claimed at all sites; None without a day."""
    if effective_from is None:
        return None
    part = whole_number(request.form.get("part"), 1)
    with every_site("expenses: what another policy would change", POLICY) as all_sites:
        found = trying.on_claims(all_sites, here().session, draft.policy, effective_from, part)
    called, sites, rules = titles(draft.policy), names_of_sites(), named_rules(draft.policy)
    names = {
        key: f"{sites.get(cost.site, '?')}: {called.get(cost.category, cost.category)}"
        for key, cost in found.costs.items()
    }
    hurt = sorted(
        ((rules.get(key, key), count) for key, count in found.run.by_rule.items()), key=lambda one: (-one[1], one[0])
    )
    rows = words.turned(found.run, names, draft.policy)
    return Everywhere(found.run, rows, hurt, found.first, found.last, found.total, found.part)


def tried_on_past(now: PolicyOn, then: PolicyOn, policy: Policy) -> tuple[DryRun, list[words.Turned]]:
    """What another policy makes of the last twelve months at this site."""
    found, called = trying.on_requests(here().session, now, then), titles(policy)
    names = {key: called.get(category, category) for key, category in found.kinds.items()}
    return found.run, words.turned(found.run, names, policy)
