"""Files are known by their content, named harmlessly, and pictures lose what is not picture."""

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.admissions import uploads
from core.admissions.uploads import JPEG, PDF, PNG, cleaned, kind_of, name_of
from core.kernel.errors import Invalid


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
