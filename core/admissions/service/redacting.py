"""What assessors do not get to see of a submission, and what they read beside it: redactions and translations.

A submission is never altered. A redaction hides exact words in one answer, in every version of the application in which they
stand; it always puts other words in their place.
"""

from collections.abc import Mapping

import sqlalchemy as sa

from core.admissions.form.answers import tidy
from core.admissions.models import Assessment, Assignment, Redaction, Submission, Translation
from core.admissions.queries.assessing import versions_of
from core.admissions.queries.sight import may_see
from core.admissions.reading import Cut, Version, places
from core.admissions.service.submitting import canonical, digest
from core.admissions.service.windows import may_manage
from core.admissions.states import HELD_BY_ASSESSOR
from core.data import audit
from core.data.idempotency import once
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, NotFound, Refused
from core.kernel.ids import is_id, new_id
from core.kernel.text import N_
from core.kernel.views import Actor

LONGEST_WORDS, LONGEST_REPLACEMENT = 2000, 100
LANGUAGES = ("en", "cy")
EVERYWHERE = "*"
"""Stands for every answer in somebody's own words, where a question's key is asked for: a name is seldom in one alone."""
NOT_THERE = N_("These words do not stand in that answer. Copy them exactly as they are written.")
NOWHERE = N_("These words stand in no answer. Copy them exactly as they are written.")
TOO_LATE = N_("Assessors have this version already. A translation is given to all of them before, or to none.")


def cuts_for(versions: list[Version], question: str, words: str, replacement: str) -> list[Cut]:
    """What hides `words` in one answer, or EVERYWHERE: a cut for each place in each version and translation in which they stand.

    Raises Invalid, by field, for words that stand nowhere and for a replacement that is empty, too long, or says them again.
    """
    words, replacement = words.strip(), replacement.strip()
    wrong = {}
    everywhere = question == EVERYWHERE
    if not everywhere and all(version.schema.question(question) is None for version in versions):
        wrong["question"] = N_("Choose one of the answers")
    if not words or len(words) > LONGEST_WORDS:
        wrong["words"] = N_("Give the words to hide, at most 2,000 characters")
    if not replacement or len(replacement) > LONGEST_REPLACEMENT or places(replacement, words):
        wrong["replacement"] = N_(
            "Say what stands there instead, in at most 100 characters, without the words themselves"
        )
    if wrong:
        raise Invalid(wrong)
    found = [
        Cut(version.id, key, locale, start, end, replacement)
        for version in versions
        for locale, answers in [("", version.answers), *version.translations.items()]
        for key in (translatable(version) if everywhere else [question])
        if isinstance(text := answers.get(key), str)
        for start, end in places(text, words)
    ]
    if not found:
        raise Invalid({"words": NOWHERE if everywhere else NOT_THERE})
    return found


def redact(
    session: ScopedSession, actor: Actor, application_id: str, *, question: str, words: str, replacement: str, key: str
) -> int:
    """Hide words of an answer, or EVERYWHERE, from all assessors; in how many places. The same form sent twice hides them once.

    Raises Forbidden, NotFound, Invalid by field, and Refused for a form key that is missing or was used otherwise.
    """
    versions = _seen(session, actor, application_id)
    cuts = cuts_for(versions, question, words, replacement)
    now = clock.now()
    rows = [
        {
            "id": new_id(), "tenant_id": session.scope.tenant_id, "submission_id": cut.submission_id, "question": cut.question,
            "locale": cut.locale, "starts": cut.starts, "ends": cut.ends, "replacement": cut.replacement, "by": actor.account_id,
            "at": now, "ended_at": None, "ended_by": None,
        }
        for cut in cuts
    ]  # fmt: skip
    with transaction(session):
        sent = once(session, key, f"application.redact:{application_id}")
        if sent.result is not None:
            return int(sent.result)
        _still_there(session, versions)
        session.execute(sa.insert(Redaction), rows)
        sent.keep(str(len(rows)))
        _tell(session, actor, "redact", application_id, {"question": question, "places": len(rows)})
    return len(rows)


def show_again(session: ScopedSession, actor: Actor, application_id: str, at: str) -> None:
    """End a redaction: the words that were hidden with it are shown again. `at` is the id of one of its places.

    Raises Forbidden, NotFound, and Refused when it was ended already.
    """
    _seen(session, actor, application_id)
    mine = sa.select(Submission.id).where(Submission.application_id == application_id)
    one = sa.select(Redaction.at, Redaction.question).where(Redaction.id == at, Redaction.submission_id.in_(mine))
    found = session.execute(one).one_or_none() if is_id(at) else None
    if found is None:
        raise NotFound
    with transaction(session):
        ended = session.execute(
            sa.update(Redaction)
            .where(
                Redaction.submission_id.in_(mine), Redaction.at == found.at, Redaction.question == found.question,
                Redaction.ended_at.is_(None),
            )
            .values(ended_at=clock.now(), ended_by=actor.account_id)
            .returning(Redaction.id)
        ).all()  # fmt: skip
        if not ended:
            raise Refused(N_("These words are shown again already."))
        _tell(session, actor, "show_again", application_id, {"question": found.question, "places": len(ended)})


def translate(
    session: ScopedSession, actor: Actor, application_id: str, submission_id: str, answers: Mapping[str, str]
) -> None:
    """Log a submission's translation into the other language, for everybody who will assess it.

    Raises Forbidden, NotFound, Invalid by question for what is not translated, and Refused once there is one, or once anybody
    has this version to assess: nobody reads it with a translation while somebody else read it without.
    """
    version = next((one for one in _seen(session, actor, application_id) if one.id == submission_id), None)
    if version is None:
        raise NotFound
    wanted = translatable(version)
    given = {key: tidy(answers.get(key, "")) for key in wanted}
    if missing := [key for key, text in given.items() if not text]:
        raise Invalid(dict.fromkeys(missing, N_("Translate this answer")))
    text = canonical(given)
    locale = other_language(version.locale)
    row = {
        "id": new_id(), "tenant_id": session.scope.tenant_id, "submission_id": submission_id, "locale": locale, "answers": text,
        "sha256": digest(text), "by": actor.account_id, "at": clock.now(),
    }  # fmt: skip
    held = sa.select(Assignment.id).where(
        Assignment.application_id == application_id, Assignment.state.in_(sorted(HELD_BY_ASSESSOR))
    )
    read = sa.select(Assessment.id).where(Assessment.submission_id == submission_id)
    with transaction(session):
        _still_there(session, [version])
        _tell(session, actor, "translate", application_id, {"locale": locale, "number": version.number})
        # asked after the entry in the trail: whoever writes there waits for whoever wrote before
        if session.scalar(held if version.number == 1 else read) is not None:
            raise Refused(TOO_LATE)
        if session.scalar(sa.select(Translation.id).where(Translation.submission_id == submission_id)) is not None:
            raise Refused(N_("There is a translation already."))
        session.execute(sa.insert(Translation), [row])


def other_language(locale: str) -> str:
    """Into which language a submission in `locale` is translated."""
    return "en" if locale == "cy" else "cy"


def translatable(version: Version) -> list[str]:
    """The questions that were answered in somebody's own words, in the order of the form."""
    kinds = {"line", "text"}
    return [one.key for one in version.schema.questions() if one.kind in kinds and version.answers.get(one.key)]


def _seen(session: ScopedSession, actor: Actor, application_id: str) -> list[Version]:
    """An application's versions, for whoever runs the panel and is not in conflict with it."""
    may_manage(actor)
    if not is_id(application_id) or not may_see(session, actor.account_id, application_id):
        raise NotFound
    versions = versions_of(session, application_id)
    if not versions:
        raise NotFound
    return versions


def _still_there(session: ScopedSession, versions: list[Version]) -> None:
    """Raise Conflict where a version was erased meanwhile: a redaction must not outlive the words that it names."""
    ids = [version.id for version in versions]
    found = session.scalar(sa.select(sa.func.count(Submission.id)).where(Submission.id.in_(ids)))
    if found != len(ids):
        raise Conflict


def _tell(session: ScopedSession, actor: Actor, action: str, application_id: str, after: Mapping[str, object]) -> None:
    audit.record(
        session, actor=actor, action=f"application.{action}", subject=f"application:{application_id}", after=after
    )  # fmt: skip
