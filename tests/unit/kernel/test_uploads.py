"""Files are known by their content, named harmlessly, and pictures lose what is not picture."""

import struct
import tracemalloc
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from core.kernel import pdfs, uploads
from core.kernel.errors import Invalid
from core.kernel.uploads import JPEG, PDF, PNG, cleaned, kind_of, name_of


@given(st.text(max_size=200), st.sampled_from([PDF, PNG, JPEG]))
def test_a_name_is_one_name_on_every_system(name: str, mime: str) -> None:
    found = name_of(name, mime)
    assert found.endswith(uploads.ENDINGS[mime])
    assert not set(found) & set('/\\<>:"|?*;%\r\n\x00\u202e\u200f')
    assert 4 < len(found) <= uploads.LONGEST_NAME + 4
    assert Path(found).name == found


@given(st.binary(max_size=300))
def test_any_bytes_are_taken_or_refused_in_words(content: bytes) -> None:
    try:
        kept = cleaned(content, "x")
    except Invalid:
        return
    assert kind_of(kept.content) == kept.mime


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "I;16", "LA"])
def test_a_picture_is_drawn_anew_whatever_its_colours(mode: str) -> None:
    out = BytesIO()
    Image.new(mode, (7, 5)).save(out, "PNG", pnginfo=None)
    sent = out.getvalue() + b"hidden behind the picture"
    kept = cleaned(sent, "a.gif")
    assert (kept.name, kept.mime) == ("a.png", PNG)
    assert b"hidden" not in kept.content
    assert Image.open(BytesIO(kept.content)).size == (7, 5)


def test_a_picture_is_turned_as_its_camera_said_and_says_nothing_more() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    out = BytesIO()
    Image.new("CMYK", (8, 4)).save(out, "JPEG", exif=exif)
    kept = cleaned(out.getvalue(), "a.jpeg")
    drawn = Image.open(BytesIO(kept.content))
    assert (drawn.size, drawn.mode, dict(drawn.getexif())) == ((4, 8), "RGB", {})


def _camera(*said: tuple[int, int, int, bytes]) -> bytes:
    """EXIF data of (tag, kind, count, value), whether or not the kind is the tag's own."""
    entries = b"".join(
        struct.pack("<HHL", tag, kind, count) + value.ljust(4, b"\0") for tag, kind, count, value in said
    )
    return b"Exif\0\0II*\0" + struct.pack("<LH", 8, len(said)) + entries + bytes(4)


@pytest.mark.parametrize("said", [(0x011A, 2, 3, b"72"), (0x0100, 7, 3, b"abc"), (0x0128, 7, 2, b"ab")])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_is_turned_whatever_else_its_camera_said(kind: str, said: tuple[int, int, int, bytes]) -> None:
    """A resolution in words, say: what is not kept cannot make a good picture a bad one."""
    out = BytesIO()
    Image.new("RGB", (8, 4), "white").save(out, kind, exif=_camera((0x0112, 3, 1, b"\6"), said))
    drawn = Image.open(BytesIO(cleaned(out.getvalue(), "x").content))
    assert (drawn.size, dict(drawn.getexif())) == ((4, 8), {})


@pytest.mark.parametrize("orientation", range(10))
def test_a_picture_is_upright_however_its_camera_was_held(orientation: int) -> None:
    """As Pillow turns it, orientations that there are not included."""
    out, exif = BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    sent = Image.frombytes("L", (3, 2), bytes(range(0, 240, 40)))
    sent.save(out, "PNG", exif=exif)
    drawn = Image.open(BytesIO(cleaned(out.getvalue(), "x.png").content))
    upright = ImageOps.exif_transpose(Image.open(BytesIO(out.getvalue())))
    assert (drawn.size, drawn.tobytes()) == (upright.size, upright.tobytes())


def test_a_picture_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_PIXELS", 10)
    out = BytesIO()
    Image.new("L", (4, 4)).save(out, "PNG")
    with pytest.raises(Invalid):
        cleaned(out.getvalue(), "a.png")


def test_a_pdf_stays_as_it_is_unless_it_is_cut_off_or_locked() -> None:
    whole = b"%PDF-1.4\n1 0 obj\n%%EOF"
    assert cleaned(whole, "My CV.docx").content == whole
    assert cleaned(whole, "My CV.docx").name == "My CV.pdf"
    for bad in (b"%PDF-1.4\n", b"%PDF-1.4\n/Encrypt 5 0 R\n%%EOF"):
        with pytest.raises(Invalid):
            cleaned(bad, "x.pdf")


LAUNCH = b"<< /S /Launch /F (cmd.exe) >>"


def _pdf(*objects: bytes) -> bytes:
    return b"%PDF-1.7\n" + b"\n".join(objects) + b"\nstartxref\n9\n%%EOF\n"


def _packed(kind: bytes, content: bytes) -> bytes:
    return (
        b"7 0 obj\n<< /Type /"
        + kind
        + b" /Filter /FlateDecode >>\nstream\n"
        + zlib.compress(content)
        + b"\nendstream\nendobj"
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (_pdf(b"<< /S /JavaScript /JS (app.alert(1)) >>"), "active"),
        (_pdf(b"<< /S /Java#53cript /JS (app.alert(1)) >>"), "active"),
        (_pdf(_packed(b"ObjStm", b"<< /S /Launch /F (cmd.exe) >>")), "active"),
        (_pdf(_packed(b"Obj#53tm", LAUNCH)), "active"),
        (_pdf(_packed(b"ObjStm", LAUNCH).replace(b"/Flate", b"/#46late")), "active"),
        (_pdf(_packed(b"ObjStm", LAUNCH).replace(b"/FlateDecode >>", b"/FlateDecode /Note (1 0 obj) >>")), "active"),
        pytest.param(_pdf(_packed(b"ObjStm /Note (" + b"-" * 5000 + b")", LAUNCH)), "active", id="named long before"),
        (_pdf(b"7 0 obj << /Type /ObjStm /Filter /ASCIIHexDecode >>\nstream\n" + LAUNCH.hex().encode()), "active"),
        (_pdf(_packed(b"ObjStm", LAUNCH).replace(b"/FlateDecode", b"9 0 R"), b"9 0 obj /FlateDecode endobj"), "active"),
        (_pdf(b"<< /Names << /EmbeddedFiles 4 0 R >> >>"), "active"),
        (_pdf(_packed(b"ObjStm", b"<< /Encrypt 5 0 R >>")), "damaged"),
        (_pdf() + b"<html><script>alert(1)</script>", "damaged"),
        (_pdf(b"PK\x05\x06" + bytes(18)), "damaged"),
        (_pdf() + b"PK\x03\x04 an archive PK\x05\x06" + bytes(18), "damaged"),
        (_pdf(*[b"<< /Type /Page >>"] * 51), "too_long"),
        (_pdf(_packed(b"ObjStm", b"<< /Type/Page >> " * 51)), "too_long"),
        (_pdf(b"7 0 obj << /Type /ObjStm /Filter /FlateDecode >>\nstream\nnot packed\nendstream"), "damaged"),
        (_pdf(*[b"1 0 obj <<>>\nstream\n\nendstream"] * 20_001), "too_large"),
    ],
)  # fmt: skip
def test_a_pdf_holds_pages_and_nothing_else(content: bytes, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        cleaned(content, "a.pdf")
    assert refused.value.field_errors == {"file": uploads.PDF_PROBLEMS[why]}


def test_a_pdf_that_unpacks_to_more_than_the_memory_is_refused_before_it_does() -> None:
    bomb = zlib.compress(bytes(pdfs.MOST_UNPACKED // 4))
    part = b"7 0 obj\n<< /Filter /FlateDecode >>\nstream\n" + bomb + b"\nendstream\nendobj"
    assert len(part) < 100_000
    tracemalloc.start()
    with pytest.raises(Invalid) as refused:
        cleaned(_pdf(*[part] * 5), "a.pdf")
    assert refused.value.field_errors == {"file": uploads.PDF_PROBLEMS["too_large"]}
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_a_scanned_receipt_in_pdf_is_kept_as_it_is() -> None:
    out = BytesIO()
    Image.effect_noise((600, 900), 80).save(out, "PDF")
    sent = out.getvalue() + b"\r\n"
    assert cleaned(sent, "ticket.PDF").content == sent
    pages = _pdf(_packed(b"ObjStm", b"<< /Type /Page >> " * 50), b"<< /Type /Pages /Count 50 >>")
    assert cleaned(pages, "x").content == pages


def test_where_a_photograph_was_taken_is_not_kept() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 26.0), 3: "W", 4: (0.0, 7.0, 39.0)})
    out = BytesIO()
    Image.new("RGB", (8, 4), "white").save(out, "JPEG", exif=exif, comment=b"at home")
    assert dict(Image.open(BytesIO(out.getvalue())).getexif().get_ifd(0x8825))
    kept = cleaned(out.getvalue(), "IMG_0001.HEIC")
    assert kept.name == "IMG_0001.jpg"
    assert b"Exif" not in kept.content
    assert b"at home" not in kept.content


def test_a_picture_of_300_megapixels_is_refused_by_its_first_lines() -> None:
    head = b"\x00\x00\x00\x0dIHDR" + struct.pack(">IIBBBBB", 20_000, 15_000, 8, 2, 0, 0, 0)
    sent = b"\x89PNG\r\n\x1a\n" + head + struct.pack(">I", zlib.crc32(head[4:])) + b"\x00\x00\x00\x00IEND\xaeB`\x82"
    with pytest.raises(Invalid) as refused:
        cleaned(sent, "a.png")
    assert "pixels" in refused.value.field_errors["file"]


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"PK\x03\x04" + bytes(30),
        b"GIF89a" + bytes(20),
        b"<!doctype html><script>alert(1)</script>",
        b"MZ" + bytes(60),
    ],
)
def test_another_kind_is_refused_whatever_its_name_says(content: bytes) -> None:
    for name in ("receipt.png", "receipt.pdf", "receipt.jpg"):
        with pytest.raises(Invalid) as refused:
            cleaned(content, name)
        assert refused.value.field_errors == {"file": uploads.WRONG_KIND}


def test_a_page_behind_a_picture_is_gone_when_it_is_drawn_anew() -> None:
    out = BytesIO()
    Image.new("RGB", (8, 4)).save(out, "JPEG")
    kept = cleaned(out.getvalue() + b"<script>alert(1)</script>PK\x05\x06", "a.html")
    assert (kept.name, kept.mime) == ("a.jpg", JPEG)
    assert b"script" not in kept.content
    assert b"PK\x05\x06" not in kept.content
