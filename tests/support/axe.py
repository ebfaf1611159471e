"""Axe in pages of tests: what it finds wrong with them (WCAG 2.2 A and AA)."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Error, Frame, Page

OPTIONS = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
REMEMBERING = """
;(() => {
  const Color = axe.commons.color.Color, parse = Color.prototype.parseString, known = new Map();
  Color.prototype.parseString = function (text) {
    if (!known.has(text)) known.set(text, parse.call(new Color(), text));
    const {r, g, b, alpha} = known.get(text);
    return Object.assign(this, {r, g, b, alpha});
  };
})();
"""
"""A page has a dozen colours, and axe reads each of them anew for every element and everything behind it: a fifth of its time."""
BRINGING = f"window.bringAxe = () => {{\n{AXE_SCRIPT}{REMEMBERING}}}"
"""Every page of a profile has this before its own scripts. Sent to each page that is read, half a
megabyte cost as much as a fifth of axe's reading; until it is called the browser only looks through it."""
FINDING = """async options => {
  if (typeof axe !== "object") bringAxe();
  return (await axe.run(options)).violations;
}"""
LEAVING_MS = 500
"""A page's scripts can fail this long before the browser tells that another page has come."""


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe finds wrong with a page; what it finds right stays in the browser. Where another page takes its place meanwhile, axe
    reads that one: a press that sends a form is over for the browser before the answer is there. The page is one of a profile's, whose
    scripts may run. Raises Error when axe fails on a page that stays."""
    arrived: list[Frame] = []

    def arrive(frame: Frame) -> None:
        arrived.append(frame)

    page.on("framenavigated", arrive)
    try:
        while True:
            arrived.clear()
            page.wait_for_load_state()
            try:
                found: list[dict[str, Any]] = page.evaluate(FINDING, OPTIONS)
            except Error:
                if not arrived:
                    page.wait_for_timeout(LEAVING_MS)
                if not arrived:
                    raise
            else:
                if not arrived:
                    return found
    finally:
        page.remove_listener("framenavigated", arrive)
