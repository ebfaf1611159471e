"""What a plugin does on a platform: each check returns one line for each fault, empty when all is well."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

import sqlalchemy as sa
from flask import g
from sqlalchemy.orm import Mapper
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from core.admissions.rules import NationalPolicy, PolicyException
from core.console import touched, waiting
from core.data import migrate
from core.data.base import Base, Shared, TenantOwned
from core.data.db import tenant_session, tenants_session
from core.data.session import ScopedSession
from core.hooks.registry import Plugin, tables_of
from core.hooks.spec import HOOKS, Gate, OnError
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.views import SYSTEM, EventRef, OpenWork, TenantRef
from core.sdk.testing.rule_checks import rule_pack_faults
from core.sdk.testing.site import OFF, ON, Site
from core.web.access import access_of
from core.web.context import ANONYMOUS, Here
from core.web.gate import READS
from core.web.mount import rooms_of

PLACES = ("home.main", "home.aside", "manage.main")
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
PERSON_HOOKS = ("q_export_person_data", "q_erase_person_data")


def _mapped(plugin: Plugin) -> list[Mapper[Any]]:
    inside = f"{plugin.package}."
    return [mapper for mapper in Base.registry.mappers if f"{mapper.class_.__module__}.".startswith(inside)]


def table_problems(plugin: Plugin) -> list[str]:
    """Every table begins with the plugin's name and is a tenant's own, with keys that cannot cross tenants, or declared Shared."""
    found = []
    prefix = plugin.manifest.table_prefix
    for mapper in _mapped(plugin):
        table = mapper.local_table
        if not isinstance(table, sa.Table):
            continue
        if not table.name.startswith(prefix):
            found.append(f"{table.name} does not begin with {prefix}")
        owned, shared = issubclass(mapper.class_, TenantOwned), issubclass(mapper.class_, Shared)
        if owned == shared:
            found.append(f"{table.name} must be either TenantOwned or Shared")
        if shared and "tenant_id" in table.c:
            found.append(f"{table.name} is Shared and has a tenant_id")
        if owned:
            found += _key_problems(table, prefix)
    return found


def _key_problems(table: sa.Table, prefix: str) -> list[str]:
    found = []
    unique = [set(c.columns.keys()) for c in table.constraints if isinstance(c, sa.UniqueConstraint)]
    keys = set(table.primary_key.columns.keys())
    if not any({"tenant_id"} < columns <= {"tenant_id", *keys} for columns in unique):
        found.append(f"{table.name} has no UNIQUE (tenant_id, key): use tenant_args(...)")
    for constraint in table.foreign_key_constraints:
        target = constraint.referred_table
        if target.name == "tenancy_tenant":
            continue
        if not target.name.startswith(prefix):
            found.append(f"{table.name} points at {target.name}, which is not the plugin's own")
        elif "tenant_id" in target.c and "tenant_id" not in constraint.column_keys:
            found.append(f"{table.name} points at {target.name} without tenant_id: use tenant_fk(...)")
    return found


def migration_problems(plugin: Plugin, site: Site) -> list[str]:
    """What the models say is what the migrations make."""
    name = plugin.manifest.name
    if name in site.failed:
        return [f"its migration failed: {site.failed[name]}"]
    own = [component for component in site.components() if component.name == name]
    if not own:
        return [f"{table.name} has no migration" for table in tables_of(plugin.package)]
    return migrate.differences(site.config.owner_url, own)


def _rules(plugin: Plugin, site: Site) -> Iterator[Rule]:
    prefixes = tuple(f"{room.name}." for room in rooms_of(plugin.manifest))
    return (rule for rule in site.app.url_map.iter_rules() if rule.endpoint.startswith(prefixes))


def route_problems(plugin: Plugin, site: Site) -> list[str]:
    """Every route lies below `/<url_name>/` or `/manage/<url_name>/` and says who may use it, with a permission that the
    manifest declares; those for running a site need one."""
    bases = {room.name: f"/{room.address}/" for room in rooms_of(plugin.manifest)}
    known = {one.name for one in plugin.manifest.permissions}
    found = []
    for rule in _rules(plugin, site):
        access, base = access_of(site.app, rule.endpoint), bases[rule.endpoint.partition(".")[0]]
        if not rule.rule.startswith(base):
            found.append(f"{rule.rule} is outside {base}")
        if access is None:
            found.append(f"{rule.endpoint} does not declare its access")
        elif access.kind == "needs" and access.permission not in known:
            found.append(f"{rule.endpoint} needs {access.permission}, which the manifest does not declare")
        elif access.kind != "needs" and base.startswith("/manage/"):
            found.append(f"{rule.endpoint} is for running a site and needs no permission")
        elif access.tenantless:
            found.append(f"{rule.endpoint} passes by the gate")
    brought = [site.app.blueprints[name] for name in bases if name in site.app.blueprints]
    if any(blueprint.template_folder or blueprint.static_folder for blueprint in brought):
        found.append("its blueprint brings folders of its own: templates and static files have their places")
    return found


def off_problems(plugin: Plugin, site: Site) -> list[str]:
    """Where the plugin is off, each of its routes answers with the bytes of a page that never was, by every method.

    One that says `@while_off` may answer reads as a feed does, where the plugin has been on before: with a file, or as if
    missing; never with a page, and never leading elsewhere.
    """
    if not plugin.manifest.platform_wide:
        return _seen_while_off(plugin, site)
    site.switch(OFF, plugin.manifest.name, False)
    try:
        return _seen_while_off(plugin, site)
    finally:
        site.switch(ON, plugin.manifest.name, True)


def _seen_while_off(plugin: Plugin, site: Site) -> list[str]:
    found = []
    client, nowhere = site.client(), f"/{OFF}/no-such-page/{new_id()}"
    # one page that never was for all routes: whichever of its kind is asked for, it is the same but for its address
    missing = {method: _without(client.open(nowhere, method=method).data, nowhere) for method in METHODS}
    for rule in _rules(plugin, site):
        path = f"/{OFF}" + _filled(site, rule)
        for method in METHODS:
            off = client.open(path, method=method)
            if method in READS and _is_feed(site, rule, off):
                continue
            if off.status_code != 404 or _without(off.data, path) != missing[method]:
                found.append(f"{method} {path} is not like a missing page: {off.status_code}")
    return found


def _is_feed(site: Site, rule: Rule, answer: TestResponse) -> bool:
    """Whether a route that goes on answering answers with a file that is no page."""
    access = access_of(site.app, rule.endpoint)
    return access is not None and access.while_off and answer.status_code == 200 and answer.mimetype != "text/html"


def _filled(site: Site, rule: Rule) -> str:
    values = {name: 1 if "Integer" in type(rule._converters[name]).__name__ else new_id() for name in rule.arguments}
    with site.app.test_request_context():
        built = site.app.url_map.bind("localhost").build(rule.endpoint, values)
    return str(built)


def _without(body: bytes, path: str) -> bytes:
    """The page without the reader's own address, which a link back may carry."""
    for form in (path, quote(path), quote(path, safe="")):
        body = body.replace(form.encode(), b"")
    return body


def _some_event() -> EventRef:
    """An event of tomorrow, as other plugins see it."""
    begins = clock.now() + timedelta(days=1)
    return EventRef(new_id(), "workshop", "An event", begins, begins + timedelta(hours=2), "in_person", "area", 20)


def hook_problems(plugin: Plugin, site: Site) -> list[str]:
    """Where the plugin is on, its hooks answer without a failure and the start page renders."""
    name, only = plugin.manifest.name, frozenset({plugin.manifest.name})
    call = site.registry.dispatcher.call
    with site.app.test_request_context(f"/{ON}/"), site.session(ON) as session:
        snapshot = site.app.extensions["q.directory"].by_slug(ON)
        tenant = snapshot.ref()
        g.here = Here(snapshot, ANONYMOUS, session, "en")
        results = [call("q_nav_items", only, tenant=tenant)]
        results += [call("q_manage_items", only, tenant=tenant, actor=SYSTEM)]
        results += [call("q_event_links", only, tenant=tenant, event=_some_event(), actor=SYSTEM)]
        common: dict[str, Any] = {"session": session, "tenant": tenant, "actor": SYSTEM}
        results += [call("q_page_fragments", only, **common, place=place) for place in PLACES]
        named = call("q_audit_subjects", only, session=session, ids=frozenset({new_id()}))
        results.append(named)
    failed = (failure for result in results for failure in result.failures)
    found = [f"{one.hook}: {one.error}" for one in failed if not one.slow]  # how slow it is depends on the machine
    found += _together_problems(plugin, site)
    site.registry.failures.clear()
    found += ["q_audit_subjects has a name for an id that nothing has" for _one in named.values()]
    if (status := site.client().get(f"/{ON}/").status_code) != 200:
        found.append(f"the start page answers {status}")
    return found + [f"{one.hook}: {one.error}" for one in site.registry.failures if one.plugin == name and not one.slow]


def _together_problems(plugin: Plugin, site: Site) -> Iterator[str]:
    """What is asked about one site or all at once is told of all in as many statements as of one; what waits, the same of a site both
    ways, and of no other."""
    name, directory = plugin.manifest.name, site.app.extensions["q.directory"]
    everywhere = tuple(one.ref() for one in directory.all())
    alone = (site.tenant(ON),)

    def work(session: ScopedSession, tenants: tuple[TenantRef, ...]) -> list[OpenWork]:
        return sorted(waiting.asked(site.registry, session, tenants, frozenset({name})), key=str)

    def loses(session: ScopedSession, tenants: tuple[TenantRef, ...]) -> list[OpenWork]:
        touched.asked(session, site.registry, tenants, name)
        return []  # its figures are of all sites together

    for hook, ask in ((waiting.HOOK, work), (touched.HOOK, loses)):
        with site.app.test_request_context(f"/{ON}/"):
            with tenant_session(alone[0].id) as session:
                g.here = Here(directory.by_slug(ON), ANONYMOUS, session, "en")
                one = _told(site, session, alone, ask)
            with tenants_session(tenant.id for tenant in everywhere) as session:
                g.here = Here(directory.by_slug(ON), ANONYMOUS, session, "en")
                many = _told(site, session, everywhere, ask)
        yield from (f"{hook}: {failure}" for failure in (*one.failed, *many.failed))
        if one.told != [work for work in many.told if work.tenant_id == alone[0].id]:
            yield f"{hook} tells something else of a site when it is asked about others too"
        if one.statements != many.statements:
            yield f"{hook} asks {one.statements} statements of one site and {many.statements} of {len(everywhere)}"


class _Told(NamedTuple):
    """What a plugin has waiting, what went wrong, and how many statements it took."""

    told: list[OpenWork]
    failed: list[str]
    statements: int


def _told(
    site: Site, session: ScopedSession, tenants: tuple[TenantRef, ...],
    ask: Callable[[ScopedSession, tuple[TenantRef, ...]], list[OpenWork]],
) -> _Told:  # fmt: skip
    session.connection()  # what begins a transaction is not the plugin's
    site.registry.failures.clear()
    engine, seen = session.get_bind(), list[str]()

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        told = ask(session, tenants)
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    return _Told(told, [one.error for one in site.registry.failures if not one.slow], len(seen))


@contextmanager
def raising(plugin: Plugin, site: Site) -> Iterator[set[str]]:
    """Every hook of the plugin raises inside the block; yields the names of those it has."""
    name, dispatcher = plugin.manifest.name, site.registry.dispatcher
    impls = [
        i for hook in HOOKS for i in getattr(site.registry.manager.hook, hook).get_hookimpls() if i.plugin_name == name
    ]
    kept = [(impl, impl.function) for impl in impls]

    def fail(*_: Any) -> None:
        raise RuntimeError("raised by the contract suite")

    for impl in impls:
        impl.function = fail
    dispatcher.forget_plans()
    try:
        yield {function.__name__ for _, function in kept}
    finally:
        for impl, function in kept:
            impl.function = function
        dispatcher.forget_plans()


def isolation_problems(plugin: Plugin, site: Site) -> list[str]:
    """When each of its hooks raises, the start page of a site that has it still renders, and the failures are named."""
    site.registry.failures.clear()
    with raising(plugin, site) as hooks:
        status = site.client().get(f"/{ON}/").status_code
    named = {failure.hook for failure in site.registry.failures if failure.plugin == plugin.manifest.name}
    asked = {"q_nav_items", "q_page_fragments"} & hooks
    isolated = {name for name, meta in HOOKS.items() if meta.on_error is OnError.ISOLATE and meta.gate is Gate.ENABLED}
    found = [] if status == 200 else [f"the start page answers {status} when the plugin's hooks raise"]
    return found + [f"a failing {hook} is not reported" for hook in sorted(asked & isolated - named)]


def rule_problems(plugin: Plugin, site: Site) -> list[str]:
    """Its rule packs can be offered, and each keeps what the conformance kit asks, by its own defaults.

    One that decides on fewer assessors than the national minimum, and says so (`fewest`), is tried as if it were allowed.
    """
    catalogue = site.app.extensions["q.rulebook"].catalogue()
    name = plugin.manifest.name
    found = [f"{one.ref}: {one.error}" for one in catalogue.problems if one.plugin == name]
    for pack in catalogue.offered({name}):
        allowed = PolicyException(rule=pack.id, min_assessors=pack.fewest, decision="contract-suite")
        policy = NationalPolicy(exceptions=(allowed,) if pack.fewest < NationalPolicy().min_assessors else ())
        found += [f"{pack.ref}: {check}: {why}" for check, why in rule_pack_faults(pack, policy).items()]
    return found


def person_problems(plugin: Plugin, site: Site) -> list[str]:
    """A plugin with tables gives a person's data out and erases it; both cope with somebody it has never seen."""
    if not tables_of(plugin.package):
        return []
    call, only = site.registry.dispatcher.call, frozenset({plugin.manifest.name})
    found = [
        f"it has tables and no {hook}"
        for hook in PERSON_HOOKS
        if not any(i.plugin_name in only for i in getattr(site.registry.manager.hook, hook).get_hookimpls())
    ]
    stranger: dict[str, Any] = {"tenant": site.tenant(ON), "account_id": new_id()}
    with site.session(ON) as session:
        for hook, dry_run in ((PERSON_HOOKS[0], True), (PERSON_HOOKS[1], True), (PERSON_HOOKS[1], False)):
            more: dict[str, Any] = {"dry_run": dry_run} if hook == PERSON_HOOKS[1] else {}
            answers = call(hook, only, session=session, **stranger, **more).answers
            if answers:
                found.append(f"{hook} has something about somebody it has never seen: {answers[0].value!r}")
    return found
