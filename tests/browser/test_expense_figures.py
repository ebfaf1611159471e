"""Figures of expenses, a year's accounts and the way to the policy, of the demonstration: accessible, on a phone and in the dark."""

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.test_console import sign_in
from tests.support.servers import Process

SHOTS = os.environ.get("QP_SHOTS", "")
"""A folder that pictures of the pages are put into, for whoever wants to look."""
OF = {
    "lead.scotland@demo.example": (
        "/scotland/manage/expenses/figures", "/scotland/manage/expenses/figures/accounts", "/scotland/manage/expenses/budgets",
    ),
    "central@demo.example": ("/console/expenses/figures", "/console/expenses/policy", "/manage/expenses/figures/accounts", "/console/"),
}  # fmt: skip


def test_figures_accounts_and_the_way_to_the_policy(
    live_demo: Process, new_page: Callable[..., Page], axe: Callable[[Page], None]
) -> None:
    for who, pages in OF.items():
        page = new_page(viewport={"width": 1280, "height": 900})
        sign_in(page, live_demo, who)
        kept = page.context.storage_state()
        phone = new_page(viewport={"width": 390, "height": 844}, color_scheme="dark", storage_state=kept)
        for number, path in enumerate(pages):
            for name, looked in (("wide", page), ("phone", phone)):
                answer = looked.goto(live_demo.url + path)
                assert answer is not None
                assert answer.status == 200, path
                axe(looked)
                wide = looked.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert wide <= 0, (path, name)
                if SHOTS:
                    shot = f"figures-{who.split('@')[0]}-{number}-{name}.png"
                    looked.screenshot(path=Path(SHOTS) / shot, full_page=True)
        if who.startswith("central"):
            page.get_by_role("link", name="The expenses policy").first.click()
            assert page.url.endswith("/manage/expenses/policy")
            page.get_by_role("link", name="Draft from version 2").click()
            page.get_by_role("link", name="Publish").click()
            page.get_by_label("In force from").fill("2026-04-06")
            page.get_by_role("button", name="Look at what changes from this day").click()
            expect(page.get_by_text("Scotland: Lunch").first).to_be_visible()
            axe(page)
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / "figures-central-draft-wide.png", full_page=True)
