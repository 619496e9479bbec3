"""Facts about checks as they arrive, from whatever class of stream, and what is remembered of them."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from sqlite3 import Connection
from threading import Event
from typing import Any, TypeVar

import pytest

from edge.checks import heard
from edge.checks.heard import Heard
from edge.journal import Journal
from sync import chain, protocol, tables
from sync.clock import pack
from sync.ledger import Ledger
from sync.records import CheckAnswered, CheckAsked, CheckEnded, ClockSeen, LessonStarted, encode
from sync.tables import Entry
from tests.checks.peers import DEADLINE, Node
from tests.flows.crew import until

CHECK = "0123456789abcdef"
ASKED = CheckAsked(CHECK, "?", ("1", "2"), "physics")
AT_ONCE = 20.0  # seconds: a busy computer, and less than the test may take

T = TypeVar("T")


class Held(Ledger):
    """A journal that is read only when the test lets it, but for the test itself."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.asked, self.go = Event(), Event()
        self.go.set()

    def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query once it may."""
        self.asked.set()
        assert self.go.wait(DEADLINE)
        return super().read(query)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path, "aul")
    yield made
    made.close()


def test_what_is_new_is_heard_and_what_was_there_at_the_start_too(journal: Journal) -> None:
    journal.ledger.note("teaching", "", ASKED).result()
    first = Heard(journal)
    assert list(first.look()) == [CHECK]
    version = first.version
    assert (first.look()[CHECK].answers, first.version) == ((), version)
    journal.ledger.note("answer", "aul", CheckAnswered(CHECK, "", counts={"A": 1})).result()
    assert first.look()[CHECK].totals == Heard(journal).look()[CHECK].totals == {"A": 1, "B": 0}
    assert first.version == version + 1


async def test_whose_a_check_is_can_be_told_while_the_journal_is_read(tmp_path: Path) -> None:
    hub = Node(tmp_path, "Тірек", "hub", Held)
    ledger, desk = hub.journal.ledger, hub.checking.desk
    assert isinstance(ledger, Held)
    ledger.note("teaching", "", ASKED).result()
    async with hub.page() as page:
        await page.get()
        ledger.asked.clear()
        ledger.go.clear()
        with ThreadPoolExecutor() as threads:
            asking = asyncio.create_task(page.get())
            await until(ledger.asked.is_set)
            telling = threads.submit(desk.is_ours, CHECK)
            done, _ = wait([telling], AT_ONCE)
            ledger.go.set()
            await asking
    hub.journal.close()
    assert (done, telling.result()) == ({telling}, True)


def test_a_check_in_a_stream_of_another_class_is_none(journal: Journal) -> None:
    for class_ in ("log", "talk", "register"):
        journal.ledger.note(class_, "aul", ASKED).result()
    assert Heard(journal).look() == {}


def test_what_cannot_be_read_is_passed_over(journal: Journal) -> None:
    name = f"{'ab' * 8}.{'1' * 16}.answer.aul"
    bodies = (
        '{"check":"x"}',
        f'{{"check":"{CHECK}","counts":{{"E":1}}}}',
        f'{{"check":"{CHECK}","counts":{{"A":-1}}}}',
    )
    facts = [(pack(10, number), "check-answered", body) for number, body in enumerate(bodies)]
    facts.append((pack(11), *encode(CheckAnswered(CHECK, "", counts={"B": 2}))))
    journal.ledger.write(
        lambda db: tables.take(db, protocol.batch(name, 1, chain.genesis(name), facts), facts)
    ).result()
    journal.ledger.note("teaching", "", ASKED).result()
    assert Heard(journal).look()[CHECK].totals == {"A": 0, "B": 2}


def test_of_many_checks_those_that_were_heard_of_last_are_remembered(journal: Journal) -> None:
    asked = [CheckAsked(f"{number:016x}", "?", ("1", "2")) for number in range(heard.MOST_CHECKS + 5)]
    journal.ledger.append([Entry("teaching", "", each) for each in asked]).result()
    journal.ledger.note("teaching", "", CheckEnded(asked[0].check)).result()
    known = Heard(journal).look()
    assert len(known) == heard.MOST_CHECKS
    assert asked[0].check in known
    assert asked[1].check not in known


def test_the_newest_lesson_of_a_node_counts(journal: Journal) -> None:
    for stream in ("physics", "chemistry"):
        journal.ledger.note("log", "aul", LessonStarted("7Б 2026-11-26 08:30", stream)).result()
    ears = Heard(journal)
    ears.look()
    assert ears.begun[journal.identity.node].stream == "chemistry"


def test_a_clock_that_runs_ahead_of_the_hubs_does_not_make_a_check_old(journal: Journal) -> None:
    hours = 5 * 3_600_000
    boot = journal.ledger.read(lambda db: db.execute("SELECT boot FROM here").fetchone()[0])
    journal.ledger.note("control", "", ClockSeen(boot, "a" * 16, -hours, -hours)).result()
    ears = Heard(journal)
    ears.look()
    assert ears.now() == pytest.approx(journal.ledger.now() - hours, abs=5000)
