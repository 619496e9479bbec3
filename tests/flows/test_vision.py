"""A school tells its hub what the lesson looks like there, through the death of whoever looks."""

import os
import signal
from pathlib import Path

import pytest

from tests.flows.crew import Crew, Json, Node, until, until_told
from tests.flows.school import LISTENS, joined
from tests.vision import scenes
from tests.vision.scenes import Scene, camera, speech, then

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAULT = 20.0  # seconds into the lesson: its judge is there before
PATIENCE = 60.0  # seconds for what takes 5 on a computer with nothing else to do
LEFT = 240.0  # seconds for who gets what is left of a busy computer
SCENE = Scene(
    then(camera(), FAULT, scenes.black), lambda at: speech(at) if at < FAULT else 0.0, 240.0, bitrate=200_000
)


def workers(node: Node) -> set[int]:
    """Return the worker processes of a node."""
    found = set()
    for task in Path(f"/proc/{node.child.pid}/task").iterdir():
        found |= {int(pid) for pid in (task / "children").read_text().split()}
    return {pid for pid in found if b"edge.vision\0low" in _words(pid)}


def _words(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


async def seen(crew: Crew, hub: Node, picture: str, sound: str) -> Json:
    """Wait until the hub teacher's page is told this of the one school that watches."""

    async def look() -> Json | None:
        rows = (await crew.get(f"{hub.url}/api/streams/lesson/classes"))["classes"]
        return next((row for row in rows if (row["picture"], row["sound"]) == (picture, sound)), None)

    return await until_told(look, PATIENCE)


async def test_a_black_and_silent_lesson_is_told_to_the_hub_even_after_a_kill(
    crew: Crew, tmp_path: Path
) -> None:
    hub = await crew.node("hub", LISTENS)
    room = await joined(crew, hub, "room", "akzhar")
    file = scenes.write(SCENE, tmp_path / "lesson.mkv")
    await crew.publisher(str(file), f"{hub.url}/whip/lesson")

    assert (await seen(crew, hub, "ok", "ok"))["state"] == "ok"
    (worker,) = workers(room)
    row = await seen(crew, hub, "black", "silent")
    assert row["state"] == "black"

    async with crew.http.post(f"{hub.url}/session/nobody/sight", data=b'{"picture":"black"}') as response:
        assert response.status == 404
    assert workers(hub) == set()
    assert workers(room) == {worker}
    os.kill(worker, signal.SIGKILL)
    await until(lambda: workers(room) - {worker}, PATIENCE)
    await seen(crew, hub, "black", "silent")
    (stream,) = await crew.streams(room.url)
    assert (stream["live"], stream["recording"]["state"]) == (True, "recording")


async def test_a_recording_has_its_slides_after_the_lesson(crew: Crew, lesson: Path) -> None:
    room = await crew.node("room")
    assert await (await crew.publisher(str(lesson), f"{room.url}/whip/lesson")).ended() == 0
    await room.stop()
    room = await crew.node("room")

    async def found() -> list[Json] | None:
        for recording in await crew.recordings(room.url):
            async with crew.http.get(f"{room.url}/recordings/{recording['id']}/chapters") as response:
                if response.status == 200:
                    return list((await response.json())["chapters"]) and [recording]
        return None

    (recording,) = await until_told(found, LEFT)
    address = f"{room.url}/recordings/{recording['id']}/chapters"
    async with crew.http.get(f"{address}/0.jpg") as response:
        assert (response.status, response.content_type) == (200, "image/jpeg")
        assert (await response.read()).startswith(b"\xff\xd8\xff")
    async with crew.http.get(f"{address}/59.jpg") as response:
        assert response.status == 404
    async with crew.http.get(f"{room.url}/recordings/..%2Fx/chapters") as response:
        assert response.status == 404
