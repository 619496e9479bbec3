"""A school-week of attendance to the hub: tirek and Kolibri, which has attendance too, over a relay."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from aiohttp import ClientSession, TCPConnector

from sync.client import Uplink
from sync.joining.identity import Parent
from sync.joining.tls import client_context
from sync.ledger import computer
from tests.bench.child import Peer, Place, Silent
from tests.bench.contract import Order
from tests.bench.journal import school
from tests.bench.journal.nodes import Site, daemon, registers_in
from tests.bench.journal.wiretap import HERE, Counted, Said, tapped
from tests.bench.peers.kolibri import KolibriPlan, Measured, Synced
from tests.bench.peers.release import installed, version
from tests.bench.place import Here, free_port
from tests.bench.table import Table, ratio
from tests.net.namespaces import alone, why_not

LONGEST = 900.0  # seconds for all that Kolibri does: 150 on two idle cores
SCHOOL = "aul"
IDLE, WEEK = "idle", "a school-week"
COLUMNS = ("exchange", "requests", "up B", "down B", "B", "of tirek", "B/mark", "s", "of tirek")
NOTES = (
    f"A school-week: {school.PUPILS} pupils, {len(school.CLASSES)} classes, {school.REGISTERS} registers,"
    f" {school.MARKS} marks, the same for both; the roster was there before. Both servers are processes of"
    " their own, on loopback; afterwards the receiver's database is looked into: it has all.",
    "Kolibri: `kolibri manage sync` between two installations of its release. It has sessions, and records"
    " that say present or not; its rows carry UUIDs and their history of versions. It has no reasons (tirek:"
    " 5 codes) and no TLS. One chunk: `--chunk-size 3000` instead of 200, its best.",
    "tirek: client and hub as they are run. Bytes are those of HTTP, header fields included, as Kolibri's;"
    " with TLS: as the wire carries them, with the handshake of a new connection and both certificates.",
    "Seconds: Kolibri's from the first byte on the wire to the last, without the start of its command; much"
    " of it are its pauses before it asks again whether the other side is done. tirek's from before it reads"
    " its journal and connects until it knows that the hub has all on disk.",
)


def run(quick: bool) -> Table:
    """Measure both; quick: Kolibri only one way and as it comes."""
    programs = installed("kolibri")
    syncs = [(f"tirek, {each.name}", each) for each in _ours()]
    syncs += [(f"Kolibri, {each.name}", each) for each in _kolibri(programs, quick)]
    bases = {bool(sync.marks): sync for _, sync in reversed(syncs)}  # the first of each kind
    rows = [_row(name, sync, bases[bool(sync.marks)]) for name, sync in sorted(syncs, key=_weeks_last)]
    title = f"Attendance to the hub: tirek and Kolibri {version('kolibri')}"
    return Table("kolibri", title, COLUMNS, rows, NOTES)


def _weeks_last(named: tuple[str, Synced]) -> bool:
    return bool(named[1].marks)


def _row(name: str, sync: Synced, base: Synced) -> tuple[str, ...]:
    both = sync.up + sync.down
    return (
        *(name, str(sync.requests), str(sync.up), str(sync.down), str(both)),
        ratio(both, base.up + base.down),
        f"{both / sync.marks:.2f}" if sync.marks else "–",
        f"{sync.seconds:.3g}",
        ratio(sync.seconds, base.seconds),
    )


def _kolibri(programs: Path, quick: bool) -> list[Synced]:
    """Let it run where there is nothing but loopback, or with all it says to others switched off."""
    with TemporaryDirectory() as folder:
        plan = KolibriPlan(str(programs), folder, not quick)
        if why_not():
            return _measured(Here(), plan)
        with alone() as nowhere_else:
            return _measured(nowhere_else, plan)


def _measured(place: Place, plan: KolibriPlan) -> list[Synced]:
    with Peer(place, "kolibri", plan) as peer:
        return peer.answer(Order("measure", seconds=LONGEST), Measured).syncs


def _ours() -> list[Synced]:
    """Return what it costs, as HTTP and with TLS."""
    address = f"{HERE}:{free_port(Here())}"
    with TemporaryDirectory() as name, Site(Path(name) / "school") as room:
        with Site(Path(name) / "hub") as hub:
            hub.lets_in(room, SCHOOL, address)
        with daemon(hub.state, address):
            syncs = asyncio.run(_exchanges(room, hub, address))
        if registers_in(hub.state) != school.REGISTERS:
            raise Silent(f"the hub has {registers_in(hub.state)} of {school.REGISTERS} registers")
    return syncs


async def _exchanges(room: Site, hub: Site, address: str) -> list[Synced]:
    parent = hub.as_parent(address, SCHOOL)
    async with tapped(room.identity, hub.identity, parent) as (outer, wire, said):
        running = Running(room, hub.as_parent(outer, SCHOOL), wire, said)
        for _ in range(2):  # what is said only once, of enrolment and of clocks
            await running.even(IDLE, 0)
        idle = await running.even(IDLE, 0)
        school.write(room.ledger, SCHOOL, list(school.week(0, school.last_monday())))
        return idle + await running.even(WEEK, school.MARKS)


class Running:
    """A node of ours as it is while it runs, and what is counted between it and its hub."""

    def __init__(self, room: Site, parent: Parent, wire: Counted, said: Said) -> None:
        self._uplink = Uplink(room.ledger, room.names, parent, computer)
        self._ssl = client_context(room.identity, parent)
        self._wire, self._said = wire, said

    async def even(self, name: str, marks: int) -> list[Synced]:
        """Exchange over a new connection; return what it costs as HTTP, and with TLS."""
        before, began = self._counts(), monotonic()
        async with ClientSession(connector=TCPConnector(ssl=self._ssl, limit=1)) as http:
            await self._uplink.even(http)
        seconds = monotonic() - began
        spent = [now - then for now, then in zip(self._counts(), before, strict=True)]
        requests, up, down, wire_up, wire_down = spent
        return [
            Synced(name, marks, requests, up, down, seconds),
            Synced(f"{name}, with TLS", marks, requests, wire_up, wire_down, seconds),
        ]

    def _counts(self) -> tuple[int, int, int, int, int]:
        said, wire = self._said, self._wire
        return said.asked.count(b" HTTP/1.1\r\n"), said.up, said.down, wire.up, wire.down
