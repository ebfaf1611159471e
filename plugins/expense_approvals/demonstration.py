"""Invented expenses for the demonstration: what members asked for, claimed and were paid, at every step of the way.

Rows are written in bulk, as the demonstration of every site has to be there in seconds. What they say is reckoned by the same
evaluator, states, hashes and sums that the services use (a test holds them against each other).
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from core.sdk import Known as Somebody
from core.sdk import (
    Person,
    ScopedSession,
    TenantRef,
    Visitor,
    after_commit,
    clock,
    new_id,
    new_key,
    person_by_email,
    store_of,
)
from plugins.expense_approvals import demonstration_payments
from plugins.expense_approvals import demonstration_stories as stories
from plugins.expense_approvals.claims.evaluator import evaluate
from plugins.expense_approvals.claims.lines import Evaluation, Judged, Line, Trip
from plugins.expense_approvals.demonstration_stories import Cost, Story, Told
from plugins.expense_approvals.manifest import MANIFEST
from plugins.expense_approvals.models import (
    Activity,
    Budget,
    BudgetEntry,
    Claim,
    ClaimLine,
    ClaimRevision,
    ClaimStep,
    Declaration,
    Fingerprint,
    PolicyVersion,
    Preapproval,
    PreapprovalLine,
    Receipt,
    Step,
)
from plugins.expense_approvals.policy.history import tax_year
from plugins.expense_approvals.policy.local import Local
from plugins.expense_approvals.policy.rules import Words
from plugins.expense_approvals.queries import policies
from plugins.expense_approvals.queries.claims import Made, Proof, Spent
from plugins.expense_approvals.service import cards, year_miles
from plugins.expense_approvals.service.asking import LATER_PROOF
from plugins.expense_approvals.service.declaring import STATEMENT
from plugins.expense_approvals.service.fingerprints import Mark, of_file, of_holder
from plugins.expense_approvals.service.policies import kept_as
from plugins.expense_approvals.service.sending import ELSEWHERE
from plugins.expense_approvals.service.weighing import hash_of
from plugins.expense_approvals.settings import Settings
from plugins.expense_approvals.states import AGREED, CLAIM, DRAFT, EDITABLE, GRANTED, IN_HAND, NEW, PREAPPROVAL, QUERIED
from plugins.expense_approvals.views.claiming import mark

ORDER = (
    Budget, Activity, Declaration, Preapproval, PreapprovalLine, Step, BudgetEntry, Claim, ClaimRevision, ClaimLine, Receipt, ClaimStep,
    Fingerprint,
)  # fmt: skip
"""The tables in the order of their foreign keys."""
NOON = time(12)
MEMBER_DOES = frozenset({"ask", "answer", "withdraw", "submit"})
CHECKER_DOES = frozenset({"check"})
GIVES_BACK = frozenset({"withdraw", "revoke", "expire"})


def fill(session: ScopedSession, tenant: TenantRef, people: Iterable[Person]) -> None:
    """Write the stories for `people` (the first is the organiser, who asks for nothing), in the caller's transaction; the payments
    are made by the services when it is over.

    At the UK site, which has no members of its own, a draft of the policy; nothing at a site without somebody to check and
    somebody to decide.
    """
    first, *members = people
    if tenant.kind == "uk":
        _draft(session, first.id)
        return
    approver, lead = (person_by_email(session, f"{who}.{tenant.slug}@demo.example") for who in ("approver", "lead"))
    if approver is None or lead is None or len(members) < len(stories.STORIES):
        return
    telling = _Telling(session, tenant, approver, lead)
    for number, story in enumerate(stories.STORIES):
        telling.tell(story, members[number])
    telling.write()
    if central := person_by_email(session, "central@demo.example"):
        after_commit(session, lambda: demonstration_payments.pay(session, tenant, telling.owed, lead, central))


def _draft(session: ScopedSession, author: str) -> None:
    """A draft that would cover less of a lunch: its page shows what that changes for the claims of all sites."""
    newest = policies.versions(session)[-1]
    rules = [
        rule.model_copy(update={"amounts": {"": stories.LUNCH_AT_MOST}, "words": Words(**stories.LUNCH_WORDS)})
        if rule.key == "lunch_most"
        else rule
        for rule in newest.policy.rules
    ]
    examples = [one for one in newest.policy.examples if one.category != "lunch"]
    policy = newest.policy.model_copy(
        update={"rules": tuple(rules), "examples": tuple(examples), "illustrative": False}
    )
    row = {
        "id": new_id(), "state": "draft", "based_on": newest.number, "note": "", "created_by": author, "created_at": clock.now(),
        "version": 1, **kept_as(policy),
    }  # fmt: skip
    session.execute(sa.insert(PolicyVersion), [row])


class _Telling:
    """The rows of all stories of one site, collected and then written at once."""

    def __init__(self, session: ScopedSession, tenant: TenantRef, approver: Somebody, lead: Somebody) -> None:
        self.session, self.tenant, self.approver, self.lead = session, tenant, approver.account_id, lead.account_id
        self.now, self.today = clock.now(), clock.today()
        self.policies: Local = policies.local(session)
        self.mark: Mark = mark()
        self.rows: dict[type, list[dict[str, Any]]] = {model: [] for model in ORDER}
        self.miles: dict[tuple[str, str, int], int] = {}
        self.files: list[tuple[str, bytes]] = []
        self.owed: list[demonstration_payments.Owed] = []
        self.cards: list[tuple[str, str, str, str, str]] = []
        self.last_file = b""
        self.budgets = {name: new_id() for name, _ in stories.BUDGETS}
        self.activities = {key: new_id() for key in stories.ACTIVITIES}
        for name, limit in stories.BUDGETS:
            self._row(
                Budget,
                id=self.budgets[name],
                name=name,
                limit_p=limit,
                committed_p=0,
                actual_p=0,
                version=1,
                created_at=self._at(200),
            )
        for key, one in stories.ACTIVITIES.items():
            begins = self.today + timedelta(days=one.begins)
            self._row(
                Activity, id=self.activities[key], title=one.title, starts_on=begins, ends_on=begins + timedelta(days=one.days - 1),
                covered=one.budget is not None, budget_id=self.budgets[one.budget] if one.budget else None, version=1,
                created_at=self._at(190),
            )  # fmt: skip

    def _row(self, model: type, **values: Any) -> dict[str, Any]:
        row = {"id": new_id(), **({} if model is Fingerprint else {"tenant_id": self.tenant.id}), **values}
        self.rows[model].append(row)
        return row

    def _at(self, ago: int) -> datetime:
        return clock.from_london(datetime.combine(self.today - timedelta(days=ago), NOON)) if ago else self.now

    def tell(self, story: Story, person: Person) -> None:
        """One person's pre-approval, and the claim from it."""
        account_id = person.id
        planned = stories.ACTIVITIES[story.activity]
        begins = self.today + timedelta(days=planned.begins)
        ends = begins + timedelta(days=planned.days - 1)
        asked_on = self.today - timedelta(days=story.steps[0].ago)
        found = evaluate(
            [replace(line, evidence=LATER_PROOF) for line in _lines(story.costs, begins)], Trip(begins, ends, asked_on), self.policies
        )  # fmt: skip
        amounts = _amounts(found, story.cut)
        events = [step.event for step in story.steps]
        agreed = bool({"approve", "part_approve"} & set(events))
        granted = story.claim is not None and bool(
            {"approve", "part_approve"} & {one.event for one in story.claim.steps}
        )
        steps = [*story.steps, *([Told("use", _decided(story.claim.steps).ago)] if granted and story.claim else [])]
        state = NEW
        preapproval = self._row(
            Preapproval, activity_id=self.activities[story.activity], supplements_id=None, account_id=account_id,
            submitted_by=account_id, state=state, version=len(steps), asked_p=found.claimed, allowed_p=found.allowed,
            approved_p=sum(amounts) if agreed else 0, referred=found.referred, findings=[],
            expires_on=ends + timedelta(days=Settings().days_kept), asked_at=self._at(steps[0].ago),
            changed_at=self._at(steps[-1].ago),
        )  # fmt: skip
        self._row(
            Declaration, activity_id=preapproval["activity_id"], account_id=account_id, statement=STATEMENT,
            declared_at=preapproval["asked_at"], withdrawn_at=None,
        )  # fmt: skip
        for number, (judged, amount) in enumerate(zip(found.lines, amounts, strict=True)):
            line = judged.line
            self._row(
                PreapprovalLine, preapproval_id=preapproval["id"], position=number, category=line.category,
                incurred_on=line.incurred_on, quantity=line.quantity, miles=line.miles, vehicle=line.vehicle, passengers=0,
                region="", travel_class=line.travel_class, reason=story.costs[number].reason, asked_p=judged.claimed,
                allowed_p=judged.allowed, approved_p=amount if agreed else None, found=_kept(judged),
            )  # fmt: skip
        claimed_p = self._claim(story, person, preapproval, begins, ends) if story.claim else 0
        budget = self.budgets[planned.budget or stories.TRAVEL]
        for version, step in enumerate(steps, start=1):
            before, state = state, PREAPPROVAL.target(step.event, state)
            self._row(
                Step, preapproval_id=preapproval["id"], version=version, event=step.event, state=state,
                account_id=self._who(step.event, account_id), words=step.words, at=self._at(step.ago),
            )  # fmt: skip
            held = preapproval["approved_p"]
            if state in AGREED:
                self._move(budget, preapproval["id"], "commit", held, 0, step.ago)
            elif step.event in GIVES_BACK and before in AGREED:
                self._move(budget, preapproval["id"], "release", -held, 0, step.ago)
            elif step.event == "use":
                self._move(budget, preapproval["id"], "spend", -held, claimed_p, step.ago)
        preapproval["state"] = state
        if state == QUERIED:
            self._card(account_id, preapproval["id"], planned.title, cards.ABOUT_COSTS, "asked")

    def _card(self, account_id: str, ref: str, title: str, status: str, page: str) -> None:
        self.cards.append((account_id, ref, title, status, f"{page}/{ref}"))

    def _move(self, budget_id: str, source_id: str, move: str, committed: int, actual: int, ago: int) -> None:
        self._row(
            BudgetEntry, budget_id=budget_id, source_id=source_id, move=move, committed_p=committed, actual_p=actual, at=self._at(ago)
        )  # fmt: skip
        budget = next(row for row in self.rows[Budget] if row["id"] == budget_id)
        budget["committed_p"] += committed
        budget["actual_p"] += actual
        budget["version"] += 1

    def _who(self, event: str, member: str) -> str | None:
        if event == "expire":
            return None
        return member if event in MEMBER_DOES else self.approver if event in CHECKER_DOES else self.lead

    def _claim(self, story: Story, person: Person, preapproval: dict[str, Any], begins: date, ends: date) -> int:
        """The claim of a story; the pence that were approved."""
        told, account_id = story.claim, person.id
        assert told is not None
        costs, sent = told.costs or story.costs, next((one.ago for one in told.steps), None)
        begun = self._at((sent if sent is not None else 3) + 1)
        trip = Trip(begins, ends, self.today - timedelta(days=sent or 0))
        found = evaluate([replace(line, evidence=frozenset({cost.proof})) for line, cost in zip(_lines(costs, begins), costs, strict=True)], trip, self.policies)  # fmt: skip
        taken = {one.event for one in told.steps}
        decided, first = bool({"approve", "part_approve"} & taken), "first_approve" in taken
        amounts = _amounts(found, told.cut)
        state = DRAFT
        claim = self._row(
            Claim, preapproval_id=preapproval["id"], account_id=account_id, submitted_by=account_id, state=state,
            first_by=self.lead if first else None, decided_by=self.lead if decided else None,
            version=1 + len(costs) * 3 + len(told.steps), revision=0 if sent is None else 1,
            claimed_p=0 if sent is None else found.claimed, allowed_p=0 if sent is None else found.allowed,
            approved_p=sum(amounts) if decided else 0, referred=sent is not None and (found.referred or told.twin),
            findings=[ELSEWHERE] if told.twin else [], begun_at=begun, sent_at=None if sent is None else self._at(sent),
            changed_at=self._at(told.steps[-1].ago) if told.steps else begun,
        )  # fmt: skip
        lines = [
            self._cost(claim["id"], number, cost, judged, sent is not None) for number, (cost, judged) in enumerate(zip(costs, found.lines, strict=True), start=1)
        ]  # fmt: skip
        proofs = [
            self._proof(claim["id"], line, cost, begun, self.last_file if told.twin and number == 0 else b"")
            for number, (line, cost) in enumerate(zip(lines, costs, strict=True))
        ]
        sha256 = self._revision(claim, lines, proofs) if sent is not None else ""
        for line, amount, number in zip(lines, amounts, range(len(lines)), strict=True):
            line["approved_p"] = amount if decided or first else None
            line["why"] = told.cut[2] if decided and told.cut and told.cut[0] == number else ""
        first = claim["version"] - len(told.steps)
        for number, step in enumerate(told.steps, start=1):
            state = CLAIM.target(step.event, state)
            self._row(
                ClaimStep, claim_id=claim["id"], version=first + number, event=step.event, state=state,
                account_id=self._who(step.event, account_id), words=step.words, sha256=sha256, at=self._at(step.ago),
            )  # fmt: skip
        claim["state"] = state
        if state in EDITABLE:
            status = cards.UNSENT if state == DRAFT else cards.ABOUT_CLAIM
            self._card(account_id, claim["id"], stories.ACTIVITIES[story.activity].title, status, "claims")
        if told.runs or told.account:
            visitor = Visitor(person.id, person.name, person.email, is_member=True)
            self.owed.append(demonstration_payments.Owed(claim["id"], visitor, told.runs))
        if state in (*IN_HAND, *GRANTED) and state != "queried":
            for line in lines:
                key = (account_id, line["vehicle"], tax_year(line["incurred_on"]))
                self.miles[key] = self.miles.get(key, 0) + line["miles"]
        return int(claim["approved_p"])

    def _cost(self, claim_id: str, position: int, cost: Cost, judged: Judged, sent: bool) -> dict[str, Any]:
        line, version = judged.line, self.policies.version_on(judged.line.incurred_on)
        return self._row(
            ClaimLine, claim_id=claim_id, position=position, category=line.category, incurred_on=line.incurred_on,
            quantity=line.quantity, miles=line.miles, vehicle=line.vehicle, passengers=0, from_postcode=cost.way[0],
            to_postcode=cost.way[1], region="", travel_class=line.travel_class, reason=cost.reason, typed_p=line.pence,
            claimed_p=judged.claimed if sent else 0, allowed_p=judged.allowed if sent else 0, approved_p=None,
            policy_version=version.number if sent and version else None, found=_kept(judged) if sent else {"found": []}, why="",
        )  # fmt: skip

    def _proof(self, claim_id: str, line: dict[str, Any], cost: Cost, at: datetime, content: bytes) -> dict[str, Any]:
        content = content or ticket(f"{self.tenant.slug} {cost.category} {line['incurred_on']} {len(self.files)}")
        self.last_file = content
        row = self._row(
            Receipt, claim_id=claim_id, line_id=line["id"], kind=cost.proof, name=f"{cost.category}.pdf", mime="application/pdf",
            size=len(content), sha256=hashlib.sha256(content).hexdigest(), key=new_key(self.tenant.id), at=at, stored_at=at,
            removed_at=None,
        )  # fmt: skip
        self.files.append((row["key"], content))
        self._row(Fingerprint, file_mark=of_file(self.mark, row["sha256"]), holder_mark=of_holder(self.mark, claim_id))
        return row

    def _revision(
        self, claim: dict[str, Any], lines: Sequence[dict[str, Any]], proofs: Sequence[dict[str, Any]]
    ) -> str:
        """What was sent, by its hash."""
        sha256 = hash_of(_as(Made, claim), 1, [_as(Spent, one) for one in lines], [_as(Proof, one) for one in proofs])
        self._row(
            ClaimRevision, claim_id=claim["id"], number=1, sha256=sha256, claimed_p=claim["claimed_p"], allowed_p=claim["allowed_p"], miles_before={},
            at=claim["sent_at"],
        )  # fmt: skip
        return sha256

    def write(self) -> None:
        """Everything that was collected, a table at a time, the cards of who has to do something, and the files."""
        for model in ORDER:
            self.session.execute(sa.insert(model), self.rows[model])
        for card in self.cards:
            cards.put(self.session, *card, new=True)
        year_miles.begin(self.session, {key: miles for key, miles in self.miles.items() if miles})
        store = store_of(MANIFEST.name)
        for key, content in self.files:
            store.put(key, content)


def _as(shape: Any, row: dict[str, Any]) -> Any:
    return shape(**{name: row[name] for name in shape._fields})


def _lines(costs: Sequence[Cost], begins: date) -> list[Line]:
    return [
        Line(
            f"{number:04}", cost.category, begins + timedelta(days=cost.day), cost.pence, cost.quantity, cost.miles * 1000,
            "car" if cost.miles else "", 0, "", frozenset(), "standard" if cost.category == "rail" else "", bool(cost.reason), True,
        )
        for number, cost in enumerate(costs)
    ]  # fmt: skip


def _amounts(found: Evaluation, cut: tuple[int, int, str] | None) -> list[int]:
    """What is approved of each line: all that the policy allows, but for the one that was cut."""
    return [
        min(cut[1], one.allowed) if cut is not None and cut[0] == number else one.allowed
        for number, one in enumerate(found.lines)
    ]


def _decided(steps: Iterable[Told]) -> Told:
    return next(one for one in steps if one.event in ("approve", "part_approve"))


def _kept(judged: Judged) -> dict[str, Any]:
    found = [{"rule": f.rule, "code": f.code, "effect": f.effect, "params": dict(f.params)} for f in judged.found]
    return {"found": found}


def ticket(words: str) -> bytes:
    """A receipt as a small PDF of one page that says `words` (ASCII without brackets)."""
    drawn = f"BT /F1 12 Tf 20 60 Td (Receipt: {words}) Tj ET".encode("ascii")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 320 120]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        len(out),
    )
