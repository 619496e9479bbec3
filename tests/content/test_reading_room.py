"""The library over HTTP: who sees what, and pages of a package behind their own fence."""

import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import ClientSession
from yarl import URL

from edge.content.holdings import Wish
from edge.content.kolibris import Place
from edge.content.published import Material
from edge.contract.answers import Found
from edge.tokens import Token
from tests.pages.library_room import DAY, LibraryRoom, package

REBOUND = {"Host": "evil.example; script-src *"}


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[LibraryRoom]:
    async with LibraryRoom(tmp_path).served() as running:
        yield running


async def asked(room: LibraryRoom, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask as a browser elsewhere does; return status, header fields and body."""
    headers = {"Host": "10.0.0.5:8080", **headers}
    async with (
        ClientSession() as http,
        http.get(URL(room.url + path, encoded=True), headers=headers, allow_redirects=False) as reply,
    ):
        return reply.status, dict(reply.headers), await reply.read()


async def listed(room: LibraryRoom, question: str = "") -> dict[str, object]:
    """Return the list that a browser elsewhere gets."""
    status, _, body = await asked(room, f"/api/library{quote(question, safe='?&=')}")
    assert status == 200
    told: dict[str, object] = json.loads(body)
    return told


async def test_the_list_is_what_was_found_with_addresses_states_and_what_stands_beside(
    room: LibraryRoom,
) -> None:
    here = room.publish("a.pdf", b"%PDF-1.4", "application/pdf", title="Күн", subject="Физика", grade="7")
    away = Material("b" * 64, "b.mp4", "video/mp4", 9, "Ай", lang="ru", published=DAY - 1)
    room.tell(away)
    room.wishes = {away.id: Wish("coming", 0.25)}
    room.waiting, room.beside = ("lesson", "09:45"), [Place("kolibri", "K", "http://10.0.0.9/")]
    told = await listed(room)
    items = told["items"]
    assert isinstance(items, list)
    assert [(each["title"], each["state"], each["address"]) for each in items] == [
        ("Күн", "here", f"/content/{here}"),
        ("Ай", "coming", ""),
    ]
    assert items[1]["share"] == 0.25
    assert (told["waits"], told["until"], told["recordings"]) == ("lesson", "09:45", True)
    assert told["places"] == [{"kind": "kolibri", "name": "K", "address": "http://10.0.0.9/"}]
    assert set(Found.__struct_fields__) <= told.keys()


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("?text=ку", ["Күн"]),
        ("?subject=Химия", ["Ай"]),
        ("?kind=document&lang=kk&grade=7", ["Күн"]),
        ("?grade=8", []),
        ("?text=" + "x" * 3000, []),
    ],
)
async def test_the_question_narrows_the_list(room: LibraryRoom, question: str, found: list[str]) -> None:
    room.publish("a.pdf", b"%PDF-1.4", "application/pdf", title="Күн", grade="7", lang="kk")
    room.tell(Material("b" * 64, "b.mp4", "video/mp4", 9, "Ай", "Химия", published=DAY - 1))
    items = (await listed(room, question))["items"]
    assert isinstance(items, list)
    assert [each["title"] for each in items] == found


async def test_who_may_not_watch_sees_no_recording_and_nothing_where_the_library_is_closed(
    tmp_path: Path,
) -> None:
    async with LibraryRoom(tmp_path, room=False).served() as room:
        room.record("lesson-20261126T081500Z", 1)
        room.publish("a.pdf", b"%PDF-1.4", "application/pdf", title="Күн")
        told = await listed(room)
        assert (told["recordings"], told["kinds"], told["total"]) == (False, ["document"], 1)
        room.is_open = False
        assert (await asked(room, "/api/library"))[0] == 401


async def test_a_token_opens_the_list_and_its_addresses_open_what_cannot_send_one(
    tmp_path: Path,
) -> None:
    token = Token("Айгүл", sha256(b"secret").hexdigest(), ("watch",))
    async with LibraryRoom(tmp_path, room=False, tokens=(token,)).served() as room:
        room.is_open = False
        room.record("lesson-20261126T081500Z", 1)
        room.publish("t.zip", package(index_html="1"), "application/zip+html", title="1")
        assert (await asked(room, "/api/library", Authorization="Bearer wrong"))[0] == 401
        _, _, body = await asked(room, "/api/library", Authorization="Bearer secret")
        told = json.loads(body)
        assert (told["recordings"], told["total"]) == (True, 2)
        address = next(each["address"] for each in told["items"] if each["kind"] == "pages")
        assert b"secret" not in body
        assert (await asked(room, address + "index.html"))[0] == 200


async def test_a_page_of_a_package_is_fenced_in_and_starts_at_its_index(room: LibraryRoom) -> None:
    made = package(tema__index_html="<h1>", tema__app_js="let a", tema__odd_bin="?")
    ident = room.publish("t.zip", made, "application/zip+html", title="T")
    items = (await listed(room))["items"]
    assert isinstance(items, list)
    address = items[0]["address"]
    status, headers, _ = await asked(room, address)
    assert (status, headers["Location"]) == (302, "tema/index.html")
    status, headers, body = await asked(room, address + "tema/index.html")
    assert (status, body, headers["Content-Type"]) == (200, b"<h1>", "text/html")
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts allow-forms allow-modals;")
    assert "allow-same-origin" not in policy
    assert f"connect-src http://10.0.0.5:8080/content/{ident}/pages/" in policy
    assert headers["Access-Control-Allow-Origin"] == "null"
    assert (await asked(room, address + "tema/odd.bin"))[1]["Content-Type"] == "application/octet-stream"
    assert "evil" not in (await asked(room, address + "tema/app.js", **REBOUND))[1]["Content-Security-Policy"]


async def test_an_address_holds_for_its_own_package_and_for_its_own_files(room: LibraryRoom) -> None:
    first = room.publish("t.zip", package(index_html="1"), "application/zip+html", title="1")
    second = room.publish("u.zip", package(index_html="2"), "application/zip+html", title="2")
    items = (await listed(room, "?text=1"))["items"]
    assert isinstance(items, list)
    address = items[0]["address"]
    assert (await asked(room, address.replace(first, second) + "index.html"))[0] == 401
    assert (await asked(room, f"/content/{first}/pages/x/index.html"))[0] == 401
    for path in ("nothing", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/index.html", "%00"):
        assert (await asked(room, address + path))[0] in (400, 401, 404)


async def test_a_package_that_is_not_sound_is_refused_with_its_reason(room: LibraryRoom) -> None:
    room.publish("t.zip", package(index_html="1")[:-25], "application/zip+html", title="1")
    items = (await listed(room))["items"]
    assert isinstance(items, list)
    status, _, body = await asked(room, items[0]["address"])
    assert status == 422
    assert b"package-unsafe" in body


async def test_who_asks_all_the_time_is_told_to_wait(room: LibraryRoom) -> None:
    async with ClientSession() as http:
        statuses = []
        for _ in range(200):
            async with http.get(f"{room.url}/api/library") as reply:
                statuses.append(reply.status)
    assert 429 in statuses
