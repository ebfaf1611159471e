"""Saying something about an application beside the scores: only to be added, for those who may read what others scored."""

import sqlalchemy as sa

from core.admissions.models import DiscussionNote
from core.admissions.queries import scores
from core.data import audit
from core.data.idempotency import once
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Forbidden, Invalid, NotFound
from core.kernel.ids import is_id, new_id
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.kernel.views import Actor

LONGEST = 4000


def note(session: ScopedSession, actor: Actor, application_id: str, body: str, key: str) -> str:
    """Add a note; its id. The same form sent twice adds one. Raises Forbidden, NotFound (no such application, or what others
    scored is not the actor's to read yet), Invalid, and Refused for a form key that is missing or was used otherwise."""
    leads = actor.can(Permission.TENANT_ADMISSIONS_MANAGE)
    if not leads and not actor.can(Permission.ADMISSIONS_ASSESS):
        raise Forbidden(Permission.ADMISSIONS_ASSESS)
    body = body.strip()
    if not body or len(body) > LONGEST:
        raise Invalid({"body": N_("Write a note of at most 4,000 characters")})
    if not is_id(application_id):
        raise NotFound
    with transaction(session):
        sent = once(session, key, f"note:{application_id}")
        if sent.result is not None:
            return sent.result
        if not scores.may_read(session, actor.account_id, application_id, leads=leads):
            raise NotFound
        note_id = new_id()
        row = {
            "id": note_id, "tenant_id": session.scope.tenant_id, "application_id": application_id, "account_id": actor.account_id,
            "body": body, "at": clock.now(),
        }  # fmt: skip
        session.execute(sa.insert(DiscussionNote), [row])
        sent.keep(note_id)
        audit.record(session, actor=actor, action="application.note", subject=f"application:{application_id}")
    return note_id
