"""The statements that can leak between tenants, ported one by one from the prototype, each with its pinned outcome.

A case is (name, statement, leaks, outcome). The statement runs in tenant 1's session; `leaks` says whether what it gave
back, or what stands in the database afterwards, shows or changes tenant 2. Outcomes: "ok" (ran, filtered) or "blocked".
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import delete, exists, func, insert, literal, select, text, union, union_all, update
from sqlalchemy.orm import Bundle, aliased, joinedload, selectinload, subqueryload, with_polymorphic

from core.data.scope import Scope, ScopeError
from tests.isolation.matrix_models import Claim, Line, LooseLine, MileageClaim, Tag, TagLink, Tenant

OK, BLOCKED = "ok", "blocked"
C, L, X = Claim, Line, LooseLine
ct, lt = Claim.__table__, LooseLine.__table__


class World(NamedTuple):
    """What a case may use: the session under test and an unguarded hand on the database."""

    session: Any
    foreign: Callable[[type, int], Any]
    peek: Callable[[str], Any]
    poke: Callable[[str], None]


class Case(NamedTuple):
    name: str
    run: Callable[[World], Any]
    leaks: Callable[[Any], bool]
    outcome: str


CASES: list[Case] = []


def case(name: str, run: Callable[[World], Any], leaks: Callable[[Any], bool], outcome: str = OK) -> None:
    CASES.append(Case(name, run, leaks, outcome))


def ids(rows: Any) -> list[int]:
    return [row.id for row in rows]


def theirs(values: Any) -> bool:
    return any(value in (20, 21, 200, 999) for value in values)


def then_peek(act: Callable[[Any], Any], question: str) -> Callable[[World], Any]:
    """Run `act`, commit, and look at the database without a guard."""

    def run(w: World) -> Any:
        act(w.session)
        w.session.commit()
        return w.peek(question)

    return run


TITLE, NOTE = "select title from mx_claim where id=20", "select note from mx_loose_line where id=200"
LINES2, LINE200 = (
    "select count(*) from mx_loose_line where tenant_id=2",
    "select count(*) from mx_loose_line where id=200",
)

# Reads through the ORM
case("select(Entity)", lambda w: ids(w.session.scalars(select(C))), theirs)
case("select(Entity.col)", lambda w: list(w.session.scalars(select(C.id))), theirs)
case("count().select_from(Entity)", lambda w: w.session.scalar(select(func.count()).select_from(C)), lambda r: r != 2)
case("count(Entity.id)", lambda w: w.session.scalar(select(func.count(C.id))), lambda r: r != 2)
case("query().all()", lambda w: ids(w.session.query(C).all()), theirs)
case("query().count()", lambda w: w.session.query(C).count(), lambda r: r != 2)
case("query(sum)", lambda w: w.session.query(func.sum(C.amount)).scalar(), lambda r: r != 110)
case("joined-inheritance subclass", lambda w: ids(w.session.scalars(select(MileageClaim))), theirs)
case("with_polymorphic", lambda w: ids(w.session.scalars(select(with_polymorphic(C, [MileageClaim])))), theirs)
case("aliased(Entity)", lambda w: ids(w.session.scalars(select(aliased(C)))), theirs)
case("join, select child", lambda w: list(w.session.scalars(select(X.id).join(X.claim))), theirs)
case("implicit cross join", lambda w: list(w.session.scalars(select(X.id).where(X.claim_id == C.id))), theirs)
case(
    "join from unscoped parent",
    lambda w: list(w.session.scalars(select(C.id).select_from(Tenant).join(Tenant.claims))),
    theirs,
)
case(
    "outer join, child of scoped",
    lambda w: list(w.session.scalars(select(X.id).select_from(C).outerjoin(X, X.claim_id == C.id))),
    theirs,
)
case(
    "scalar subquery", lambda w: w.session.scalar(select(select(func.count(C.id)).scalar_subquery())), lambda r: r != 2
)
case("subquery().c", lambda w: list(w.session.scalars(select(select(C.id).subquery().c.id))), theirs)
case("CTE", lambda w: list(w.session.scalars(select(select(C.id).cte().c.id))), theirs)
case("aliased(Entity, subquery)", lambda w: ids(w.session.scalars(select(aliased(C, select(C).subquery())))), theirs)
case(
    "exists() on unscoped",
    lambda w: list(w.session.scalars(select(Tenant.id).where(exists(select(C.id).where(C.tenant_id == Tenant.id))))),
    lambda r: 2 in r,
)
case(
    "relationship.any() from unscoped",
    lambda w: list(w.session.scalars(select(Tenant.id).where(Tenant.claims.any()))),
    lambda r: 2 in r,
)
case(
    "any() with poisoned child",
    lambda w: list(w.session.scalars(select(C.id).where(C.loose.any(X.id == 999)))),
    lambda r: 10 in r,
)
case(
    "IN (select through a link table)",
    lambda w: list(
        w.session.scalars(
            select(Tag.id).where(Tag.id.in_(select(TagLink.tag_id).join(C, C.id == TagLink.claim_id).where(C.id == 20)))
        )
    ),
    bool,
)
case(
    "union, core rows",
    lambda w: [r[0] for r in w.session.execute(union(select(C.id), select(C.id).where(C.id > 0)))],
    theirs,
)
case(
    "union via from_statement",
    lambda w: ids(
        w.session.scalars(select(C).from_statement(union_all(select(C).where(C.id < 15), select(C).where(C.id > 15))))
    ),
    theirs,
)
case(
    "exists in where of Tag",
    lambda w: ids(w.session.scalars(select(Tag).where(select(C.id).where(C.id == 20).exists()))),
    bool,
)
case("yield_per stream", lambda w: ids(w.session.scalars(select(C).execution_options(yield_per=1))), theirs)
case("Bundle", lambda w: [r[0].id for r in w.session.execute(select(Bundle("b", C.id, C.title)))], theirs)
case("link table entity", lambda w: list(w.session.scalars(select(TagLink.claim_id))), theirs)

# Raw SQL and Core
case(
    "from_statement(text)",
    lambda w: ids(w.session.scalars(select(X).from_statement(text("select * from mx_loose_line")))),
    theirs,
    BLOCKED,
)
case("text()", lambda w: [r[0] for r in w.session.execute(text("select id from mx_claim"))], theirs, BLOCKED)
case(
    "text().columns()",
    lambda w: [r[0] for r in w.session.execute(text("select id from mx_claim").columns(C.id))],
    theirs,
    BLOCKED,
)
case("Core select(table)", lambda w: ids(w.session.execute(select(ct))), theirs, BLOCKED)
case("Core select(table.c)", lambda w: list(w.session.scalars(select(ct.c.id))), theirs, BLOCKED)
case(
    "Core table joined to Entity",
    lambda w: list(w.session.scalars(select(lt.c.id).join(C, C.id == lt.c.claim_id))),
    theirs,
    BLOCKED,
)
case("session.connection() select(Entity)", lambda w: ids(w.session.connection().execute(select(C))), theirs, BLOCKED)
case("engine connection", lambda w: _engine_read(w), theirs, BLOCKED)
case(
    "link table, Core",
    lambda w: [r[0] for r in w.session.execute(select(TagLink.__table__.c.claim_id))],
    theirs,
    BLOCKED,
)
case("lateral", lambda w: _lateral(w), theirs)


def _engine_read(w: World) -> list[int]:
    with w.session.get_bind().connect() as connection:
        return ids(connection.execute(select(ct)))


def _lateral(w: World) -> list[int]:
    if w.session.get_bind().dialect.name == "sqlite":  # SQLite has no LATERAL: the same question as a derived table
        return list(w.session.scalars(select(select(C.id).subquery().c.id)))
    return [r[0] for r in w.session.execute(select(select(C.id).lateral().c.id))]


# Identity map, refresh, expiry
def _attach(act: Callable[[World, Any], Any]) -> Callable[[World], Any]:
    def run(w: World) -> Any:
        stranger = w.foreign(C, 20)
        w.session.add(stranger)
        return act(w, stranger)

    return run


case("get(), cold", lambda w: w.session.get(C, 20), lambda r: r is not None)
case("get(), own", lambda w: w.session.get(C, 10), lambda r: r is None)
case("query.get()", lambda w: w.session.query(C).filter_by(id=20).one_or_none(), lambda r: r is not None)
case("get(), identity map warm", _attach(lambda w, o: w.session.get(C, 20)), lambda r: r is not None, BLOCKED)
case(
    "get(), warm, populate_existing",
    _attach(lambda w, o: w.session.get(C, 20, populate_existing=True)),
    lambda r: r is not None,
    BLOCKED,
)
case("refresh(foreign)", _attach(lambda w, o: (w.session.refresh(o), o.id)[1]), lambda r: r == 20, BLOCKED)
case("expired attribute of foreign", _attach(lambda w, o: (w.session.expire(o), o.title)[1]), bool, BLOCKED)

# Relationships, with rows poisoned across tenants (only a simple foreign key lets them exist)
POISON = "update mx_loose_line set claim_id=20 where id=100"


def _poisoned(read: Callable[[World], Any]) -> Callable[[World], Any]:
    def run(w: World) -> Any:
        w.poke(POISON)
        claim = read(w)
        return claim.id if claim else None

    return run


case("lazy collection", lambda w: ids(w.session.get(C, 10).loose), theirs)
case("foreign line attached for its claim", lambda w: w.session.add(w.foreign(X, 999)), bool, BLOCKED)
case("lazy many-to-one to foreign", _poisoned(lambda w: w.session.get(X, 100).claim), lambda r: r == 20)
case(
    "joinedload many-to-one to foreign",
    _poisoned(lambda w: w.session.scalars(select(X).where(X.id == 100).options(joinedload(X.claim))).one().claim),
    lambda r: r == 20,
)
for loader in (joinedload, selectinload, subqueryload):
    case(
        f"{loader.__name__} collection",
        lambda w, loader=loader: [
            line.id for claim in w.session.scalars(select(C).options(loader(C.loose))).unique() for line in claim.loose
        ],
        theirs,
    )
case(
    "selectinload from unscoped parent",
    lambda w: [c.id for t in w.session.scalars(select(Tenant).options(selectinload(Tenant.claims))) for c in t.claims],
    theirs,
)
case("lazy from unscoped parent", lambda w: ids(w.session.get(Tenant, 2).claims), theirs)
case("write_only", lambda w: ids(w.session.scalars(w.session.get(C, 10).loose_writes.select())), theirs)
case("dynamic", lambda w: ids(w.session.get(C, 10).loose_dynamic.all()), theirs)
case("column_property, ORM", lambda w: w.session.scalar(select(C.n_lines).where(C.id == 10)), lambda r: r != 1)
case(
    "column_property, Core",
    lambda w: w.session.scalar(select(C.n_lines_core).where(C.id == 10)),
    lambda r: r != 1,
    BLOCKED,
)

# Writes
case("update(Entity)", then_peek(lambda s: s.execute(update(C).values(title="HACK")), TITLE), lambda r: r == "HACK")
case("query().update()", then_peek(lambda s: s.query(C).update({"title": "HACK"}), TITLE), lambda r: r == "HACK")
case(
    "bulk update by key",
    then_peek(lambda s: s.execute(update(C), [{"id": 20, "title": "HACK"}]), TITLE),
    lambda r: r == "HACK",
    BLOCKED,
)
case(
    "bulk_update_mappings",
    then_peek(lambda s: s.bulk_update_mappings(C, [{"id": 20, "title": "HACK"}]), TITLE),
    lambda r: r == "HACK",
    BLOCKED,
)
case(
    "Core update(table)",
    then_peek(lambda s: s.execute(update(lt).values(note="HACK")), NOTE),
    lambda r: r == "HACK",
    BLOCKED,
)
case(
    "update().returning()",
    lambda w: [r[0] for r in w.session.execute(update(X).values(note="x").returning(X.id))],
    theirs,
)
case("delete(Entity)", then_peek(lambda s: s.execute(delete(X)), LINES2), lambda r: r != 2)
case("Core delete(table)", then_peek(lambda s: s.execute(delete(lt)), LINES2), lambda r: r != 2, BLOCKED)


def _flushed(change: Callable[[Any, Any], None], question: str) -> Callable[[World], Any]:
    def run(w: World) -> Any:
        stranger = w.foreign(X, 200)
        w.session.add(stranger)
        change(w.session, stranger)
        w.session.commit()
        return w.peek(question)

    return run


case("flush: delete of foreign", _flushed(lambda s, o: s.delete(o), LINE200), lambda r: r == 0, BLOCKED)
case(
    "flush: update of foreign", _flushed(lambda s, o: setattr(o, "note", "HACK"), NOTE), lambda r: r == "HACK", BLOCKED
)
case(
    "merge(foreign key)",
    then_peek(lambda s: s.merge(X(id=200, tenant_id=1, claim_id=10, amount=1, note="HACK")), NOTE),
    lambda r: r == "HACK",
    BLOCKED,
)
case(
    "insert with foreign tenant_id",
    then_peek(
        lambda s: s.add(L(id=777, tenant_id=2, claim_id=20, amount=1)), "select count(*) from mx_line where id=777"
    ),
    bool,
    BLOCKED,
)
case(
    "insert own line on foreign claim",
    then_peek(
        lambda s: s.add(L(id=778, tenant_id=1, claim_id=20, amount=1)), "select count(*) from mx_line where id=778"
    ),
    bool,
    BLOCKED,
)
case(
    "bulk insert with foreign tenant_id",
    then_peek(
        lambda s: s.execute(insert(L), [{"id": 779, "tenant_id": 2, "claim_id": 20, "amount": 1}]),
        "select count(*) from mx_line where id=779",
    ),
    bool,
    BLOCKED,
)
case(
    "INSERT … FROM SELECT",
    then_peek(
        lambda s: s.execute(
            insert(X).from_select(
                ["tenant_id", "claim_id", "amount", "note"], select(literal(1), C.id, C.amount, C.title)
            )
        ),
        "select max(claim_id) from mx_loose_line where tenant_id=1",
    ),
    lambda r: r == 20,
    BLOCKED,
)
case(
    "update SET = subquery",
    then_peek(
        lambda s: s.execute(update(X).where(X.id == 100).values(amount=select(func.max(C.amount)).scalar_subquery())),
        "select amount from mx_loose_line where id=100",
    ),
    lambda r: r != 100,
)
case(
    "delete where in (select foreign)",
    then_peek(
        lambda s: s.execute(delete(X).where(X.claim_id.in_(select(C.id).where(C.id == 20)))),
        LINE200,
    ),
    lambda r: r == 0,
)
case(
    "Core insert(table)",
    then_peek(
        lambda s: s.execute(insert(lt).values(id=780, tenant_id=2, claim_id=20, amount=1, note="")),
        "select count(*) from mx_loose_line where id=780",
    ),
    bool,
    BLOCKED,
)
case(
    "Core insert(table), one row of many foreign",
    then_peek(
        lambda s: s.execute(
            insert(lt),
            [
                {"id": 781, "tenant_id": 1, "claim_id": 10, "amount": 1, "note": ""},
                {"id": 782, "tenant_id": 2, "claim_id": 20, "amount": 1, "note": ""},
            ],
        ),
        "select count(*) from mx_loose_line where id in (781, 782)",
    ),
    bool,
    BLOCKED,
)


# One session, one scope: what the prototype did by switching the scope inside a session is refused by construction
def _rescope(w: World) -> Any:
    try:
        w.session.scope = Scope.tenant(2)
    except AttributeError as no_setter:
        raise ScopeError("one session, one scope") from no_setter
    return ids(w.session.scalars(select(C)))


case("scope switched inside a session", _rescope, lambda r: True, BLOCKED)
case(
    "moving an own row to another tenant",
    then_peek(lambda s: setattr(s.get(X, 100), "tenant_id", 2), "select tenant_id from mx_loose_line where id=100"),
    lambda r: r == 2,
    BLOCKED,
)
assert sa.__version__ >= "2.1", "any()/has() leak before 2.1"
