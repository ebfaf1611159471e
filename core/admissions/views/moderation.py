"""The central team's look across panels: every signed decision, overrides and those drawn first."""

from collections import defaultdict

from flask import Response, current_app, request, url_for

from core.admissions.letters import decision_post
from core.admissions.letters.decisions import LANGUAGES
from core.admissions.override_reasons import REASONS
from core.admissions.queries import batches
from core.admissions.queries import deciding as reading
from core.admissions.queries import moderation as queries
from core.admissions.queries.moderation import Signed
from core.admissions.service import moderating as service
from core.admissions.service import releasing
from core.admissions.states import DECISION, RELEASED, SUPERSEDED, UNDER_WAY
from core.admissions.views.batches import sealed_letter
from core.admissions.views.blueprints import central
from core.admissions.views.deciding import SIZE, by_criterion, tables, titles, who
from core.admissions.web_forms.decisions import OUTCOMES, ReturnForm
from core.admissions.web_forms.windows import PressForm
from core.data.db import platform_scope, tenant_session
from core.kernel import clock
from core.kernel.errors import DomainError, NotFound
from core.kernel.numbers import whole_number
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.tenancy.directory import TenantDirectory, TenantSnapshot
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on, version_sent
from core.web.i18n import gettext as _
from core.web.i18n import language, ngettext, say
from core.web.listing import Listing
from core.web.lists import listed
from core.web.pages import redirect_with, render
from core.web.sent import refusal
from core.web.sheets import Column, Sheet

MAY = Permission.ADMISSIONS_CONFIGURE
LETTERS = UNDER_WAY | {RELEASED, SUPERSEDED}
"""States in which a decision has a letter, sent or to be sent."""


def _directory() -> TenantDirectory:
    found: TenantDirectory = current_app.extensions["q.directory"]
    return found


def _site_name(row: Signed) -> str:
    found = _directory().by_id(row.tenant_id)
    return found.named(language()) if found is not None else ""


SHEET = Sheet(
    "moderation",
    (
        Column(N_("Site"), _site_name),
        Column(N_("Window"), lambda row: row.window_name),
        Column(N_("Reference"), lambda row: row.reference),
        Column(N_("Decision"), lambda row: say(OUTCOMES[row.outcome])),
        Column(N_("Reason for deciding otherwise"), lambda row: say(REASONS[row.override_code]) if row.override_code else ""),
        Column(N_("Drawn"), lambda row: row.drawn),
        Column(N_("Signed by"), lambda row: row.signed_by),
        Column(N_("Signed"), lambda row: row.signed_at),
    ),
    personal=True,
)  # fmt: skip


def _at(slug: str) -> TenantSnapshot:
    """The partner's site of that name. Raises NotFound."""
    found = _directory().by_slug(slug)
    if found is None or found.kind == "uk":
        raise NotFound
    return found


@central.get("/moderation")
@needs(MAY)
def moderation() -> Response:
    """Signed decisions of every partner: what was decided otherwise first, then those drawn, then the rest."""
    return _list()


def _list(status: int = 200, problem: str = "") -> Response:
    closely = request.args.get("show") == "closely"
    slug = request.args.get("site", "")
    site = _at(slug) if slug else None
    wished = Listing.read(
        url_for("admissions.moderation"), request.args, sorts=("first",), filters=("site", "show"), size=SIZE
    )
    with platform_scope("Joining Q: moderation across panels", here().visitor.actor()) as session:

        def read(limit: int | None, offset: int) -> tuple[list[Signed], int]:
            return queries.waiting(
                session, who(), tenant_id=site.id if site else None, closely=closely, limit=limit, offset=offset
            )  # fmt: skip

        counts = queries.by_partner(session, who())
        found = listed(wished, SHEET, read)
    if isinstance(found, Response):
        return found
    page, rows = found
    return render(
        "admissions/decisions/moderation.html", status, listing=page, rows=rows, counts=counts, chosen=slug, closely=closely,
        sites={one.id: one for one in _directory().partners()}, problem=problem, press=PressForm(formdata=None), **tables(),
    )  # fmt: skip


def _picked(name: str) -> dict[str, dict[str, int]]:
    """{site: {decision: version}} out of the form's `site:decision:version` values."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for text in request.form.getlist(name):
        slug, _sep, rest = text.partition(":")
        decision_id, _sep, version = rest.partition(":")
        if (number := whole_number(version, -1)) >= 0:
            found[slug][decision_id] = number
    return found


@central.post("/moderation/check")
@needs(MAY)
def moderation_check() -> Response:
    """What would be moderated, with numbers and references, before anything is."""
    return _check_page("pick")


def _check_page(name: str, status: int = 200, refused: str = "") -> Response:
    ready: dict[str, list[Signed]] = {}
    for slug, picks in _picked(name).items():
        with tenant_session(_at(slug).id) as session:
            found = queries.some(session, who(), list(picks))
        if may := [one for one in found if not one.mine and one.version == picks[one.id]]:
            ready[slug] = may
    if not ready:
        return _list(422, refused or _("Choose at least one decision that you have no part in."))
    return render(
        "admissions/decisions/moderation_check.html", status, refused=refused, ready=ready, sites={one.slug: one for one in _directory().partners()},
        total=sum(len(rows) for rows in ready.values()), form=PressForm(formdata=None), **tables(),
    )  # fmt: skip


@central.post("/moderation/many")
@needs(MAY)
def moderation_many() -> Response:
    """Moderate what was checked: site by site, each site's all or none."""
    if why := refusal():
        return _check_page("moderate", 422, why)
    actor, done, problems = here().visitor.actor(), 0, []
    for slug, picks in _picked("moderate").items():
        site = _at(slug)
        try:
            with tenant_session(site.id) as session:
                done += service.moderate(session, actor, picks)
        except DomainError as error:
            problems.append(f"{site.named(language())}: {say(error.message, error.params)}")
    if problems or not done:
        return _list(422, " ".join(problems) or _("Choose at least one decision that you have no part in."))
    return redirect_with(
        ngettext("%(num)s decision is moderated.", "%(num)s decisions are moderated.", done), "admissions.moderation"
    )


@central.route("/moderation/<slug>/<decision_id>", methods=["GET", "POST"])
@needs(MAY)
def moderation_one(slug: str, decision_id: str) -> Response:
    """One decision with what it was made from: agree to it, or return it with a reason."""
    actor, site, form = here().visitor.actor(), _at(slug), ReturnForm()
    with tenant_session(site.id) as session:
        application_id, window_id = queries.of(session, who(), decision_id)
        agrees = request.method == "POST" and request.form.get("go") == "moderate"
        if agrees or form.validate_on_submit():
            with kept_on(form):
                if agrees:
                    service.moderate(session, actor, {decision_id: version_sent()})
                    return redirect_with(_("The decision is moderated."), "admissions.moderation")
                service.send_back(session, actor, decision_id, version_sent(), form.why.data)
                return redirect_with(_("The decision goes back to the partner."), "admissions.moderation")
        found = reading.candidate(session, who(), window_id, application_id)
        past = reading.history(session, application_id)
        this = next(one for one in past if one.id == decision_id)
        waiting = queries.some(session, who(), [decision_id])
        said = by_criterion(reading.scores(session, who(), application_id))
    return render(
        "admissions/decisions/moderation_one.html", 422 if form.errors else 200, at=site, one=found, this=this, said=said,
        past=[one for one in past if one.id != decision_id], form=form, titles=titles(), waiting=bool(waiting),
        mine=any(one.mine for one in waiting), may_return=this.state in DECISION.sources("return"),
        application=f"{site.prefix}/manage/admissions/applications/{application_id}", has_letter=this.state in LETTERS, **tables(),
    )  # fmt: skip


@central.get("/moderation/<slug>/<decision_id>/letter")
@needs(MAY)
def moderation_letter(slug: str, decision_id: str) -> Response:
    """The letter as it would go out now with this decision, in one language, or as it went out. Raises NotFound for a decision
    that went back or was withdrawn: it has none."""
    site, asked = _at(slug), request.args.get("language", "")
    with tenant_session(site.id) as session:
        _application, window_id = queries.of(session, who(), decision_id)
        this = batches.letter_of(session, who(), decision_id)
        if this.state not in LETTERS:
            raise NotFound
        locale = asked if asked in LANGUAGES else this.locale
        letter = sealed_letter(session, decision_id, locale)
        if letter is None:
            found = releasing.letters_of(session, [this], decision_post.site_of(site), clock.now(), window_id)
            letter = found[decision_id][locale]
    return render(
        "admissions/decisions/moderation_letter.html",
        at=site,
        this=this,
        letter=letter,
        locale=locale,
        own_language=language(),
    )
