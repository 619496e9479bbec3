"""The nodes of many schools in one process, each with its own journal; they dial their hub when told to."""

import asyncio
import os
import resource
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import msgspec

from sync.client import Uplink
from sync.clock import ms_of
from sync.joining.identity import Parent, load_parent
from sync.joining.tls import client_context
from sync.ledger import computer
from sync.records import RegisterTaken
from tests.bench.contract import Evened, Order, Ready, SchoolsPlan
from tests.bench.journal import rows
from tests.bench.journal.nodes import Site, peak
from tests.bench.journal.school import Taken
from tests.bench.peers.speech import orders, run, say

PATIENCE = aiohttp.ClientTimeout(total=120.0)
TAKEN = "SELECT hlc, body FROM event WHERE kind = 'register-taken' ORDER BY at"


class School:
    """One node, which has not dialled yet."""

    def __init__(self, site: Site, parent: Parent, http: aiohttp.ClientSession) -> None:
        self._site, self._http = site, http
        self._uplink = Uplink(site.ledger, site.names, parent, computer)

    async def even(self, _: str = "") -> None:
        """Exchange until the node and its hub hold the same."""
        await self._uplink.even(self._http)

    async def post(self, url: str) -> None:
        """Send the registers as rows."""
        found = self._site.ledger.read(lambda db: db.execute(TAKEN).fetchall())
        taken = [Taken(ms_of(hlc), msgspec.json.decode(body, type=RegisterTaken)) for hlc, body in found]
        body = rows.posted(taken)
        async with self._http.post(url, data=body, headers=rows.HEADERS, timeout=PATIENCE) as answer:
            answer.raise_for_status()
            await answer.read()


class Schools:
    """Every node below a folder."""

    def __init__(self, plan: SchoolsPlan) -> None:
        self._plan = plan
        self._schools: list[School] = []
        self._answers: list[float] = []
        self._next = 0

    async def open(self, stack: AsyncExitStack) -> None:
        """Open all journals; nobody dials yet."""
        for site in [stack.enter_context(Site(state)) for state in self._states()]:
            self._schools.append(await self._opened(site, stack))

    async def obey(self, order: Order) -> Evened:
        """Let all dial at once, or the next one: it makes its registers even with its hub, or posts rows."""
        began, cpu = time.perf_counter(), time.process_time()
        self._answers = []
        async with asyncio.TaskGroup() as tasks:
            for school in self._chosen(order):
                way = school.post if order.do == "rows" else school.even
                tasks.create_task(way(self._plan.rows))
        spent = time.perf_counter() - began
        first = min(self._answers) - began
        return Evened(spent, first, len(self._answers), time.process_time() - cpu, peak(os.getpid()))

    def _states(self) -> list[Path]:
        return sorted(Path(self._plan.folder).iterdir())

    def _chosen(self, order: Order) -> list[School]:
        if not order.count:
            return self._schools
        self._next += order.count
        return self._schools[self._next - order.count : self._next]

    async def _opened(self, site: Site, stack: AsyncExitStack) -> School:
        parent = load_parent(site.folder)
        assert parent is not None
        connector = aiohttp.TCPConnector(ssl=client_context(site.identity, parent), limit=1)
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._answered)
        session = aiohttp.ClientSession(connector=connector, trace_configs=[trace])
        return School(site, parent, await stack.enter_async_context(session))

    async def _answered(self, *_: object) -> None:
        self._answers.append(time.perf_counter())


async def main(plan: SchoolsPlan) -> None:
    """Stand for the schools until told to end."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))  # a journal has ten files
    async with AsyncExitStack() as stack:
        schools = Schools(plan)
        await schools.open(stack)
        say(Ready())
        async for order in orders():
            say(await schools.obey(order))


if __name__ == "__main__":
    run(main(msgspec.json.decode(sys.argv[1], type=SchoolsPlan)))
