"""Hub staff publish beside the running daemon: every school is told, and reads it with its certificate."""

import ssl
from asyncio import gather
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio
from aiohttp import ClientSession, TCPConnector
from msgspec import Struct

from edge.content.offers import Offers
from edge.journal import Journal
from sync.catalogue import CHUNK, Item
from sync.joining.tls import client_context
from sync.records import ScreenNote
from tests.flows.crew import Crew, Node
from tests.flows.school import LISTENS, arrive, good, invited, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONTENT = b"\0\0\0\x18ftypmp42" + Random(4).randbytes(2 * CHUNK)


class Walked(Struct):
    """The computers, what a school believes in the end, and what was said."""

    region: Node
    hub: Node
    room: Node
    items: dict[str, Item]
    said: dict[str, str]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def walked(house: Crew) -> Walked:
    """A region and a hub publish; a classroom is told."""
    region, hub, room = await gather(
        house.node("region", LISTENS), house.node("hub", LISTENS, 'school = "hub1"'), house.node("room")
    )
    await good(hub, "enroll", region.door, await invited(region, "hub1", "--hub"))
    code = await invited(hub, "akzhar")
    video, book = house.folder / "Жарық.mp4", house.folder / "book.pdf"
    video.write_bytes(CONTENT)
    book.write_bytes(b"%PDF-1.7 " + CONTENT[:1000])
    words = ("--subject", "Физика", "--grade", "7")
    said = {
        "region": await good(region, "library", "add", str(book)),
        "hub": await good(hub, "library", "add", str(video), *words),
        "room": await refused(room, "library", "add", str(video)),
    }
    await arrive(hub, "content-offered", 2)  # what the hub published made it call the region
    await good(room, "enroll", hub.door, code)
    await arrive(room, "content-offered", 2)
    return Walked(region, hub, room, {item.name: item for item in _believed(room.state)}, said)


def _calls(state: Path) -> None:
    """Have a node call its hub at once, not within the next minute: something happened there."""
    journal = Journal(state)
    journal.ledger.note("log", journal.school, ScreenNote("the bell rings")).result()
    journal.close()


def _believed(state: Path) -> list[Item]:
    journal = Journal(state)
    try:
        return Offers(journal).shelf().items()
    finally:
        journal.close()


def _as_node(state: Path) -> ssl.SSLContext:
    journal = Journal(state)
    try:
        assert journal.parent is not None
        return client_context(journal.identity, journal.parent)
    finally:
        journal.close()


async def test_a_school_is_told_what_its_hub_and_the_region_publish(walked: Walked) -> None:
    video = walked.items["Жарық.mp4"]
    assert sorted(walked.items) == ["book.pdf", "Жарық.mp4"]
    assert (video.size, video.media_type, video.subject, video.grade) == (
        len(CONTENT),
        "video/mp4",
        "Физика",
        "7",
    )
    assert walked.said["hub"].startswith(f"offered: {video.id[:12]} Жарық.mp4")


async def test_a_classroom_lists_who_offers_what_and_publishes_nothing(walked: Walked) -> None:
    lines = (await good(walked.room, "library", "list")).splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["book.pdf", "Жарық.mp4"]
    assert " hub " in lines[2]
    assert walked.said["room"].startswith("this node is no hub")


async def test_a_school_reads_an_item_at_its_hub_with_its_certificate_and_nobody_else_does(
    walked: Walked,
) -> None:
    url = f"https://{walked.hub.door}/content/{walked.items['Жарық.mp4'].id}"
    middle = {"Range": f"bytes={CHUNK}-{CHUNK + 9}"}
    certified = TCPConnector(ssl=_as_node(walked.room.state))
    async with ClientSession(connector=certified) as http, http.get(url) as whole:
        assert (whole.status, await whole.read()) == (200, CONTENT)
        async with http.get(url, headers=middle) as part:
            assert (part.status, await part.read()) == (206, CONTENT[CHUNK : CHUNK + 10])
    async with ClientSession(connector=TCPConnector(ssl=False)) as http, http.get(url) as stranger:
        assert stranger.status == 401


async def test_the_hub_sees_who_is_below_and_the_region_what_its_hub_publishes(walked: Walked) -> None:
    await arrive(walked.region, "content-offered", 2)
    lines = (await good(walked.hub, "library", "status", "Жарық.mp4")).splitlines()
    assert [line.split()[0] for line in lines[3:]] == ["akzhar"]
    book, video = (await good(walked.region, "library", "list")).splitlines()[1:]
    assert "book.pdf" in book
    assert book.endswith(" this node  whole")
    assert "Жарық.mp4" in video
    assert video.split()[-2:] == ["hub", "no"]


async def test_what_is_taken_back_is_gone_at_the_hub_and_off_the_schools_shelf(walked: Walked) -> None:
    await good(walked.hub, "library", "remove", "Жарық.mp4")
    _calls(walked.room.state)
    await arrive(walked.room, "content-withdrawn")
    assert [item.name for item in _believed(walked.room.state)] == ["book.pdf"]
