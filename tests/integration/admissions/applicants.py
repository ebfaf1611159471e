"""Applicants with real connections to a real server, who save and submit and remember what they were told."""

import http.client
import json
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask

from core.admissions.models import Answer, Window
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id
from tests.factories.admissions import make_application
from tests.factories.people import client_of, make_person
from tests.support.client import forms
from tests.support.patience import PATIENCE

ANSWER_SECONDS = 60
AGAIN_SECONDS = 0.1


@dataclass
class Applicant:
    """One person at the form. `told` holds every text that the server said it has, with the revision it gave it."""

    account_id: str
    application_id: str
    cookie: str
    port: int
    token: str = ""
    revision: int = 0
    told: list[tuple[int, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    _connection: http.client.HTTPConnection | None = None

    @property
    def place(self) -> str:
        """The application's address."""
        return f"/scotland/apply/{self.application_id}/"

    def ask(
        self, method: str, path: str, fields: dict[str, str] | None = None, accept: str = "text/html"
    ) -> tuple[int, str]:
        """One request, tried again on a new connection until somebody answers. Raises what it last met where nobody does for long."""
        headers = {"Cookie": f"q={self.cookie}", "Accept": accept, "Content-Type": "application/x-www-form-urlencoded"}
        end = time.monotonic() + PATIENCE
        while True:
            try:
                if self._connection is None:
                    self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
                self._connection.request(method, path, urlencode(fields) if fields else None, headers)
                response = self._connection.getresponse()
                body = response.read().decode()
            except (OSError, http.client.HTTPException):
                self.close()
                if time.monotonic() > end:
                    raise
                time.sleep(AGAIN_SECONDS)
                continue
            for line in response.headers.get_all("Set-Cookie") or ():
                if (found := SimpleCookie(line).get("q")) is not None:
                    self.cookie = found.value
            self.statuses.append(response.status)
            return response.status, body

    def load(self) -> None:
        """Open the section and take the token from its form, as a browser does."""
        status, body = self.ask("GET", f"{self.place}part/about")
        assert status == 200, (status, body)
        self.token = next(form.fields["csrf_token"][0] for form in forms(body) if "part/about" in form.action)

    def save(self, text: str) -> None:
        """Save the story as the page's script does."""
        data = {"csrf_token": self.token, "rev-story": str(self.revision), "story": text, "since-page": "0"}
        status, body = self.ask("POST", f"{self.place}part/about", data, "application/json")
        assert status in {200, 409}, (status, body)
        if status == 200:
            self.revision = json.loads(body)["revisions"]["story"]
            self.told.append((self.revision, text))
        else:
            self.refused.append(text)

    def submit(self) -> int:
        """Check and submit, and again until the page says that it is done; the last status."""
        while True:
            status, body = self.ask("GET", f"{self.place}check")
            if status != 200:
                return status
            checked = next((f.fields["checked"][0] for f in forms(body) if f.action.endswith("/submit")), "")
            status, _ = self.ask("POST", f"{self.place}submit", {"csrf_token": self.token, "checked": checked})
            if status != 409:
                return status

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def applicants(app: Flask, session: ScopedSession, count: int, port: int) -> list[Applicant]:
    """So many people with a draft in the one window of the session's tenant, each signed in: all but the story is answered."""
    window = session.execute(sa.select(Window.id, Window.form_version_id)).one()
    found, answers, now = [], [], clock.now()
    for number in range(count):
        account_id = make_person(app, f"applicant{number}@example.org", name=f"Applicant {number}")
        made = make_application(session, window.id, window.form_version_id, account_id)
        answers.append(
            {
                "id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": made, "question": "job", "value": "Nurse",
                "revision": 1, "changed_at": now,
            }
        )  # fmt: skip
        held = client_of(app, account_id).get_cookie("q")
        assert held is not None
        found.append(Applicant(account_id, made, held.value, port))
    with transaction(session):
        session.execute(sa.insert(Answer), answers)
    return found
