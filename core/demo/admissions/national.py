"""What stands above the partners: policy, compact, calibration cases, and equality answers that lead to nobody."""

import random
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.admissions import content, equality
from core.admissions.content.shapes import UNSAID, Category, EqualityQuestion, Nation
from core.admissions.form.schema import FormSchema
from core.admissions.models import (
    CalibrationCase,
    CalibrationMark,
    CompactAcceptance,
    EqualityResponse,
    PolicyVersion,
)
from core.admissions.rules import CRITERIA, Catalogue, NationalPolicy
from core.admissions.rules.canonical import written
from core.admissions.service import compact, policies
from core.admissions.service.submitting import canonical, digest
from core.data.session import ScopedSession, transaction
from core.demo.admissions.assessing import Member, reasons
from core.demo.admissions.rows import Rows
from core.demo.admissions.writing import filled, told, voices
from core.kernel import clock
from core.kernel.ids import new_id
from core.people.models import Membership

SETTING = {"place": "Middleton", "area": "the county", "body": "trust"}
"""Where invented cases take place."""
BEGAN = datetime(2015, 2, 2, 9, tzinfo=UTC)
"""When form, policy and compact were first published: a month before the first members joined."""
SENT_BEFORE, STANDS_FOR = timedelta(days=24), timedelta(days=45)


@dataclass(frozen=True, slots=True)
class National:
    """What every area is filled with. `cases` are the calibration cases that were sent, with a fair reader's levels."""

    form_version_id: str
    schema: FormSchema
    policy_id: str
    policy: NationalPolicy
    compact_id: str
    catalogue: Catalogue
    secret_key: str
    hashed: str
    cases: tuple[tuple[str, Sequence[int], datetime], ...]


def prepare(
    session: ScopedSession, form_version_id: str, catalogue: Catalogue, secret_key: str, hashed: str
) -> National:
    """Policy, compact and calibration cases, where they are not there yet. `session` is in platform scope; `secret_key` is the
    platform's, `hashed` the hash of the demonstration's password."""
    schema = content.first_form()
    with clock.frozen(BEGAN):
        policy_id, compact_id = policies.ensure_first(session), compact.ensure_first(session)
    stored = session.scalar(sa.select(PolicyVersion.content).where(PolicyVersion.id == policy_id)) or {}
    policy = NationalPolicy.model_validate_json(written(stored))
    with transaction(session):
        _accept(session, compact_id)
        cases = _calibrate(session, form_version_id, schema)
    return National(form_version_id, schema, policy_id, policy, compact_id, catalogue, secret_key, hashed, tuple(cases))


def _accept(session: ScopedSession, compact_id: str) -> None:
    """Most members accepted the compact in the month after they joined; some of the first have not yet."""
    chance, rows = random.Random("compact"), []
    for account_id, since in session.execute(
        sa.select(Membership.account_id, Membership.since).order_by(Membership.since, Membership.account_id)
    ).all():
        at = clock.from_london(datetime.combine(since, time(8))) + timedelta(minutes=chance.randint(0, 30 * 24 * 60))
        if chance.random() < 0.94:
            rows.append({"id": new_id(), "account_id": account_id, "compact_version_id": compact_id, "at": at})
    session.execute(sa.insert(CompactAcceptance), rows)


def _calibrate(
    session: ScopedSession, form_version_id: str, schema: FormSchema
) -> list[tuple[str, Sequence[int], datetime]]:
    now, found, rows = clock.now(), [], []
    for case in tomllib.loads((Path(__file__).parent / "calibration.toml").read_text("utf-8"))["case"]:
        text = canonical(_answers(case, schema))
        case_id, sent_at = new_id(), now - SENT_BEFORE
        rows.append(
            {
                "id": case_id, "name": case["name"], "state": case["state"], "source": "invented",
                "form_version_id": form_version_id, "locale": case.get("locale", "en"), "answers": text, "sha256": digest(text),
                "due_at": now + STANDS_FOR - SENT_BEFORE, "version": 2, "created_by": None,
                "created_at": sent_at - timedelta(days=3), "sent_at": sent_at,
            }
        )  # fmt: skip
        found.append((case_id, case["marks"], sent_at))
    session.execute(sa.insert(CalibrationCase), rows)
    return found


def _answers(case: Mapping[str, Any], schema: FormSchema) -> dict[str, Any]:
    if "answers" in case:
        return {key: value.strip() if isinstance(value, str) else value for key, value in case["answers"].items()}
    voice = next(one for one in voices() if (one.theme, one.role) == (case["theme"], case["role"]))
    return dict(told(voice, SETTING, schema, 5).answers)


def calibrate(rows: Rows, national: National, members: Iterable[Member], chance: random.Random) -> None:
    """Most assessors have scored the calibration cases, by their own severity; some are not done."""
    for member in members:
        for case_id, fair, sent_at in national.cases:
            if chance.random() < 0.15:
                continue
            values = [min(4, max(1, round(level + member.severity + chance.gauss(0, 0.4)))) for level in fair]
            scores = {
                criterion: {
                    "value": value, "not_scored": "",
                    "words": filled(chance.choice(reasons()[criterion][str(value)]), {"seen": "what is told here"}),
                }
                for criterion, value in zip(CRITERIA, values, strict=True)
            }  # fmt: skip
            mean = sum(values) / len(values)
            sealed_at = sent_at + timedelta(days=chance.uniform(1, 20))
            rows.add(
                CalibrationMark, case_id=case_id, assessor_id=member.id, scores=scores,
                recommendation="accept" if mean >= 2.7 else "decline" if mean < 2.3 else "unsure", version=2,
                changed_at=sealed_at, sealed_at=sealed_at,
            )  # fmt: skip


def ask(rows: Rows, national: National, slug: str, applications: Iterable[str], chance: random.Random) -> None:
    """Equality answers of those who submitted: most answer, not all questions, each with a plausible spread.

    They go in by link, in no order that tells anything.
    """
    found: list[dict[str, str]] = []
    nation = equality.nation_of(slug)
    for application_id in applications:
        if chance.random() < 0.12:
            continue
        link = equality.link(national.secret_key, application_id)
        for question in content.equality().questions:
            if chance.random() < 0.06:
                continue
            chosen = _choose(question, nation, chance)
            found.append(
                {"link": link, "question": question.key, "nation": nation, "category": chosen.key, "parent": chosen.parent}
            )  # fmt: skip
    for row in sorted(found, key=lambda row: (row["link"], row["question"])):
        rows.add_plain(EqualityResponse, **row)


def _choose(question: EqualityQuestion, nation: Nation, chance: random.Random) -> Category:
    """One of the categories: the first ones oftener, as censuses list them, and one in twenty would rather not say."""
    categories = list(question.in_nation(nation).categories())
    if question.key == "age":
        weights = [3.0, 18, 27, 30, 17, 5, 2]
    elif question.key == "sex":
        weights = [66.0, 32, 3]
    else:
        weights = [70.0, *(24 / (number + 1.5) for number in range(len(categories) - 1))]
    weights = [*weights, *[1.0] * len(categories)][: len(categories)]
    unsaid = [number for number, one in enumerate(categories) if one.key == UNSAID]
    for number in unsaid:
        weights[number] = 0.05 * sum(weights)
    return chance.choices(categories, weights)[0]
