"""Recordings over HTTP, for browsers and for nodes that fetch them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from msgspec.structs import replace

from edge.media.record.durable import Disk
from edge.media.record.pieces import MAX_ANSWER, MAX_REQUEST, Piece, encode
from edge.media.record.recording import Recording, save
from edge.media.record.sheet import decode
from edge.media.record.store import Store
from tests.content.hubs import archive_app, long_lesson, recorded, serving

CLASS = "class-0123456789abcdef"


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


async def test_what_was_recorded_of_the_class_itself_is_for_this_computer_only(tmp_path: Path) -> None:
    lesson = await recorded(tmp_path, long_lesson(1))
    class_ = replace(lesson, id=lesson.id.replace("lesson", CLASS), stream=CLASS)
    for file in (tmp_path / "recordings").glob(f"{lesson.id}*"):
        file.rename(file.with_name(file.name.replace(lesson.id, class_.id)))
    save(Disk(), tmp_path / "recordings", class_)
    store = Store(tmp_path)
    assert ([each.id for each in store.list(of_class=True)], store.list()) == ([class_.id], [])
    async with serving(archive_app(tmp_path)) as port, ClientSession(f"http://127.0.0.1:{port}") as http:
        for headers, shown, status in (({}, 1, 200), ({"Host": "room.school"}, 0, 401)):
            async with http.get("/api/recordings", headers=headers) as listed:
                assert len((await listed.json())["recordings"]) == shown
            for path in ("", "/index", "/chapters", "/frames"):
                async with http.get(f"/recordings/{class_.id}{path}", headers=headers) as answer:
                    assert answer.status in ({401} if status == 401 else {200, 404})


async def ask(http: ClientSession, ident: str, wire: bytes, digest: str) -> tuple[int, bytes]:
    """Ask for pieces of a file; return the status and what came."""
    headers = {"If-Match": f'"{digest}"'} if digest else {}
    async with http.post(f"/recordings/{ident}/frames", data=wire, headers=headers) as response:
        return response.status, await response.read()


async def test_pieces_of_a_file_come_one_behind_the_other(
    hub: tuple[Path, Recording], http: ClientSession
) -> None:
    state, recording = hub
    content = recording.path(state / "recordings").read_bytes()
    pieces = [Piece(7, 3), Piece(100, 300_000), Piece(len(content) - 5, 5)]
    wanted = b"".join(content[each.at : each.end] for each in pieces)
    assert await ask(http, recording.id, encode(pieces), recording.digest) == (200, wanted)


async def test_a_sheet_tells_what_the_file_is_made_of(
    hub: tuple[Path, Recording], http: ClientSession
) -> None:
    async with http.get(f"/recordings/{hub[1].id}/frames") as response:
        sheet = decode(await response.read())
    assert (sheet.digest, sheet.size) == (hub[1].digest, hub[1].bytes)
    assert len(sheet.form.index.entries) == sum(hub[1].frames.values())


@pytest.mark.parametrize(
    ("wire", "digest", "status"),
    [
        (encode([Piece(0, 5)]), "", 412),
        (encode([Piece(0, 5)]), "another", 412),
        (b"", "right", 400),
        (b"\x80", "right", 400),
        (encode([Piece(0, MAX_ANSWER), Piece(MAX_ANSWER, 1)]), "right", 400),
        (encode([Piece(1 << 30, 1)]), "right", 416),
        (b"\1" * (MAX_REQUEST + 1), "right", 413),
    ],
)
async def test_pieces_that_cannot_be_are_refused(
    hub: tuple[Path, Recording], http: ClientSession, wire: bytes, digest: str, status: int
) -> None:
    noted = hub[1].digest if digest == "right" else digest
    assert (await ask(http, hub[1].id, wire, noted))[0] == status


@pytest.mark.parametrize("name", ["..", "nothing-20261126T081500Z", "a.idx"])
async def test_no_other_name_leads_to_frames(http: ClientSession, name: str) -> None:
    async with http.get(f"/recordings/{name}/frames") as response:
        assert response.status == 404
    assert (await ask(http, name, encode([Piece(0, 5)]), "any"))[0] == 404


async def test_of_a_recording_that_grows_no_frames_are_told(
    hub: tuple[Path, Recording], http: ClientSession
) -> None:
    folder = hub[0] / "recordings"
    growing = replace(hub[1], id="other-20261126T081500Z", state="recording", digest="")
    save(Disk(), folder, growing)
    try:
        async with http.get(f"/recordings/{growing.id}/frames") as response:
            assert response.status == 404
    finally:
        (folder / f"{growing.id}.json").unlink()
