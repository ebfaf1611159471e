"""The demonstration's people exist only where the demonstration is on, and it is loaded only where nobody else is."""

from enum import StrEnum

import sqlalchemy as sa

from core.data import sqlite_files
from core.people.models import Account

OFF = (
    "this database holds the demonstration's people, whose password everybody knows, and the demonstration is off: "
    "name another database with QP_DATABASE_URL, or run the demonstration with QP_DEMO=1"
)
OTHERS = "this database is no demonstration: name another one with QP_DATABASE_URL"
DOMAIN = "@demo.example"


class Held(StrEnum):
    """Whom a database holds."""

    NOBODY = "nobody"
    DEMONSTRATION = "demonstration"
    OTHERS = "others"


def held(connection: sa.Connection) -> Held:
    """Whom the database holds; `OTHERS` also where it has tables, but not the platform's.

    An address of the demonstration counts once it is confirmed: anybody can type one when registering, and there is no
    mailbox behind it.
    """
    tables = sa.inspect(connection).get_table_names()
    if Account.__tablename__ not in tables:
        return Held.OTHERS if tables else Held.NOBODY
    account = Account.__table__.c
    ours = account.email_norm.endswith(DOMAIN), account.confirmed_at.is_not(None)
    if connection.scalar(sa.select(sa.exists().where(*ours))):
        return Held.DEMONSTRATION
    return Held.OTHERS if connection.scalar(sa.select(sa.exists().select_from(Account.__table__))) else Held.NOBODY


def problem(connection: sa.Connection) -> str:
    """Why a platform whose demonstration is off must not be served from this database; empty when it may."""
    return OFF if held(connection) is Held.DEMONSTRATION else ""


def may_load(url: str) -> str:
    """Why the demonstration must not be loaded into the database at `url`, or begun anew there; empty when it may."""
    if (path := sqlite_files.path_of(url)) is not None and not path.exists():
        return ""  # nothing is there, and to look would make a file
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            return OTHERS if held(connection) is Held.OTHERS else ""
    except sa.exc.DatabaseError as error:
        return f"the database cannot be read: {str(error.orig).splitlines()[0]}"
