"""A page of the journal is damaged on the disk: the node goes on, and what was saved is there again."""

import os
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from edge import config, mending, upkeep
from edge.journal import Journal
from sync import tree
from sync.backups import Backups
from sync.joining.identity import Parent, save_parent
from sync.ledger import computer
from sync.records import NodeEnrolled, RegisterTaken
from sync.tables import Entry
from tests.flows.crew import Crew, Node, until
from tests.flows.journals import facts, faults, journal_of
from tests.flows.school import arrive, good
from tests.flows.tree import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGE = 4096
REGISTER = "register-taken"
SET_ASIDE = "damaged journal set aside"


def take(state: Path, first: int, last: int) -> set[str]:
    """Take registers beside the daemon, as commands do; return their ids when they are on the disk."""
    with closing(Journal(state)) as journal:
        taken = [
            RegisterTaken(f"7Б 2026-11-{day:02} {hour:02}:00", dict.fromkeys(range(1, 25), "ill"))
            for day, hour in (divmod(number, 10) for number in range(first, last))
            for day, hour in ((day + 1, hour + 8),)
        ]
        answers = [journal.ledger.append([Entry("register", "aul", each)]) for each in taken]
        return {answer.result()[-1].id for answer in answers}


def ids(node: Node) -> set[str]:
    """Return the registers that a node holds."""
    return {fact.id for fact in facts(node.state, REGISTER)}


def damage(state: Path, number: int) -> None:
    """Overwrite a page: what `dd if=/dev/urandom of=journal.db bs=4096 seek=N count=1 conv=notrunc` does."""
    with closing(sqlite3.connect(journal_of(state))) as db:  # everything is in the file itself
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with journal_of(state).open("r+b") as file:
        file.seek(number * PAGE)
        file.write(os.urandom(PAGE))


def a_page_of_facts(state: Path) -> int:
    """Return a page in the middle of the facts, counted from 0."""
    with closing(sqlite3.connect(journal_of(state))) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'event'").fetchone()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = journal_of(state).read_bytes()
    inner = raw[(root - 1) * PAGE : root * PAGE]
    assert inner[0] == 5, "there are so few facts that they are on one page"
    cells = int.from_bytes(inner[3:5])
    place = int.from_bytes(inner[12 + cells // 2 * 2 :][:2])
    return int.from_bytes(inner[place : place + 4]) - 1


def night(node: Node) -> upkeep.Upkeep:
    """Do what is done every night."""
    return upkeep.keep_up(config.load(node.config), time.time())


async def pair(crew: Crew) -> tuple[Node, Node]:
    """Start a classroom and its hub, joined as `tirek invite` and `tirek enroll` do it."""
    hub = await crew.node("hub", f'listen_nodes = ["127.0.0.1:{free_port()}"]')
    with closing(Journal(crew.folder / "hub")) as above, closing(Journal(crew.folder / "room")) as mine:
        me, its = mine.identity, above.identity
        fact = NodeEnrolled(me.node, "aul", me.fingerprint)
        above.ledger.write(
            lambda db: tree.admit(db, its.node, fact, me.certificate, computer()), vital=True
        ).result()
        save_parent(mine.folder, Parent(hub.door, its.certificate, its.node, "aul"))
    await hub.stop()
    hub = await crew.node("hub", f'listen_nodes = ["{hub.door}"]')
    return hub, await crew.node("room")


async def hold_the_same(room: Node, hub: Node, expected: set[str]) -> None:
    """Wait until both hold these registers, each once and with the right hashes."""
    await until(lambda: ids(room) >= expected and ids(hub) >= expected, 40.0, "never the same again")
    assert ids(room) == ids(hub) == expected
    for node in (room, hub):
        assert max(Counter(fact.id for fact in facts(node.state)).values()) == 1
        assert faults(node.state) == []


async def test_a_damaged_page_costs_no_register_with_backup_hub_and_what_the_file_still_proves(
    crew: Crew,
) -> None:
    hub, room = await pair(crew)
    saved = take(room.state, 0, 40)
    assert night(room).is_good
    saved |= take(room.state, 40, 80)
    await arrive(hub, REGISTER, 80)
    await hub.stop()
    saved |= take(room.state, 80, 120)  # that no hub has
    await room.stop()
    damage(room.state, a_page_of_facts(room.state))

    again = await crew.node("room")
    assert SET_ASIDE in again.said
    assert mending.mended(room.state).backup == Backups(room.state).list()[0].name
    assert list((room.state / "journal").glob("broken-*/journal.db"))
    hub = await crew.node("hub", f'listen_nodes = ["{hub.door}"]')
    saved |= take(room.state, 120, 125)
    await hold_the_same(again, hub, saved)
    assert len({fact.incarnation for fact in facts(room.state) if fact.node == room_id(room.state)}) > 1


async def test_without_a_backup_everything_the_hub_has_comes_back_to_an_empty_journal(crew: Crew) -> None:
    hub, room = await pair(crew)
    saved = take(room.state, 0, 40)
    await arrive(hub, REGISTER, 40)
    before = room_id(room.state)
    await room.stop()
    damage(room.state, 0)

    again = await crew.node("room")
    assert SET_ASIDE in again.said
    assert mending.mended(room.state).backup == ""
    saved |= take(room.state, 40, 45)
    await hold_the_same(again, hub, saved)
    assert room_id(room.state) == before, "it is the same node: its key is a file of its own"


async def test_the_night_tells_of_a_fact_that_is_not_what_was_written_and_the_next_start_mends_it(
    crew: Crew,
) -> None:
    node = await crew.node("school")
    saved = take(node.state, 0, 20)
    assert "backup of the journal" in await good(node, "maintain")
    await node.stop()
    with closing(sqlite3.connect(journal_of(node.state))) as db, db:
        db.execute("UPDATE event SET body = replace(body, 'ill', 'hmm') WHERE kind = ?", (REGISTER,))
    told = await node.typed("maintain")
    assert (told.status, "put right at the daemon's next start" in told.err) == (1, True)
    assert upkeep.load(node.state).journal

    again = await crew.node("school")
    assert SET_ASIDE in again.said
    assert ids(again) == saved
    await again.stop()
    assert night(again).is_good
    assert faults(node.state) == []


async def test_damaged_keys_of_names_come_back_from_the_night_without_who_was_forgotten(crew: Crew) -> None:
    node = await crew.node("school")
    with closing(Journal(node.state)) as journal:
        sealed = journal.names.seal_all({"p1": "Әлия", "p2": "Ержан"})
        assert night(node).is_good
        journal.names.forget("p1", "2026-11-26")
    await node.stop()
    (node.state / "journal" / "names.db").write_bytes(b"not what it was " * 4096)

    again = await crew.node("school")
    assert "damaged keys of names set aside" in again.said
    with closing(Journal(again.state)) as journal:
        assert journal.names.open_all(sealed) == {"p2": "Ержан"}
        assert list(again.state.glob("journal/broken-*/names.db"))
        journal.names.forget("p2", "2026-11-26")
    assert not list(again.state.glob("journal/broken-*/names.db*")), "nobody can forget in a damaged file"


def room_id(state: Path) -> str:
    """Return who a node is."""
    with closing(Journal(state)) as journal:
        return journal.identity.node
