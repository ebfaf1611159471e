"""A certificate as a PDF, by the optional extra `pdf` (Typst). Its text is read aloud in its language: the file is tagged."""

from flask import current_app

from core.sdk import gettext
from plugins.local_events.queries.certificates import Proof
from plugins.local_events.tickets import shown

PAGE = b"""
#let said = sys.inputs
#set document(title: said.title, author: said.site)
#set page(paper: "a4", flipped: true, margin: 2.2cm)
#set text(lang: said.lang, region: "GB", size: 15pt)
#set par(leading: 0.8em)
#align(center + horizon)[
  #text(size: 14pt)[#said.site]
  #v(0.6cm)
  #heading(outlined: false)[#text(size: 30pt)[#said.title]]
  #v(0.8cm)
  #text(size: 26pt, weight: "bold")[#said.name]
  #v(0.4cm)
  #said.event \\
  #said.day \\
  #said.hours
  #v(1.2cm)
  #text(size: 11pt)[#said.check \\ #link(said.where)[#said.where] \\ #said.code]
]
"""
"""What is filled in comes as plain text (`sys.inputs`): nothing in a name or a title is read as markup."""


def certificate(proof: Proof, site: str, where: str, language: str) -> bytes:
    """The PDF of `proof`. `where` is the address at which it can be checked. Raises ImportError without the extra."""
    import typst  # heavy, and an optional extra

    said = {
        "title": gettext("Certificate of attendance"), "site": site, "lang": language, "name": proof.name, "event": proof.title,
        "day": str(current_app.jinja_env.filters["day"](proof.starts_at)), "hours": gettext("Hours: %(hours)s", hours=proof.hours),
        "check": gettext("Anybody can check this certificate at the address below."), "where": where,
        "code": gettext("Code: %(code)s", code=shown(proof.code)),
    }  # fmt: skip
    return bytes(typst.compile(PAGE, format="pdf", sys_inputs=said))
