"""What a test can do with a tab of any browser."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from tests.browsers.wire import Elsewhere

STEP = 0.05  # seconds between two looks
DEAF_NAME = "tirek.local"  # resolved to this computer: not a secure context, like an address in a class room


class Page(Protocol):
    """One tab with its own storage. `console` holds (level, text), `requests` every address asked for."""

    console: list[tuple[str, str]]
    requests: list[str]

    async def evaluate(self, expression: str) -> Any: ...
    async def click(self, selector: str) -> None: ...
    async def hover(self, selector: str) -> None: ...
    async def press(self, key: str) -> None: ...
    async def resize(self, width: int, height: int) -> None: ...
    async def screenshot(self, path: Path) -> None: ...
    async def go(self, url: str) -> None: ...
    async def show(self) -> None: ...
    async def close(self) -> None: ...


class Browser(Protocol):
    """A running browser; every page it opens has its own storage."""

    name: str

    async def open(self, url: str, before: str = "") -> Page:
        """Open a page; `before` is run in it before any script of its own."""
        ...


async def until(page: Page, expression: str, seconds: float = 60.0) -> Any:
    """Wait until an expression is true in the page and return its value."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                with suppress(Elsewhere):
                    if value := await page.evaluate(expression):
                        return value
                await asyncio.sleep(STEP)
    except TimeoutError:
        body = await page.evaluate("document.body.dataset.state + ' | ' + document.body.innerText")
        raise AssertionError(f"never true: {expression}; page: {body}; console: {page.console}") from None


def middle_of(selector: str) -> str:
    """The middle of an element that stands still: words and styles that come late push it away."""
    return f"""(async () => {{
        const rest = () => new Promise((done) => setTimeout(done, 60));
        const look = () => {{
            const one = document.querySelector({json.dumps(selector)});
            one.scrollIntoView({{ block: 'center', inline: 'center', behavior: 'instant' }});
            const box = one.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
        }};
        let still = 0;
        let at = look();
        while (still < 3) {{
            await rest();
            const now = look();
            still = now[0] === at[0] && now[1] === at[1] && now[0] > 0 ? still + 1 : 0;
            at = now;
        }}
        return at;
    }})()"""
