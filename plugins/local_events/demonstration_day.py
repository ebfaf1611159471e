"""The demonstration's past events as their organisers left them, and a message about one that is to come."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.sdk import ScopedSession, clock, new_id, new_token
from plugins.local_events.models import Certificate, CheckIn, Correction, Delivery, Message, WalkIn
from plugins.local_events.queries.messages import Audience
from plugins.local_events.service.certifying import new_code
from plugins.local_events.service.deliveries import MESSAGE, WAITING
from plugins.local_events.states import CONFIRMED

STAYED_AWAY, LEFT_EARLY = 0.15, 0.1
"""How many of those with a place, about."""
WROTE_TO = 3
"""People whom the message goes to: enough to see what becomes of a letter, and no flood of mail in every demonstration."""
NAMES = ("Rhian Powell", "Callum Fraser", "Aoife Byrne", "Tom Ashworth")
"""Who came along without a place."""


def past(session: ScopedSession, event: dict[str, Any], rows: Sequence[dict[str, Any]], chance: random.Random) -> None:
    """Who came to an event that is over (`rows` are its registrations), who left early, and everybody's certificate."""
    walk_in = {
        "id": new_id(), "tenant_id": event["tenant_id"], "event_id": event["id"], "account_id": None, "name": chance.choice(NAMES),
        "email": "", "nonce": new_token(), "added_by": event["created_by"], "added_at": event["starts_at"],
    }  # fmt: skip
    session.execute(sa.insert(WalkIn), [walk_in])
    came = [row for row in rows if chance.random() > STAYED_AWAY]
    presses, certificates = [], []
    for row in (*came, walk_in):
        at = event["starts_at"] + timedelta(minutes=chance.randint(-20, 10))
        presses.append(_press(event, row, "in", at))
        length = int((event["ends_at"] - event["starts_at"]).total_seconds() // 60)
        if row is not walk_in and chance.random() < LEFT_EARLY:
            presses.append(_press(event, row, "out", event["starts_at"] + timedelta(minutes=length // 2)))
            length //= 2
        certificates.append(_certificate(event, row, length))
    session.execute(sa.insert(CheckIn), presses)
    session.execute(sa.insert(Certificate), certificates)
    if missed := [row for row in rows if row not in came]:
        session.execute(
            sa.insert(Correction),
            [
                {
                    "id": new_id(), "tenant_id": event["tenant_id"], "event_id": event["id"], "registration_id": missed[0]["id"],
                    "walk_in_id": None, "attendance": "attended", "minutes": None, "why": "Signed the list on paper.",
                    "made_by": event["created_by"], "made_at": event["ends_at"],
                }
            ],
        )  # fmt: skip


def _who(row: dict[str, Any]) -> dict[str, Any]:
    registered = "state" in row
    return {"registration_id": row["id"] if registered else None, "walk_in_id": None if registered else row["id"]}


def _press(event: dict[str, Any], row: dict[str, Any], direction: str, at: Any) -> dict[str, Any]:
    return {
        "id": new_id(), "tenant_id": event["tenant_id"], "event_id": event["id"], **_who(row), "direction": direction, "at": at,
        "received_at": at, "device": "", "nonce": new_token(), "undoes": "", "pressed_by": event["created_by"],
    }  # fmt: skip


def _certificate(event: dict[str, Any], row: dict[str, Any], minutes: int) -> dict[str, Any]:
    return {
        "id": new_id(), "tenant_id": event["tenant_id"], "event_id": event["id"], **_who(row), "account_id": row["account_id"],
        "name": row["name"], "title": event["title"], "starts_at": event["starts_at"], "minutes": minutes, "code": new_code(),
        "issued_by": event["created_by"], "issued_at": event["ends_at"], "revoked_at": None, "revoked_why": "",
    }  # fmt: skip


def message(session: ScopedSession, event: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """A message from the organiser to the first few who are coming."""
    coming = [row for row in rows if row["state"] == CONFIRMED][:WROTE_TO]
    if not coming:
        return
    message_id, now = new_id(), clock.now()
    written = {
        "id": message_id, "tenant_id": event["tenant_id"], "event_id": event["id"], "subject": "Before we meet",
        "text": "We are looking forward to seeing you.\n\nPlease bring one question that you would like to ask the others.",
        "subject_cy": "Cyn i ni gwrdd", "audience": Audience().facts(), "recipients": len(coming),
        "text_cy": "Rydym yn edrych ymlaen at eich gweld.\n\nDewch ag un cwestiwn yr hoffech ei ofyn i’r lleill.",
        "written_by": event["created_by"], "written_at": now,
    }  # fmt: skip
    session.execute(sa.insert(Message), [written])
    session.execute(
        sa.insert(Delivery),
        [
            {
                "id": new_id(), "tenant_id": event["tenant_id"], "event_id": event["id"], "message_id": message_id,
                "account_id": row["account_id"], "kind": MESSAGE, "slot": message_id, "facts": {}, "state": WAITING, "mail_id": None,
                "created_at": now,
            }
            for row in coming
        ],
    )  # fmt: skip
