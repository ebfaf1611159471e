"""One-use keys: the same form sent twice makes one thing and shows the same page."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.data import upserts
from core.data.base import Base, Id, TenantOwned, table_of, tenant_args
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.errors import Refused
from core.kernel.ids import new_id
from core.kernel.text import N_


class FormKey(TenantOwned, Base):
    """A key that a form carried, what it was for and what it made."""

    __tablename__ = "data_form_key"
    __table_args__ = tenant_args(sa.UniqueConstraint("tenant_id", "key"), sa.Index("ix_data_form_key_at", "created_at"))
    id: Mapped[Id]
    key: Mapped[str] = mapped_column(sa.String(64))
    purpose: Mapped[str] = mapped_column(sa.String(80))
    result: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[datetime]


# On the table itself, with its tenant: half the cost of the same through the ORM, for each form that is sent.
_TABLE = table_of(FormKey)
_CLAIM = upserts.for_each_dialect(_TABLE, lambda new: new.on_conflict_do_nothing().returning(_TABLE.c.id))
_EARLIER = sa.select(FormKey.id, FormKey.purpose, FormKey.result).where(FormKey.key == sa.bindparam("sent"))
_KEEP = (
    sa.update(_TABLE)
    .where(_TABLE.c.tenant_id == sa.bindparam("here"), _TABLE.c.id == sa.bindparam("claimed"))
    .values(result=sa.bindparam("made"))
)


class Once:
    """The answer of `once`: `result` is what the first sending made, or None for the first sending itself."""

    def __init__(self, session: ScopedSession, row_id: str, result: str | None) -> None:
        self._session, self._row_id, self.result = session, row_id, result

    def keep(self, result: str) -> None:
        """Note what was made (an id of at most 200 characters), in the same transaction."""
        given = {"here": self._session.scope.tenant_id, "claimed": self._row_id, "made": result}
        self._session.execute(_KEEP, given)


def once(session: ScopedSession, key: str, purpose: str) -> Once:
    """Claim `key` in the caller's transaction. A second sending waits for the first's commit, then gets its result. The key of a
    form (`core.web.forms`) is of what was sent with it: other answers are no second sending.

    Raises Refused when the key is missing, malformed or was used for something else.
    """
    if not key or len(key) > 64 or not key.isascii() or not key.isprintable():
        raise Refused(N_("This form is out of date. Load the page again and send it once more."))
    row_id = new_id()
    values = {
        "id": row_id,
        "tenant_id": session.scope.tenant_id,
        "key": key,
        "purpose": purpose,
        "result": "",
        "created_at": clock.now(),
    }
    if session.execute(_CLAIM(session), values).one_or_none() is not None:
        return Once(session, row_id, None)
    earlier = session.execute(_EARLIER, {"sent": key}).one()
    if earlier.purpose != purpose:
        raise Refused(N_("This form is out of date. Load the page again and send it once more."))
    return Once(session, earlier.id, earlier.result)
