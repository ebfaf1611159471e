"""The letters about one application: more is asked, it moved to another area, those who assess it have a new version."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app

from core.admissions.form.schema import FormSchema
from core.admissions.queries.applications import assessors_with, writer
from core.admissions.service.submitting import Asked, PostAsked
from core.admissions.service.transfers import Moved, Post
from core.data.session import ScopedSession
from core.tenancy.directory import TenantSnapshot
from core.web.i18n import gettext as _
from core.web.letters import Letter, in_language, send_letter


@dataclass(frozen=True, slots=True)
class Words:
    """What a letter to an applicant says, translated already."""

    subject: str
    paragraphs: tuple[str, ...]
    label: str


def _root(tenant: TenantSnapshot) -> str:
    return f"{current_app.config['Q'].base_url}{tenant.prefix}"


def asked(tenant: TenantSnapshot, schema: FormSchema) -> PostAsked:
    """The post of what more is asked, in the application's language."""

    def post(session: ScopedSession, more: Asked) -> None:
        def words() -> Words:
            when = current_app.jinja_env.filters["when"](more.due_at)
            parts = [one.title.in_language(more.locale) for one in schema.sections if one.key in more.sections]
            return Words(
                _("We ask you for more: your application %(reference)s", reference=more.reference),
                (
                    _("%(site)s has read your application to join Q and asks you for more.", site=tenant.named(more.locale)),
                    more.question,
                    _("You can change these parts of your application: %(parts)s.", parts="; ".join(parts)),
                    _("Answer by %(when)s. If you do not, your application stays as you submitted it.", when=when),
                ),
                _("Answer"),
            )  # fmt: skip

        _to_writer(session, tenant, more.account_id, more.locale, more.application_id, words)

    return post


def moved(tenant: TenantSnapshot, reason: str) -> Post:
    """The post of a move to `tenant`, in the application's language."""

    def post(session: ScopedSession, move: Moved) -> None:
        def words() -> Words:
            site = tenant.named(move.locale)
            return Words(
                _("Your application to join Q is now with %(site)s", site=site),
                (
                    _("We moved your application %(reference)s to %(site)s.", reference=move.before, site=site),
                    reason,
                    _("Nothing of it is lost and you need not do anything. Its reference is now %(reference)s.", reference=move.reference),
                ),
                _("See your application"),
            )  # fmt: skip

        _to_writer(session, tenant, move.account_id, move.locale, move.place.application_id, words)

    return post


def _to_writer(
    session: ScopedSession, tenant: TenantSnapshot, account_id: str, locale: str, application_id: str, words: Callable[[], Words]
) -> None:  # fmt: skip
    """Write to whoever wrote an application, unless the account is closed; `words` are asked for in their language."""
    email = writer(session, account_id)
    if email is None:
        return
    with in_language(locale):
        said = words()
        letter = Letter(
            subject=said.subject, paragraphs=said.paragraphs, label=said.label,
            href=f"{_root(tenant)}/apply/{application_id}/", site_href=f"{_root(tenant)}/",
        )  # fmt: skip
        send_letter(session, tenant, letter, to=email, language=locale, account_id=account_id)


def new_version(session: ScopedSession, tenant: TenantSnapshot, application_id: str, reference: str) -> int:
    """Write to every assessor who has the application and has declared that there is a new version; how many letters.

    In the transaction that submits the version. Whoever has not declared yet meets the new version first; whoever is in
    conflict with the application hears nothing of it.
    """
    readers = assessors_with(session, application_id)
    for reader in readers:
        with in_language(reader.locale):
            letter = Letter(
                subject=_("There is a new version of application %(reference)s", reference=reference),
                paragraphs=[
                    _("More was asked about an application that you assess, and the applicant has answered."),
                    _("Read what changed before you go on. Scores that are sealed stay as they are."),
                ],
                label=_("See what is yours to do"),
                href=f"{_root(tenant)}/me/",
                site_href=f"{_root(tenant)}/",
            )
            send_letter(session, tenant, letter, to=reader.email, language=reader.locale, account_id=reader.account_id)
    return len(readers)
