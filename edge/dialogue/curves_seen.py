"""The curves of all classes of a lesson, as long as somebody looks at them: kept in memory, and passed on.

Who looks at this node's page, or at the parent's, is why children are asked (in the listing of streams).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import msgspec
from aiohttp import web
from msgspec import Struct

from devices.units import shown
from edge.access import Door, asker_of
from edge.dialogue import curves
from edge.dialogue.curves import Curve, Told
from edge.dialogue.orders import bounded
from edge.dialogue.sayings import Sayings
from edge.media.negotiate import Refused
from edge.media.stream import NAME
from edge.signalling import NODE, stream_name
from edge.views import wait

LOOKED_AT = 15.0  # seconds without a question of a page until nobody looks: it asks every second
LOOK = 0.25  # seconds between looks for new points while a page waits
MOST_LESSONS = 16  # whose curves are kept at once, and of which a parent tells that they are looked at
MOST_CLASSES = 200  # of one lesson: what the largest hub has, and as many again
MOST_SHOWN = 20_000  # points in one answer: 240 kB; of many curves each has fewer
LEAST_SHOWN, BEST_SHOWN = 60, 480  # points of one curve in an answer: what a chart has room for
SOONEST = 0.5  # seconds between two messages of one class: it sends one a second
PATH = "/class/curve"
CACHE = {"Cache-Control": "no-store"}

Report = Callable[[str, bytes], Awaitable[bool]]


class Line(Struct):
    """One curve of one class."""

    quantity: str
    unit: str
    symbol: str
    curve: Curve


class Measured(Struct):
    """What one class has measured in its newest run."""

    run: str
    experiment: str
    title: dict[str, str]
    began: int
    lines: list[Line]


class Chart(Struct):
    """The curves of one lesson."""

    asked: float  # when a page asked last
    version: int
    classes: dict[str, Measured]


class Shown(Struct, frozen=True):
    """One curve as the page gets it."""

    node: str
    name: str
    experiment: str
    title: dict[str, str]  # by language
    quantity: str  # a word key
    symbol: str
    unit: str  # UCUM
    shown: dict[str, str]  # the unit as people write it, by language
    began: int  # milliseconds since 1970
    points: list[curves.Point]


class CurvesSeen:
    """Both doors of curves; `report` sends something to the parent and tells whether it took it."""

    def __init__(
        self,
        door: Door,
        sayings: Sayings,
        report: Report,
        changed: Callable[[], None],
        patience: float = LOOKED_AT,
    ) -> None:
        """`changed` is called when other lessons' curves are looked at than before."""
        self._patience = patience
        self._door = door
        self._sayings = sayings
        self._report = report
        self._changed = changed
        self._charts: dict[str, Chart] = {}
        self._above: frozenset[str] = frozenset()  # lessons that are looked at further up
        self._heard: dict[str, float] = {}  # when each class sent its last message

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return what is mounted at the door of people."""
        return [web.get("/api/streams/{stream}/curves", self._show)]

    def node_routes(self) -> list[web.RouteDef]:
        """Return what is mounted at the door of nodes."""
        return [web.post(PATH, self._take)]

    def wanted(self) -> list[str]:
        """Return the lessons whose curves somebody looks at, here or further up."""
        return sorted({*self._charts, *self._above})

    def wants(self, stream: str) -> bool:
        """Tell whether somebody looks at a lesson's curves."""
        return stream in self._charts or stream in self._above

    def heard(self, streams: Iterable[str]) -> None:
        """Learn from the parent at whose curves somebody looks further up."""
        above = frozenset([each for each in streams if NAME.fullmatch(each)][:MOST_LESSONS])
        if above != self._above:
            self._above = above
            self._changed()

    async def run(self) -> None:
        """Forget the curves at which nobody looks any more, until cancelled."""
        while True:
            await asyncio.sleep(self._patience / 3)
            now = self._now()
            gone = [name for name, chart in self._charts.items() if now - chart.asked > self._patience]
            for name in gone:
                del self._charts[name]
            if gone:
                self._changed()

    async def bring(self, told: Told) -> bool:
        """Take what a class measured, here and further up; false if it is to be sent once more."""
        chart = self._charts.get(told.stream)
        if chart is not None:
            _keep(chart, told)
        return told.stream not in self._above or await self._report(PATH, curves.written(told))

    async def _take(self, request: web.Request) -> web.Response:
        caller = request[NODE]
        told = await _read(request)
        await self._sayings.look()
        if told.node not in self._sayings.members().below(caller):
            raise Refused(403, "node-unknown", f"{told.node[:40]!r} is not below {caller}")
        now = self._now()
        if now - self._heard.get(told.node, float("-inf")) < SOONEST:
            raise Refused(429, "too-many", f"{told.node} sends more than one message a second")
        self._heard = {node: at for node, at in self._heard.items() if now - at < SOONEST} | {told.node: now}
        if not await self.bring(told):
            raise Refused(503, "too-many", "the node above did not take it")
        return web.Response(status=204)

    async def _show(self, request: web.Request) -> web.Response:
        self._door.admit(asker_of(request.remote, request.headers), "publish")
        chart = self._looked_at(stream_name(request))
        after = request.query.get("after", "")
        if after.isascii() and after.isdecimal():
            await self._news(chart, int(after[:18]), wait(request.query.get("wait", "")))
        chart.asked = self._now()
        await self._sayings.look()
        body = msgspec.json.encode({"version": chart.version, "curves": self._shown(chart)})
        return web.Response(body=body, content_type="application/json", headers=CACHE)

    def _looked_at(self, stream: str) -> Chart:
        chart = self._charts.get(stream)
        if chart is None:
            if len(self._charts) >= MOST_LESSONS:
                raise Refused(503, "too-many", f"the curves of {MOST_LESSONS} lessons are looked at")
            # From the clock: after a start no page is told that nothing is new.
            chart = self._charts[stream] = Chart(self._now(), self._sayings.now(), {})
            self._changed()
        chart.asked = self._now()
        return chart

    async def _news(self, chart: Chart, after: int, patience: float) -> None:
        try:
            async with asyncio.timeout(patience):
                while True:
                    if chart.version != after:
                        return
                    await asyncio.sleep(LOOK)
                    chart.asked = self._now()
        except TimeoutError:
            return

    def _shown(self, chart: Chart) -> list[Shown]:
        members = self._sayings.members().of
        count = sum(len(each.lines) for each in chart.classes.values())
        most = min(BEST_SHOWN, max(LEAST_SHOWN, MOST_SHOWN // max(1, count)))
        return [
            Shown(
                node,
                members[node].name or members[node].school or node,
                each.experiment,
                each.title,
                line.quantity,
                line.symbol,
                line.unit,
                shown(line.unit),
                each.began,
                curves.thinned(line.curve.points, most),
            )
            for node, each in sorted(chart.classes.items())
            if node in members and not members[node].revoked
            for line in each.lines
        ]

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _keep(chart: Chart, told: Told) -> None:
    known = chart.classes.get(told.node)
    if known is None or known.run != told.run or len(known.lines) != len(told.channels):
        if known is None and len(chart.classes) >= MOST_CLASSES:
            return
        lines = [Line(each.quantity, each.unit, each.symbol, Curve()) for each in told.channels]
        known = Measured(told.run, told.experiment, told.title, told.began, lines)
        chart.classes[told.node] = known
    known.began = told.began
    for line, channel in zip(known.lines, told.channels, strict=True):
        for seconds, value in channel.points:
            line.curve.add(seconds, value)
    chart.version += 1


async def _read(request: web.Request) -> Told:
    try:
        return curves.read(await bounded(request, curves.MOST_BYTES))
    except curves.BadCurve as exc:
        raise Refused(400, "bad-request", f"not a curve: {exc}") from exc
