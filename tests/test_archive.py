"""Recordings over HTTP, for browsers and for nodes that fetch them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from edge.media.record.recording import Recording
from tests.content.hubs import archive_app, long_lesson, recorded, serving


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Recording]:
    """A hub's folder, and what is in it."""
    state = tmp_path_factory.mktemp("hub")
    return state, asyncio.run(recorded(state, long_lesson(1)))


@pytest.fixture
async def http(hub: tuple[Path, Recording]) -> AsyncIterator[ClientSession]:
    async with serving(archive_app(hub[0])) as port, ClientSession(f"http://127.0.0.1:{port}") as session:
        yield session


async def test_a_list_that_has_not_changed_is_not_sent_again(http: ClientSession) -> None:
    async with http.get("/api/recordings") as first:
        assert (first.status, len((await first.json())["recordings"])) == (200, 1)
        headers = {"If-None-Match": first.headers["ETag"]}
    async with http.get("/api/recordings", headers=headers) as again:
        assert (again.status, await again.read()) == (304, b"")
    async with http.get("/api/recordings", headers={"If-None-Match": '"another"'}) as other:
        assert other.status == 200


async def test_a_list_is_sent_packed_to_whoever_can_open_it(http: ClientSession) -> None:
    async with http.get("/api/recordings", headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
    async with http.get("/api/recordings", headers={"Accept-Encoding": "identity"}) as plain:
        assert "Content-Encoding" not in plain.headers


async def test_the_index_of_a_recording_is_there_by_ranges(
    hub: tuple[Path, Recording], http: ClientSession
) -> None:
    path = hub[0] / "recordings" / f"{hub[1].id}.idx"
    whole = path.read_bytes()
    async with http.get(f"/recordings/{hub[1].id}/index", headers={"Range": "bytes=100-"}) as response:
        assert (response.status, await response.read()) == (206, whole[100:])
        assert response.headers["Content-Range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"


@pytest.mark.parametrize("name", ["..", "..%2F..%2Fsecret", "nothing-20261126T081500Z", "a.idx"])
async def test_no_other_name_leads_to_an_index(http: ClientSession, name: str) -> None:
    async with http.get(f"/recordings/{name}/index") as response:
        assert response.status == 404
