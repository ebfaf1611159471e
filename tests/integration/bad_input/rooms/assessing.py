"""What the hostile requests meet of assessing: an assessment in each state that has a form, and a meeting of each."""

from datetime import timedelta

from core.admissions.queries import assessing, meetings, oversight
from core.admissions.service import declaring, redacting
from core.admissions.service import meetings as meeting
from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.views import SYSTEM, Actor
from tests.factories.admissions import make_window
from tests.factories.assessing import make_assessment, make_assessor, make_assignment, make_submitted
from tests.integration.admissions.panel import filled_in, submitted_again
from tests.integration.bad_input.rooms.cast import FIRST, Cast, Named, Room


def make_assessing(cast: Cast) -> Room:
    """What the assessor has to do, what the lead does around it, and two meetings."""
    session, form_id, account = cast.session, cast.form_id, cast.person("assessor")
    who = Actor(account, "Asa Sessor", permissions=frozenset({"admissions.assess"}))
    assessor = make_assessor(session, account)
    window = make_window(session, form_id, -40, -10, name="Being assessed")

    def application(name: str) -> str:
        return make_submitted(session, window, form_id, cast.person(name))

    offered = make_assignment(session, application("offered"), assessor)
    whole, older = (make_assignment(session, application(name), assessor) for name in ("whole", "older"))
    for one in (whole, older):
        declaring.declare(session, who, one, 1, level="none", key=new_token())
        filled_in(session, who, one)
    submitted_again(session, assessing.task(session, account, older).application_id, form_id)
    now, waiting = application("sealed"), application("waiting")
    sealed = make_assignment(session, now, assessor, "assessing")
    make_assessment(session, sealed)
    other = make_assessor(session, cast.person("oscar"))
    declared = make_assignment(
        session, application("declared"), other, "declared", level="minor", declared_at=clock.now(), declaration="We met"
    )  # fmt: skip
    redacting.redact(session, SYSTEM, waiting, question="story", words="ward", replacement="[place]", key=new_token())
    plan = meeting.Plan(clock.now() + timedelta(days=1), "Room 1", 1)
    planned = meeting.plan(session, SYSTEM, window, plan, new_token())
    held = meeting.plan(session, SYSTEM, window, plan, new_token())
    meeting.set_agenda(session, SYSTEM, held, 1, [now, waiting])
    meeting.attend(session, SYSTEM, held, 2, [assessor])
    items = {one.application_id: one for one in meetings.agenda(session, None, held)}
    meeting.bring_up(session, SYSTEM, items[now].id, items[now].version)
    named: Named = {
        "assignment_id": (offered, whole, older, sealed), "meeting_id": (planned, held),
        "item_id": (items[now].id, items[waiting].id), "oversight.declaration:assignment_id": (declared,),
        "oversight.reopen:application_id": (now,), "oversight.reopen:assignment_id": (sealed,),
        "oversight.show_again:application_id": (waiting,), "oversight.prepare:window_id": (window,),
        "meetings.listing:window_id": (window,), "meetings.new:window_id": (window,),
        "redaction_id": tuple(row.id for row in oversight.redactions(session, waiting)),
    }  # fmt: skip
    for page in ("redact", "translate", "assessments"):
        named[f"oversight.{page}:application_id"] = (waiting,)
    for page in ("scores", "newer", "check", "seal"):
        named[f"assessing.{page}:part"] = ("scores",)
    day = f"{clock.now() + timedelta(days=30):%Y-%m-%dT12:00}"
    good = {
        "oversight.redact": {"question": "story", "words": "safer", "replacement": "[kept]"},
        "assessing.declare": {"level": "minor", "words": "Kept words"},
        "meetings.present": {"present": FIRST},
        "meetings.new": {"quorum": "2", "held_at": day},
        "meetings.edit": {"quorum": "2", "held_at": day},
    }
    return Room(named, good)
