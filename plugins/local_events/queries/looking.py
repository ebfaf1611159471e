"""What somebody looks for in a programme, as conditions of a query."""

from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from core.sdk import clock, contains_words
from plugins.local_events.models import Event
from plugins.local_events.queries import tags


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list or a calendar is narrowed down to; what is empty asks for nothing.

    `words` must all be in the title, the summary or the place. `domain` is one of quality's, `topic` a word that organisers gave
    the event. `way` is in_person or online, of which a mixed event is both.
    `since` and `until` are days in London, both included.
    """

    words: str = ""
    kind: str = ""
    way: str = ""
    audience: str = ""
    domain: str = ""
    topic: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def anything(self) -> bool:
        """Whether it asks for something at all."""
        return any(getattr(self, one.name) for one in fields(self))

    def where(self) -> list[sa.ColumnElement[bool]]:
        """The conditions of events that are wanted."""
        found = contains_words(self.words, Event.title, Event.summary, Event.place)
        if self.kind:
            found.append(Event.kind == self.kind)
        if self.way:
            found.append(Event.mode.in_((self.way, "both")))
        if self.audience:
            found.append(Event.audience == self.audience)
        found += tags.about(self.domain, self.topic)
        if self.since:
            found.append(Event.ends_at > begins(self.since))
        if self.until:
            found.append(Event.starts_at < begins(self.until + timedelta(days=1)))
        return found


ANY = Wanted()


def begins(on: date) -> datetime:
    """When a day begins in London, in UTC."""
    return clock.from_london(datetime.combine(on, time()))
