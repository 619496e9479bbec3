"""The library over HTTP: bytes that are verified, for whom they are meant, and as nothing that could run."""

import ipaddress
import os
from collections.abc import AsyncIterator, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from aiohttp import ClientError, ClientSession, web
from msgspec import structs

from edge.access import Asker, Door
from edge.content.chunks import ChunkStore
from edge.content.doors import MOST_READERS, ContentDoor, headers_of
from edge.content.lan import LOOK, Lan, Readers
from edge.gate import make_app
from edge.hubs import Network
from edge.media.record.durable import Disk
from edge.media.record.place import Place
from edge.tokens import fresh
from sync.catalogue import CHUNK, FILE, MEDIA_TYPES, PAGES, SUM, Item, item_id
from tests.content.hubs import serving
from tests.flows.crew import until_told

SIZE = 3 * CHUNK + 77
CONTENT = Random(9).randbytes(SIZE)
CHUNKS = [CONTENT[at : at + CHUNK] for at in range(0, SIZE, CHUNK)]
TABLET = Asker("192.168.1.7", "192.168.1.2", "", "")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> tuple[ChunkStore, Item]:
    """A store with one whole item."""
    store = ChunkStore(Place(tmp_path_factory.mktemp("hub") / "content", Disk(), 0))
    return store, store.add(BytesIO(CONTENT), Item("0" * 64, 0, "Дәріс 1.mp4", "video/mp4"), 1).item


@pytest.fixture(scope="module")
def room(hub: tuple[ChunkStore, Item], tmp_path_factory: pytest.TempPathFactory) -> ChunkStore:
    """A store where two chunks of it are."""
    store = ChunkStore(Place(tmp_path_factory.mktemp("room") / "content", Disk(), 0))
    draft = store.begin(hub[1], hub[0].sums(hub[1].id) or b"")
    for number in (1, 3):
        draft.put(number, CHUNKS[number])
    draft.close()
    return store


def _app(store: ChunkStore, most: int = MOST_READERS) -> web.Application:
    door = Door((), room=False, allow_anyone=False)
    return make_app(ContentDoor(store, Readers(door, Lan(False)).admit, most=most).routes())


@pytest.fixture
async def http(hub: tuple[ChunkStore, Item]) -> AsyncIterator[ClientSession]:
    async with serving(_app(hub[0])) as port, ClientSession(f"http://127.0.0.1:{port}") as session:
        yield session


@pytest.fixture
async def half(room: ChunkStore) -> AsyncIterator[ClientSession]:
    async with serving(_app(room)) as port, ClientSession(f"http://127.0.0.1:{port}") as session:
        yield session


# What is here whole.


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-", 0, SIZE),
        ("bytes=0-0", 0, 1),
        ("bytes=100-299", 100, 300),
        (f"bytes={CHUNK}-{2 * CHUNK - 1}", CHUNK, 2 * CHUNK),
        ("bytes=-10", SIZE - 10, SIZE),
        (f"bytes=-{SIZE + 10}", 0, SIZE),
        (f"bytes={SIZE - 1}-{SIZE + 999}", SIZE - 1, SIZE),
    ],
)
async def test_a_range_is_answered_with_these_bytes(
    http: ClientSession, hub: tuple[ChunkStore, Item], asked: str, start: int, stop: int
) -> None:
    async with http.get(f"/content/{hub[1].id}", headers={"Range": asked}) as response:
        assert (response.status, await response.read()) == (206, CONTENT[start:stop])
        assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
        assert response.headers["ETag"] == f'"{hub[1].id}"'


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=9-3", "bytes=0-1,5-6", "lines=1-2", "x"])
async def test_a_range_that_there_is_not_is_told_the_size(
    http: ClientSession, hub: tuple[ChunkStore, Item], asked: str
) -> None:
    async with http.get(f"/content/{hub[1].id}", headers={"Range": asked}) as response:
        assert (response.status, response.headers["Content-Range"]) == (416, f"bytes */{SIZE}")
        assert (await response.json())["have"] == [[0, 3]]


async def test_the_whole_is_sent_and_its_head_without_it(
    http: ClientSession, hub: tuple[ChunkStore, Item]
) -> None:
    async with http.get(f"/content/{hub[1].id}") as response:
        assert (response.status, await response.read()) == (200, CONTENT)
    async with http.head(f"/content/{hub[1].id}") as response:
        assert (response.status, response.headers["Content-Length"]) == (200, str(SIZE))


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("If-Range", '"{}"', 206),
        ("If-Range", '"another"', 200),
        ("If-Range", 'W/"{}"', 200),
        ("If-Range", "Thu, 26 Nov 2026 08:00:00 GMT", 200),
        ("If-None-Match", '"{}"', 304),
        ("If-None-Match", 'W/"{}"', 304),
        ("If-None-Match", '"another"', 206),
        ("If-Match", '"another"', 412),
        ("If-Match", '"{}"', 206),
    ],
)
async def test_conditions_are_about_the_id(
    http: ClientSession, hub: tuple[ChunkStore, Item], name: str, value: str, status: int
) -> None:
    headers = {"Range": "bytes=0-9", name: value.replace("{}", hub[1].id)}
    async with http.get(f"/content/{hub[1].id}", headers=headers) as response:
        assert response.status == status
        assert len(await response.read()) == {206: 10, 200: SIZE}.get(status, 0)


async def test_the_sums_are_those_that_the_id_confirms(
    http: ClientSession, hub: tuple[ChunkStore, Item]
) -> None:
    async with http.get(f"/content/{hub[1].id}/sums") as response:
        sums = await response.read()
    assert (response.status, len(sums)) == (200, 4 * SUM)
    assert item_id(SIZE, sums) == hub[1].id


@pytest.mark.parametrize("ident", ["0" * 64, "a", "A" * 64, "..%2F..%2Fjournal", "%00"])
@pytest.mark.parametrize("what", ["", "/sums"])
async def test_no_other_name_leads_to_a_file(http: ClientSession, ident: str, what: str) -> None:
    async with http.get(f"/content/{ident}{what}") as response:
        assert response.status == 404


async def test_what_somebody_deleted_by_hand_is_not_there(tmp_path: Path) -> None:
    store = ChunkStore(Place(tmp_path / "content", Disk(), 0))
    item = store.add(BytesIO(b"x"), Item("0" * 64, 0, "x"), 1).item
    path = store.path_of(item.id)
    assert path is not None
    path.unlink()
    path.symlink_to("/etc/hostname")
    async with serving(_app(store)) as port, ClientSession(f"http://127.0.0.1:{port}") as session:
        assert await _status(session, item.id) == 404


async def test_a_file_that_somebody_cut_ends_the_connection_and_is_noted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = ChunkStore(Place(tmp_path / "content", Disk(), 0))
    item = store.add(BytesIO(CONTENT), Item("0" * 64, 0, "x"), 1).item
    path = store.path_of(item.id)
    assert path is not None
    os.truncate(path, 10)
    async with serving(_app(store)) as port, ClientSession(f"http://127.0.0.1:{port}") as session:
        with pytest.raises(ClientError):
            async with session.get(f"/content/{item.id}") as response:
                await response.read()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


# What is here in part.


async def test_of_an_item_on_its_way_only_verified_chunks_are_sent(
    half: ClientSession, hub: tuple[ChunkStore, Item]
) -> None:
    inside = {
        f"bytes={CHUNK}-{2 * CHUNK - 1}": CHUNKS[1],
        f"bytes={3 * CHUNK}-": CHUNKS[3],
        "bytes=-5": CHUNKS[3][-5:],
    }
    for asked, expected in inside.items():
        async with half.get(f"/content/{hub[1].id}", headers={"Range": asked}) as response:
            assert (response.status, await response.read()) == (206, expected)


@pytest.mark.parametrize(
    "asked", ["bytes=0-", "bytes=0-0", f"bytes={CHUNK}-{2 * CHUNK}", f"bytes={2 * CHUNK}-"]
)
async def test_what_is_not_verified_is_refused_and_it_is_said_what_is(
    half: ClientSession, hub: tuple[ChunkStore, Item], asked: str
) -> None:
    async with half.get(f"/content/{hub[1].id}", headers={"Range": asked}) as response:
        assert response.status == 416
        assert (await response.json())["have"] == [[1, 1], [3, 3]]


async def test_an_item_that_is_not_whole_is_not_there_for_who_wants_all_of_it(
    half: ClientSession, hub: tuple[ChunkStore, Item]
) -> None:
    async with half.get(f"/content/{hub[1].id}") as response:
        assert response.status == 404


async def test_a_list_tells_what_is_here_of_each_item(
    half: ClientSession, hub: tuple[ChunkStore, Item]
) -> None:
    async with half.get("/api/content") as response:
        (listed,) = (await response.json())["items"]
    assert listed["item"]["id"] == hub[1].id
    assert (listed["whole"], listed["chunks"], listed["have"]) == (False, 2, [[1, 1], [3, 3]])


# Nothing of it runs.


@pytest.mark.parametrize("media_type", [*MEDIA_TYPES, "text/html", "image/svg+xml", "application/xhtml+xml"])
@pytest.mark.parametrize("save", [True, False])
def test_whatever_a_publisher_says_it_is_nothing_runs_as_a_page_of_this_node(
    media_type: str, save: bool
) -> None:
    headers = headers_of(Item("a" * 64, 5, '"; x=y\r\n\u2028.html', media_type), save)
    inline = headers["Content-Disposition"].startswith("inline")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Type"] in MEDIA_TYPES
    assert not inline or headers["Content-Type"].startswith(("video/", "audio/", "image/", "application/pdf"))
    assert headers["Content-Type"] == "application/pdf" or "sandbox;" in headers["Content-Security-Policy"]
    assert all(value.isascii() and value.isprintable() for value in headers.values())


def test_what_browsers_show_by_themselves_is_shown_and_the_rest_saved() -> None:
    shown = {
        each
        for each in MEDIA_TYPES
        if "inline" in headers_of(Item("a" * 64, 5, "x", each), False)["Content-Disposition"]
    }
    assert {"video/mp4", "video/webm", "application/pdf", "image/png"} <= shown
    assert not {FILE, PAGES, "application/zip", "application/epub+zip", "text/plain"} & shown


# Who may read.


async def test_who_may_not_come_in_reads_nothing(hub: tuple[ChunkStore, Item]) -> None:
    token, kept = fresh("a tablet", ["watch"])
    door = Door((kept,), room=False, allow_anyone=False)
    app = make_app(ContentDoor(hub[0], Readers(door, Lan(True)).admit).routes())
    outside = {"Host": "school.example", "X-Forwarded-For": "192.168.1.7"}
    async with serving(app) as port, ClientSession(f"http://127.0.0.1:{port}") as session:
        for path in ("/api/content", f"/content/{hub[1].id}", f"/content/{hub[1].id}/sums"):
            async with session.get(path, headers=outside) as closed:
                assert closed.status == 401
            async with session.get(f"{path}?token={token}", headers=outside) as opened:
                assert opened.status == 200


def _lan(is_open: bool = True, *networks: str) -> Lan:
    named = {text: ipaddress.ip_network(text) for text in networks or ("192.168.1.0/24", "fd00:1::/64")}
    return Lan(is_open, lambda: named, lambda: 0.0)


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("192.168.1.7", True),
        ("::ffff:192.168.1.7", True),
        ("fd00:1::7", True),
        ("fe80::1%eth0", True),
        ("169.254.3.4", True),
        ("192.168.2.7", False),
        ("10.1.2.3", False),
        ("fd00:2::7", False),
        ("8.8.8.8", False),
        ("2a00::1", False),
        ("127.0.0.1", False),
        ("::1", False),
        ("0.0.0.0", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_a_library_is_open_to_private_addresses_of_its_own_networks(address: str, may: bool) -> None:
    assert _lan().has(structs.replace(TABLET, address=address)) is may


def test_a_library_that_is_not_open_or_is_asked_through_a_proxy_is_closed() -> None:
    assert not _lan(False).has(TABLET)
    assert not _lan().has(structs.replace(TABLET, forwarded=True))


def test_the_network_of_a_whole_provider_is_no_schools() -> None:
    assert not _lan(True, "10.0.0.0/8").has(structs.replace(TABLET, address="10.1.2.3"))
    assert _lan(True, "10.1.0.0/16").has(structs.replace(TABLET, address="10.1.2.3"))


def test_a_network_that_this_computer_joins_later_is_seen() -> None:
    now, named = [0.0], dict[str, Network]()

    def networks() -> Mapping[str, Network]:
        return dict(named)

    lan = Lan(True, networks, lambda: now[0])
    before = lan.has(TABLET)
    named["192.168.1.2"] = ipaddress.ip_network("192.168.1.0/24")
    now[0] = LOOK
    assert (before, lan.has(TABLET)) == (False, True)


async def test_so_many_read_at_once_and_no_more(hub: tuple[ChunkStore, Item]) -> None:
    async with serving(_app(hub[0], 0)) as port, ClientSession(f"http://127.0.0.1:{port}") as session:
        assert await _status(session, hub[1].id) == 503
        assert await _status(session, f"{hub[1].id}/sums") == 503


async def test_who_goes_away_in_the_middle_leaves_his_place(
    hub: tuple[ChunkStore, Item], caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(_app(hub[0], 1)) as port, ClientSession(f"http://127.0.0.1:{port}") as http:
        for _ in range(3):
            async with http.get(f"/content/{hub[1].id}") as response:
                assert response.status == 200
                response.close()
            assert await until_told(partial(_is_let_in, http, hub[1].id))
    assert caplog.records == []


async def _is_let_in(http: ClientSession, ident: str) -> bool:
    return await _status(http, ident) == 206


async def _status(http: ClientSession, ident: str) -> int:
    async with http.get(f"/content/{ident}", headers={"Range": "bytes=0-9"}) as response:
        return response.status
