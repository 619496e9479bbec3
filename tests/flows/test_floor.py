"""The hub's teacher and her classes, between processes: hands, the floor, answers, through kills."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from edge.client import Client
from edge.contract.commands import AskQuestion, RaiseHand, StartLesson
from edge.contract.notices import Lesson, Notice
from edge.contract.talkback import Answered, Capture
from tests.flows.crew import Crew, Json, Node, Program, until
from tests.flows.door import Door, refusal
from tests.flows.journals import facts
from tests.flows.school import good, invited
from tests.flows.tree import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")

STREAM = "physics"
PATIENCE = 40.0  # seconds for whatever happens within one on a computer with nothing else to do
JSON = {"Content-Type": "application/json"}
EXPORT = ("export", "talk", "--format", "jsonl")


class Lessons:
    """A hub that teaches two classes, each of which can be killed and started again."""

    def __init__(self, crew: Crew, source: Path) -> None:
        self.crew = crew
        self._source = source
        self._door, self._page = free_port(), free_port()
        self.hub: Node
        self.teacher: Program
        self.rooms: dict[str, Node] = {}

    async def start_hub(self) -> None:
        """Start the hub at the same addresses as before, and its teacher."""
        lines = (f'listen_nodes = ["127.0.0.1:{self._door}"]', 'school = "hub"')
        self.hub = await self.crew.node("hub", *lines, port=self._page)
        self.teacher = await self.crew.publisher(str(self._source), f"{self.hub.url}/whip/{STREAM}", "--loop")

    async def start_room(self, name: str, *lines: str) -> Node:
        """Start a class's node."""
        self.rooms[name] = await self.crew.node(name, *lines)
        return self.rooms[name]

    async def joined(self, name: str, school: str, *lines: str) -> Node:
        """Start a class's node and join it."""
        node = await self.start_room(name, *lines)
        await good(node, "enroll", self.hub.door, await invited(self.hub, school))
        return node

    def screen(self, name: str) -> Client:
        """Attach the screen of a class's teacher."""
        return Client(self.rooms[name].state / "tirek.sock")

    async def ask(self, what: str, **order: Any) -> Json:
        """Order something at the hub, as the page does."""
        url = f"{self.hub.url}/api/streams/{STREAM}/{what}"
        async with self.crew.http.post(url, json=order) as response:
            assert response.status in (200, 201), await response.text()
            return dict(await response.json())

    async def refused(self, what: str, **order: Any) -> Json:
        """Order something that is refused."""
        url = f"{self.hub.url}/api/streams/{STREAM}/{what}"
        async with self.crew.http.post(url, json=order) as response:
            return await refusal(response)

    async def page(self, is_it: Callable[[Json], bool], node: Node | None = None) -> Json:
        """Wait as a page does until it is told what is looked for."""
        url = f"{(node or self.hub).url}/api/streams/{STREAM}/classes?wait=5"
        after = ""
        async with asyncio.timeout(PATIENCE):
            while True:
                told = await self.crew.get(f"{url}{after}")
                if is_it(told):
                    return told
                after = f"&after={told['version']}"

    async def see(self, *names: str) -> dict[str, str]:
        """Wait until these classes see the lesson; return their nodes by name."""

        def is_it(told: Json) -> bool:
            return {row["name"] for row in told["classes"] if row["sees"]} >= set(names)

        told = await self.page(is_it)
        return {row["name"]: row["node"] for row in told["classes"]}


def row_of(told: Json, name: str) -> Json:
    return next((row for row in told["classes"] if row["name"] == name), {})


async def told(client: Client, is_it: Callable[[Notice], bool]) -> Notice:
    """Return the first notice that is waited for."""
    async with asyncio.timeout(PATIENCE):
        async for notice in client.notices():
            if is_it(notice):
                return notice
    raise AssertionError("the daemon went away")


@pytest_asyncio.fixture(loop_scope="session")
async def lessons(crew: Crew, lesson_vp8: Path) -> AsyncIterator[Lessons]:
    made = Lessons(crew, lesson_vp8)
    await made.start_hub()
    yield made


async def test_a_raised_hand_is_on_every_page_and_goes_down_when_the_class_gets_the_floor(
    lessons: Lessons,
) -> None:
    await lessons.joined("aul", "aul")
    await lessons.joined("dala", "dala")
    nodes = await lessons.see("aul", "dala")
    async with lessons.screen("aul") as screen:
        await screen.do(StartLesson(stream=STREAM))
        await screen.do(RaiseHand(up=True))
        pages = await asyncio.gather(
            *(lessons.page(lambda it: bool(row_of(it, "aul")["hand"])) for _ in "12")
        )
        assert pages[0]["classes"] == pages[1]["classes"]
        assert pages[0]["classes"][0]["name"] == "aul"  # who waits stands before who does not
        other = asyncio.ensure_future(lessons.page(lambda it: it["floor"]["holder"] == nodes["aul"]))
        given = await lessons.ask("floor", node=nodes["aul"])
        assert (given["holder"], given["name"]) == (nodes["aul"], "aul")
        assert (await other)["floor"]["since"] == given["since"]
        down = await told(screen, lambda it: isinstance(it, Lesson) and it.stream == STREAM and not it.hand)
        assert isinstance(down, Lesson)
        await lessons.page(lambda it: not row_of(it, "aul")["hand"])
        mine = await told(screen, lambda it: isinstance(it, Capture) and it.mine)
        assert isinstance(mine, Capture)
        assert mine.floor == "aul"
    again = await lessons.ask("floor", node=nodes["aul"])
    assert again["since"] == given["since"]  # who has it is not given it again
    await lessons.ask("floor", node=nodes["dala"])
    taken = await lessons.ask("floor", node="")
    assert (taken["holder"], taken["since"]) == ("", 0)
    at_hub = [(fact.class_, fact.body) for fact in facts(lessons.hub.state, "floor-given")]
    await until(lambda: len(facts(lessons.rooms["dala"].state, "floor-given")) == len(at_hub), PATIENCE)
    assert [class_ for class_, _ in at_hub] == ["teaching"] * 3
    rows = [json.loads(line) for line in (await good(lessons.hub, *EXPORT)).splitlines()[:-1]]
    assert [(row["school"], row["stream"], row["hands"]) for row in rows if row["hands"]] == [
        ("aul", STREAM, 1)
    ]


async def test_one_class_or_all_are_silenced_and_every_screen_is_told(lessons: Lessons) -> None:
    await lessons.joined("aul", "aul")
    node = (await lessons.see("aul"))["aul"]
    await lessons.ask("floor", node=node)
    muted = await lessons.ask("mute", node=node, on=True)
    assert (muted["muted"], muted["mutes"]) == (True, [node])
    assert row_of(await lessons.page(lambda it: it["floor"]["muted"]), "aul")["muted"]
    async with lessons.screen("aul") as screen:
        await screen.do(StartLesson(stream=STREAM))
        await told(screen, lambda it: isinstance(it, Capture) and it.muted)
        await lessons.ask("mute", node=node, on=False)
        await told(screen, lambda it: isinstance(it, Capture) and not it.muted)
        assert (await lessons.ask("mute", node="*", on=True))["mutes"] == ["*"]
        await told(screen, lambda it: isinstance(it, Capture) and it.muted)
        await lessons.ask("floor", node="")
        # Who is given the floor is to be heard.
        assert (await lessons.ask("floor", node=node))["mutes"] == []


async def test_an_answer_comes_to_every_class_at_once_and_is_the_askers_own(lessons: Lessons) -> None:
    await lessons.joined("aul", "aul")
    await lessons.joined("dala", "dala")
    await lessons.see("aul", "dala")
    async with lessons.screen("aul") as asker, lessons.screen("dala") as other:
        for screen in (asker, other):
            await screen.do(StartLesson(stream=STREAM))
        await asker.do(AskQuestion("Неге аспан көк?"))
        shown = await lessons.page(lambda it: bool(row_of(it, "aul")["questions"]))
        (question,) = row_of(shown, "aul")["questions"]
        assert question["answer"] == ""
        await lessons.ask("answers", question=question["id"], text="  Шашырау\n<b>Рэлей</b> ")
        texts = []
        for screen, mine in ((asker, True), (other, False)):
            notice = await told(screen, lambda it: isinstance(it, Answered) and bool(it.answers))
            assert isinstance(notice, Answered)
            (answer,) = notice.answers
            assert (answer.question, answer.mine) == ("Неге аспан көк?", mine)
            texts.append(answer.text)
        assert texts == ["Шашырау <b>Рэлей</b>"] * 2  # words, whatever a page would make of them
        answered = await lessons.page(lambda it: bool(row_of(it, "aul")["questions"][0]["answer"]))
        assert row_of(answered, "aul")["asked"] == 1
    unknown = await lessons.refused("answers", question="0" * 16, text="x")
    empty = await lessons.refused("answers", question=question["id"], text=" \u200b\n")
    long = await lessons.refused("answers", question=question["id"], text="ә" * 301)
    assert [each["key"] for each in (unknown, empty, long)] == [
        "question-unknown",
        "answer-empty",
        "too-long",
    ]


async def test_the_floor_survives_a_kill_of_the_hub_and_of_the_class_that_has_it(lessons: Lessons) -> None:
    await lessons.joined("aul", "aul")
    await lessons.joined("dala", "dala")
    nodes = await lessons.see("aul", "dala")
    await lessons.ask("mute", node=nodes["dala"], on=True)
    given = await lessons.ask("floor", node=nodes["aul"])
    await lessons.rooms["aul"].kill()
    await lessons.hub.kill()
    await lessons.teacher.kill()
    await lessons.start_hub()
    await lessons.start_room("aul")
    again = (await lessons.page(lambda it: bool(it["floor"]["holder"])))["floor"]
    assert again["holder"] == nodes["aul"]
    assert again["since"] == given["since"]
    assert again["mutes"] == [nodes["dala"]]
    async with lessons.screen("aul") as screen:
        await screen.do(StartLesson(stream=STREAM))
        await told(screen, lambda it: isinstance(it, Capture) and it.mine)
    await lessons.teacher.kill()


async def test_who_was_revoked_loses_the_floor_and_gets_none(lessons: Lessons) -> None:
    await lessons.joined("aul", "aul")
    node = (await lessons.see("aul"))["aul"]
    await lessons.ask("floor", node=node)
    await good(lessons.hub, "nodes", "revoke", node)
    await lessons.page(lambda it: not it["floor"]["holder"])
    refused = await lessons.refused("floor", node=node)
    stranger = await lessons.refused("mute", node="0" * 16, on=True)
    assert [(each["status"], each["key"]) for each in (refused, stranger)] == [(404, "node-unknown")] * 2


async def test_a_class_gives_nobody_the_floor_of_a_lesson_that_is_taught_above(lessons: Lessons) -> None:
    room = await lessons.joined("aul", "aul")
    node = (await lessons.see("aul"))["aul"]
    door = Door(lessons.crew.http, room.url)

    async def refused(stream: str, what: str, body: str) -> tuple[int, str]:
        answer = await door.refused("POST", f"/api/streams/{stream}/{what}", body, **JSON)
        return answer["status"], answer["key"]

    assert await refused(STREAM, "floor", f'{{"node": "{node}"}}') == (409, "not-here")
    assert await refused(STREAM, "answers", '{"question": "0", "text": "x"}') == (409, "not-here")
    assert await refused("nothing", "floor", f'{{"node": "{node}"}}') == (409, "no-lesson")
    assert await refused("nothing", "mute", '{"node": "*", "on": true}') == (409, "no-lesson")
    assert facts(room.state, "floor-given") == []


HOSTILE: list[tuple[str, str | bytes, int]] = [
    ("floor", "", 400),
    ("floor", "[]", 400),
    ("floor", '{"node": 7}', 400),
    ("floor", '{"node": "' + "a" * 9000 + '"}', 413),
    ("floor", "[" * 5000, 400),
    ("floor", '{"node": "\ud800"}', 400),
    ("mute", '{"node": "*"}', 400),
    ("mute", '{"node": "*", "on": "yes"}', 400),
    ("answers", '{"question": null, "text": "x"}', 400),
    ("answers", b"\xff\xfe", 400),
]


async def test_what_is_no_order_is_refused_and_changes_nothing(lessons: Lessons) -> None:
    door = Door(lessons.crew.http, lessons.hub.url)
    for what, body, status in HOSTILE:
        sent = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        answer = await door.refused("POST", f"/api/streams/{STREAM}/{what}", sent, **JSON)
        assert (answer["status"], answer["key"]) == (status, "bad-request"), (what, body)
    form = await door.refused(
        "POST", f"/api/streams/{STREAM}/floor", '{"node": ""}', **{"Content-Type": "text/plain"}
    )
    named = await door.refused("POST", "/api/streams/%D0%A1/floor", '{"node": ""}', **JSON)
    assert (form["status"], named["key"]) == (415, "stream-name")
    assert facts(lessons.hub.state, "floor-given") == []


async def test_a_middle_tier_shows_the_classes_below_it_and_tells_them_who_has_the_floor(
    lessons: Lessons,
) -> None:
    middle = await lessons.start_room("orta", 'listen_nodes = ["127.0.0.1:0"]')
    await good(middle, "enroll", lessons.hub.door, await invited(lessons.hub, "orta", "--hub"))
    room = await lessons.start_room("tau")
    await good(room, "enroll", middle.door, await invited(middle, "tau"))
    told_ = await lessons.page(lambda it: bool(row_of(it, "tau")))
    below, above = row_of(told_, "tau"), row_of(told_, "orta")
    assert (below["school"], above["link"]) == ("tau", "good")
    await lessons.page(lambda it: row_of(it, "tau")["link"] == "good")
    async with lessons.screen("tau") as screen:
        await screen.do(StartLesson(stream=STREAM))
        await screen.do(RaiseHand(up=True))
        await lessons.page(lambda it: bool(row_of(it, "tau")["hand"]))
        await lessons.ask("floor", node=below["node"])
        await told(screen, lambda it: isinstance(it, Capture) and it.mine)
        await lessons.page(lambda it: not row_of(it, "tau")["hand"])
    at_middle = await lessons.page(lambda it: it["floor"]["holder"] == below["node"], middle)
    assert row_of(at_middle, "tau")["sees"]
