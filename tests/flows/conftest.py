"""Flows run over real sockets, between real processes; each test's processes are gone when it ends."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from msgspec.structs import replace

from tests.flows.crew import Crew, Node
from tests.media import clips


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest_asyncio.fixture(loop_scope="session")
async def crew(tmp_path: Path, http: ClientSession) -> AsyncIterator[Crew]:
    members = Crew(tmp_path, http)
    yield members
    await members.end()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, http: ClientSession) -> AsyncIterator[Crew]:
    """A crew for all tests of a module."""
    members = Crew(tmp_path_factory.mktemp("house"), http)
    yield members
    await members.end()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def hub(house: Crew) -> Node:
    """One node for all tests of a module; each has streams of its own."""
    return await house.node("hub")


@pytest.fixture(scope="session")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short lesson in H.264 and Opus."""
    return clips.lesson(tmp_path_factory.mktemp("lesson") / "lesson.mkv")


@pytest.fixture(scope="session")
def lesson_vp8(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short lesson in VP8 and Opus."""
    picture = replace(clips.SMALL, codec="VP8")
    return clips.lesson(tmp_path_factory.mktemp("lesson") / "lesson.webm", picture)
