"""The letter that confirms a submission, with a copy of what was submitted, in the applicant's language."""

from collections.abc import Iterator

from flask import current_app, url_for

from core.admissions.form.schema import FormSchema, Kind, Question
from core.admissions.service.submitting import Receipt
from core.data.session import ScopedSession
from core.web.contact import root
from core.web.context import Here
from core.web.i18n import gettext
from core.web.letters import Letter, send_letter


def in_words(question: Question, answer: object, language: str) -> str:
    """An answer as it is read: the labels of what was chosen, yes or no, the text itself; "" where there is none."""
    if answer is None or answer == "":
        return ""
    if question.kind is Kind.YES_NO:
        return gettext("Yes") if answer else gettext("No")
    labels = {option.key: option.label.in_language(language) for option in question.options}
    if question.kind is Kind.SOME and isinstance(answer, list):
        return "; ".join(str(labels.get(key, key)) for key in answer)
    if question.kind is Kind.FILE and isinstance(answer, dict):
        return str(answer.get("name", ""))
    return str(labels.get(str(answer), answer))


def post(session: ScopedSession, receipt: Receipt, context: Here, application_id: str, schema: FormSchema) -> None:
    """Write the confirmation to the person who is signed in, in the submission's transaction."""
    letter = Letter(
        subject=gettext("We have your application to join Q: %(reference)s", reference=receipt.reference),
        paragraphs=list(_paragraphs(receipt, context, schema)),
        label=gettext("See your application"),
        href=f"{root()}{url_for('applying.tasks', application_id=application_id)}",
        site_href=f"{root()}{context.prefix}/",
    )
    visitor = context.visitor
    send_letter(
        session, context.tenant, letter, to=visitor.email, language=context.language, account_id=visitor.account_id
    )


def _paragraphs(receipt: Receipt, context: Here, schema: FormSchema) -> Iterator[str]:
    filters = current_app.jinja_env.filters
    yield gettext(
        "Thank you for applying to join Q. %(site)s has your application.", site=context.tenant.named(context.language)
    )
    yield gettext("Your reference is %(reference)s. You submitted it on %(when)s.", reference=receipt.reference, when=filters["when"](receipt.at))  # fmt: skip
    yield gettext(
        "A small panel will read it. We will write to you when there is a decision, or if we need to ask for more."
    )
    yield gettext("This is a copy of what you told us.")
    for question in schema.questions():
        answer = in_words(question, receipt.answers.get(question.key), context.language)
        yield question.label.in_language(context.language)
        yield answer or gettext("Not answered")
