"""The recordings page in real browsers: the list, its words, playing with seeking, the plain file."""

from typing import Any

import aiohttp
import pytest

from tests.browsers import Browser, until
from tests.fake_node import FakeNode, Refusal, sample_recording

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOWN = "[...document.querySelectorAll('#list li')].map((one) => one.innerText.replace(/\\s+/g, ' '))"


def recording(number: int, **more: Any) -> dict[str, Any]:
    entry = {"id": f"lesson-{number}", "stream": "lesson", "started": f"2026-11-2{number}T04:45:00Z"}
    told = {"seconds": 2405.2, "bytes": 450_000_000, "media_type": "video/webm"}
    return entry | told | {"state": "done", "whole": True, "gaps": []} | more


async def test_recordings_stand_newest_first_and_say_whether_they_are_whole(
    quick: Browser, node: FakeNode
) -> None:
    gap = {"at": 12.0, "seconds": 3.1}
    node.recordings = [
        recording(1),
        recording(2, whole=False, gaps=[gap]),
        recording(3, whole=False, gaps=[gap] * 5),
        recording(4, state="interrupted"),
        recording(5, state="recording"),
        recording(6, whole=False, gaps=[gap], healed=30.0, missing=3.0),
        recording(7, whole=False, gaps=[gap], unhealed="gone"),
    ]
    page = await quick.open(f"{node.url}/recordings?lang=ru")
    rows = await until(page, f"document.title === 'Записи' && {SHOWN}.length === 7 && {SHOWN}")
    assert "среда, 25 ноября 2026 г." in rows[2]
    assert "40:05" in rows[0]
    assert "450 МБ" in rows[0]
    said = ["дополнить нельзя", "дополнена: 99.87 %, не хватает 3 с"]
    said += ["идёт запись", "запись прервалась", "5 пропусков, всего 16 с", "есть пропуск 4 с", "целая"]
    assert [word in row for word, row in zip(said, rows, strict=True)] == [True] * 7
    await page.close()


async def test_a_recording_plays_in_place_and_seeks(browser: Browser, node: FakeNode) -> None:
    sample_recording(node.files / "lesson-1.webm", seconds=8)
    node.recordings = [recording(1)]
    page = await browser.open(f"{node.url}/recordings")
    await until(page, "document.querySelector('#list button') !== null")
    await page.click("#list button")
    await until(page, "document.querySelector('video')?.currentTime > 0")
    await page.evaluate("document.querySelector('video').currentTime = 6")
    await until(page, "document.querySelector('video').currentTime > 6")
    await page.close()


async def test_the_link_gives_the_file_itself(quick: Browser, node: FakeNode) -> None:
    sample_recording(node.files / "lesson-1.webm", seconds=1)
    node.recordings = [recording(1)]
    page = await quick.open(f"{node.url}/recordings")
    address = await until(page, "document.querySelector('#list a')?.href")
    async with aiohttp.ClientSession() as client, client.get(address) as reply:
        assert await reply.read() == (node.files / "lesson-1.webm").read_bytes()
    await page.close()


async def test_an_empty_list_and_a_closed_door_are_said_in_one_sentence(
    quick: Browser, node: FakeNode
) -> None:
    page = await quick.open(f"{node.url}/recordings?lang=kk")
    await until(page, "document.querySelector('#status').textContent === 'Әзірге жазба жоқ.'")
    node.refusals["/api/recordings"] = Refusal(401, "token-missing")
    await page.go(f"{node.url}/recordings")
    await until(page, "document.querySelector('#status').textContent.includes('рұқсатпен')")
    await page.close()
