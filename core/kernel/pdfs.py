"""What may be in a PDF that somebody sends: pages, within bounds. Nothing that runs, no file inside it, nothing behind its end.

A PDF is kept as it was sent, so this is a check and no cleaning: it reads the file's objects, also those that lie compressed
in object streams, and never unpacks more than a bound. It is no renderer; the file is still sent as a download in a sandbox.
"""

import re
import zlib
from collections.abc import Iterator

MOST_PAGES = 50
MOST_UNPACKED = 300_000_000
"""Bytes that all compressed parts of one file may hold together: fifty scanned pages of A4 in grey at 200 dots an inch."""
MOST_OBJECTS_UNPACKED = 20_000_000
"""Bytes of objects that are unpacked to be read."""
PIECE = 1_000_000
END = b"%%EOF"
ARCHIVE = b"PK\x05\x06"
"""What ends a ZIP archive; whoever opens one looks for it in the last 66,000 bytes."""
ACTIVE = frozenset({b"JavaScript", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"RichMedia"})
"""Names of what runs, or carries another file (ISO 32000-1, 12.6.4 and 7.11.4): long enough never to be there by chance."""
MOST_STREAMS = 20_000
FLATE = frozenset({b"FlateDecode", b"Fl"})
"""The one way of packing that can grow a thousandfold, and the one in which programs pack objects."""
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_NAME = re.compile(rb"/((?:[!-\"$&'*-.0-;=?-Z\\^-z|~]|#[0-9A-Fa-f]{2})+)")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")


class Unwanted(Exception):
    """Why a PDF cannot be kept: `damaged`, `active`, `too_large` or `too_long`."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


def check(content: bytes) -> None:
    """Raises Unwanted for a PDF that is cut off, locked, has another file behind or inside it, runs something, or is a bomb."""
    last = content.rfind(END)
    if last < 0 or content[last + len(END) :].strip(b"\r\n\t \x00") or ARCHIVE in content[-66_000:]:
        raise Unwanted("damaged")
    pages = 0
    for part in (content, *_objects(content)):
        names = _names(part)
        if b"Encrypt" in names:
            raise Unwanted("damaged")
        if names & ACTIVE:
            raise Unwanted("active")
        pages += len(_PAGE.findall(part))
    if pages > MOST_PAGES:
        raise Unwanted("too_long")


def _names(part: bytes) -> set[bytes]:
    """Every name in it, as it is meant: `/Java#53cript` is `JavaScript`."""
    return {_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), name) for name in _NAME.findall(part)}


def _objects(content: bytes) -> Iterator[bytes]:
    """What lies in each object stream. Unpacks every compressed stream, and raises Unwanted above the bounds, and for objects packed in
    a way that is not unpacked here."""
    left, left_of_objects, before = MOST_UNPACKED, MOST_OBJECTS_UNPACKED, 0
    for number, found in enumerate(_STREAM.finditer(content)):
        if number == MOST_STREAMS:
            raise Unwanted("too_large")
        # All since the stream before: where its description begins is for a parser to say, and would be easy to feign.
        about, before = _names(content[before : found.start()]), found.end()
        keep, pieces = b"ObjStm" in about, []
        if not about & FLATE:
            if keep and b"Filter" in about:
                raise Unwanted("active")
            continue
        for piece in _pieces(content, found.end(), damaged_is_error=keep):
            left -= len(piece)
            left_of_objects -= len(piece) if keep else 0
            if left < 0 or left_of_objects < 0:
                raise Unwanted("too_large")
            if keep:
                pieces.append(piece)
        yield b"".join(pieces)


def _pieces(content: bytes, start: int, *, damaged_is_error: bool) -> Iterator[bytes]:
    """What a compressed stream holds, a piece at a time."""
    unpacker = zlib.decompressobj()
    try:
        for at in range(start, len(content), PIECE):
            data = content[at : at + PIECE]
            while data and not unpacker.eof:
                yield unpacker.decompress(data, PIECE)
                data = unpacker.unconsumed_tail
            if unpacker.eof:
                return
    except zlib.error:
        if damaged_is_error:
            raise Unwanted("damaged") from None
