"""The directory of tenants, read anew while others ask it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import sqlalchemy as sa

from core.data.session import ScopedSession
from core.hooks.registry import Registry
from core.tenancy.directory import TenantDirectory
from core.tenancy.models import Tenant

HOST, FROM_SETTINGS = "scotland.example", "alba.example"


class Rows(list[Any]):
    """What a query gives."""

    def all(self) -> list[Any]:
        return self


class Details(dict[str, Any]):
    """A tenant's details. Whenever one of them is looked up, `meanwhile` is called, as another thread could do just then."""

    meanwhile: Callable[[], None]

    def __getitem__(self, name: str) -> Any:
        self.meanwhile()
        return super().__getitem__(name)


def test_whoever_asks_while_tenants_are_read_finds_a_site_in_every_way_or_in_none() -> None:
    directory, found = TenantDirectory(Registry(), {FROM_SETTINGS: "scotland"}), []

    def look() -> None:
        ways = directory.all(), directory.by_id(2), directory.by_slug("scotland"), directory.by_host(HOST)
        found.append({bool(way) for way in (*ways, directory.by_host(FROM_SETTINGS))})

    details = Details(hosts=[HOST])
    details.meanwhile = look
    site = Tenant(id=2, slug="scotland", details=details, position=1, kind="nation", config_version=1)

    def scalars(query: sa.Select[Any]) -> Rows:
        return Rows([site] if query.column_descriptions[0]["entity"] is Tenant else [])

    session = cast("ScopedSession", SimpleNamespace(info={}, scalars=scalars))
    directory.refresh(session)
    directory.refresh(session)
    look()
    assert found == [{False}, {True}, {True}]
