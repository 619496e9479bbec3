"""Classes talk back: all others hear who has the floor, and it does not hear itself; nodes are processes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession, TCPConnector

from edge.client import Client
from edge.contract.commands import StartLesson
from edge.contract.talkback import SwitchCapture
from sync.joining.identity import load_or_create, load_parent
from sync.joining.tls import client_context
from tests.flows.classes import PATIENCE, SDP, Listener, Speaker, calls
from tests.flows.crew import END, Crew, until, until_told
from tests.flows.school import LISTENS, good
from tests.flows.seminar import Class, Lesson, answered, end, enrolled, insider, is_near

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCHOOLS = 5


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def taught(house: Crew, lesson: Path) -> AsyncIterator[Lesson]:
    hub = await house.node("teaching", LISTENS, "vision = false", "record = false")
    await house.publisher(str(lesson), f"{hub.url}/whip/physics", "--loop")
    nodes = [await enrolled(house, hub, f"village-{number}") for number in range(SCHOOLS)]
    classes = [Class(*node, number, house.http) for number, node in enumerate(nodes)]
    held = Lesson(house, hub, classes)
    async with calls(held.teacher, *(call for each in classes for call in (each.page, each.ear))):
        await asyncio.gather(
            held.teacher.dial(f"{hub.url}/floor/whep/physics"), *(each.opens() for each in classes)
        )
        yield held
    await end(hub, *(each.node for each in classes))


async def test_all_others_hear_the_class_that_has_the_floor_and_it_does_not_hear_itself(
    taught: Lesson,
) -> None:
    for class_ in (*taught.classes, taught.classes[0]):
        await taught.gives(class_)
        await taught.hears(class_)
        assert not class_.ear.has_heard(class_.page.hertz)
    await taught.gives(None)
    await taught.is_silent()


async def test_all_others_see_the_class_that_has_the_floor(taught: Lesson) -> None:
    for class_ in taught.classes[1:3]:
        await taught.gives(class_)
        await taught.sees(class_)
        assert not is_near(class_.ear, class_)
    await taught.gives(None)


@pytest.mark.parametrize("whom", ["all", "the class"])
async def test_who_is_silenced_is_heard_by_nobody_until_that_is_over(taught: Lesson, whom: str) -> None:
    class_ = taught.classes[2]
    muted = "*" if whom == "all" else class_.id
    await taught.gives(class_)
    await taught.hears(class_)
    await taught.mutes(muted, True)
    await taught.is_silent()
    await taught.mutes(muted, False)
    await taught.hears(class_)
    await taught.gives(None)


async def test_a_class_that_is_switched_off_is_heard_by_nobody_whatever_its_page_does(taught: Lesson) -> None:
    class_ = taught.classes[3]
    await taught.gives(class_)
    await taught.hears(class_)
    async with Client(class_.node.state / "tirek.sock") as screen:
        await screen.do(SwitchCapture(microphone=False))
        await taught.is_silent()
        await screen.do(SwitchCapture(microphone=True))
    await taught.hears(class_)
    await taught.gives(None)


async def test_a_node_that_sends_sound_without_the_floor_is_not_heard_and_is_counted(taught: Lesson) -> None:
    node, id_ = await enrolled(taught.crew, taught.hub, "loud")
    await node.stop(END)  # only its certificate is needed
    await taught.gives(None)
    await taught.is_silent()
    before = await taught.refused_sound()
    async with insider(node) as http:
        loud = Speaker(http, 3000.0)
        async with calls(loud):
            await loud.dial(f"https://{taught.hub.door}/class/whip/{id_}")
            await until_told(lambda: more(taught, before + 50), PATIENCE, "its packets are not counted")
            assert not any(each.has_heard(3000.0) for each in (taught.teacher, *taught.ears))


async def more(taught: Lesson, than: int) -> bool:
    return await taught.refused_sound() > than


async def test_a_node_cannot_send_as_another_one_nor_as_itself_through_the_door_of_lessons(
    taught: Lesson,
) -> None:
    first, second = taught.classes[:2]
    async with insider(first.node) as http:
        refused = await answered(http, f"https://{taught.hub.door}/class/whip/{second.id}")
    assert refused == (403, "not-below")
    refused = await answered(taught.crew.http, f"{taught.hub.url}/whip/class-{first.id}")
    assert refused == (403, "stream-name")


async def test_a_stranger_gets_nothing_of_the_way_back(taught: Lesson) -> None:
    parent = load_parent(taught.classes[0].node.state / "journal")
    assert parent is not None
    folder = taught.crew.folder / "stranger"
    folder.mkdir()
    stranger = load_or_create(folder)
    async with ClientSession(connector=TCPConnector(ssl=client_context(stranger, parent))) as http:
        for path in (f"class/whip/{stranger.node}", "class/state", "floor/whep/physics"):
            with suppress(OSError):  # not even the handshake
                assert await answered(http, f"https://{taught.hub.door}/{path}") == (401, "token-missing")


async def test_a_picture_of_the_strip_is_wanted_only_while_somebody_looks(taught: Lesson) -> None:
    class_ = taught.classes[1]
    await taught.gives(None)
    async with Client(class_.node.state / "tirek.sock") as screen:
        await screen.do(StartLesson("", "physics"))
    look = Listener(taught.crew.http, kinds=("video",))
    async with calls(look):
        await look.dial(f"{taught.hub.url}/class/whep/{class_.id}")
        await until(lambda: look.pictures > 5, PATIENCE, "no picture comes")
        assert is_near(look, class_)
        assert await is_to_send(taught, class_)
    await until_told(lambda: is_left_alone(taught, class_), PATIENCE, "it is still wanted")


async def test_who_looks_at_a_class_does_not_hear_it_not_even_at_its_own_node(taught: Lesson) -> None:
    class_ = taught.classes[1]
    await taught.gives(None)
    page = Listener(taught.crew.http)  # asks for the sound as well
    async with calls(page):
        await page.pc.setLocalDescription(await page.pc.createOffer())
        offer, url = page.pc.localDescription.sdp, f"{class_.node.url}/class/whep/{class_.id}"
        answer = await until_told(lambda: answer_to(taught, url, offer), PATIENCE, "nothing to look at")
    assert "m=audio 0 " in answer  # refused, RFC 8829 section 5.3.1
    assert "m=video 0 " not in answer


async def answer_to(taught: Lesson, url: str, offer: str) -> str:
    async with taught.crew.http.post(url, data=offer, headers=SDP) as response:
        return await response.text() if response.status == 201 else ""


async def is_to_send(taught: Lesson, class_: Class) -> bool:
    shown = await taught.crew.get(f"{class_.node.url}/api/showing")
    return bool(shown["capture"]["picture"])


async def is_left_alone(taught: Lesson, class_: Class) -> bool:
    return not await is_to_send(taught, class_)


async def test_a_node_that_is_revoked_loses_the_floor_and_is_not_taken_any_more(taught: Lesson) -> None:
    class_ = taught.classes[4]
    await taught.gives(class_)
    await taught.hears(class_)
    await good(taught.hub, "nodes", "revoke", class_.id)
    await until_told(lambda: floor_is(taught, ""), PATIENCE, "it still has the floor")
    await taught.is_silent()
    async with insider(class_.node) as http:
        url, headers = (
            f"https://{taught.hub.door}/class/whip/{class_.id}",
            {"Content-Type": "application/sdp"},
        )
        async with http.post(url, data="v=0", headers=headers) as response:
            assert response.status == 401


async def floor_is(taught: Lesson, holder: str) -> bool:
    told = await taught.crew.get(f"{taught.hub.url}/api/streams/physics/classes")
    return bool(told["floor"]["holder"] == holder)
