"""`/style`: every token and component of the design system, live, as documentation for whoever builds a page."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from core.kernel.clock import now
from core.web import charts, tokens
from core.web.access import public
from core.web.context import here
from core.web.i18n import gettext as _
from core.web.listing import Listing
from core.web.lists import own_address
from core.web.pages import render
from core.web.style_forms import SampleForm

blueprint = Blueprint("style", __name__)

KINDS = ("neutral", "brand", "info", "ok", "warn", "err")
ICONS = [
    "calendar",
    "clock",
    "map-pin",
    "user",
    "users",
    "house",
    "settings",
    "search",
    "inbox",
    "check",
    "circle-check",
    "circle-alert",
    "triangle-alert",
    "info",
    "download",
    "globe",
    "languages",
    "ticket",
    "puzzle",
    "history",
    "mail",
    "list-checks",
    "pencil",
    "file-text",
    "video",
    "log-out",
]


@dataclass(frozen=True, slots=True)
class Sample:
    """An event that is only shown."""

    title: str
    starts: datetime
    kind: str
    place: str
    tag: str = ""
    tag_kind: str = "neutral"
    note: str = ""

    @property
    def ends(self) -> datetime:
        """Two hours later, in UTC as `starts`."""
        return self.starts + timedelta(hours=2)


@blueprint.get("/style")
@public
def index() -> Response:
    """The style page."""
    colours = here().tenant.details["colours"]
    look = {"brand": colours["brand"], "accent": colours["accent"]}
    found = tokens.load()
    return render(
        "style/index.html",
        swatches=[(n, found.colour(n, **look), found.colour(n, night=True, **look)) for n in found.colours()],
        pairs=list(zip(found.measure(**look), found.measure(night=True, **look), strict=True)),
        form=SampleForm(formdata=None),
        faulty=_faulty(),
        kinds=KINDS,
        icons=ICONS,
        listing=Listing.read(own_address(), request.args, sorts=("name", "members"), size=3).counted(19),
        events=_events(),
        growth=charts.lines(
            _("Members at the end of each phase"),
            [_("2015: founding cohort"), _("2016: targeted pilot"), _("Early 2017: first areas")],
            [(_("Members"), [231, 447, 799])],
        ),
        two_lines=charts.lines(
            _("Registrations"),
            [_("January"), _("February"), _("March"), _("April"), _("May"), _("June")],
            [(_("In person"), [30, 34, 31, 48, 45, 52]), (_("Online"), [12, 20, 26, 25, 38, 61])],
        ),
        cohorts=charts.bars(
            _("Members by cohort"),
            [(_("Founding cohort, 2015"), 231), (_("Targeted pilot, 2016"), 216), (_("First areas, 2017"), 352)],
        ),
        narrowing=charts.funnel(
            _("Accepted by partner, with limits at 95% and 99.8%"),
            [
                ("Oxford", "12 / 20", 12, 0.6, False),
                ("Wessex", "9 / 30", 30, 0.3, True),
                ("Wales", "27 / 40", 40, 0.68, False),
            ],
            [[(n, max(0, 0.6 - 0.96 / n**0.5), min(1, 0.6 + 0.96 / n**0.5)) for n in (4, 10, 20, 30, 40)]],
            0.6,
        ),
        reaches=charts.intervals(
            _("Members who came to an event, with 95% intervals"),
            [
                (_("Founding cohort, 2015"), "71% (65–76%)", 0.71, (0.65, 0.76)),
                (_("Targeted pilot, 2016"), "58% (51–64%)", 0.58, (0.51, 0.64)),
            ],
            (0, 1),
            ("0%", "100%"),
            0.62,
        ),
    )


def _faulty() -> SampleForm:
    """The same form as it comes back when something is wrong: nothing typed is lost."""
    typed = MultiDict(
        {
            "faulty-email": "sam.example",
            "faulty-sector": "care",
            "faulty-places": "0",
            "faulty-about": _("A morning about flow"),
        }
    )
    form = SampleForm(formdata=typed, prefix="faulty-", meta={"csrf": False})
    form.validate()
    return form


def _events() -> list[Sample]:
    start = now().replace(hour=9, minute=30, second=0, microsecond=0) + timedelta(days=12)
    masterclass = _("Measurement for improvement: reading variation")
    visit = _("Morning visit to a frailty unit")
    webinar = _("Patients as partners: a conversation")
    return [
        Sample(masterclass, start, _("Masterclass"), "Glasgow", _("12 places left"), "ok"),
        Sample(visit, start + timedelta(days=9), _("Site visit"), "Leeds", _("Full"), "warn"),
        Sample(webinar, start + timedelta(days=30), _("Webinar"), _("Online"), note=_("You are coming")),
    ]
