"""What is kept of a class: its teacher's choice always, itself only where its own school says so."""

import asyncio
from pathlib import Path

import pytest

from edge.client import Client
from edge.contract.commands import StartLesson
from edge.contract.talkback import Capture, SwitchCapture
from tests.flows.classes import calls, give
from tests.flows.crew import Crew, Json, Node, until_told
from tests.flows.school import LISTENS, good, invited
from tests.flows.seminar import Class, end, node_id

pytestmark = pytest.mark.asyncio(loop_scope="session")

LEAN = ("vision = false", "record = false")
SOON = 40.0


async def opened(crew: Crew, lesson: Path, *lines: str) -> tuple[Node, Class]:
    """Start a hub that teaches and a class of its own configuration."""
    hub = await crew.node("hub", LISTENS, *LEAN)
    await crew.publisher(str(lesson), f"{hub.url}/whip/physics", "--loop")
    room = await crew.node("room", *LEAN, *lines)
    await good(room, "enroll", hub.door, await invited(hub, "room"))
    return hub, Class(room, node_id(room), 0, crew.http)


async def recorded(crew: Crew, node: Node, stream: str) -> list[Json]:
    return [each for each in await crew.recordings(node.url) if each["stream"] == stream]


async def test_a_class_is_recorded_at_its_own_node_where_that_is_configured_and_nowhere_else(
    crew: Crew, lesson: Path
) -> None:
    hub, class_ = await opened(crew, lesson, "[class]", "record = true")
    async with calls(class_.page, class_.ear):
        await class_.opens()
        await give(crew.http, hub.url, class_.id)
        found = await until_told(
            lambda: recorded(crew, class_.node, f"class-{class_.id}"), SOON, "not recorded"
        )
        assert len(found) == 1
    for name in (f"class-{class_.id}", "floor-physics"):
        assert not await recorded(crew, hub, name)
    assert not await recorded(crew, class_.node, "floor-physics")
    await end(hub, class_.node)


async def test_a_class_is_not_recorded_where_nobody_configured_it(crew: Crew, lesson: Path) -> None:
    hub, class_ = await opened(crew, lesson)
    async with calls(class_.page, class_.ear):
        await class_.opens()
        await give(crew.http, hub.url, class_.id)
        await until_told(lambda: sent(crew, class_.node), SOON, "it is never seen")
    assert await crew.recordings(hub.url) == []
    assert await crew.recordings(class_.node.url) == []
    await end(hub, class_.node)


async def sent(crew: Crew, node: Node) -> bool:
    return bool((await crew.get(f"{node.url}/api/showing"))["lamps"]["heard"])


async def test_what_the_teacher_turned_off_is_off_after_a_power_cut(crew: Crew, lesson: Path) -> None:
    hub, class_ = await opened(crew, lesson)
    async with Client(class_.node.state / "tirek.sock") as screen:
        await screen.do(SwitchCapture(camera=False))
    await class_.node.kill()
    again = await crew.node("room", *LEAN)
    async with Client(again.state / "tirek.sock") as screen:
        await screen.do(StartLesson("", "physics"))
        told = await captured(screen)
    assert (told.camera_on, told.camera) == (False, "off")
    shown = await until_told(lambda: listening(crew, again), SOON, "the microphone is off as well")
    assert shown["capture"]["camera"] is False
    await end(hub, again)


async def test_what_was_turned_off_is_off_and_kept_where_the_journal_cannot_be_used(crew: Crew) -> None:
    room = await crew.node("room", *LEAN)
    async with Client(room.state / "tirek.sock") as screen:
        await screen.do(SwitchCapture(camera=False))
    await room.stop()
    (room.state / "journal" / "node.pem").write_bytes(b"not what it was")
    again = await crew.node("room", *LEAN)
    assert (await crew.get(f"{again.url}/api/node"))["trouble"] == "journal-broken"
    async with Client(again.state / "tirek.sock") as screen:
        told = await captured(screen)
        assert (told.camera_on, told.microphone_on) == (False, True)
        await screen.do(SwitchCapture(microphone=False))
    await again.stop()
    third = await crew.node("room", *LEAN)
    async with Client(third.state / "tirek.sock") as screen:
        told = await captured(screen)
    assert (told.camera_on, told.microphone_on) == (False, False)


async def listening(crew: Crew, node: Node) -> Json | None:
    """Return what a node's page is told, once it is to open the microphone."""
    shown = await crew.get(f"{node.url}/api/showing")
    return shown if shown["capture"]["microphone"] else None


async def captured(screen: Client) -> Capture:
    """Return what a screen is told of camera and microphone."""
    async with asyncio.timeout(SOON):
        async for notice in screen.notices():
            if isinstance(notice, Capture):
                return notice
    raise AssertionError("unreachable")
