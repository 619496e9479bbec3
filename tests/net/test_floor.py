"""A class that speaks to all loses its link for some seconds: floor, hands and minutes stay right."""

import asyncio
import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path
from urllib.request import Request, urlopen

import msgspec
import pytest
from aiohttp import ClientSession

from edge.client import Client
from edge.contract.commands import RaiseHand, StartLesson
from edge.contract.talkback import Capture
from sync.clock import ms_of
from tests.flows.classes import Listener, calls, post
from tests.flows.crew import Json, until, until_told
from tests.flows.journals import Fact, facts
from tests.net.link import Plan
from tests.net.namespaces import Link, Namespace, joined, why_not
from tests.net.rooms import PORT, Node, Publisher, Witness, lesson
from tests.net.trials import DELAY
from tests.net.upward import NODES_PORT, Configured, enrol
from tests.net.wire import Quality

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

FAR = Quality(delay=DELAY)
ROUND = 20  # seconds of the lesson that goes round
TONE = 440.0  # Hz that the class's page sounds (tests/net/page.py)
PATIENCE = 30.0  # seconds for anything to happen on a busy computer
SPEAKS, WAITS, TEACHES = "room", "tau", "hub"
HERE = {SPEAKS: "127.0.0.1", WAITS: "127.0.0.2"}  # where each far class is found by its own computer
LESSON = "/api/streams/lesson"
EXPORT = ("export", "talk", "--format", "jsonl", "--config")
JSON = {"Content-Type": "application/json"}


class Floor:
    """A hub, which is a class too, and two classes behind one link."""

    def __init__(self, places: tuple[Namespace, Namespace, Link], folder: Path) -> None:
        self.near, self.far, self.link = places
        self.folder = folder
        hub = folder / TEACHES
        self.ids = {name: enrol(hub / "state", folder / name / "state") for name in HERE}
        door = f'listen_nodes = ["{self.near.address}:{NODES_PORT}"]'
        self.nodes: dict[str, Node] = {TEACHES: Configured(self.near, hub, door)}
        for name, home in HERE.items():
            self.nodes[name] = Configured(self.far, folder / name, home=home)
        self.hub = self.nodes[TEACHES]
        Publisher(self.near, lesson(ROUND), self.hub.url, folder, loop=True)
        words = (sys.executable, "-m", "tests.net.page", f"http://{HERE[SPEAKS]}:{PORT}")
        self.far.start(*words, log=folder / "page-log")
        floor = ("floor-lesson", "/floor/whep/lesson")
        self.heard = Witness(self.nodes[WAITS], folder, stream=floor)

    def screen(self, name: str) -> Client:
        """Attach a class's screen."""
        return Client(self.nodes[name].state / "tirek.sock")

    async def floors(self) -> dict[str, str]:
        """Return who has the floor by what each page, there and here, is told."""
        return {name: str(told["floor"]["holder"]) for name, told in (await self.pages()).items()}

    async def pages(self) -> dict[str, Json]:
        """Return what the page of each node is told of the lesson."""
        homes = {TEACHES: (self.near, "127.0.0.1")} | {name: (self.far, home) for name, home in HERE.items()}
        asked = (asyncio.to_thread(_told, place, home) for place, home in homes.values())
        return dict(zip(homes, await asyncio.gather(*asked), strict=True))

    async def captures(self, is_it: Callable[[Capture], bool]) -> None:
        """Wait until every screen is told so of the floor."""
        await asyncio.gather(*(_captured(self.screen(name), is_it) for name in self.nodes))

    def sounds_since(self, moment: float) -> bool:
        """Tell whether a second of the floor's sound was heard in the class that waits, behind the link."""
        return sum(each.kind == "audio" and each.at > moment for each in self.heard.seen()) > 50

    def given(self, name: str = TEACHES) -> list[Fact]:
        """Return what the journal of a node says of the floor."""
        return facts(self.nodes[name].state, "floor-given")

    def exported(self) -> list[Json]:
        """Return what `tirek export talk` tells at the hub."""
        config = str(self.folder / TEACHES / "tirek.toml")
        lines = self.near.run(sys.executable, "-m", "edge", *EXPORT, config).splitlines()
        return [json.loads(line) for line in lines[:-1]]


def _told(place: Namespace, home: str) -> Json:
    def ask() -> Json:
        with urlopen(Request(f"http://{home}:{PORT}{LESSON}/classes"), timeout=PATIENCE) as answer:
            return dict(json.load(answer))

    return place.within(ask)


async def _captured(screen: Client, is_it: Callable[[Capture], bool]) -> None:
    async with screen, asyncio.timeout(PATIENCE):
        async for notice in screen.notices():
            if isinstance(notice, Capture) and is_it(notice):
                return


def row_of(told: Json, name: str) -> Json:
    return next((row for row in told["classes"] if row["name"] == name), {})


def hands(told: Json) -> list[str]:
    return [row["name"] for row in told["classes"] if row["hand"]]


def test_the_floor_is_the_same_on_all_sides_after_cuts_and_the_oldest_hand_stays_first(
    tmp_path: Path,
) -> None:
    with joined(Plan(FAR, FAR)) as places:
        floor = Floor(places, tmp_path)
        floor.near.within(lambda: asyncio.run(_walk(floor)))
        _assert_the_journals_tell_it(floor)
        with ThreadPoolExecutor() as threads:
            list(threads.map(Node.stop, floor.nodes.values()))
        assert [name for name, node in floor.nodes.items() if node.told("level=error")] == []


class Page:
    """The page of the hub's teacher."""

    def __init__(self, http: ClientSession) -> None:
        self._http = http

    async def gives(self, node: str) -> None:
        """Give the floor, to nobody with ""."""
        await post(self._http, f"{LESSON}/floor", {"node": node})

    async def get(self, query: str = "") -> Json:
        """Return what the page is told."""
        async with self._http.get(f"{LESSON}/classes{query}") as response:
            assert response.status == 200, await response.text()
            return dict(await response.json())

    async def shows(self, is_it: Callable[[Json], bool]) -> Json:
        """Wait as the page does until it is told what is looked for."""
        after = ""
        async with asyncio.timeout(PATIENCE):
            while True:
                told = await self.get(f"?wait=2{after}")
                if is_it(told):
                    return told
                after = f"&after={told['version']}"


async def _walk(floor: Floor) -> None:
    async with ClientSession(f"http://{floor.near.address}:{PORT}") as http, AsyncExitStack() as stack:
        page = Page(http)
        screens = {name: await stack.enter_async_context(floor.screen(name)) for name in floor.nodes}
        for screen in screens.values():
            await screen.do(StartLesson("", "lesson"))
        await page.shows(lambda told: all(row_of(told, name).get("sees") for name in HERE))
        await page.gives(floor.ids[SPEAKS])
        async with calls(ear := Listener(http, kinds=("audio",))):
            await ear.dial(f"http://{floor.near.address}:{PORT}/floor/whep/lesson")
            await _is_kept_through_a_cut(floor, page, ear, screens)
            await _is_given_to_another_in_a_cut(floor, page)
            await ear.hears_nothing()  # who has it now has no page
        await page.gives("")
        await _is_the_same_everywhere(floor, "")
        minutes = row_of(await page.get(), SPEAKS)["minutes"]
        assert minutes == round(_spoken(floor)[SPEAKS] / 60_000, 2)


async def _is_kept_through_a_cut(floor: Floor, page: Page, ear: Listener, screens: dict[str, Client]) -> None:
    await ear.hears_tone(TONE, PATIENCE)
    await until(lambda: floor.sounds_since(0.0), PATIENCE, "the class behind the link hears nothing")
    given = (await page.get())["floor"]
    await _cut(floor)
    await ear.hears_nothing()
    await screens[WAITS].do(RaiseHand(True))
    await screens[TEACHES].do(RaiseHand(True))
    lost = await page.shows(lambda told: not row_of(told, SPEAKS)["sees"] and bool(hands(told)))
    assert (lost["floor"], hands(lost)) == (given, [TEACHES])
    await asyncio.to_thread(floor.link.mend)
    mended = asyncio.get_running_loop().time()
    await ear.hears_tone(TONE, PATIENCE)
    await until(lambda: floor.sounds_since(mended), PATIENCE, "it hears nothing any more")
    told = await page.shows(lambda told: len(hands(told)) > 1)
    assert (told["floor"], hands(told)) == (given, [WAITS, TEACHES])
    await _is_the_same_everywhere(floor, SPEAKS)


async def _is_given_to_another_in_a_cut(floor: Floor, page: Page) -> None:
    await _cut(floor)
    await page.gives(floor.ids[WAITS])
    await asyncio.to_thread(floor.link.mend)
    await _is_the_same_everywhere(floor, WAITS)
    await page.shows(lambda told: hands(told) == [TEACHES])  # who speaks does not wait


async def _cut(floor: Floor) -> None:
    """Cut the link, and wait until a class behind it has lost its lesson."""
    before = floor.nodes[SPEAKS].told("parent left")
    await asyncio.to_thread(floor.link.cut)
    await until(
        lambda: floor.nodes[SPEAKS].told("parent left") > before, PATIENCE, "it never lost its lesson"
    )


async def _is_the_same_everywhere(floor: Floor, name: str) -> None:
    """Wait until pages and screens of all three say who has the floor."""

    async def look() -> bool:
        return set((await floor.floors()).values()) == {floor.ids.get(name, "")}

    await until_told(look, PATIENCE, "pages differ in who has the floor")
    await floor.captures(lambda capture: capture.floor == name)


def _spoken(floor: Floor) -> dict[str, int]:
    """Return for how many milliseconds each class had the floor, by the facts of the hub's journal."""
    given = [ms_of(fact.hlc) for fact in floor.given()]
    return dict(zip(HERE, (after - before for before, after in pairwise(given)), strict=True))


def _assert_the_journals_tell_it(floor: Floor) -> None:
    """The floor was given twice and taken once, and the minutes are of all between, cuts too."""
    nodes = [msgspec.json.decode(fact.body).get("node", "") for fact in floor.given()]
    assert nodes == [floor.ids[SPEAKS], floor.ids[WAITS], ""]
    spoken = {school: round(ms / 1000) for school, ms in _spoken(floor).items()}
    rows = {row["school"]: (row["hands"], row["spoken"]) for row in floor.exported()}
    assert {name: rows[name] for name in HERE} == {SPEAKS: (0, spoken[SPEAKS]), WAITS: (1, spoken[WAITS])}
