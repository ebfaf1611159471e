"""Whether the address to be served is free. The server shares its port between its web processes (SO_REUSEPORT), and so with any
other program of this user that does the same: a second `serve` would take every other request of the first, unseen."""

import errno
import socket


class ListenError(SystemExit):
    """The server must not start; the message is the one line that says why."""


def refuse_taken(host: str, port: int) -> None:
    """Raise ListenError where somebody listens at `host` and `port`, or where nobody may."""
    if not 0 <= port < 2**16:
        raise ListenError(f"nothing can be served at {host}, port {port}: there is no such port")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in found[:1]:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that are ending are no matter
                probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ListenError(
                f"port {port} of {host} is taken; stop what listens there, or name another with --port"
            ) from error
        raise ListenError(f"nothing can be served at {host}, port {port}: {error.strerror}") from error
