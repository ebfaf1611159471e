"""What other rooms of Joining Q work out by themselves, said here once for the demonstration.

Each function has one caller's meaning and can hand over to the room's own function.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.admissions import content
from core.admissions.models import CompactVersion, PolicyVersion, WindowRules
from core.admissions.rules import NationalPolicy, RuleConfig, canonical, sha256
from core.admissions.rules.canonical import written
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id, new_token

STANDARD = "standard@1.0.0"
ASSESS_DAYS, APPEAL_DAYS = 42, 28
_NOT_WORDS = re.compile(r"[\W_]+")


def normal(text: str) -> str:
    """The name of an organisation as it is compared: lower case, no accents, no punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(_NOT_WORDS.sub(" ", "".join(c for c in plain if not unicodedata.combining(c))).split())[:200]


def seal_sum(scores: Sequence[Mapping[str, Any]], recommendation: str, submission_id: str) -> str:
    """The hash of sealed scores and of the version that was read. `scores` are rows of Score."""
    said = {"recommendation": recommendation}
    for row in scores:
        said[row["criterion"]] = "unable" if row["value"] is None else str(row["value"])
        said[f"{row['criterion']}_why"] = row["words"] or row["not_scored"]
    return sha256(written({"scores": said, "submission": submission_id}))


def ensure_policy(session: ScopedSession) -> str:
    """Version 1 of the national policy, published where there is none; the id of the newest. `session` is in platform scope."""
    with transaction(session):
        newest = session.scalar(sa.select(PolicyVersion.id).order_by(PolicyVersion.number.desc()).limit(1))
        if newest is not None:
            return newest
        policy, policy_id = NationalPolicy(), new_id()
        row = {
            "id": policy_id, "number": 1, "content": policy.model_dump(mode="json"), "sha256": sha256(canonical(policy)),
            "note": "", "published_by": None, "published_at": clock.now(),
        }  # fmt: skip
        session.execute(sa.insert(PolicyVersion), [row])
    return policy_id


def ensure_compact(session: ScopedSession) -> str:
    """Version 1 of the compact, published where there is none; the id of the newest. `session` is in platform scope."""
    with transaction(session):
        newest = session.scalar(sa.select(CompactVersion.id).order_by(CompactVersion.number.desc()).limit(1))
        if newest is not None:
            return newest
        text, compact_id = content.compact().model_dump(mode="json"), new_id()
        row = {
            "id": compact_id, "number": 1, "state": "published", "content": text, "sha256": sha256(written(text)), "note": "",
            "asks_again": False, "version": 1, "created_by": None, "created_at": clock.now(), "published_by": None,
            "published_at": clock.now(),
        }  # fmt: skip
        session.execute(sa.insert(CompactVersion), [row])
    return compact_id


def pin(session: ScopedSession, window_id: str, policy_id: str, **config: Any) -> tuple[str, dict[str, Any]]:
    """Pin the standard rules with `config` for a window, in the caller's transaction; (secret, whole configuration)."""
    whole = RuleConfig(**config).model_dump(mode="json")
    there = session.scalar(sa.select(WindowRules.secret).where(WindowRules.window_id == window_id))
    if there is not None:
        session.execute(
            sa.update(WindowRules)
            .where(WindowRules.window_id == window_id)
            .values(config=whole)
            .execution_options(synchronize_session=False)
        )
        return there, whole
    secret = new_token()
    row = {
        "id": new_id(), "tenant_id": session.scope.tenant_id, "window_id": window_id, "rule": STANDARD, "config": whole,
        "policy_id": policy_id, "blindness": "none", "assess_days": ASSESS_DAYS, "appeal_days": APPEAL_DAYS, "secret": secret,
        "version": 1, "pinned_by": None, "pinned_at": clock.now(),
    }  # fmt: skip
    session.execute(sa.insert(WindowRules), [row])
    return secret, whole


def letter(
    reference: str, outcome: str, levels: Mapping[str, int], comments: Mapping[str, Mapping[str, str]], locale: str
) -> tuple[str, list[str]]:
    """The letter of a decision in one language, as subject and paragraphs: level texts and approved comments."""
    subject = {
        "en": f"Your application to join Q: {reference}", "cy": f"Eich cais i ymuno â Q: {reference}",
    }  # fmt: skip
    opening = {
        ("en", "accept"): "We are glad to offer you membership of Q.",
        ("cy", "accept"): "Pleser gennym yw cynnig aelodaeth o Q i chi.",
        ("en", "decline"): "We are sorry that we cannot offer you membership of Q this time.",
        ("cy", "decline"): "Mae’n ddrwg gennym na allwn gynnig aelodaeth o Q i chi y tro hwn.",
    }  # fmt: skip
    paragraphs = [opening[locale, outcome]]
    for criterion in content.criteria().criteria:
        title = criterion.title.in_language(locale)
        if criterion.key in levels:
            paragraphs.append(f"{title}: {criterion.levels[levels[criterion.key] - 1].letter.in_language(locale)}")
        if words := comments.get(criterion.key, {}).get(locale):
            paragraphs.append(f"{title}: {words}")
    return subject[locale], paragraphs


def letter_sum(subject: str, paragraphs: Sequence[str], locale: str, template: str) -> str:
    """The hash under which a letter is kept."""
    whole = {"subject": subject, "paragraphs": list(paragraphs), "locale": locale, "template": template}
    return hashlib.sha256(written(whole).encode()).hexdigest()
