"""What is on the disk is read once, and again only where it changed."""

from collections.abc import Iterator
from pathlib import Path
from time import thread_time

import msgspec
import pytest

from edge.classroom.timetable import Timetable
from edge.content.holdings import arranged
from edge.content.listing import GROWN, REREAD, Own, Ties
from edge.journal import Journal
from edge.media.record.recording import Recording, save
from edge.media.record.store import Store
from sync.records import LessonPlanned
from sync.tables import Entry
from tests.fakes import FakeClock

MANY = 5000
DAYS = tuple(f"2026-11-{day:02}" for day in range(1, 29))


class CountingStore(Store):
    """A store that counts how often it reads a file."""

    def __init__(self, state: Path) -> None:
        super().__init__(state, reserve=0)
        self.place.prepare()
        self.reads = 0

    def get(self, ident: str) -> Recording | None:
        """Read."""
        self.reads += 1
        return super().get(ident)


def a_recording(number: int, **changes: str) -> Recording:
    """Return a recording of some day and hour."""
    day, hour = DAYS[number % len(DAYS)], number % 10 + 3
    ident = f"s{number}-{day.replace('-', '')}T{hour:02}0000Z"
    made = Recording(
        id=ident,
        stream=f"s{number}",
        started=f"{day}T{hour:02}:00:00Z",
        media_type="video/mp4",
        state="done",
        seconds=2700.0,
    )
    return msgspec.structs.replace(made, **changes)


def put(store: Store, recording: Recording) -> None:
    """Note a recording on the disk."""
    save(store.place.disk, store.place.folder, recording)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path)
    yield opened
    opened.close()


def test_only_new_files_are_read(tmp_path: Path) -> None:
    store, clock = CountingStore(tmp_path), FakeClock()
    own = Own(store, clock)
    put(store, a_recording(1))
    first = own.all()
    assert own.all() is first
    put(store, a_recording(2))
    assert len(own.all()) == 2
    assert store.reads == 2
    clock.now += REREAD + 1
    assert len(own.all()) == 2
    assert store.reads == 2


def test_a_recording_that_grows_is_read_again_after_a_while(tmp_path: Path) -> None:
    store, clock = CountingStore(tmp_path), FakeClock()
    own = Own(store, clock)
    put(store, a_recording(1, state="recording"))
    own.all()
    own.all()
    assert store.reads == 1
    clock.now += GROWN + 1
    own.all()
    assert store.reads == 2


def test_what_is_removed_or_damaged_is_not_listed(tmp_path: Path) -> None:
    store = CountingStore(tmp_path)
    own = Own(store)
    assert Own(Store(tmp_path / "nothing")).all() == []
    for number in (1, 2):
        put(store, a_recording(number))
    own.all()
    store.remove(a_recording(1).id)
    (store.place.folder / "odd.json").write_bytes(b"{}")
    assert [each.id for each in own.all()] == [a_recording(2).id]


def test_thousands_of_recordings_of_a_long_timetable_are_arranged_within_seconds(
    tmp_path: Path, journal: Journal
) -> None:
    plans = [
        LessonPlanned(f"{class_}А", f"{hour:02}:00", DAYS, "Алгебра", hub="hub")
        for class_ in range(1, 12)
        for hour in range(3, 13)
    ]
    journal.ledger.append([Entry("timetable", "", plan) for plan in plans]).result()
    ties, recordings = Ties(Timetable(journal)), [a_recording(number) for number in range(MANY)]
    began = thread_time()
    ties.refresh()
    copies = ties.copies(recordings)
    entries = arranged(copies, [msgspec.structs.replace(each, id=f"hub{each.id}") for each in copies])
    took = thread_time() - began
    assert len(entries) >= MANY
    assert took < 10.0, "about one on an idle computer"
