"""The projector's page shows what was published: a page of a document, a picture, a video."""

import asyncio
import io
from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import pytest_asyncio

from edge.content.chunks import ChunkStore
from edge.content.doors import ContentDoor
from edge.media.record.durable import Disk
from edge.media.record.place import Place
from sync.catalogue import Item
from tests.browsers import Browser, Page, until
from tests.fake_node import FakeNode, sample_recording
from tests.pages.test_watch import PLAYS, complaints

pytestmark = pytest.mark.asyncio(loop_scope="session")

RED, GREEN = (255, 0, 0), (0, 255, 0)
DEADLINE = 60.0  # seconds in which a viewer has drawn a page
SHEET = "document.querySelector('#sheet')"


@pytest_asyncio.fixture(loop_scope="session")
async def content(tmp_path: Path) -> ChunkStore:
    return ChunkStore(Place(tmp_path / "content", Disk(), 0))


@pytest_asyncio.fixture(loop_scope="session")
async def node(tmp_path: Path, content: ChunkStore) -> AsyncIterator[FakeNode]:
    made = FakeNode(tmp_path)
    made.more = list(ContentDoor(content, lambda request: None).routes())
    async with made as running:
        yield running


def kept(content: ChunkStore, name: str, media_type: str, octets: bytes) -> dict[str, str]:
    """Put a material into the store; return how the node tells of it."""
    ident = content.add(io.BytesIO(octets), Item("", 0, name, media_type), 1).item.id
    return {"recording": ident, "media_type": media_type, "address": f"/content/{ident}"}


def two_pages() -> bytes:
    """Return a document: a red page, and a green one."""
    fills = [b"1 0 0 rg 0 0 300 200 re f", b"0 1 0 rg 0 0 300 200 re f"]
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents %d 0 R>>"
    stream = b"<</Length %d>>stream\n%s\nendstream"
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>"]
    objects += [page % 5, page % 6, *(stream % (len(fill), fill) for fill in fills)]
    made, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj%s endobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    return made + end % (count, table, count, len(made))


def drawn(colour: tuple[int, int, int]) -> bytes:
    """Return a picture of one colour."""
    encoder = av.CodecContext.create("png", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 64, 36, "rgb24", Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(np.full((36, 64, 3), colour, np.uint8), "rgb24")
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


async def seen(page: Page, colour: tuple[int, int, int], folder: Path) -> None:
    """Wait until most of what is seen in the middle has a colour."""
    path = folder / "seen.png"
    async with asyncio.timeout(DEADLINE):
        while True:
            await page.screenshot(path)
            with av.open(str(path)) as file:
                shot = next(file.decode(video=0)).to_ndarray(format="rgb24")
            height, width, _ = shot.shape
            middle = shot[height // 2 - 20 : height // 2 + 20, width // 2 - 20 : width // 2 + 20].mean((0, 1))
            if np.abs(middle - colour).max() < 60:
                return
            await asyncio.sleep(0.1)


async def test_a_document_is_shown_page_by_page_and_makes_room_for_the_lesson(
    browser: Browser, node: FakeNode, content: ChunkStore, tmp_path: Path
) -> None:
    told = kept(content, "a.pdf", "application/pdf", two_pages())
    await node.put("lesson")
    await node.show("document", **told, page=1)
    page = await browser.open(f"{node.url}/?lang=en")
    await seen(page, RED, tmp_path)
    await node.show("document", **told, page=2)
    await seen(page, GREEN, tmp_path)
    await until(page, f"{SHEET}.children.length === 1")
    await node.show("stream", stream="lesson")
    await until(page, f"{PLAYS} && {SHEET}.hidden && {SHEET}.children.length === 0")
    assert complaints(page) == []
    await page.close()


async def test_a_picture_and_a_video_are_shown_from_the_store(
    quick: Browser, node: FakeNode, content: ChunkStore, tmp_path: Path
) -> None:
    picture = kept(content, "a.png", "image/png", drawn(GREEN))
    sample_recording(tmp_path / "v.webm", 6)
    video = kept(content, "v.webm", "video/webm", (tmp_path / "v.webm").read_bytes())
    await node.show("document", **picture, page=1)
    page = await quick.open(f"{node.url}/?lang=en")
    await seen(page, GREEN, tmp_path)
    await node.show("recording", **video, at=2.0)
    await until(page, f"{SHEET}.hidden && document.querySelector('#tape').currentTime > 2.5")
    await page.close()
