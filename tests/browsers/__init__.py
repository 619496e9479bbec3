"""Real browsers for tests: start one, open pages, click, look; skipped where its package is missing."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from tests.browsers.chromium import chromium
from tests.browsers.firefox import firefox
from tests.browsers.page import DEAF_NAME, Browser, Page, until

__all__ = ["DEAF_NAME", "STARTERS", "Browser", "Page", "chromium", "firefox", "until"]

STARTERS: dict[str, Callable[..., AbstractAsyncContextManager[Browser]]] = {
    "chromium": chromium,
    "firefox": firefox,
}
