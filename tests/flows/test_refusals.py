"""Bad input over HTTP: each gets its status, one sentence, and the key of the words a page shows."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession, TCPConnector

from edge.media.sdp import MAX_SDP
from tests.flows.crew import Crew, Node, until_told
from tests.flows.door import SDP, TRICKLE, Door, Opened, refusal
from tests.media.offers import offer, with_two_pictures, without_codec

pytestmark = pytest.mark.asyncio(loop_scope="session")

OFFER = offer("chromium-publish")
WATCH = offer("chromium-watch")
BURST = 150  # requests at once: more than one address is allowed
CANDIDATES = """a=mid:0
a=candidate:1 1 UDP 2122252543 042e8afa-c432-4f8f-9618-7597791f2f88.local 51764 typ host
a=candidate:2 1 TCP 2105458943 192.0.2.7 9 typ host tcptype active
a=candidate:3 2 UDP 2122187006 192.0.2.7 46348 typ host
a=candidate:4 1 UDP 2122187006 192.0.2.999 46348 typ host
a=candidate:5 1 UDP x 192.0.2.7 x typ host
a=candidate:
a=
a=end-of-candidates
"""


@pytest.fixture
def door(hub: Node, http: ClientSession) -> Door:
    return Door(http, hub.url)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def live(house: Crew, hub: Node, lesson: Path) -> str:
    """A stream in H.264 that somebody publishes as long as the module's tests run."""
    await house.publisher(str(lesson), f"{hub.url}/whip/live", "--loop")
    await until_told(lambda: house.streams(hub.url))
    return "live"


@pytest_asyncio.fixture(loop_scope="session")
async def opened(door: Door) -> AsyncIterator[Opened]:
    """A publisher's session that nobody connects."""
    session = await door.enter("/whip/opened", OFFER)
    yield session
    await door.leave(session)


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/sdpx", ""])
async def test_another_content_type_is_refused(door: Door, kind: str) -> None:
    refused = await door.refused("POST", "/whip/a", OFFER, **{"Content-Type": kind})
    assert (refused["status"], refused["key"]) == (415, "bad-offer")


async def test_parameters_of_the_content_type_are_accepted(door: Door) -> None:
    opened = await door.enter("/whip/charset", OFFER, **{"Content-Type": "Application/SDP; charset=utf-8"})
    await door.leave(opened)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "v=0\r\n",
        b"v=0\r\n\xff\xfe",
        OFFER.replace("a=fingerprint", "a=finger"),
        OFFER.replace("a=ice-pwd", "a=ice"),
        OFFER.replace("a=mid:1", "a=mid:0"),
        re.sub("m=video [0-9]+", "m=video nine", OFFER),
        OFFER + "a=x:" + "y" * MAX_SDP,
        OFFER.replace("a=sendonly", "a=inactive"),
        WATCH,
        "v=0\r\n" + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" * 50,
    ],
    ids=lambda body: f"{len(body)} bytes",
)
async def test_a_malformed_offer_gets_one_sentence(door: Door, body: str | bytes) -> None:
    refused = await door.refused("POST", "/whip/malformed", body, **SDP)
    assert (refused["status"], refused["key"]) == (400, "bad-offer")


async def test_a_body_without_end_is_cut_short(hub: Node, http: ClientSession) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10 * MAX_SDP // 1000):
            yield b"a" * 1000

    async with http.post(f"{hub.url}/whip/endless", data=endless(), headers=SDP) as response:
        assert (await refusal(response))["status"] == 400


@pytest.mark.parametrize("verb", ["whip", "whep"])
@pytest.mark.parametrize(
    "name", ["", "Lesson", "a_b", "a%20b", "a/b", "a" * 65, "%D1%81", "..%2f..%2fetc", "a%00"]
)
async def test_other_names_than_those_of_streams_are_refused(door: Door, verb: str, name: str) -> None:
    refused = await door.refused("POST", f"/{verb}/{name}", OFFER, **SDP)
    assert (refused["status"], refused["key"]) == (400, "stream-name")


async def test_two_pictures_in_one_offer_are_refused(door: Door) -> None:
    refused = await door.refused("POST", "/whip/two", with_two_pictures(), **SDP)
    assert (refused["status"], refused["key"]) == (422, "bad-offer")


async def test_nothing_we_can_pass_on_is_refused(door: Door) -> None:
    video_only = OFFER
    for codec in ("VP8", "H264", "opus"):
        video_only = without_codec(video_only, codec)
    refused = await door.refused("POST", "/whip/codec", video_only, **SDP)
    assert (refused["status"], refused["key"]) == (406, "codec-unsupported")


async def test_firefox_is_told_which_codec_the_lesson_has(door: Door, live: str) -> None:
    refused = await door.refused("POST", f"/whep/{live}", offer("firefox-watch"), **SDP)
    assert (refused["status"], refused["key"]) == (406, "codec-unsupported")
    assert refused["codec"] == "H264"


async def test_a_watcher_is_asked_to_wait_for_the_publisher(door: Door) -> None:
    refused = await door.refused("POST", "/whep/nobody", WATCH, **SDP)
    assert (refused["status"], refused["key"]) == (409, "no-publisher")
    assert int(refused["again"]) >= 1


async def test_a_publisher_cannot_watch_and_a_watcher_cannot_publish(door: Door, live: str) -> None:
    refused = await door.refused("POST", f"/whep/{live}", OFFER, **SDP)
    assert refused["status"] == 400


async def test_the_name_of_a_live_stream_is_taken(door: Door, live: str) -> None:
    refused = await door.refused("POST", f"/whip/{live}", OFFER, **SDP)
    assert (refused["status"], refused["key"]) == (409, "name-taken")
    assert int(refused["again"]) >= 1


async def test_a_name_is_taken_while_its_publisher_connects(door: Door, opened: Opened) -> None:
    refused = await door.refused("POST", "/whip/opened", OFFER, **SDP)
    assert (refused["status"], refused["key"]) == (409, "name-taken")


async def test_delete_frees_a_name_at_once(door: Door) -> None:
    for _ in range(5):
        opened = await door.enter("/whip/freed", OFFER)
        await door.leave(opened)
        gone = await door.refused("DELETE", opened.url)
        assert gone["status"] == 404


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["unknown", "..%2f..%2fetc%2fpasswd", "%00", "a" * 300])
async def test_an_unknown_session_is_not_found(door: Door, method: str, path: str) -> None:
    refused = await door.refused(method, f"/session/{path}", "a=end-of-candidates", **TRICKLE)
    assert refused["status"] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/recordings/..%2f..%2f..%2fetc%2fpasswd",
        "/recordings/../../etc/passwd",
        "/recordings/%2e%2e%2findex",
        "/recordings/lesson-20261122T044500Z",
        "/recordings/lesson-20261122T044500Z%00.mp4",
        "/static/..%2f..%2fnode.py",
        "/static/words%2fen.toml",
        "/static/watch.html",
        "/api/words/..%2f..%2fen",
        "/api/words/de",
        "/nothing",
        "//etc/passwd",
    ],
)
async def test_tricks_with_paths_find_nothing(door: Door, path: str) -> None:
    assert (await door.refused("GET", path))["status"] == 404


async def test_candidates_that_cannot_be_dialled_are_skipped(door: Door, opened: Opened) -> None:
    assert await door.patch(opened, CANDIDATES, **{"If-Match": opened.etag}) == 204
    assert await door.patch(opened, "a=end-of-candidates") == 204
    assert await door.patch(opened, "") == 204


async def test_a_fragment_in_another_type_is_refused(door: Door, opened: Opened) -> None:
    refused = await door.refused("PATCH", opened.url, CANDIDATES, **SDP)
    assert refused["status"] == 415


async def test_a_restart_of_ice_is_refused_and_the_session_goes_on(door: Door, opened: Opened) -> None:
    restart = "a=ice-ufrag:fresh\na=ice-pwd:0123456789012345678901\n"
    for headers in ({}, {"If-Match": "*"}):
        refused = await door.refused("PATCH", opened.url, restart, **TRICKLE, **headers)
        assert refused["status"] == 422
    assert await door.patch(opened, CANDIDATES) == 204


async def test_a_fragment_for_another_session_is_refused(door: Door, opened: Opened) -> None:
    refused = await door.refused("PATCH", opened.url, CANDIDATES, **TRICKLE, **{"If-Match": '"other"'})
    assert refused["status"] == 412
    assert await door.patch(opened, CANDIDATES) == 204


@pytest.mark.parametrize("path", ["/whip/a", "/whep/a", "/session/a"])
async def test_pages_of_other_origins_may_ask(hub: Node, http: ClientSession, path: str) -> None:
    wanted = {"Origin": "http://other", "Access-Control-Request-Method": "POST"}
    async with http.options(hub.url + path, headers=wanted) as response:
        headers = response.headers
        assert response.status == 200
        assert headers["Accept-Post"] == "application/sdp"
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert {"OPTIONS", "POST", "PATCH", "DELETE"} == set(
            headers["Access-Control-Allow-Methods"].split(", ")
        )
        allowed = headers["Access-Control-Allow-Headers"].lower()
        assert {"authorization", "content-type", "if-match"} <= set(allowed.split(", "))


async def test_a_page_of_another_origin_can_read_where_its_session_is(hub: Node, http: ClientSession) -> None:
    async with http.post(f"{hub.url}/whip/exposed", data=OFFER, headers=SDP) as response:
        exposed = set(response.headers["Access-Control-Expose-Headers"].split(", "))
        location = response.headers["Location"]
        assert exposed >= {"Location", "ETag", "Link", "Retry-After"}
        assert re.fullmatch('"[!-~]+"', response.headers["ETag"])
    await (await http.delete(hub.url + location)).read()


@pytest.mark.parametrize("path", ["/whip/a", "/whep/a", "/session/a"])
async def test_a_get_has_nothing_to_give(hub: Node, http: ClientSession, path: str) -> None:
    async with http.get(hub.url + path) as response:
        assert response.status == 204


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/whip/a"), ("DELETE", "/whep/a"), ("POST", "/api/streams")]
)
async def test_other_methods_are_refused(hub: Node, http: ClientSession, method: str, path: str) -> None:
    async with http.request(method, hub.url + path) as response:
        assert (await refusal(response))["status"] == 405
        assert response.headers["Allow"]


async def test_an_address_that_asks_too_much_is_slowed_down(hub: Node) -> None:
    async with ClientSession(connector=TCPConnector(local_addr=("127.0.0.2", 0))) as greedy:
        door = Door(greedy, hub.url)
        refused = [await door.refused("POST", "/whep/nobody", WATCH, **SDP) for _ in range(BURST)]
    assert {each["key"] for each in refused} == {"no-publisher", "too-many"}
    assert all(each["again"] for each in refused)
    assert refused[-1]["status"] == 429


async def test_an_offer_that_says_that_it_is_compressed_is_refused(door: Door) -> None:
    refused = await door.refused("POST", "/whip/a", "not gzip", **SDP, **{"Content-Encoding": "gzip"})
    assert (refused["status"], refused["key"]) == (400, "bad-offer")


@pytest.mark.parametrize(
    "path", ["/whep/a", "/session/a/sight", "/api/streams/a/floor", "/check/report", "/none"]
)
async def test_what_is_compressed_is_refused_and_is_no_fault_of_ours(
    hub: Node, door: Door, path: str
) -> None:
    refused = await door.refused("POST", path, "not gzip", **{"Content-Encoding": "gzip"})
    assert refused["status"] == 400
    assert "Traceback" not in hub.said


async def test_a_name_no_file_can_have_is_not_found(door: Door) -> None:
    assert (await door.refused("GET", f"/static/{'a' * 300}.js"))["status"] == 404
