"""What the tests of people share: the post, and sessions for services."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.db import open_session
from core.data.scope import Scope
from core.data.session import ScopedSession
from core.kernel.ids import new_token
from core.people.service.tools import Letter, Tools
from core.work.models import Mail
from tests.support.environment import SECRET_KEY


@dataclass
class Post:
    """The letters that services asked for, in order."""

    letters: list[Letter] = field(default_factory=list)

    def __call__(self, session: ScopedSession, letter: Letter) -> None:
        assert session.in_service, "a letter is asked for inside the transaction"
        self.letters.append(letter)

    @property
    def last(self) -> Letter:
        """The newest."""
        return self.letters[-1]


@pytest.fixture
def post() -> Post:
    """Collects letters instead of sending them."""
    return Post()


@pytest.fixture
def tools(post: Post) -> Tools:
    """The services' tools, with the application's own key."""
    return Tools(SECRET_KEY, post, quick=True)


@pytest.fixture
def session(app: Flask) -> Iterator[ScopedSession]:
    """A session at the UK site. No application context stays open: requests of a test client would share it."""
    with app.app_context():
        opened = open_session(Scope.tenant(1))
    yield opened
    opened.close()


@pytest.fixture
def key() -> Callable[[], str]:
    """A fresh one-use key."""
    return new_token


@pytest.fixture
def mails(platform_session: ScopedSession) -> Callable[[], list[Mail]]:
    """Every message written so far, oldest first."""

    def read() -> list[Mail]:
        platform_session.rollback()
        return list(platform_session.scalars(sa.select(Mail).order_by(Mail.created_at, Mail.id)))

    return read


def link_in(mail: Mail) -> str:
    """The path of the link in a letter, the same in both of its parts."""
    found = re.search(r"https?://[^/\s]+(/\S*/account/\S+|/account/\S+)", mail.text)
    assert found, mail.text
    assert found[0] in mail.html
    return found[1]
