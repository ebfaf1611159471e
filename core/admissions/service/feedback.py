"""What applicants say of a decision: how far they understand why, and whether they would apply again. Once each."""

from core.admissions.models import DecisionFeedback
from core.admissions.queries import public
from core.data import upserts
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Invalid, Refused
from core.kernel.ids import new_id
from core.kernel.text import N_
from core.kernel.views import Actor

LONGEST_WORDS = 2000


def tell(
    session: ScopedSession,
    actor: Actor,
    application_id: str,
    *,
    understood: int,
    would_reapply: bool | None,
    words: str,
) -> None:
    """Keep what somebody says of the released decision about their own application; `understood` is 1 (not at all) to 5
    (fully). Only the first counts: figures of it are published. Raises NotFound, Invalid by field, Refused before a
    decision is out or when it was said already."""
    wrong = {}
    if understood not in range(1, 6):
        wrong["understood"] = N_("Choose a number from 1 to 5.")
    if len(words.strip()) > LONGEST_WORDS:
        wrong["words"] = N_("At most 2,000 characters")
    if wrong:
        raise Invalid(wrong)
    with transaction(session):
        mine = public.mine(session, application_id, str(actor.account_id))
        if not mine.status.decision_id:
            raise Refused(N_("There is no decision yet."))
        row = {
            "id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": application_id, "understood": understood,
            "would_reapply": would_reapply, "words": words.strip(), "at": clock.now(),
        }  # fmt: skip
        made = (
            upserts.insert(session, DecisionFeedback)
            .values(**row)
            .on_conflict_do_nothing()
            .returning(DecisionFeedback.id)
        )
        if session.scalar(made) is None:
            raise Refused(N_("You have told us already. Thank you."))
