"""Sealed words get the present secret key in the place of the one before, some rows in each transaction, while the site is up."""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from core.data.sealing import Sealer, Unreadable
from core.data.session import ScopedSession, transaction

BATCH = 100


def reseal(
    session: ScopedSession, model: Any, seal: Sealer, about: Callable[[Any], str],
    more: Callable[[str], Mapping[str, str]] | None = None,
) -> tuple[int, int]:  # fmt: skip
    """Seal anew what the secret before sealed in the column `sealed` of a model's rows: (how many, how many that neither opens).

    `about` is what a row's words are bound to, `more` the other values that follow from the words and the secret. Rows with "" hold
    nothing. Asked again it finds what is still to be done; a row that somebody changes meanwhile is theirs, sealed with the present
    secret.
    """
    last, changed, unreadable = "", 0, 0
    while True:
        with transaction(session):
            rows = session.scalars(
                sa.select(model).where(model.id > last, model.sealed != "").order_by(model.id).limit(BATCH)
            ).all()
            for row in rows:
                try:
                    text = _before(seal, row.sealed, about(row))
                except Unreadable:
                    unreadable += 1
                    continue
                if text is None:
                    continue
                values = {"sealed": seal.seal(text, about(row)), **(more(text) if more else {})}
                found = session.execute(
                    sa.update(model)
                    .where(model.id == row.id, model.sealed == row.sealed)
                    .values(**values)
                    .returning(model.id)
                )
                changed += len(found.all())
        if len(rows) < BATCH:
            return changed, unreadable
        last = rows[-1].id


def _before(seal: Sealer, sealed: str, about: str) -> str | None:
    """What the secret before sealed; None where it was the present one. Raises Unreadable."""
    try:
        seal.alone().unseal(sealed, about)
    except Unreadable:
        return seal.unseal(sealed, about)
    return None
