"""Forms and windows for the tests of Joining Q."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.admissions.form.schema import FormSchema
from core.admissions.models import Application, FormVersion, Window
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id


def said(text: str) -> dict[str, str]:
    """Words in both languages."""
    return {"en": text, "cy": f"{text} (cy)"}


def small_form() -> FormSchema:
    """Two sections: a line and a text that must be answered, a choice and a yes or no that need not."""
    return FormSchema.model_validate(
        {
            "eligibility": [{"key": "based_here", "label": said("Are you based here?"), "otherwise": said("Not yet.")}],
            "sections": [
                {
                    "key": "about", "title": said("About you"),
                    "questions": [
                        {"key": "job", "kind": "line", "label": said("Your job"), "identifying": True},
                        {"key": "story", "kind": "text", "label": said("Your story"), "words": 20, "criteria": ["experience"]},
                    ],
                },
                {
                    "key": "more", "title": said("More"),
                    "questions": [
                        {
                            "key": "learnt", "kind": "some", "label": said("How you learnt"), "required": False,
                            "options": [{"key": "taught", "label": said("Taught")}, {"key": "work", "label": said("At work")}],
                        },
                        {"key": "again", "kind": "yes_no", "label": said("Again?"), "required": False},
                    ],
                },
            ],
        }
    )  # fmt: skip


def make_form(
    session: ScopedSession, schema: FormSchema | None = None, number: int = 1001, change: str = "breaking"
) -> str:
    """A published form version; its id."""
    schema, now, form_id = schema or small_form(), clock.now(), new_id()
    with transaction(session):
        session.execute(
            sa.insert(FormVersion),
            [
                {
                    "id": form_id, "number": number, "state": "published", "change": change,
                    "content": schema.model_dump(mode="json"), "sha256": schema.sha256(), "note": "", "version": 1,
                    "created_by": None, "created_at": now, "published_by": None, "published_at": now,
                }
            ],
        )  # fmt: skip
    return form_id


def make_window(session: ScopedSession, form_id: str, opens: float = -10, closes: float = 10, **changes: Any) -> str:
    """A published window of the session's tenant, `opens` and `closes` days from now; its id."""
    now: datetime = clock.now()
    window_id = new_id()
    row = {
        "id": window_id, "tenant_id": session.scope.tenant_id, "name": "Spring", "opens_at": now + timedelta(days=opens),
        "closes_at": now + timedelta(days=closes), "grace_seconds": 1800, "form_version_id": form_id, "state": "published",
        "released_at": None, "state_why": "", "version": 1, "created_by": None, "created_at": now, **changes,
    }  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(Window), [row])
    return window_id


def make_application(session: ScopedSession, window_id: str, form_id: str, account_id: str, **changes: Any) -> str:
    """A draft of that person in a window; its id."""
    now, application_id = clock.now(), new_id()
    row = {
        "id": application_id, "tenant_id": session.scope.tenant_id, "reference": application_id[-12:], "account_id": account_id,
        "window_id": window_id, "form_version_id": form_id, "state": "draft", "locale": "en", "previous_id": None, "seconds": 0,
        "version": 1, "reminded_at": None, "created_at": now, "changed_at": now, "submitted_at": None, "lateness": "",
        "state_why": "", **changes,
    }  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(Application), [row])
    return str(row["id"])
