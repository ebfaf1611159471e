"""A mail server for tests, on loopback."""

import asyncio
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tests.support.patience import PATIENCE
from tests.support.servers import free_port

STEPS = 10
"""Rounds of the event loop in which a connection that has been accepted comes to have somebody who ends it: it needs half of them."""


class Mailbox:
    """Receives mail by SMTP and keeps it. `refuse` may hold an SMTP answer such as "451 later" to give instead."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refuse = ""
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port(), ready_timeout=PATIENCE)

    @property
    def url(self) -> str:
        """The address for `QP_MAIL_URL`."""
        return f"smtp://127.0.0.1:{self._controller.port}"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        """Keep one message (called by aiosmtpd)."""
        if self.refuse:
            return self.refuse
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 kept"

    def wait_for(self, count: int, seconds: float = PATIENCE) -> list[EmailMessage]:
        """All messages, once there are `count`; an AssertionError when they do not come in time."""
        end = time.monotonic() + seconds
        while len(self.messages) < count and time.monotonic() < end:
            time.sleep(0.02)
        assert len(self.messages) >= count, f"{len(self.messages)} of {count} messages came within {seconds} s"
        return self.messages

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._let_in(), self._controller.loop).result(PATIENCE)
        self._controller.stop()

    async def _let_in(self) -> None:
        """Open to nobody else, and let those in who are at the door. A server that is closed meanwhile forgets their sockets, and the
        warning that nobody closed one fails whichever test is running when Python finds it."""
        server = self._controller.server
        assert isinstance(server, asyncio.Server)
        for door in server.sockets:
            self._controller.loop.remove_reader(door)
        for _ in range(STEPS):
            await asyncio.sleep(0)
