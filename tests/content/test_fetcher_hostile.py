"""A parent that lies costs nothing: no byte beyond a bound, no file outside, no waiting of others."""

import gzip
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from edge.content.catalogue import MAX_LIST, MAX_NOTE, MAX_OFFERED, MAX_WIRE, BadList, believed, unzipped
from edge.content.fetcher import Fetcher
from edge.media.record.recording import Recording
from tests.content.hubs import room, serving, until

IDENT = "lesson-20261126T081500Z"
LISTED = Recording(
    id=IDENT,
    stream="lesson",
    started="2026-11-26T08:15:00Z",
    media_type="video/mp4",
    state="done",
    seconds=60.0,
    bytes=3_000_000,
    whole=True,
)
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def lying(media: Answer, listed: bytes | None = None) -> web.Application:
    """Return a hub that lists a recording and answers as it likes for its files."""
    body = listed or msgspec.json.encode({"recordings": [LISTED]})

    async def answer(request: web.Request) -> web.StreamResponse:
        return await media(request)

    async def listing(request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.add_routes([web.get("/api/recordings", listing), web.get("/recordings/{rest:.*}", answer)])
    return app


async def _endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    response.headers["Content-Length"] = str(1 << 40)
    return await _poured(request, response)


async def _more_than_said(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(status=206, headers={"Content-Range": "bytes 0-2999999/3000000"})
    response.enable_chunked_encoding()
    return await _poured(request, response)


async def _poured(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    await response.prepare(request)
    while True:
        await response.write(bytes(65_536))


async def _without_length(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    response.enable_chunked_encoding()
    return await _poured(request, response)


async def _elsewhere(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound(f"http://127.0.0.1:{request.url.port}/api/recordings")


async def _noise(request: web.Request) -> web.StreamResponse:
    if request.path.endswith("index"):
        return web.Response(body=b"\x00" * 5000)
    return web.Response(body=bytes(LISTED.bytes))


def _said(status: int, body: bytes = b"", **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(
            status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    return answer


LIES: dict[str, tuple[Answer, str]] = {
    "endless": (_endless, "refused"),
    "more than it said": (_more_than_said, "refused"),
    "without a length": (_without_length, "refused"),
    "elsewhere": (_elsewhere, ""),
    "noise": (_noise, "damaged"),
    "nothing": (_said(200), "refused"),
    "an error": (_said(500, b"\xff"), "refused"),
    "no time": (_said(503), ""),
    "gone": (_said(404), "gone"),
    "another range": (_said(206, b"x", Content_Range="bytes 7-7/3000000"), "refused"),
    "no range": (_said(206, b"x", Content_Range="bytes */*"), "refused"),
    "a huge range": (_said(206, b"x", Content_Range=f"bytes 0-0/{'9' * 40}"), "refused"),
    "packed": (_said(200, gzip.compress(b"x"), Content_Encoding="gzip"), "refused"),
    "a broken version": (_said(200, b"x" * 500, ETag="no etag at all"), "refused"),
}


@pytest.mark.parametrize("what", LIES)
async def test_a_lie_about_a_file_leaves_nothing_and_is_given_up_if_it_is_told_again(
    tmp_path: Path, what: str
) -> None:
    answer, reason = LIES[what]
    async with (
        serving(lying(answer)) as port,
        room(tmp_path / "room", f"http://127.0.0.1:{port}") as made,
        made.fetching(IDENT) as fetcher,
    ):
        await until(lambda: _told(fetcher, reason) and not made.drafts)
    assert made.files == {}
    assert [each.failed for each in fetcher.wanted.all()] == [reason]


def _told(fetcher: Fetcher, reason: str) -> bool:
    fetcher.woken.set()
    failed = fetcher.wanted.all()[0].failed
    return failed != "" if reason else fetcher.waits == "link"


async def test_one_that_cannot_be_fetched_does_not_stand_before_the_others(tmp_path: Path) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.match_info["rest"].partition("/")[0])
        return web.Response(status=500)

    other = msgspec.structs.replace(LISTED, id="lesson-20261125T081500Z")
    listed = msgspec.json.encode({"recordings": [LISTED, other]})
    async with (
        serving(lying(answer, listed)) as port,
        room(tmp_path / "room", f"http://127.0.0.1:{port}") as made,
        made.fetching(IDENT, other.id) as fetcher,
    ):
        await until(lambda: _told(fetcher, "refused") and len(asked) >= 4)
    assert asked[:4] == [IDENT, other.id, IDENT, other.id]


def _entry(**changes: object) -> dict[str, object]:
    return {**msgspec.to_builtins(LISTED), **changes}


UNSOUND: dict[str, object] = {
    "a path": _entry(id="../../etc/passwd"),
    "a path in a stream": _entry(stream="../x"),
    "another stream": _entry(stream="other"),
    "a path in a type": _entry(media_type="video/../../x"),
    "another type": _entry(media_type="text/html"),
    "one that grows": _entry(state="recording"),
    "no size": _entry(bytes=0),
    "a size below zero": _entry(bytes=-5),
    "a size beyond any disk": _entry(bytes=1 << 50),
    "longer than a week": _entry(seconds=1e9),
    "a number": 7,
    "a note without end": _entry(reason="x" * MAX_NOTE),
    "nothing": {},
}


@pytest.mark.parametrize("what", UNSOUND)
def test_an_entry_that_is_not_sound_is_passed_over_and_the_others_are_not(what: str) -> None:
    body = msgspec.json.encode({"recordings": [UNSOUND[what], LISTED]})
    assert [each.id for each in believed(body)] == [IDENT]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"recordings": 5}', b" " * (MAX_LIST + 1)]
)
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(BadList):
        believed(body)


def test_of_a_list_without_end_only_the_first_are_looked_at() -> None:
    one = msgspec.json.encode(LISTED)
    many = b'{"recordings":[' + b",".join([one] * (MAX_OFFERED + 10)) + b"]}"
    assert len(believed(many)) == 1


def test_a_bomb_is_opened_no_further_than_its_bound() -> None:
    for wire in (gzip.compress(bytes(MAX_LIST * 4)), b"no gzip", gzip.compress(b"{}")[:-3]):
        with pytest.raises(BadList):
            unzipped(wire)


async def test_a_list_that_never_ends_is_dropped(tmp_path: Path) -> None:
    sent: list[int] = []

    async def endless(request: web.Request) -> web.StreamResponse:
        sent.append(0)
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        while True:
            await response.write(bytes(65_536))
            sent[-1] += 65_536

    app = web.Application()
    app.add_routes([web.get("/api/recordings", endless)])
    async with (
        serving(app) as port,
        room(tmp_path / "room", f"http://127.0.0.1:{port}") as made,
        made.fetching(IDENT) as fetcher,
    ):
        await until(lambda: fetcher.waits == "link")
    assert max(sent) < MAX_WIRE + (8 << 20)
    assert fetcher.catalogue.recordings == []
