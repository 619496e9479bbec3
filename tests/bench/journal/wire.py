"""What a school-week costs on the wire: the real client and server, HTTP as said and TLS as carried."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import msgspec
from aiohttp import web
from msgspec import Struct

from edge.gate import make_nodes_app
from sync.client import Uplink
from sync.clock import Moment
from sync.joining.tls import client_context, server_context
from sync.ledger import computer
from sync.server import Server
from tests.bench.journal import rows, school
from tests.bench.journal.nodes import Site
from tests.bench.journal.school import MARKS, Taken, last_monday, week
from tests.bench.journal.wiretap import HERE, Counted, Said, tapped
from tests.bench.table import Table, ratio

WEEK_GOAL, IDLE_GOAL = 2.0, 600  # bytes a mark, bytes of HTTP
COLUMNS = (
    *("exchange", "requests", "HTTP up B", "HTTP down B", "HTTP B", "goal", "B/mark"),
    *("of per-mark rows", "with TLS B", "B/mark", "TLS, fresh B", "B/mark"),
)
NOTES = (
    "One node and its hub, real client, server and sockets. Two relays stand between: one counts what the"
    " wire carries, the other has both keys and counts what is said under TLS, header fields included.",
    f"A school-week: {school.PUPILS} pupils, {len(school.CLASSES)} classes, {school.REGISTERS} registers,"
    f" {MARKS} marks, each absent with {school.ABSENT:.0%} on its own, times to the millisecond, names of"
    " 12 teachers. The node was even with its hub before.",
    "TLS: records on a connection that is kept; fresh: the handshake with both certificates as well.",
    "Per-mark rows: the same week as most web systems send it, a row a mark with UUIDs, JSON, gzip, one POST"
    " by the same HTTP client to the same server.",
    "Kolibri is the topic `kolibri`. Measured elsewhere and earlier, without TLS: pouchdb-server 4.2.0 368 to"
    " 391 B/mark.",
)


class Past:
    """A computer whose clock a measurement sets, and which goes on from there."""

    def __init__(self) -> None:
        self._lag = 0

    def show(self, ms: int) -> None:
        """Make it this time."""
        self._lag += self().wall - ms

    def __call__(self) -> Moment:
        now = computer()
        return Moment(now.boot, now.mono - self._lag, now.wall - self._lag)


class Cost(Struct, frozen=True):
    """What one exchange cost."""

    name: str
    marks: int
    requests: int
    up: int
    down: int
    wire: int  # with TLS, both ways

    @property
    def http(self) -> int:
        """Return the bytes of HTTP, both ways."""
        return self.up + self.down


class Bench:
    """A node, its hub, and what was counted between the two."""

    def __init__(self, room: Site, clock: Past, uplink: Uplink, counted: tuple[Counted, Said]) -> None:
        self._room, self._clock, self._uplink = room, clock, uplink
        self._wire, self._said = counted

    async def exchange(self, name: str, http: aiohttp.ClientSession, taken: list[Taken]) -> Cost:
        """Take registers while there is no link, then make both even."""
        if taken:
            school.write(self._room.ledger, "aul", taken, self._clock)
            self._clock.show(taken[-1].ms + 60_000)
        before = self._counts()
        await self._uplink.even(http)
        return self._cost(name, sum(len(each.register.marks) for each in taken), before)

    async def rows(self, http: aiohttp.ClientSession, url: str, taken: list[Taken]) -> Cost:
        """Send the same as rows."""
        before = self._counts()
        async with http.post(url, data=rows.posted(taken), headers=rows.HEADERS) as response:
            response.raise_for_status()
            await response.read()
        return self._cost(rows.NAME, MARKS, before)

    def _counts(self) -> tuple[int, int, int, int]:
        return self._said.asked.count(b" HTTP/1.1\r\n"), self._said.up, self._said.down, self._wire.both

    def _cost(self, name: str, marks: int, before: tuple[int, int, int, int]) -> Cost:
        spent = [after - then for after, then in zip(self._counts(), before, strict=True)]
        return Cost(name, marks, *spent)


def run(quick: bool) -> Table:
    """Count the bytes; it takes a second, also when there is time."""
    with TemporaryDirectory() as folder:
        costs, handshake = asyncio.run(_measure(Path(folder)))
    base = costs[-1]
    table = [_row(cost, handshake, base) for cost in costs]
    table.append(("TLS handshake alone", "0", *("–",) * 8, str(handshake), "–"))
    return Table("journal-wire", "The journal: bytes on the wire", COLUMNS, table, NOTES)


def _row(cost: Cost, handshake: int, base: Cost) -> tuple[str, ...]:
    goals = {"idle": f"≤ {IDLE_GOAL}", "a school-week": f"≤ {WEEK_GOAL * MARKS:.0f}"}
    numbers = (cost.requests, cost.up, cost.down, cost.http)
    fresh = cost.wire + handshake
    per_mark = [f"{each / cost.marks:.2f}" if cost.marks else "–" for each in (cost.http, cost.wire, fresh)]
    share = ratio(cost.http / cost.marks, base.http / base.marks) if cost.marks else "–"
    return (
        *(cost.name, *map(str, numbers), goals.get(cost.name, "–"), per_mark[0], share),
        *(str(cost.wire), per_mark[1], str(fresh), per_mark[2]),
    )


async def _measure(folder: Path) -> tuple[list[Cost], int]:
    clock, monday = Past(), last_monday()
    clock.show(_early(monday))
    with Site(folder / "hub", clock) as hub, Site(folder / "room", clock) as room:
        async with _serving(hub, clock) as (address, context):
            hub.lets_in(room, "aul", address)
            context.load_verify_locations(cadata=ssl.PEM_cert_to_DER_cert(room.identity.certificate))
            parent = hub.as_parent(address, "aul")
            async with tapped(room.identity, hub.identity, parent) as (outer, wire, said):
                uplink = Uplink(room.ledger, room.names, hub.as_parent(outer, "aul"), clock)
                bench = Bench(room, clock, uplink, (wire, said))
                connector = aiohttp.TCPConnector(ssl=client_context(room.identity, parent), limit=1)
                async with aiohttp.ClientSession(connector=connector) as http:
                    return await _exchanges(bench, http, monday, f"https://{outer}/rows")


async def _exchanges(
    bench: Bench, http: aiohttp.ClientSession, monday: date, url: str
) -> tuple[list[Cost], int]:
    weeks = [list(week(number, monday + timedelta(7 * number))) for number in range(3)]
    fresh = await bench.exchange("fresh", http, [])
    await bench.exchange("the clocks were compared", http, [])
    idle = await bench.exchange("idle", http, [])
    whole = await bench.exchange("a school-week", http, weeks[0])
    day = await bench.exchange("a day of it", http, weeks[1][: school.REGISTERS // school.DAYS])
    one = await bench.exchange("one register", http, weeks[1][school.REGISTERS // school.DAYS :][:1])
    others = await bench.rows(http, url, weeks[0])
    return [idle, whole, day, one, others], fresh.wire - idle.wire


@asynccontextmanager
async def _serving(hub: Site, clock: Past) -> AsyncIterator[tuple[str, ssl.SSLContext]]:
    context = server_context(hub.identity, [])
    server = Server(hub.ledger, hub.names.keys_of, clock)
    app = make_nodes_app([*server.routes(), web.post("/rows", _take_rows)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HERE, 0, ssl_context=context).start()
    try:
        yield f"{HERE}:{runner.addresses[0][1]}", context
    finally:
        await runner.cleanup()


async def _take_rows(request: web.Request) -> web.Response:
    return web.json_response({"accepted": len(msgspec.json.decode(await request.read()))})


def _early(monday: date) -> int:
    return int(datetime(monday.year, monday.month, monday.day, 2, tzinfo=UTC).timestamp() * 1000)
