"""Whether an answer to a hostile request is a good one."""

import html
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from werkzeug.test import TestResponse

from tests.integration.bad_input.discovery import Way
from tests.integration.bad_input.world import World

REFUSALS = {400, 403, 404, 405, 409, 410, 413, 415, 422}
STEPS = {
    "console.plugin", "manage.plugin", "oversight.redact", "decisions.check", "admissions.moderation_check",
    "admissions.policy_new", "local_events_manage.message_new", "local_events.repeat", "local_events.later",
    "me.calendar", "local_events.make_address",
    "expense_approvals.ask", "expense_approvals_manage.policy_publish", "expense_approvals_manage.site_rules",
}  # fmt: skip
"""Routes where a good answer to a form is the next page instead of a redirect: the preview, or an address that is shown once and
kept nowhere."""
AGAIN = {("local_events.new", "usual")}
"""Buttons, by their route and name, whose good answer is the form again."""
FILES = {"expense_approvals.proof", "expense_approvals_manage.batch_results"}
"""Routes whose form is nothing without a file: good answers beside it are told that alone."""
TOLD = ('class="problem"', 'class="notice notice-err"', 'class="notice notice-warn"', 'class="code"')
"""What a page that refuses something has: the summary of errors, a notice, or the error page."""
ERROR_PAGE = 'class="code"'


class _Late(logging.Handler):
    """Keeps what is said of views that ask for a field of their own form too late."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.said.append(record.getMessage())


@contextmanager
def nothing_asked_late() -> Iterator[None]:
    """Every good form that is sent meanwhile is taken at once: no view asks for a field of its own only when the form is shown again."""
    late, log = _Late(), logging.getLogger("q.web")
    log.addHandler(late)
    try:
        yield
    finally:
        log.removeHandler(late)
    assert not late.said, listed(late.said)


def accepted(way: Way, response: TestResponse) -> bool:
    """Whether the form was taken: on to another page, to the preview, or the file that was asked for."""
    file = response.mimetype != "text/html"
    if way.endpoint in FILES and response.status_code == 422 and 'href="#file"' in response.text:
        return True
    next_page = way.endpoint in STEPS or any((way.endpoint, name) in AGAIN for name in way.fields)
    return response.status_code == 303 or (response.status_code == 200 and (file or next_page))


def wrong_with(world: World, way: Way, response: TestResponse, hostile: str = "") -> str:
    """What is wrong with the answer to a form in which the field `hostile` was not good; empty when nothing is."""
    status = response.status_code
    if accepted(way, response):
        return _books(world)
    if status not in REFUSALS:
        return f"answered {status}"
    if found := world.watch.written():
        return f"answered {status} and wrote {found}"
    body = response.text
    if not any(mark in body for mark in TOLD):
        return f"answered {status} and says nothing"
    if status in {409, 422} and hostile in way.visible():
        return _lost(way, hostile, body)
    return ""


def _lost(way: Way, hostile: str, body: str) -> str:
    if ERROR_PAGE in body:
        return "answered with an error page instead of the form"
    seen = html.unescape(body)
    lost = [name for name, value in way.typed(but=hostile) if value not in seen]
    return f"lost {lost}" if lost else ""


def _books(world: World) -> str:
    """An accepted request leaves nothing half done: nobody is registered twice, nor for a cancelled event."""
    wrong = world.watch.query(
        "select r.event_id, r.account_id, count(*) from local_events_registration r join local_events_event e on e.id = r.event_id "
        "where r.state in ('pending', 'waitlisted', 'offered', 'confirmed') group by r.event_id, r.account_id "
        "having count(*) > 1 or max(e.state) = 'cancelled'"
    )
    return "" if not wrong else f"registered twice, or for nothing: {wrong}"


def listed(wrong: Iterable[object]) -> str:
    """The findings for a person to read, a line each."""
    return "\n".join(map(str, wrong))
