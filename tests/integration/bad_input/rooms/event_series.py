"""Series, exchanges, proposals, organisers of one event and events hosted together."""

from datetime import timedelta

from core.data.db import open_session
from core.data.scope import Scope
from core.kernel import clock
from core.kernel.ids import new_token
from core.sdk import Visitor, transaction
from plugins.local_events.models import Organiser
from plugins.local_events.queries import events, series
from plugins.local_events.recurrence import Rule, wall
from plugins.local_events.service import hosting, proposals
from plugins.local_events.service import series as service
from tests.integration.bad_input.rooms.cast import Cast, Named, Room
from tests.integration.bad_input.rooms.people import EMAILS
from tests.plugins.local_events.helpers import ORGANISER, USUAL, drafted, published, visitor

DATES = 3
OF_SERIES = ("later", "skip")
AT = {"starts_at": "2031-05-06T10:00"}


def make_series(cast: Cast, shown: tuple[str, ...]) -> Room:
    """Beside the events that are `shown` already: a series with drafts, an exchange, a proposal at each stage that offers a button, an event with two organisers, and an
    invitation of another site."""
    session, tenant, account = cast.session, cast.site.ref(), cast.people["member"]
    by = Visitor(account, "Mel Member", "member@example.org", is_member=True, home_tenant_id=tenant.id)
    first, single, exchange = _repeated(cast), published(session, tenant), published(session, tenant, kind="exchange")
    series_id = series.series_of(session, first) or ""
    date = series.dates(session, series_id)[1].event_id
    mine = {state: _proposed(cast, by, state) for state in ("draft", "submitted", "approved")}
    with transaction(session):
        session.add_all(
            [Organiser(event_id=single, account_id=one, added_at=clock.now()) for one in (account, cast.people["lead"])]
        )
    named: Named = {
        **{f"local_events.{name}:event_id": (date,) for name in OF_SERIES},
        "local_events.show:event_id": (*shown, *mine.values()),
        "local_events.organiser_list:event_id": (single,),
        "series_id": (series_id,),
        "local_events_manage.kind_edit:kind": ("workshop", "webinar"),
        "local_events_manage.hosting_step:step": ("accept", "decline", "end"),
        "local_events.organiser_leave:account_id": (account,),
        "local_events.organiser_leave:event_id": (single,),
        "local_events.repeat:event_id": (single,), "local_events.copy:event_id": (single,),
        "local_events.add_visit:event_id": (exchange,), "local_events.submit:event_id": (mine["draft"],),
        "local_events.take_back:event_id": (mine["submitted"], mine["approved"]),
        "local_events_manage.approve_proposal:event_id": (mine["submitted"],),
        "local_events_manage.decide_proposal:event_id": (mine["submitted"],),
        "local_events_manage.host_list:event_id": (single,),
        "hosting_id": (_invited(cast),),
    }  # fmt: skip
    return Room(
        named,
        {
            "local_events.copy": AT,
            "local_events.repeat": {"count": "3", "until": ""},
            "local_events.later": {"count": "3", "until": "", "minutes": "60"},
            "local_events.add_visit": {**AT, "place": "Oban"},
            "local_events.organiser_list": {"email": EMAILS["demo"]},
            "local_events_manage.decide_proposal": {"why": "Kept words", "press": "changes"},
        },
    )


def make_series_elsewhere(cast: Cast) -> Named:
    """A series and a card of another site, which must not be reached."""
    first = _repeated(cast)
    return {"series_id": (series.series_of(cast.session, first) or "",)}


def _repeated(cast: Cast) -> str:
    """The first event of a series of three."""
    session, tenant = cast.session, cast.site.ref()
    first = published(session, tenant)
    start = wall(events.find(session, first).starts_at)
    rule = Rule("weekly", 1, (start.weekday(),), count=DATES)
    service.create(session, tenant, USUAL, first, rule, (), visitor(ORGANISER), new_token())
    return first


def _proposed(cast: Cast, by: Visitor, state: str) -> str:
    """A proposal of `by`."""
    session, tenant = cast.session, cast.site.ref()
    event_id = drafted(session, tenant, by, starts_at=clock.now() + timedelta(days=30))
    if state == "draft":
        return event_id
    proposals.submit(session, tenant, USUAL, event_id, by, _unsent)
    if state == "approved":
        version = events.find(session, event_id).version
        proposals.approve(session, tenant, USUAL, event_id, version, visitor(ORGANISER), _unsent)
    return event_id


def _unsent(*_: object) -> None:
    """No letter."""


def _invited(cast: Cast) -> str:
    """A card of Wales's that is addressed to this site."""
    other = cast.app.extensions["q.directory"].by_slug("wales")
    with open_session(Scope.tenant(other.id)) as session:
        event_id = published(session, other.ref())
        return hosting.invite(session, other.ref(), event_id, cast.site.id, visitor(ORGANISER))
