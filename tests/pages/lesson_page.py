"""The teach page with a lesson on the air, as tests open it and type into it."""

from tests.browsers import Browser, Page, until
from tests.fake_desk import FakeDesk

ROWS = "document.querySelectorAll('#schools > li').length"
SPEAKS = "document.querySelector('h1').textContent !== ''"


async def opened(browser: Browser, desk: FakeDesk, lang: str = "en") -> Page:
    """Open the page and wait until it speaks and shows every school of the lesson."""
    page = await browser.open(f"{desk.url}/teach?lang={lang}")
    await until(page, f"{SPEAKS} && {ROWS} === {len(desk.classes)}")
    return page


async def write(page: Page, selector: str, said: str) -> None:
    """Type into a field as a hand does."""
    field = f"document.querySelector({selector!r})"
    event = "new Event('input', { bubbles: true })"
    await page.evaluate(f"({field}.focus(), {field}.value = {said!r}, {field}.dispatchEvent({event}), true)")
