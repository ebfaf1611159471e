"""One person's data as a file: JSON for machines and a page for people, in one zip."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from core.people.personal.service import Section

FORMAT = "q-personal-data/1"


def as_json(sections: Sequence[Section], account_id: str, made_at: datetime) -> str:
    """The sections as JSON text: headings in English, so that a program finds them whatever language the person reads."""
    body: dict[str, Any] = {
        "format": FORMAT,
        "account": account_id,
        "made_at": made_at.isoformat(),
        "sections": [
            {"source": one.source, "heading": one.heading, "site": one.site.slug if one.site else None, "data": one.data}
            for one in sections
        ],
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=False, indent=1)


def archive(data: str, page: str, files: Iterable[tuple[str, bytes]] = ()) -> bytes:
    """A zip with `your-data.json`, `your-data.html` and, in a folder, the person's files: (path, content), taken one by one."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as file:
        file.writestr("your-data.html", page)
        file.writestr("your-data.json", data)
        for path, content in files:
            file.writestr(f"files/{path}", content)
    return out.getvalue()
