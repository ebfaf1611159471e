"""The national policy, a window that pins rules, what they proposed, and others that were tried on past cases."""

import sqlalchemy as sa

from core.admissions.models import PolicyVersion
from core.admissions.rulebook import rulebook
from core.admissions.rules import standard_config
from core.admissions.service import policies, proposing, shadowing
from core.admissions.service.usual_rules import Rules
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from tests.factories.admissions import make_window
from tests.factories.assessing import make_assessment, make_assessor, make_assignment, make_rules, make_submitted
from tests.integration.admissions.deciding_rig import actor_of
from tests.integration.bad_input.rooms.cast import Cast, Room

LAY = "lay_panel@1.0.0"


def make_rule_room(cast: Cast) -> Room:
    """One application with two sealed assessments and its proposal; another rule pack tried on it."""
    session, lead = cast.session, actor_of(cast.person("signer"), Role.PARTNER_LEAD)
    window = make_window(session, cast.form_id, -30, -10, name="Proposed")
    policy = session.scalar(sa.select(PolicyVersion.id)) or policies.ensure_first(session)
    make_rules(session, window, policy, config=standard_config())
    application = make_submitted(session, window, cast.form_id, cast.person("rhi"))
    for name in ("sian", "tom"):
        assignment = make_assignment(session, application, make_assessor(session, cast.person(name)), "assessing")
        make_assessment(session, assignment, 3)
    catalogue = rulebook().catalogue()
    proposing.propose_due(session, catalogue, area=cast.site.slug, report=lambda *_: None)
    choice = Rules(LAY, {}, policy, "none", 42, 28)
    run = shadowing.ask(session, lead, choice, catalogue=catalogue, plugins=cast.site.enabled, key=new_token())
    shadowing.work_out(session, catalogue, run)
    pages = ("rules", "proposals", "proposal", "proposals_ask", "tried", "tried_agree")
    return Room(
        {
            **{f"windows.{page}:window_id": (window,) for page in pages},
            "windows.rules_edit:window_id": (window, make_window(session, cast.form_id, 70, 80)),
            "windows.proposal:application_id": (application,), "windows.tried:run_id": (run,), "windows.tried_agree:run_id": (run,),
            "admissions.policy_show:number": ("1",),
        },
        {"windows.rules_edit": {"assess_days": "40"}, "admissions.policy_new": {"min_assessors": "3", "exceptions": "lay_panel | 2 | kept-board"}},
    )  # fmt: skip
