"""A node that lies about a material costs nothing but a chunk, is counted, and another one is asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from edge.content.chunks import ChunkStore
from edge.content.materials import HUB
from edge.content.neighbours import MAX_ANSWER
from edge.content.siblings import Sibling
from sync.catalogue import CHUNK, Item, item_id
from tests.content.hubs import serving, until
from tests.content.schools import Classroom, classroom, library_app, noise, published, store_in

CONTENT = noise(3 * CHUNK + 9)
LIAR = "b" * 16
HEADS = 100_000
Answer = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]


@pytest.fixture
def honest(tmp_path: Path) -> tuple[ChunkStore, Item]:
    store = store_in(tmp_path / "hub")
    (item,) = published(store, CONTENT)
    return store, item


def lying(sums: bytes, media: Answer, sent: list[int] | None = None) -> web.Application:
    """Return a node that answers as it likes for the bytes of an item."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return await media(request, CONTENT)

    async def of_sums(request: web.Request) -> web.Response:
        return web.Response(body=sums)

    app = web.Application()
    app.add_routes([web.get("/content/{id}", answer), web.get("/content/{id}/sums", of_sums)])
    return app


async def _honestly(request: web.Request, content: bytes) -> web.StreamResponse:
    asked = request.http_range
    part = content[asked.start : asked.stop]
    extent = f"bytes {asked.start}-{asked.start + len(part) - 1}/{len(content)}"
    return web.Response(status=206, body=part, headers={"Content-Range": extent})


async def _other_bytes(request: web.Request, content: bytes) -> web.StreamResponse:
    return await _honestly(request, bytes(len(content)))


async def _endless(request: web.Request, content: bytes) -> web.StreamResponse:
    response = web.StreamResponse(
        status=206, headers={"Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}"}
    )
    response.enable_chunked_encoding()
    await response.prepare(request)
    while True:
        await response.write(content)


async def _elsewhere(request: web.Request, content: bytes) -> web.StreamResponse:
    raise web.HTTPFound("http://127.0.0.1:9/content")


def _said(status: int, content_range: str = "") -> Answer:
    async def answer(request: web.Request, content: bytes) -> web.StreamResponse:
        headers = {"Content-Range": content_range} if content_range else {}
        return web.Response(status=status, body=content[:5000], headers=headers)

    return answer


LIES: dict[str, Answer] = {
    "endless": _endless,
    "elsewhere": _elsewhere,
    "another range": _said(206, f"bytes 5-9/{len(CONTENT)}"),
    "another size": _said(206, "bytes 0-4999/5000"),
    "a huge size": _said(206, f"bytes 0-4999/{'9' * 40}"),
    "no range": _said(206),
    "gone": _said(404),
    "not this part": _said(416),
    "an error": _said(500),
    "no time": _said(503),
}


@pytest.mark.parametrize("what", LIES)
async def test_a_lie_about_bytes_leaves_no_wrong_chunk_and_little_is_read(
    tmp_path: Path, honest: tuple[ChunkStore, Item], what: str
) -> None:
    store, item = honest
    sums = store.sums(item.id) or b""
    async with (
        serving(lying(sums, LIES[what])) as port,
        classroom(tmp_path / "room", f"http://127.0.0.1:{port}", [item]) as room,
        room.fetching() as materials,
    ):
        await until(lambda: materials.waits == "link" or _is_shunned(room, HUB, item))
    assert room.purse.came <= len(CONTENT) + CHUNK
    assert not room.store.is_whole(item.id)
    assert materials.shunned.faults[HUB] == 0


def _is_shunned(room: Classroom, source: str, item: Item) -> bool:
    return bool(room.materials.shunned.why(source, item.id, asyncio.get_running_loop().time()))


SUMS: dict[str, Callable[[bytes], bytes]] = {
    "none": lambda sums: b"",
    "too few": lambda sums: sums[:-32],
    "too many": lambda sums: sums + bytes(32),
    "without end": lambda sums: bytes(9_000_000),
}


@pytest.mark.parametrize("what", SUMS)
async def test_a_list_of_sums_of_the_wrong_length_is_not_believed(
    tmp_path: Path, honest: tuple[ChunkStore, Item], what: str
) -> None:
    store, item = honest
    sums = SUMS[what](store.sums(item.id) or b"")
    async with (
        serving(lying(sums, _honestly)) as port,
        classroom(tmp_path / "room", f"http://127.0.0.1:{port}", [item]) as room,
        room.fetching(),
    ):
        await until(lambda: _is_shunned(room, HUB, item))
    assert room.store.held(item.id) is None


async def test_wrong_sums_and_wrong_chunks_are_counted_against_the_sender(
    tmp_path: Path, honest: tuple[ChunkStore, Item]
) -> None:
    store, item = honest
    sums = store.sums(item.id) or b""
    for number, (told, media) in enumerate(((bytes(len(sums)), _honestly), (sums, _other_bytes))):
        async with (
            serving(lying(told, media)) as port,
            classroom(tmp_path / f"room {number}", f"http://127.0.0.1:{port}", [item]) as room,
            room.fetching() as materials,
        ):
            await until(lambda: materials.shunned.faults[HUB] == 1)  # awaited here
            await until(lambda: _is_shunned(room, HUB, item))
        assert room.store.have(item.id) == frozenset()


@pytest.fixture
async def room(tmp_path: Path, honest: tuple[ChunkStore, Item]) -> AsyncIterator[Classroom]:
    store, item = honest
    async with (
        serving(library_app(store)) as port,
        classroom(tmp_path / "room", f"http://127.0.0.1:{port}", [item]) as made,
    ):
        yield made


async def test_a_chunk_that_a_sibling_gave_wrongly_is_fetched_from_the_hub(
    room: Classroom, honest: tuple[ChunkStore, Item]
) -> None:
    store, item = honest
    app = lying(store.sums(item.id) or b"", _other_bytes)
    app.add_routes([web.get("/api/content", _claiming(item))])
    async with serving(app) as port, room.fetching() as materials:
        room.siblings.know(Sibling(LIAR, (f"http://127.0.0.1:{port}",)))
        await until(lambda: room.has_all)
    assert materials.shunned.faults == {LIAR: 1}


def _claiming(item: Item) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        row = {"item": msgspec.to_builtins(item), "have": [[-7, 1 << 40]]}
        return web.json_response({"items": [row, row], "upstream": False, "asks": False})

    return answer


NONSENSE = (b"", b"[]", b"\xff", b"[" * 100_000, b'{"items": 7}', b'{"items": [{"item": {"id": 5}}]}')


@pytest.mark.parametrize("body", [*NONSENSE, bytes(MAX_ANSWER + 1)])
async def test_a_sibling_that_answers_nonsense_is_as_good_as_none(room: Classroom, body: bytes) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.add_routes([web.get("/api/content", answer)])
    async with serving(app) as port, room.fetching():
        room.siblings.know(Sibling(LIAR, (f"http://127.0.0.1:{port}",)))
        await until(lambda: room.has_all)


async def test_a_sibling_that_is_gone_in_the_middle_costs_no_time(
    room: Classroom, honest: tuple[ChunkStore, Item]
) -> None:
    app = library_app(honest[0])
    async with serving(app) as port, room.fetching() as materials:
        closed = Sibling("c" * 16, ("http://127.0.0.1:9",))
        room.siblings.know(closed)
        room.siblings.know(Sibling(LIAR, ("http://127.0.0.1:9", f"http://127.0.0.1:{port}")))
        await until(lambda: room.has_all)
    assert materials.shunned.faults == {}


def test_an_id_is_of_size_and_sums() -> None:
    assert item_id(5, bytes(32)) != item_id(6, bytes(32))
