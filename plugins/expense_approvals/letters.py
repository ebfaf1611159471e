"""The letters of expenses about accounts and payments, to whoever is not the claimant."""

from collections.abc import Callable
from datetime import datetime

from flask import current_app

from core.sdk import (
    Known,
    Letter,
    ScopedSession,
    TenantSnapshot,
    Visitor,
    gettext,
    in_language,
    ngettext,
    people_by_id,
    root_of,
    send_letter,
)
from plugins.expense_approvals.manifest import MANIFEST
from plugins.expense_approvals.queries.delegations import Away
from plugins.expense_approvals.service import escalating
from plugins.expense_approvals.service import standing_in as stands
from plugins.expense_approvals.service.bank_details import Post
from plugins.expense_approvals.service.batches import Returned, Warn


def account_changed(site: TenantSnapshot, language: str) -> Post:
    """What tells somebody that their bank details were given or changed, at the address of their account. The letter holds no
    figure of them."""

    def write(session: ScopedSession, visitor: Visitor, usable_from: datetime) -> None:
        with in_language(language):
            when = current_app.jinja_env.filters["when"](usable_from)
            letter = Letter(
                subject=gettext("Your bank details for expenses were given or changed"),
                paragraphs=[
                    gettext("Your costs are paid to the account that was given now, from %(when)s on.", when=when),
                    gettext(
                        "Was it not you? Change your password now, and tell %(partner)s.",
                        partner=site.led_by(language),
                    ),
                ],
                site_href=f"{root_of(site)}/",
            )
            send_letter(session, site, letter, to=visitor.email, language=language, account_id=visitor.account_id)

    return write


def write_to(session: ScopedSession, site: TenantSnapshot, person: Known, made: Callable[[str], Letter]) -> None:
    """Write the letter that `made` makes in a language (its code): the person's, where the site has it, else the site's own."""
    language = person.locale if person.locale in site.languages else site.languages[0]
    with in_language(language):
        send_letter(session, site, made(language), to=person.email, language=language, account_id=person.account_id)


def sent_back(site: TenantSnapshot) -> Warn:
    """What tells those who prepared and released a batch that the bank sent payments back, and what comes next."""

    def write(session: ScopedSession, returned: Returned) -> None:
        for person in people_by_id(session, returned.people).values():
            write_to(session, site, person, lambda _: _returned(site, returned))

    return write


def _returned(site: TenantSnapshot, returned: Returned) -> Letter:
    return Letter(
        subject=gettext("The bank sent payments back: batch %(ref)s", ref=returned.ref),
        paragraphs=[
            ngettext(
                "The bank sent back one payment of batch %(ref)s.",
                "The bank sent back %(num)s payments of batch %(ref)s.",
                returned.payments,
                ref=returned.ref,
            ),
            gettext(
                "The people are asked to give their bank details again. When they have, their claims are ready for "
                "another batch: there is nothing to do until then."
            ),
        ],
        site_href=f"{root_of(site)}/",
        label=gettext("See the batch"),
        href=f"{root_of(site)}/manage/{MANIFEST.url_name}/payments/{returned.batch_id}",
    )


def standing_in(site: TenantSnapshot) -> stands.Post:
    """What tells a member that they decide for somebody who is away, or that they do no more."""

    def write(session: ScopedSession, person: Known, visitor: Visitor, away: Away) -> None:
        write_to(session, site, person, lambda _: _named(site, visitor, away))

    return write


def _named(site: TenantSnapshot, visitor: Visitor, away: Away) -> Letter:
    day, over = current_app.jinja_env.filters["day"], away.ended_at is not None
    if over:
        subject = gettext("You no longer stand in for %(name)s", name=visitor.name)
        first = gettext("%(name)s decides about expenses again. You do not any more.", name=visitor.name)
    else:
        subject = gettext("You stand in for %(name)s", name=visitor.name)
        first = gettext(
            "From %(first)s to %(last)s you decide about expenses for %(name)s: what members ask for, and their claims. "
            "You decide nothing that %(name)s could not decide, nor anything of your own.",
            name=visitor.name,
            first=day(away.starts_on),
            last=day(away.ends_on),
        )
    return Letter(
        subject=subject,
        paragraphs=[first],
        site_href=f"{root_of(site)}/",
        label="" if over else gettext("See what waits"),
        href="" if over else f"{root_of(site)}/{MANIFEST.url_name}/standing-in/",
    )


def nobody_left(site: TenantSnapshot) -> escalating.Post:
    """What tells somebody of the central team how much waits at a site that nobody there can decide. Nobody is named in it."""

    def write(session: ScopedSession, person: Known, left: escalating.Left) -> None:
        write_to(session, site, person, lambda language: _left(site, site.named(language), left))

    return write


def _left(site: TenantSnapshot, name: str, left: escalating.Left) -> Letter:
    counted = [
        ngettext("One request for costs to be agreed.", "%(num)s requests for costs to be agreed.", left.preapprovals),
        ngettext("One claim.", "%(num)s claims.", left.claims),
        ngettext("One adjustment of a claim.", "%(num)s adjustments of claims.", left.adjustments),
    ]
    queue = "" if left.preapprovals else "claims/" if left.claims else "adjustments/"
    return Letter(
        subject=gettext("Expenses at %(site)s that nobody there can decide", site=name),
        paragraphs=[
            gettext(
                "These wait at %(site)s, and nobody of that site can decide them: whoever could asked for the money, has "
                "looked at it already, shares an account with the person, or may not agree to that much.",
                site=name,
            ),
            *(words for words, count in zip(counted, left, strict=True) if count),
            gettext(
                "The central team decides them. You are told of each once; the queue marks it until it is decided."
            ),
        ],
        site_href=f"{root_of(site)}/",
        label=gettext("See what waits"),
        href=f"{root_of(site)}/manage/{MANIFEST.url_name}/{queue}",
    )
