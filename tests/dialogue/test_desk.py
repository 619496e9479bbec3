"""The desk of a hub's teacher over HTTP: every page is told the same, and 134 schools cost little."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from sqlite3 import Connection
from typing import Any, TypeVar

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from edge.access import Door
from edge.dialogue.answering import Answering
from edge.dialogue.desk import Desk
from edge.dialogue.floors import Floors
from edge.dialogue.sayings import RECENT, Sayings
from edge.gate import make_app
from edge.journal import Journal
from edge.media.dtls import Identity
from edge.media.ntp import NtpClock
from edge.media.relay import Relay
from edge.media.session import Sessions
from edge.media.studio import Studio
from edge.media.whep import Whep
from edge.opening import Sealed
from edge.tokens import fresh
from sync import chain, protocol, tables, tree
from sync.clock import pack
from sync.ledger import Ledger, computer
from sync.records import (
    HandRaised,
    LessonStarted,
    NodeEnrolled,
    QuestionAnswered,
    QuestionAsked,
    Record,
    RegisterTaken,
    encode,
)
from tests.dialogue.test_floors import TRACKS
from tests.flows.door import refusal
from tests.flows.journals import facts

T = TypeVar("T")
Json = dict[str, Any]

LESSON = "7Б 2026-11-26 08:30"
SCHOOLS = 134
DEADLINE = 30.0  # seconds: a busy computer
SECRET, TOKEN = fresh("teacher", ["publish"])


class Counting(Ledger):
    """A journal that counts how often it is read."""

    def __init__(self, folder: Path, node: str) -> None:
        self.reads = 0
        super().__init__(folder, node)

    def read(self, query: Callable[[Connection], T]) -> T:
        """Read, counted."""
        self.reads += 1
        return super().read(query)


class Hub:
    """A hub, its teacher's door, and what classes are made to say."""

    def __init__(self, folder: Path, kind: type[Ledger] = Counting) -> None:
        self.folder, self._kind = folder, kind
        self._seq: dict[str, int] = {}
        self._hash: dict[str, bytes] = {}
        self.woken = 0
        self.open()

    def open(self) -> None:
        """Start, also again."""
        self.journal = Journal(self.folder, "hub", self._kind)
        self.studio = Studio(8)
        self.floors = Floors(self.journal, self.studio, tuple, "Орталық")
        self.sayings = Sayings(self.journal, "Орталық")
        answering = Answering(self.journal, self.floors, self.sayings, self._wake)
        whep = Whep(self.studio, Sessions(Identity.create(), loopback=True), Relay(), NtpClock(), 8)
        door = Door((TOKEN,), room=True, allow_anyone=False)
        self.desk = Desk(door, self.floors, self.sayings, answering, whep, dict)

    def _wake(self) -> None:
        self.woken += 1

    @property
    def reads(self) -> int:
        """Return how often the journal was read."""
        assert isinstance(self.journal.ledger, Counting)
        return self.journal.ledger.reads

    def enrols(self, *numbers: int) -> None:
        """Let classes in."""
        me, moment = self.journal.identity.node, computer()

        def admit(db: Connection) -> None:
            for number in numbers:
                name = f"Ақтөбе облысы № {number} мектеп"
                fact = NodeEnrolled(node(number), f"school-{number}", node(number) * 4, name)
                tree.admit(db, me, fact, "PEM", moment)

        self.journal.ledger.write(admit).result()

    def hears(self, number: int, class_: str, *records: Record) -> None:
        """A class's facts arrive, as an exchange brings them."""
        name = f"{node(number)}.{node(99)}.{class_}.school-{number}"
        now = self.journal.ledger.now()
        first, before = self._seq.get(name, 0) + 1, self._hash.get(name) or chain.genesis(name)
        new = [(pack(now, place), *encode(record)) for place, record in enumerate(records)]
        batch = protocol.batch(name, first, before, new)
        self.journal.ledger.write(lambda db: tables.take(db, batch, new)).result()
        for fact in new:
            before = chain.link(before, *fact)
        self._seq[name], self._hash[name] = first + len(new) - 1, before


def node(number: int) -> str:
    return f"{number:016x}"


@pytest_asyncio.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    made = Hub(tmp_path)
    made.enrols(1, 2)
    made.studio.begin("lesson", TRACKS)
    yield made
    made.journal.close()


@pytest_asyncio.fixture
async def http(hub: Hub) -> AsyncIterator[ClientSession]:
    async with (
        TestServer(make_app(hub.desk.routes())) as server,
        ClientSession(server.make_url("/")) as session,
    ):
        yield session


async def told(http: ClientSession, **query: str) -> Json:
    async with http.get("/api/streams/lesson/classes", params=query) as response:
        assert response.status == 200, await response.text()
        return dict(await response.json())


async def news(http: ClientSession, version: int) -> Json:
    """Wait as a page does."""
    async with asyncio.timeout(DEADLINE):
        while True:
            answer = await told(http, after=str(version), wait="5")
            if answer["version"] != version:
                return answer


async def order(http: ClientSession, what: str, **body: Any) -> Json:
    async with http.post(f"/api/streams/lesson/{what}", json=body) as response:
        assert response.status in (200, 201), await response.text()
        return dict(await response.json())


async def refused(http: ClientSession, what: str, **body: Any) -> tuple[int, str]:
    async with http.post(f"/api/streams/lesson/{what}", json=body) as response:
        problem = await refusal(response)
        return problem["status"], problem["key"]


def questions(answer: Json) -> list[tuple[str, str]]:
    return [(each["text"], each["answer"]) for row in answer["classes"] for each in row["questions"]]


async def test_two_pages_wait_and_both_see_what_either_of_them_does(hub: Hub, http: ClientSession) -> None:
    first = await told(http)
    pages = [asyncio.ensure_future(news(http, first["version"])) for _ in range(2)]
    await order(http, "floor", node=node(1))
    seen = await asyncio.gather(*pages)
    assert [each["floor"]["holder"] for each in seen] == [node(1)] * 2
    assert seen[0]["classes"] == seen[1]["classes"]
    again = [asyncio.ensure_future(news(http, seen[0]["version"])) for _ in range(2)]
    await order(http, "mute", node="*", on=True)
    assert [each["floor"]["muted"] for each in await asyncio.gather(*again)] == [True] * 2


async def test_nothing_new_is_the_same_version_and_a_start_is_another_one(
    hub: Hub, http: ClientSession
) -> None:
    first = await told(http)
    assert (await told(http, after=str(first["version"]), wait="0.2"))["version"] == first["version"]
    hub.journal.close()
    hub.open()
    async with TestServer(make_app(hub.desk.routes())) as server, ClientSession(server.make_url("/")) as page:
        assert (await told(page, after=str(first["version"]), wait="20"))["version"] != first["version"]


async def test_a_class_is_shown_with_its_lesson_its_register_and_its_answer(
    hub: Hub, http: ClientSession
) -> None:
    hub.hears(1, "log", LessonStarted(LESSON, "lesson"))
    hub.hears(1, "talk", HandRaised(LESSON, "lesson", up=True), QuestionAsked(LESSON, "lesson", "Неге?"))
    shown = await told(http)
    (row,) = shown["classes"]
    assert (row["class"], row["register"], bool(row["hand"]), row["asked"]) == ("7Б", "none", True, 1)
    await order(http, "answers", question=row["questions"][0]["id"], text="Өйткені")
    hub.hears(1, "register", RegisterTaken(LESSON, {1: "present"}, signed=False))
    drafted = await news(http, shown["version"])
    hub.hears(1, "register", RegisterTaken(LESSON, {1: "present"}))
    signed = await news(http, drafted["version"])
    assert [each["classes"][0]["register"] for each in (drafted, signed)] == ["draft", "signed"]
    assert questions(signed) == [("Неге?", "Өйткені")]
    assert hub.woken == 1
    assert [fact.class_ for fact in facts(hub.folder, "question-answered")] == ["teaching"]


async def test_of_two_answers_the_newer_one_counts(hub: Hub, http: ClientSession) -> None:
    hub.hears(1, "talk", QuestionAsked(LESSON, "lesson", "?"))
    asked = (await told(http))["classes"][0]["questions"][0]["id"]
    for text in ("жоқ", "иә"):
        await order(http, "answers", question=asked, text=text)
    assert questions(await told(http)) == [("?", "иә")]


async def test_a_class_cannot_answer_for_the_hub_nor_ask_in_another_flow(
    hub: Hub, http: ClientSession
) -> None:
    hub.hears(1, "talk", QuestionAsked(LESSON, "lesson", "?"))
    asked = (await told(http))["classes"][0]["questions"][0]["id"]
    hub.hears(2, "talk", QuestionAnswered("lesson", asked, "?", "forged"))
    hub.hears(2, "teaching", QuestionAnswered("lesson", asked, "?", "forged"))
    hub.hears(2, "log", HandRaised(LESSON, "lesson", up=True))
    assert questions(await told(http)) == [("?", "")]


async def test_answers_are_words_within_bounds_to_what_was_asked_in_this_lesson(
    hub: Hub, http: ClientSession
) -> None:
    hub.hears(1, "talk", QuestionAsked(LESSON, "other", "?"), QuestionAsked(LESSON, "lesson", "\u200b"))
    shown = await told(http)
    (blank,) = shown["classes"][0]["questions"]
    assert await refused(http, "answers", question="0" * 16, text="x") == (404, "question-unknown")
    assert await refused(http, "answers", question=blank["id"], text="\u202e\n ") == (400, "answer-empty")
    assert await refused(http, "answers", question=blank["id"], text="ә" * 301) == (400, "too-long")
    await order(http, "answers", question=blank["id"], text="ә" * 300)
    assert questions(await told(http)) == [("", "ә" * 300)]


async def test_an_answer_that_cannot_be_kept_is_not_said_to_be_given(hub: Hub, http: ClientSession) -> None:
    hub.hears(1, "talk", QuestionAsked(LESSON, "lesson", "?"))
    asked = (await told(http))["classes"][0]["questions"][0]["id"]
    sealed = Hub(hub.folder, Sealed)
    async with (
        TestServer(make_app(sealed.desk.routes())) as server,
        ClientSession(server.make_url("/")) as page,
    ):
        assert await refused(page, "answers", question=asked, text="x") == (503, "journal-broken")
    sealed.journal.close()


@pytest.mark.parametrize("what", ["classes", "floor", "mute", "answers"])
async def test_only_who_may_publish_sits_at_the_desk(hub: Hub, http: ClientSession, what: str) -> None:
    method, far = "GET" if what == "classes" else "POST", {"X-Forwarded-For": "192.0.2.1"}
    path = f"/api/streams/lesson/{what}"
    async with http.request(method, path, json={"node": ""}, headers=far) as response:
        assert (await refusal(response))["key"] == "token-missing"
    async with http.request(method, path, json={}, headers=far | {"Authorization": "Bearer x"}) as response:
        assert (await refusal(response))["key"] == "token-wrong"
    async with http.get(
        path.replace(what, "classes"), headers=far | {"Authorization": f"Bearer {SECRET}"}
    ) as ours:
        assert ours.status == 200


async def test_a_raised_hand_among_134_schools_is_a_few_reads_and_a_page_of_bytes(tmp_path: Path) -> None:
    hub = Hub(tmp_path)
    hub.enrols(*range(SCHOOLS))
    for number in range(SCHOOLS):
        hub.hears(number, "log", LessonStarted(LESSON, "lesson"))
        asked = [QuestionAsked(LESSON, "lesson", f"Неге {each}?") for each in range(3)]
        hub.hears(number, "talk", *asked, HandRaised(LESSON, "lesson", up=False))
    async with TestServer(make_app(hub.desk.routes())) as server, ClientSession(server.make_url("/")) as page:
        first = await told(page)
        hub.hears(7, "talk", HandRaised(LESSON, "lesson", up=True))
        before = hub.reads
        async with page.get(
            "/api/streams/lesson/classes", params={"after": str(first["version"])}
        ) as response:
            body = await response.read()
        second = await told(page)
    assert hub.reads - before < 20
    assert len(body) < SCHOOLS * 900
    assert len(second["classes"]) == SCHOOLS
    assert second["classes"][0]["node"] == node(7)
    hub.journal.close()


async def test_a_class_that_talks_without_end_costs_no_more_than_it_may_say(
    hub: Hub, http: ClientSession
) -> None:
    for _ in range(5):
        hub.hears(1, "talk", *(HandRaised(LESSON, "lesson", up=bool(each % 2)) for each in range(100)))
        await told(http)
    hub.hears(1, "talk", QuestionAsked(LESSON, "lesson", "соңғы"))
    shown = await told(http)
    assert questions(shown) == [("соңғы", "")]
    assert RECENT["talk"] == 100
