"""`python -m tests.pages.pictures`: the picture of docs/teach.md, taken of the real page at a fake node."""

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from edge import words
from tests.browsers import chromium, until
from tests.fake_desk import FakeDesk, check, question, school

PICTURES = Path(words.__file__).parents[1] / "docs" / "pictures"
READY = 120.0  # seconds for all pictures, on a busy machine
SIZE = 1366, 1000
LIVE = "document.body.dataset.state === 'live'"
SHOWN = "document.querySelectorAll('#schools video[data-picture=live]').length >= 2"
PLAYS = "document.querySelector('#floor-picture').videoWidth > 0"
TOP = "(window.scrollTo(0, 0), true)"


def _fill(desk: FakeDesk) -> None:
    """Set a lesson in which something happens."""
    now = round(time.time() * 1000)
    asked = [question("Неліктен екі түбірі бар?", 1)]
    desk.classes = [
        school("Құмсай", register="signed", asked=1, questions=asked, **{"class": "7Б"}),
        school("Ақкемер", hand=now - 90_000, **{"class": "7А"}),
        school("Жаңаталап", state="frozen", link="poor"),
        school("Бестамақ", register="signed", minutes=3.1),
        school("Қарабұтақ", link="sound-only", camera=False, register="draft"),
    ]
    desk.floor["holder"], desk.floor["since"] = desk.classes[3]["node"], now - 40_000
    stages = ("answered", "reading", "counting", "answered", "asked")
    classes = [
        {
            "node": row["node"],
            "name": row["name"],
            "stage": stage,
            "read": 9,
            "of": 14,
            "counts": {"B": 11, "A": 3},
        }
        for row, stage in zip(desk.classes, stages, strict=True)
    ]
    totals = {"A": 6, "B": 22}
    desk.running = check(
        "x² = 4 теңдеуінің түбірлері қандай?", "2", "±2", "16", right="B", classes=classes, totals=totals
    )


async def main() -> None:
    """Teach for a moment and take the picture."""
    with TemporaryDirectory() as folder:
        async with FakeDesk(Path(folder)) as desk, chromium() as browser:
            _fill(desk)
            page = await browser.open(f"{desk.url}/teach?lang=kk")
            await page.resize(*SIZE)
            await until(page, "!document.querySelector('#go').disabled")
            await page.click("#go")
            await page.evaluate(TOP)
            await until(page, f"{LIVE} && {SHOWN} && {PLAYS}", READY)
            await page.evaluate(TOP)
            await page.screenshot(PICTURES / "teach.png")
            await page.close()


if __name__ == "__main__":
    asyncio.run(main())
