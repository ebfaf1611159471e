"""Base classes of every table. A table is either TenantOwned or Shared; a test over the metadata fails on any other."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, declared_attr, mapped_column
from sqlalchemy.orm import registry as orm_registry

from core.kernel.ids import ID_LENGTH, new_id

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An instant: `timestamptz` on PostgreSQL, naive UTC text on SQLite, always an aware UTC datetime in Python."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse naive datetimes (ValueError): nobody knows which clock they were read from."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored; use core.kernel.clock")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give the instant back as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Model = TypeVar("Model", bound="Base")
Id = Annotated[str, mapped_column(sa.String(ID_LENGTH), primary_key=True, default=new_id)]
"""A row's own id: `id: Mapped[Id]`."""
IdRef = Annotated[str, mapped_column(sa.String(ID_LENGTH))]
"""A column that holds another row's id."""


class Base(DeclarativeBase):
    """The one metadata of the core and of every plugin."""

    # a registry, not a `type_annotation_map`: Flask-SQLAlchemy derives from this class
    registry = orm_registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={datetime: UtcDateTime(), dict[str, Any]: sa.JSON(), list[str]: sa.JSON()},
    )


class Shared:
    """Marks a table that belongs to no tenant: accounts, tenants themselves, the two shelves, the platform's own work."""


class TenantOwned:
    """A table whose every row belongs to one tenant. Needs `__table_args__ = tenant_args(…)`."""

    @declared_attr
    def tenant_id(self) -> Mapped[int]:
        """The owner. Stamped by the session from its scope; can never be changed."""
        return mapped_column(sa.ForeignKey("tenancy_tenant.id"), nullable=False)


def table_of(model: type[Base]) -> sa.Table:
    """The table of a model, for a statement that does without the ORM at half the cost. Where rows have a tenant it must name that
    itself: the guard refuses it otherwise."""
    return cast("sa.Table", model.__table__)


def tenant_args(*more: Any, key: str = "id") -> tuple[Any, ...]:
    """`__table_args__` of a tenant-owned table: UNIQUE(tenant_id, `key`) for composite foreign keys to point at, and `more`."""
    return (sa.UniqueConstraint("tenant_id", key), *more)


def another(model: type[Model]) -> type[Model]:
    """`model` as a further row of its table in a statement that reads the table already; for a module to make once, as an alias
    makes every column of its table anew.

    SQLAlchemy makes each at its first use, and of two threads that use one first at the same moment, one is given the column of
    the table itself: a statement with another meaning. Here all are made before anybody has the alias.
    """
    made: Any = aliased(model)
    for name in model.__mapper__.c.keys():  # noqa: SIM118 - a collection of columns, whose iterator gives columns
        getattr(made, name).__clause_element__()
    return made  # type: ignore[no-any-return]  # an alias answers for its class, and is none


def listed(values: Iterable[str]) -> str:
    """The values as SQL writes a list of texts, in one order: for the condition of a constraint or of a partial index."""
    return ", ".join(repr(str(value)) for value in sorted(values))


def tenant_fk(column: str, table: str, *, key: str = "id") -> sa.ForeignKeyConstraint:
    """A foreign key that cannot cross tenants: (tenant_id, `column`) points at (tenant_id, `key`) of `table`.

    A simple foreign key would: neither the ORM guard nor row-level security stops a row from pointing at another
    tenant's parent.
    """
    return sa.ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.{key}"])


def _owned_classes(root: type[Any] = TenantOwned) -> Iterator[type[Any]]:
    for cls in root.__subclasses__():
        yield cls
        yield from _owned_classes(cls)


def owned_table_names() -> frozenset[str]:
    """The names of every tenant-owned table declared so far, on any declarative base."""
    tables = (cls.__dict__.get("__table__") for cls in _owned_classes())
    return frozenset(table.name for table in tables if table is not None)


def tenant_tables(metadata: sa.MetaData = Base.metadata) -> list[sa.Table]:
    """Every tenant-owned table of `metadata` that has been declared so far, parents first."""
    names = owned_table_names()
    return [table for table in metadata.sorted_tables if table.name in names]
