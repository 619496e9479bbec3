"""Curves between a class and a chart: only while somebody looks, only of who may, and up a middle tier."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from edge.access import Door
from edge.dialogue import curves
from edge.dialogue.curves import MOST_SENT, SLOT, Channel, Told
from edge.dialogue.curves_here import CurvesHere
from edge.dialogue.curves_seen import MOST_CLASSES, PATH, CurvesSeen
from edge.dialogue.sayings import Sayings
from edge.gate import make_app, make_nodes_app, only_for
from edge.journal import Journal
from edge.lab.active import Active
from sync import tree
from sync.ledger import computer
from sync.records import NodeEnrolled
from sync.server import Peer
from tests.flows.crew import until
from tests.flows.door import refusal
from tests.lab.runs import active, sample

Json = dict[str, Any]

AUL, DALA, STRANGER = "a" * 16, "b" * 16, "c" * 16
DEADLINE = 40.0  # seconds: a busy computer


class Hub:
    """A node that has two classes below it, and perhaps somebody above."""

    def __init__(self, journal: Journal, patience: float = 60.0) -> None:
        self.journal = journal
        self.changes = 0
        self.reported: list[tuple[str, Told]] = []
        self.takes = True
        for node in (AUL, DALA):
            self.enrols(node)
        door = Door((), room=False, allow_anyone=False)
        sayings = Sayings(journal, "Орталық")
        self.curves = CurvesSeen(door, sayings, self._report, self._changed, patience)

    def enrols(self, node: str) -> None:
        """Let a class in."""
        me, fact = self.journal.identity.node, NodeEnrolled(node, "aul", node * 4, f"class {node[0]}")
        self.journal.ledger.write(lambda db: tree.admit(db, me, fact, "PEM", computer())).result()

    async def _report(self, path: str, body: bytes) -> bool:
        self.reported.append((path, curves.read(body)))
        return self.takes

    def _changed(self) -> None:
        self.changes += 1


@pytest_asyncio.fixture
async def hub(tmp_path: Any) -> AsyncIterator[Hub]:
    journal = Journal(tmp_path, "hub")
    yield Hub(journal)
    journal.close()


@pytest_asyncio.fixture
async def page(hub: Hub) -> AsyncIterator[ClientSession]:
    async with (
        TestServer(make_app(hub.curves.routes())) as server,
        ClientSession(server.make_url("/")) as made,
    ):
        yield made


@pytest_asyncio.fixture
async def nodes(hub: Hub) -> AsyncIterator[ClientSession]:
    """The door of nodes; who asks is named in the query, as a certificate would."""
    known = {each: Peer(each, "") for each in (AUL, DALA)}
    app = make_nodes_app(only_for(lambda request: known.get(request.query["as"]), hub.curves.node_routes()))
    async with TestServer(app) as server, ClientSession(server.make_url("/")) as made:
        yield made


def said(node: str = AUL, points: int = 3, **more: Any) -> Told:
    values = [(number * SLOT, 20.0 + number) for number in range(points)]
    about: dict[str, Any] = {
        "stream": "lesson",
        "node": node,
        "run": "r1",
        "experiment": "cooling",
        "began": 7,
    }
    channels = [Channel("temperature", "Cel", values, "T")]
    return Told(**(about | {"channels": channels} | more))


async def shown(page: ClientSession, **query: str) -> Json:
    async with page.get("/api/streams/lesson/curves", params=query) as response:
        assert response.status == 200, await response.text()
        return dict(await response.json())


async def sends(nodes: ClientSession, told: Told | bytes, caller: str = AUL) -> int:
    body = told if isinstance(told, bytes) else curves.written(told)
    async with nodes.post(PATH, params={"as": caller}, data=body) as response:
        if response.status >= 400:
            await refusal(response)
        return response.status


async def test_a_chart_that_is_looked_at_gets_what_classes_measure(
    hub: Hub, page: ClientSession, nodes: ClientSession
) -> None:
    first = await shown(page)
    assert (first["curves"], hub.curves.wanted(), hub.changes) == ([], ["lesson"], 1)
    waiting = asyncio.ensure_future(shown(page, after=str(first["version"]), wait="20"))
    assert await sends(nodes, said()) == 204
    (curve,) = (await waiting)["curves"]
    assert (curve["node"], curve["name"], curve["experiment"]) == (AUL, "class a", "cooling")
    assert (curve["quantity"], curve["unit"], curve["shown"]["kk"], curve["symbol"]) == (
        "temperature",
        "Cel",
        "°C",
        "T",
    )
    assert (curve["began"], curve["points"]) == (7, [[0.0, 20.0], [0.25, 21.0], [0.5, 22.0]])


async def test_what_nobody_looks_at_is_neither_kept_nor_passed_on(
    hub: Hub, nodes: ClientSession, page: ClientSession
) -> None:
    assert await sends(nodes, said()) == 204
    assert hub.reported == []
    assert (await shown(page))["curves"] == []


async def test_a_class_speaks_for_itself_and_those_below_it_only(
    hub: Hub, page: ClientSession, nodes: ClientSession
) -> None:
    await shown(page)
    assert await sends(nodes, said(AUL), DALA) == 403
    assert await sends(nodes, said(STRANGER), AUL) == 403
    assert await sends(nodes, said(AUL), STRANGER) == 401
    assert (await shown(page))["curves"] == []


async def test_what_is_no_curve_or_comes_too_often_or_is_too_much_is_refused(
    hub: Hub, page: ClientSession, nodes: ClientSession
) -> None:
    await shown(page)
    assert await sends(nodes, b"[]") == 400
    assert await sends(nodes, b"\xff") == 400
    assert await sends(nodes, b" " * (curves.MOST_BYTES + 1)) == 413
    assert [await sends(nodes, said()) for _ in "12"] == [204, 429]


async def test_a_new_run_takes_the_place_of_the_last_and_what_comes_twice_is_there_once(
    hub: Hub, page: ClientSession
) -> None:
    await shown(page)
    for told in (said(points=5), said(points=3), said(points=6)):
        assert await hub.curves.bring(told)
    assert len((await shown(page))["curves"][0]["points"]) == 6
    await hub.curves.bring(said(points=2, run="r2"))
    assert [len(each["points"]) for each in (await shown(page))["curves"]] == [2]


async def test_of_a_chart_of_many_classes_each_curve_has_fewer_points(hub: Hub, page: ClientSession) -> None:
    await shown(page)
    for number in range(MOST_CLASSES + 9):
        hub_node = f"{number:016x}"
        hub.enrols(hub_node)
        await hub.curves.bring(said(hub_node, points=MOST_SENT))
    drawn = (await shown(page))["curves"]
    assert len(drawn) == MOST_CLASSES
    assert sum(len(each["points"]) for each in drawn) <= 20_000
    assert {each["points"][-1][0] for each in drawn} == {(MOST_SENT - 1) * SLOT}


async def test_a_middle_tier_passes_on_what_is_looked_at_above_and_says_when_that_failed(
    hub: Hub, nodes: ClientSession
) -> None:
    hub.curves.heard(["lesson", "Сабақ", "../x"])
    assert hub.curves.wanted() == ["lesson"]
    assert await sends(nodes, said()) == 204
    hub.takes = False
    assert await sends(nodes, said(DALA), DALA) == 503
    assert [(path, told.node) for path, told in hub.reported] == [(PATH, AUL), (PATH, DALA)]
    hub.curves.heard([])
    assert hub.curves.wanted() == []
    assert hub.changes == 2


async def test_a_chart_at_which_nobody_looks_any_more_is_forgotten(tmp_path: Any) -> None:
    journal = Journal(tmp_path, "hub")
    hub = Hub(journal, patience=0.2)
    async with (
        TestServer(make_app(hub.curves.routes())) as server,
        ClientSession(server.make_url("/")) as page,
    ):
        await shown(page)
        running = asyncio.ensure_future(hub.curves.run())
        await until(lambda: hub.curves.wanted() == [], DEADLINE)
        running.cancel()
        assert hub.changes == 2
    journal.close()


async def test_only_who_may_publish_looks_at_curves(hub: Hub, page: ClientSession) -> None:
    async with page.get("/api/streams/lesson/curves", headers={"X-Forwarded-For": "192.0.2.1"}) as response:
        assert (await refusal(response))["key"] == "token-missing"
    async with page.get("/api/streams/Сабақ/curves") as response:
        assert (await refusal(response))["key"] == "stream-name"
    assert hub.curves.wanted() == []


# At the class.


class Class:
    """A class that measures, and a hub that takes what it says, or not."""

    def __init__(self) -> None:
        self.wanted = False
        self.takes = True
        self.told: list[Told] = []
        self.stream = "lesson"
        self.here = CurvesHere(
            AUL, lambda: ("7Б", self.stream), lambda _: self.wanted, self._bring, period=0.01
        )

    async def _bring(self, told: Told) -> bool:
        self.told.append(told)
        return self.takes

    def measures(self, run: Active, first: int, last: int) -> None:
        """Measure from one second to another, ten times a second."""
        for tenth in range(10 * first, 10 * last):
            found = [sample("temperature", 100.0 + tenth / 10, float(tenth))]
            run.take("d", found)
            self.here.tap(run, "d", found)

    def seconds(self) -> list[float]:
        """Return what arrived, in the order in which it did."""
        return [seconds for told in self.told for seconds, _ in told.channels[0].points]


@pytest_asyncio.fixture
async def a_class() -> AsyncIterator[Class]:
    made = Class()
    running = asyncio.ensure_future(made.here.run())
    yield made
    running.cancel()


async def test_what_is_measured_is_told_only_while_somebody_looks_and_then_from_the_beginning(
    a_class: Class,
) -> None:
    run = active("cooling", "temperature")
    a_class.measures(run, 0, 10)
    assert a_class.told == []
    a_class.wanted = True
    await until(lambda: len(a_class.seconds()) == 40, DEADLINE)
    a_class.measures(run, 10, 20)
    await until(lambda: len(a_class.seconds()) == 80, DEADLINE)
    assert a_class.seconds() == sorted(set(a_class.seconds()))
    about = a_class.told[0]
    assert (about.node, about.stream, about.experiment) == (AUL, "lesson", run.beginning.experiment)
    assert about.title["kk"]
    assert about.channels[0].unit == run.beginning.bound[0].unit


async def test_a_hub_that_did_not_take_it_is_told_everything_again(a_class: Class) -> None:
    run = active("cooling", "temperature")
    a_class.measures(run, 0, 5)
    a_class.wanted, a_class.takes = True, False
    await until(lambda: len(a_class.told) >= 3, DEADLINE)
    a_class.takes = True
    a_class.told.clear()
    await until(lambda: bool(a_class.told), DEADLINE)
    assert len(a_class.told[0].channels[0].points) == 20


async def test_another_run_and_another_lesson_begin_anew(a_class: Class) -> None:
    a_class.wanted = True
    a_class.measures(active("cooling", "temperature"), 0, 2)
    await until(lambda: len(a_class.seconds()) == 8, DEADLINE)
    a_class.stream = "other"
    await until(lambda: len(a_class.seconds()) == 16, DEADLINE)
    assert [told.stream for told in a_class.told] == ["lesson", "other"]
    a_class.measures(active("cooling", "temperature"), 0, 3)
    await until(lambda: len(a_class.seconds()) == 28, DEADLINE)


async def test_a_value_out_of_range_is_on_no_chart(a_class: Class) -> None:
    run = active("cooling", "temperature")
    a_class.here.tap(
        run,
        "d",
        [
            sample("temperature", 101.0, 5.0),
            sample("temperature", 102.0, 999.0, beyond=True),
            sample("x", 103.0, 1.0),
        ],
    )
    a_class.wanted = True
    await until(lambda: bool(a_class.told), DEADLINE)
    assert a_class.seconds() == [1.0]
