"""What the central team keeps for every site: the form's versions, the compact's, and calibration cases."""

from datetime import timedelta

from core.admissions.form import editing
from core.admissions.form.schema import Said
from core.admissions.service import calibration, compact, forms
from core.admissions.service.calibration import About
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.views import SYSTEM
from tests.factories.admissions import make_form, small_form
from tests.factories.assessing import ANSWERS
from tests.integration.bad_input.rooms.cast import Named, Room


def make_form_versions(session: ScopedSession) -> Room:
    """A newer version of the form that drafts could move to, and a draft of the one after it."""
    schema = editing.edit_section(small_form(), "about", Said(en="You", cy="Chi"), Said())
    make_form(session, number=1000)  # which nothing is on
    make_form(session, schema, number=1002, change="editorial")
    number = forms.new_draft(session, SYSTEM)
    forms.change_draft(
        session, SYSTEM, number=number, version=1, what="test", key="again",
        edit=lambda schema, _: editing.remove_question(schema, "again"),
    )  # fmt: skip
    named: Named = {
        "number": (str(number),), "part": ("question",), "way": ("down",), "admissions.form_retire:number": ("1000",),
        "admissions.question_edit:key": ("story",), "admissions.eligibility_edit:key": ("based_here",),
        "admissions.question_back:key": ("again",), "admissions.part_remove:key": ("job",), "admissions.part_move:key": ("job",),
    }  # fmt: skip
    section = {"key": "kept", "first-key": "kept_first", "first-words": "50", "first-options": "Kept | Cadw"}
    good = {
        "admissions.section_new": section,
        "admissions.question_new": {"key": "kept", "words": "50", "options": "Kept | Cadw"},
        "admissions.question_edit": {"options": "Kept | Cadw"},
        "admissions.eligibility_new": {"key": "kept"},
        "admissions.form_publish": {"sure": "y"},
    }
    return Room(named, good)


def make_compact_versions(session: ScopedSession) -> Room:
    """The first compact and a draft of the next."""
    compact.ensure_first(session)
    number = compact.new_draft(session, SYSTEM)
    promise = Said(en="I will try.", cy="Byddaf yn ceisio.")
    compact.change_draft(
        session, SYSTEM, number=number, version=1, what="test", edit=lambda text: text.model_copy(update={"promise": promise})
    )  # fmt: skip
    pages = ("version", "changes", "frame", "expectation_new", "expectation", "move", "publish", "discard")
    named: Named = {
        **{f"admissions.compact_{page}:number": (str(number),) for page in pages}, "compact.show_version:number": ("1",),
        "admissions.compact_expectation:key": ("learn",), "admissions.compact_move:key": ("learn",),
    }  # fmt: skip
    return Room(
        named, {"admissions.compact_publish": {"sure": "y"}, "admissions.compact_expectation_new": {"key": "kept"}}
    )


def make_cases(session: ScopedSession) -> Room:
    """Two calibration cases: a draft that can be sent, and one that is out."""
    draft, out = (
        calibration.write(session, SYSTEM, About(name, "invented", "en"), new_token()) for name in ("Case 1", "Case 2")
    )
    for case in (draft, out):
        calibration.change(session, SYSTEM, case, 1, About("A case", "invented", "en"), ANSWERS)
    calibration.send(session, SYSTEM, out, 2, clock.now() + timedelta(days=7))
    day = clock.london(clock.now()).date() + timedelta(days=9)
    return Room(
        {"case_id": (draft, out)},
        {
            "admissions.calibration_new": {"source": "invented"},
            "admissions.calibration_send": {"due_at": f"{day}T12:00"},
        },
    )
