"""No test reaches beyond this machine: sockets may connect to loopback only."""

import ipaddress
import sys
from typing import Any


class NetworkRefused(RuntimeError):
    """Something under test tried to reach another machine."""


def _is_local(host: object) -> bool:
    if host is None or host in {"", "localhost", b"localhost"}:
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text).is_loopback or text in {"0.0.0.0", "::"}
    except ValueError:
        return False


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        address = args[1]
        if isinstance(address, tuple) and not _is_local(address[0]):
            raise NetworkRefused(f"a test tried to reach {address}")
    elif event == "socket.getaddrinfo" and not _is_local(args[0]):
        raise NetworkRefused(f"a test tried to look up {args[0]!r}")


_watching = False


def allow_loopback_only() -> None:
    """Refuse, from now on and in this whole process, to connect to or look up any other machine."""
    global _watching
    if not _watching:
        sys.addaudithook(_watch)  # cannot be taken away again, and sees what C code opens through Python's sockets
        _watching = True
