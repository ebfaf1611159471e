"""What every site says of itself: what it keeps of people and for how long, and who can use it how well.

The figures come from the code that keeps to them, so that the page cannot promise something else.
"""

from datetime import UTC, datetime

from flask import Response, current_app

from core.people import housekeeping
from core.people.personal.registry import KEPT
from core.people.service import erasure, sign_ins
from core.web.access import public
from core.web.contact import contact_address, platform_address
from core.web.gate import LANGUAGE_COOKIE
from core.web.pages import render
from core.web.site import blueprint as site
from core.work.housekeeping import FAILURES_KEPT_FOR, FORMS_KEPT_FOR, MAIL_KEPT_FOR

CHECKED = datetime(2026, 11, 28, 12, tzinfo=UTC)
"""When somebody last compared the two pages with what the platform does."""


@site.get("/privacy")
@public
def privacy() -> Response:
    """What is kept of people, for how long, their rights, and the cookies."""
    days = {
        "grace": erasure.GRACE.days,
        "sign_ins": housekeeping.SIGN_INS_KEPT_FOR.days,
        "unconfirmed": housekeeping.UNCONFIRMED_KEPT_FOR.days,
        "mail": MAIL_KEPT_FOR.days,
        "failures": FAILURES_KEPT_FOR.days,
        "forms": FORMS_KEPT_FOR.days,
        "remembered": sign_ins.IDLE[True].days,
        "longest": sign_ins.ABSOLUTE[True].days,
        **{name: time.days for name, time in KEPT.items()},
    }
    return render(
        "site/privacy.html", days=days, contact=contact_address(), central=platform_address(), checked=CHECKED,
        session_cookie=current_app.config["SESSION_COOKIE_NAME"], language_cookie=LANGUAGE_COOKIE,
    )  # fmt: skip


@site.get("/accessibility")
@public
def accessibility() -> Response:
    """How the site can be used, what is known not to work, and whom to tell."""
    return render("site/accessibility.html", contact=contact_address(), checked=CHECKED)
