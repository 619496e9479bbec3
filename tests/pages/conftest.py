"""One browser of each kind for all page tests, a fresh node and fresh storage for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.browsers import STARTERS, Browser, chromium
from tests.fake_desk import FakeDesk
from tests.fake_node import FakeNode


@pytest_asyncio.fixture(loop_scope="session", scope="session", params=sorted(STARTERS))
async def browser(request: pytest.FixtureRequest) -> AsyncIterator[Browser]:
    async with STARTERS[request.param]() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def quick() -> AsyncIterator[Browser]:
    """One browser, for what cannot differ between them."""
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def node(tmp_path: Path) -> AsyncIterator[FakeNode]:
    async with FakeNode(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def desk(tmp_path: Path) -> AsyncIterator[FakeDesk]:
    """A node with a lesson and schools, for what the hub teacher does."""
    async with FakeDesk(tmp_path) as running:
        yield running
