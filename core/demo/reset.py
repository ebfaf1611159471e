"""Beginning the demonstration anew: its rows and its files go, on either database."""

from collections.abc import Iterable

import sqlalchemy as sa

from core.config import Config
from core.data import restored, sqlite_files
from core.data.base import Base
from core.data.files import open_store
from core.data.migrate import Component, owner_engine


def forget(config: Config, components: Iterable[Component], tenant_ids: Iterable[int]) -> None:
    """Delete the database's tables, on SQLite the file, and the content of every file of these tenants. The caller has made sure
    that nobody else's are meant, and makes the tables anew.

    On PostgreSQL what other programs keep in the same database stays.
    """
    store = open_store(config.files_url)
    for tenant_id in tenant_ids:
        store.delete([key for key, _ in store.listed(tenant_id)])
    if (path := sqlite_files.path_of(config.owner_url)) is not None:
        sqlite_files.remove(path)
        restored.coming(path).unlink(missing_ok=True)
        return
    names = [table.name for table in Base.metadata.sorted_tables] + [one.version_table for one in components]
    engine = owner_engine(config.owner_url)
    with engine.begin() as connection:
        present = set(sa.inspect(connection).get_table_names())
        for name in names:
            if name in present:
                connection.exec_driver_sql(f'drop table "{name}" cascade')
        connection.exec_driver_sql("drop schema if exists dbos cascade")  # the job engine's
    engine.dispose()
