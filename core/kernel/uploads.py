"""What people may send: PDF, PNG and JPEG, known by their content and never by their name; pictures made anew.

A picture is decoded and written again without its metadata: where it was taken, with which camera, and whatever somebody
hid behind it. A PDF is checked (`pdfs`) and kept as it is; it is only ever sent as a download, in a sandbox.
"""

import hashlib
import re
import unicodedata
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from core.kernel import pdfs
from core.kernel.errors import Invalid
from core.kernel.text import N_

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
"""A picture of that many takes some 160 MB while it is made anew."""
PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
KINDS = {PDF: "PDF", PNG: "PNG", JPEG: "JPEG"}
ENDINGS = {PDF: ".pdf", PNG: ".png", JPEG: ".jpg"}
LONGEST_NAME = 120
WRONG_KIND = N_("Choose a PDF, PNG or JPEG file.")
TOO_LARGE = N_("Choose a file of at most 10 MB.")
TOO_MANY_PIXELS = N_("This picture has too many pixels. Make it smaller, then send it again.")
DAMAGED = N_("This file is damaged or locked with a password. Choose another.")
PDF_PROBLEMS = {
    "damaged": DAMAGED,
    "active": N_("This PDF has a script or another file in it. Print it as a new PDF, then send that."),
    "too_large": N_("This PDF unpacks to more than can be kept. Print it as a new PDF, then send that."),
    "too_long": N_("Choose a PDF of at most 50 pages."),
}
ORIENTATION = 0x0112
"""Where a picture's EXIF data tell how its camera was held."""
TURNS: dict[Any, str] = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90",
}  # fmt: skip
"""What makes a picture upright again, by its orientation: names of `PIL.Image.Transpose`."""
_UNWANTED = re.compile(r"[<>:\"/\\|?*;%]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that can be kept."""

    name: str
    mime: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The hash (hex) of the content."""
        return hashlib.sha256(self.content).hexdigest()

    def answer(self) -> dict[str, Any]:
        """What the answer to the question says of it."""
        return {"name": self.name, "mime": self.mime, "size": len(self.content), "sha256": self.sha256}


def cleaned(content: bytes, name: str) -> Upload:
    """What was sent, as it is kept. Raises Invalid (field `file`) for what is too large, of another kind, or damaged."""
    if not content:
        raise Invalid({"file": N_("This file is empty. Choose another.")})
    if len(content) > MOST_BYTES:
        raise Invalid({"file": TOO_LARGE})
    mime = kind_of(content)
    if mime is None:
        raise Invalid({"file": WRONG_KIND})
    kept = _pdf(content) if mime == PDF else _picture(content, mime)
    if len(kept) > MOST_BYTES:
        raise Invalid({"file": TOO_LARGE})
    return Upload(name_of(name, mime), mime, kept)


def kind_of(content: bytes) -> str | None:
    """The MIME type that the first bytes tell; None for every other kind."""
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    return JPEG if content.startswith(b"\xff\xd8\xff") else None


def name_of(name: str, mime: str) -> str:
    """A file name that means the same on every system: no path, nothing invisible, the ending of its kind."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    shown = "".join(
        char for char in last if unicodedata.category(char)[0] != "C"
    )  # controls, and what turns writing round
    stem = _UNWANTED.sub("_", shown.rpartition(".")[0] or shown).strip(" ._")[:LONGEST_NAME]
    return f"{stem or 'file'}{ENDINGS[mime]}"


def _pdf(content: bytes) -> bytes:
    """The same, if there is nothing in it but pages."""
    try:
        pdfs.check(content)
    except pdfs.Unwanted as unwanted:
        raise Invalid({"file": PDF_PROBLEMS[unwanted.why]}) from None
    return content


def _picture(content: bytes, mime: str) -> bytes:
    """The picture drawn anew, turned as its camera said, without anything that is not picture."""
    from PIL import Image  # 60 ms and 8 MB, for the few requests that bring a picture

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the bound below is lower
            with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as sent:
                if sent.width * sent.height > MOST_PIXELS:
                    raise Invalid({"file": TOO_MANY_PIXELS})
                turn = TURNS.get(sent.getexif().get(ORIENTATION))
                # Pillow's own `exif_transpose` writes all that the camera said once more, and fails at what it cannot write
                upright = sent if turn is None else sent.transpose(Image.Transpose[turn])
                plain = upright.convert("RGB" if mime == JPEG else _mode(upright.mode))
    except Image.DecompressionBombError:  # Pillow's own bound, where it is the first to notice
        raise Invalid({"file": TOO_MANY_PIXELS}) from None
    except (OSError, SyntaxError, ValueError):
        raise Invalid({"file": DAMAGED}) from None
    drawn = Image.new(plain.mode, plain.size)
    drawn.paste(plain)
    out = BytesIO()
    if mime == PNG:
        drawn.save(out, "PNG", optimize=False)
    else:
        drawn.save(out, "JPEG", quality=90)
    return out.getvalue()


def _mode(mode: str) -> str:
    """How a PNG is kept: grey, colour, or with what shines through."""
    return {"1": "L", "L": "L", "I": "L", "I;16": "L", "RGB": "RGB"}.get(mode, "RGBA")
