"""The record page of the app, worked as a person does: for several files of tests."""

from __future__ import annotations

from playwright.sync_api import Page, expect

TOKEN = "test-of-gridkit"  # as conftest gives it
DRAW_MS = 90_000  # a machine may be busy with seven other things

expect.set_options(timeout=DRAW_MS)


def enter(page: Page, app_url: str) -> Page:
    """Open the list of pages with the token, then the record page."""
    page.set_default_timeout(DRAW_MS)
    page.goto(f"{app_url}/?token={TOKEN}")
    page.get_by_role("link", name="走访登记").click()
    drawn(page)
    return page


def drawn(page: Page) -> None:
    """Wait until the form and the map are there."""
    page.locator(".gk-q-grid_id input").wait_for()
    page.locator(".gk-eyed").scroll_into_view_if_needed()  # drawn when it is seen
    page.locator(".gk-map iframe").wait_for()


def saved(page: Page) -> str:
    """Wait for the acknowledgement."""
    page.locator(".gk-saving .gk-told").wait_for()
    return page.locator(".gk-saving .gk-told").inner_text()


def open_card(page: Page, detail: str = "ts") -> None:
    """Answer what a visit with one concern needs, except for its place."""
    page.locator(".gk-q-grid_id input").focus()
    page.keyboard.type("第21网格")
    page.locator(".gk-q-outcome select").select_option(label="见到人")
    page.locator(".gk-q-met_role select").select_option(index=1)
    page.keyboard.press("Alt+a")
    page.wait_for_function("document.activeElement.closest('.gk-q-what') !== null")
    page.keyboard.type(detail)
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.closest('.gk-q-summary') !== null")


def correct(page: Page, kind: str) -> None:
    """Open the latest record of a kind in the drawer of corrections."""
    page.get_by_role("button", name="更正与历史").click()
    records = page.locator(".gk-corrections select").first
    page.wait_for_function(
        "kind => [...document.querySelector('.gk-corrections select').options]"
        ".some(option => option.text.includes(kind))",
        arg=kind,
    )
    labels = records.locator("option").all_inner_texts()
    records.select_option(label=next(label for label in labels if kind in label))
    page.locator(".gk-part-correction .gk-q-people_affected input").wait_for()
