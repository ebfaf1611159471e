"""Alembic's entry: the connection and the names of one component come from `core.data.migrate`."""

from typing import Any, Literal

from alembic import context

from core.data.base import Base, UtcDateTime


def render_item(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write our instant type as plain SQLAlchemy: a migration must not change with the code it came from."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


options = context.config.attributes
context.configure(
    connection=options["connection"],
    target_metadata=Base.metadata,
    version_table=options["version_table"],
    include_name=options["include_name"],
    include_object=options["include_object"],
    render_as_batch=True,
    compare_type=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
