"""Whether the address to be served is free. The server shares its port between its web processes (SO_REUSEPORT), and so with any
other program of this user that does the same: a second `serve` would take every other request of the first, unseen."""

import errno
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


class ListenError(SystemExit):
    """The server must not start; the message is the one line that says why."""


@contextmanager
def claimed(host: str, port: int) -> Iterator[None]:
    """Inside the block `host` and `port` are this process's to serve. Raises ListenError where somebody else listens there or has claimed
    it, or where nobody may listen.

    Until the server listens, a moment later, only the claim can tell another one that starts. It is a socket in Linux's abstract
    namespace: like a port it belongs to the network that the process sees, and ends with those that hold it, however they end.
    """
    if not 0 <= port < 2**16:
        raise ListenError(f"nothing can be served at {host}, port {port}: there is no such port")
    with ExitStack() as held:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            family, kind, protocol, _, address = found[0]
            if sys.platform == "linux" and port:  # 0 is whichever port is free
                claim = held.enter_context(socket.socket(socket.AF_UNIX))
                claim.bind(f"\0q-platform/{address[0]}/{port}")
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that are ending are no matter
                probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ListenError(
                    f"port {port} of {host} is taken; stop what listens there, or name another with --port"
                ) from error
            raise ListenError(f"nothing can be served at {host}, port {port}: {error.strerror}") from error
        yield
