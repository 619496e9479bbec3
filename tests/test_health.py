"""How a node is, told from its real journal, its real disk and a real exchange with its hub."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from msgspec import Struct

from edge.board import Board
from edge.config import from_table
from edge.contract.commands import TrySync
from edge.contract.notices import Device, Devices, Health
from edge.health import SAVE, Around, HealthWatch, supplies
from edge.journal import Journal, Upstream
from edge.lights import Supply
from edge.media.record.store import Store
from edge.mending import MENDED, Mended
from edge.supervise import keep
from edge.upkeep import RESULT, Upkeep
from sync import durable, tree
from sync.joining.identity import Parent, save_parent
from sync.ledger import computer
from sync.records import Audited, NodeEnrolled, NodeRevoked, RegisterTaken, ScreenNote
from sync.server import Server
from sync.tables import Entry
from tests.sync.served import listening

DEADLINE = 40.0


class Watched(Struct):
    """A node whose health is watched."""

    journal: Journal
    upstream: Upstream
    watch: HealthWatch
    board: Board
    woken: list[bool]

    async def health(self) -> Health:
        """Look now."""
        await self.watch.look()
        with self.board.read() as reader:
            (told,) = [each for each in await reader.take(1.0) if isinstance(each, Health)]
        return told

    async def said(self) -> dict[str, str]:
        """Return what each light says."""
        return {light.name: light.said for light in (await self.health()).lights}

    async def until(self, said: str) -> Health:
        """Look until the light of the hub says so."""
        async with asyncio.timeout(DEADLINE):
            for _ in iter(int, 1):
                if (await self.said())["hub"] == said:
                    break
                await asyncio.sleep(0.02)
        return await self.health()


@asynccontextmanager
async def watched(state: Path, **changes: object) -> AsyncIterator[Watched]:
    """Watch a node."""
    journal, board, woken = Journal(state), Board(), list[bool]()
    upstream = Upstream(journal, lambda: None)
    config = from_table({"name": "room", "state": str(state), **changes}, "test")
    board.tell(Devices((Device("a", "A", "sensor"),)))
    around = Around((lambda: woken.append(True),), state / "none")
    watch = HealthWatch(config, journal, upstream, Store(state, reserve=0), board, around)
    try:
        yield Watched(journal, upstream, watch, board, woken)
    finally:
        journal.close()


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path / "room") as made:
        yield made


@asynccontextmanager
async def joined(room: Watched, hub: Path) -> AsyncIterator[Journal]:
    """Enrol a node with a hub, and exchange as the daemon does."""
    above, mine = Journal(hub), room.journal.identity
    fact = NodeEnrolled(mine.node, "aul", mine.fingerprint)
    above.ledger.write(
        lambda db: tree.admit(db, above.identity.node, fact, mine.certificate, computer())
    ).result()
    server = Server(above.ledger, above.names.keys_of, computer)
    app = web.Application()
    app.add_routes(server.routes())
    try:
        async with listening(app, above.identity, above.ledger.read(tree.certificates), "") as address:
            save_parent(
                room.journal.folder, Parent(address, above.identity.certificate, above.identity.node, "aul")
            )
            async with asyncio.TaskGroup() as tasks:
                following = tasks.create_task(keep(room.upstream.follow, "upstream", room.upstream.wake))
                watching = tasks.create_task(room.upstream.watch())
                yield above
                following.cancel()
                watching.cancel()
    finally:
        above.close()


def write(room: Watched, registers: int, others: int) -> None:
    """Write so many facts."""
    lessons = [RegisterTaken(f"7Б 2026-11-26 0{n}:00", {1: "ill"}) for n in range(registers)]
    entries = [Entry("register", "aul", each) for each in lessons]
    room.journal.ledger.append([*entries, *[Entry("log", "aul", ScreenNote("x"))] * others]).result()


async def test_a_node_that_never_joined_says_so_and_counts_what_waits(room: Watched) -> None:
    write(room, 2, 3)
    health = await room.health()
    assert (health.registers, health.reached, health.trying) == (2, 0, False)
    assert health.others >= 3, "and that this computer came up"
    assert health.minutes_free > 0
    assert await room.said() == {
        "hub": "light-hub-none",
        "disk": health.lights[1].said,
        "devices": "light-devices-ready",
        "power": "light-power-none",
    }


async def test_a_hub_without_anybody_above_it_waits_for_nobody(tmp_path: Path) -> None:
    async with watched(tmp_path / "hub", listen_nodes=["127.0.0.1:0"]) as hub:
        write(hub, 2, 3)
        health = await hub.health()
    assert (health.registers, health.others, health.lights[0].said) == (0, 0, "light-hub-root")


async def test_what_waited_is_sent_and_then_it_is_known_when_and_still_after_a_restart(
    room: Watched, tmp_path: Path
) -> None:
    write(room, 2, 3)
    async with joined(room, tmp_path / "hub"):
        health = await room.until("light-hub-even")
    assert (health.registers, health.others) == (0, 0)
    assert abs(health.reached - room.journal.ledger.now()) < 60_000
    async with watched(tmp_path / "room") as again:
        assert 0 <= health.reached - (await again.health()).reached <= SAVE


async def test_a_try_is_shown_until_it_has_ended_and_wakes_everything(room: Watched, tmp_path: Path) -> None:
    save_parent(room.journal.folder, _nobody(room))
    room.upstream.wake.clear()
    await room.watch.desks()[TrySync](TrySync())
    assert (await room.health()).trying
    assert (room.upstream.wake.is_set(), room.woken) == (True, [True])
    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(keep(room.upstream.follow, "upstream"))
        health = await room.until("light-hub-never")
        async with asyncio.timeout(DEADLINE):
            for _ in iter(int, 1):
                health = await room.health()
                if not health.trying:
                    break
                await asyncio.sleep(0.02)
        following.cancel()
    assert room.upstream.contact.failed == "silent"


async def test_damage_that_a_night_of_2010_found_is_told_after_a_mending_of_2026(
    room: Watched, tmp_path: Path
) -> None:
    night = Upkeep(at=1_262_300_000_000, journal="page 7")
    durable.save(tmp_path / "room" / RESULT, msgspec.json.encode(night))
    mended = Mended(1_795_700_000_000, "journal.db", night=1_795_600_000_000)
    durable.save(tmp_path / "room" / MENDED, msgspec.json.encode(mended))
    assert (await room.said())["disk"] == "light-disk-damaged"


def _nobody(room: Watched) -> Parent:
    mine = room.journal.identity
    return Parent("127.0.0.1:9", mine.certificate, mine.node, "aul")


async def test_a_hub_that_does_not_know_us_any_more_is_a_plain_cause(room: Watched, tmp_path: Path) -> None:
    async with joined(room, tmp_path / "hub") as hub:
        await room.until("light-hub-even")
        fact, audit = NodeRevoked(room.journal.identity.node, "moved"), Audited("test", "revoked", "room")
        hub.ledger.write(lambda db: tree.revoke(db, hub.identity.node, fact, audit, computer())).result()
        write(room, 1, 0)
        room.upstream.wake.set()
        health = await room.until("light-hub-unknown")
    assert health.registers == 1


def test_power_supplies_are_read_as_the_kernel_has_them(tmp_path: Path) -> None:
    files = {
        "AC/type": "Mains\n",
        "AC/online": "1\n",
        "BAT0/type": "Battery\n",
        "BAT0/capacity": "83\n",
        "BAT0/status": "Charging\n",
        "mouse/type": "Battery\n",
        "mouse/scope": "Device\n",
        "mouse/capacity": "3\n",
        "odd/type": "Battery\n",
        "odd/capacity": "много\n",
        "odd/online": "\xff" * 1000,
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert supplies(tmp_path) == [
        Supply("Mains", online=True),
        Supply("Battery", None, 83, "Charging"),
        Supply("Battery", True),
    ]
    assert supplies(tmp_path / "nothing") == []
