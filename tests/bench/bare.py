"""The yardstick: a bare Flask, SQLAlchemy and Jinja application that does as little as can be done for the same page.

One tenant look-up and one query for the list; no isolation, plugins, languages, access or headers. The text of its pages is
padded to the size of ours, so that bytes cost the same.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, abort, render_template, request, session
from jinja2 import DictLoader
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session, sessionmaker


class BareBase(DeclarativeBase):
    """Tables of the yardstick alone."""


class Tenant(BareBase):
    __tablename__ = "bare_tenant"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str] = mapped_column(sa.String(80))


class Member(BareBase):
    __tablename__ = "bare_member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))


class Event(BareBase):
    __tablename__ = "bare_event"
    __table_args__ = (sa.Index("ix_bare_event_list", "tenant_id", "starts"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(160))
    place: Mapped[str] = mapped_column(sa.String(120))
    blurb: Mapped[str] = mapped_column(sa.String(600))
    starts: Mapped[datetime]
    capacity: Mapped[int]
    taken: Mapped[int]


class Registration(BareBase):
    __tablename__ = "bare_registration"
    __table_args__ = (sa.UniqueConstraint("event_id", "member_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int]
    member_id: Mapped[int]


PAGES = {
    "base.html": """<!doctype html><html lang=en><head><meta charset=utf-8><title>{% block t %}{% endblock %}</title></head><body>
<header><nav>{% for x in nav %}<a href="{{ x }}">{{ x }}</a> {% endfor %}</nav></header><main>{% block b %}{% endblock %}</main>
<footer>{{ padding }}</footer></body></html>""",
    "list.html": """{% extends "base.html" %}{% block t %}{{ tenant.name }}{% endblock %}{% block b %}<h1>{{ tenant.name }}</h1><ul>
{% for e in events %}<li><h2><a href="/e/{{ e.id }}">{{ e.title }}</a></h2><p>{{ e.starts.strftime('%d %b %Y, %H:%M') }}, {{ e.place }}</p>
<p>{{ e.blurb }}</p><p>{{ e.capacity - e.taken }} places left</p></li>{% endfor %}</ul>{% endblock %}""",
    "me.html": """{% extends "base.html" %}{% block t %}Me{% endblock %}{% block b %}<h1>{{ me.name }}</h1><ul>
{% for e in events %}<li>{{ e.title }}, {{ e.starts.strftime('%d %b %Y') }}</li>{% endfor %}</ul>{% endblock %}""",
}


def create_bare(engine: sa.Engine) -> Flask:
    """The yardstick's application, its tables filled with 50 events and one member who goes to 20 of them."""
    BareBase.metadata.drop_all(engine)
    BareBase.metadata.create_all(engine)
    start = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1)
    with Session(engine) as s:
        s.add_all([Tenant(id=1, slug="small", name="Scotland"), Member(id=1, name="Member 1")])
        s.add_all(
            Event(
                id=i, tenant_id=1, title=f"Improvement workshop {i}", place=f"Room {i % 40}, Edinburgh",
                blurb="A local workshop on patient flow. " * 4, starts=start + timedelta(hours=6 * i), capacity=100_000, taken=0,
            )
            for i in range(1, 51)
        )  # fmt: skip
        s.add_all(Registration(event_id=i, member_id=1) for i in range(1, 21))
        s.commit()
    app = Flask("bare")
    app.secret_key = "bench"
    app.jinja_loader = DictLoader(PAGES)
    database = scoped_session(sessionmaker(engine, expire_on_commit=False))
    app.teardown_appcontext(lambda _: database.remove())
    app.context_processor(lambda: {"nav": ["/", "/events", "/members"], "padding": app.config.get("PADDING", "")})
    _routes(app, database)
    return app


def _routes(app: Flask, database: Any) -> None:
    @app.get("/t/<slug>/")
    def listing(slug: str) -> str:
        tenant = database.scalar(sa.select(Tenant).where(Tenant.slug == slug)) or abort(404)
        query = sa.select(Event).where(Event.tenant_id == tenant.id).order_by(Event.starts).limit(51)
        return render_template("list.html", tenant=tenant, events=database.scalars(query).all()[:50])

    @app.get("/in/<int:member>")
    def sign_in(member: int) -> str:
        session["member"] = member
        return "in"

    @app.get("/me")
    def me() -> str:
        person = database.get(Member, session.get("member", 0)) or abort(401)
        query = (
            sa.select(Event)
            .join(Registration, Registration.event_id == Event.id)
            .where(Registration.member_id == person.id)
        )
        return render_template("me.html", me=person, events=database.scalars(query.limit(20)).all())

    @app.post("/e/<int:event>")
    def register(event: int) -> tuple[str, int]:
        member = int(request.form["member"])
        database.execute(sa.select(Member.id).where(Member.id == session.get("member", 0))).one()
        database.execute(
            sa.update(Event).where(Event.id == event, Event.taken < Event.capacity).values(taken=Event.taken + 1)
        )
        database.execute(sa.insert(Registration).values(event_id=event, member_id=member))
        database.commit()
        return "", 303
