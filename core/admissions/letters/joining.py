"""The letters about joining: welcome, an offer that is about to lapse, lapsed or stands again, and a compact that changed."""

from collections.abc import Callable

from core.admissions.letters.windows import Words, write
from core.admissions.service.accepting import Changed
from core.admissions.service.offers import Person, Post
from core.data.session import ScopedSession
from core.kernel.text import N_
from core.tenancy.directory import TenantSnapshot

OFFER = "/apply/%(application)s/offer"
LETTERS = {
    "welcome": Words(
        N_("Welcome to Q"),
        (
            N_("You have accepted the compact, and from today you are a member of Q. Your home partner is %(site)s."),
            N_("Membership is yours throughout your career, wherever you work. If you move, you can move your home partner too."),
            N_("Begin by telling others a little about yourself, and look at what is on."),
        ),
        N_("Go to your account"),
        "/account/",
    ),
    "reminder": Words(
        N_("Your offer of membership of Q is about to lapse"),
        (
            N_("You are offered membership of Q in %(site)s. The offer stands until %(at)s."),
            N_("To join, read the compact and accept it. If you do not want to join, you can say so on the same page."),
            N_("If you need more time, write to us before then."),
        ),
        N_("Answer the offer"),
        OFFER,
    ),
    "lapsed": Words(
        N_("Your offer of membership of Q has lapsed"),
        (
            N_("The offer of membership of Q in %(site)s stood until %(at)s. We did not hear from you, so it has lapsed."),
            N_("If you still want to join, write to us: the partner can let the offer stand again."),
        ),
        N_("See what you can do"),
        OFFER,
    ),
    "renewed": Words(
        N_("Your offer of membership of Q stands again"),
        (
            N_("You are offered membership of Q in %(site)s once more. The offer stands until %(at)s."),
            N_("To join, read the compact and accept it."),
        ),
        N_("Answer the offer"),
        OFFER,
    ),
    "compact": Words(
        N_("The compact of Q has changed"),
        (
            N_("The compact says what members of Q expect of each other. There is a new version, and we ask you to read and accept it."),
            N_("You stay a member while you think about it. If something stands in the way, you can tell us on the same page."),
        ),
        N_("Read the compact"),
        "/me/compact",
    ),
}  # fmt: skip


def offer_letter(tenant: TenantSnapshot, kind: str) -> Post:
    """The post of one kind of letter about an offer of this site."""

    def post(session: ScopedSession, person: Person) -> None:
        write(
            session, tenant, LETTERS[kind], person.email, person.locale, person.at, account_id=person.account_id,
            application_id=person.application_id,
        )  # fmt: skip

    return post


def compact_letter(tenant: TenantSnapshot) -> Callable[[ScopedSession, Changed], None]:
    """The post of the letter to this site's members that the compact changed."""

    def post(session: ScopedSession, member: Changed) -> None:
        write(session, tenant, LETTERS["compact"], member.email, member.locale, None, account_id=member.account_id)

    return post
