"""A journal that many write at once: nothing is lost, nothing stands twice, and nobody spoils another's."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync import tables
from sync.errors import JournalBroken, JournalClosed, JournalError, TooLarge, WriterFailed
from sync.ledger import FILE, Ledger
from sync.protocol import MAX_BODY
from sync.records import LessonPlanned, Record, RegisterTaken, ScreenNote, encode
from sync.reserve import Reserve
from sync.streams import StreamName
from sync.tables import Entry, Noted
from tests.house.source import ROOT
from tests.sync.peers import Computer, Peer, a_lesson, node_id

NODE = node_id(1)
DEADLINE = 30.0  # seconds: a busy computer
APPENDS = 40
WRITER = """
import sys
from pathlib import Path
from sync.ledger import Ledger
from sync.records import ScreenNote
print("ready", flush=True)
sys.stdin.readline()
ledger = Ledger(Path(sys.argv[1]), sys.argv[2])
for number in range(int(sys.argv[4])):
    noted = ledger.note("log", "aul", ScreenNote(f"{sys.argv[3]} {number}")).result()[-1]
    print(noted.seq, noted.id, flush=True)
ledger.close()
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(small(tmp_path)) as opened:
        yield opened


def small(folder: Path) -> Ledger:
    """Open a journal that keeps no reserve."""
    return Ledger(folder, NODE, Computer("pc"), Reserve(folder, size=0, slack=0))


def register(number: int, **marks: str) -> Entry:
    """Return a register."""
    return Entry("register", "aul", RegisterTaken(a_lesson(number), {1: "present"}))


def seqs(ledger: Ledger, class_: str = "register") -> list[int]:
    """Return the numbers of a class's facts in the order of arrival."""
    query = "SELECT seq FROM event JOIN stream ON stream.id = event.stream WHERE class = ? ORDER BY at"
    return [seq for (seq,) in ledger.read(lambda db: db.execute(query, (class_,)).fetchall())]


def held_up(ledger: Ledger) -> threading.Event:
    """Keep the writer busy until the event is set, so that what follows waits together."""
    go = threading.Event()
    ledger.write(lambda db: go.wait(DEADLINE))
    return go


def test_an_answer_names_the_fact_where_it_stands(ledger: Ledger) -> None:
    one, two = (ledger.append([register(number)]).result()[-1] for number in (1, 2))
    assert (one.seq, two.seq) == (1, 2)
    assert one.stream == two.stream == StreamName(NODE, one.stream.incarnation, "register", "aul")
    assert one.hlc < two.hlc
    assert one.at < two.at


def test_the_first_fact_of_a_boot_says_that_the_computer_came_up(ledger: Ledger) -> None:
    noted = ledger.append([register(1)]).result()
    assert [each.stream.class_ for each in noted] == ["control", "register"]
    assert len(ledger.append([register(2)]).result()) == 1


def test_facts_of_one_append_are_written_all_or_none(ledger: Ledger) -> None:
    long = Entry("log", "aul", ScreenNote("x" * MAX_BODY))
    with pytest.raises(TooLarge):
        ledger.append([register(1), long, register(2)]).result()
    assert ledger.newest() == 0
    assert len(ledger.append([register(1), register(2)]).result()) == 3


def test_threads_that_append_at_once_leave_no_gap(ledger: Ledger) -> None:
    noted: list[Noted] = []

    def append() -> None:
        for number in range(APPENDS):
            noted.extend(ledger.append([register(number)]).result())

    threads = [threading.Thread(target=append) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    mine = [each for each in noted if each.stream.class_ == "register"]
    assert sorted(each.seq for each in mine) == seqs(ledger) == list(range(1, 6 * APPENDS + 1))
    assert len({each.id for each in noted}) == len(noted)
    in_order = sorted(mine, key=lambda each: each.seq)
    assert all(one.hlc < other.hlc for one, other in pairwise(in_order))


def test_processes_that_append_at_once_leave_no_gap(tmp_path: Path) -> None:
    command = (sys.executable, "-c", WRITER, str(tmp_path), NODE)
    writers = [
        subprocess.Popen(
            (*command, str(number), str(APPENDS)),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    with closing(Ledger(tmp_path, NODE)) as ledger:  # the daemon, on a disk that has no journal yet
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.write("go\n")
            writer.stdin.flush()
        ours = [ledger.note("log", "aul", ScreenNote(f"ours {n}")).result()[-1] for n in range(APPENDS)]
        ended = [writer.communicate(timeout=DEADLINE) for writer in writers]
    told = [line.split() for out, _ in ended for line in out.splitlines()]
    assert [error for _, error in ended] == [""] * 4
    assert sorted([int(seq) for seq, _ in told] + [each.seq for each in ours]) == list(
        range(1, 5 * APPENDS + 1)
    )
    peer = Peer(tmp_path, NODE)
    assert peer.faults() == []
    assert len(peer.facts("log")) == 5 * APPENDS
    peer.ledger.close()


def test_several_processes_may_be_the_first_at_once(tmp_path: Path) -> None:
    command = (sys.executable, "-c", WRITER, str(tmp_path / "new"), NODE)
    writers = [
        subprocess.Popen(
            (*command, str(number), "3"), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for number in range(4)
    ]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    ended = [writer.communicate(timeout=DEADLINE) for writer in writers]
    assert sorted(int(line.split()[0]) for out, _ in ended for line in out.splitlines()) == list(range(1, 13))


def test_jobs_that_wait_together_are_committed_together(ledger: Ledger) -> None:
    go, commits = held_up(ledger), list[str]()
    ledger.write(lambda db: db.set_trace_callback(commits.append))
    futures = [ledger.append([register(number)]) for number in range(30)]
    go.set()
    assert [future.result()[-1].seq for future in futures] == list(range(1, 31))
    assert commits.count("COMMIT") == 1


def test_whoever_is_told_can_read_what_was_written(ledger: Ledger) -> None:
    seen: list[list[int]] = []
    for number in range(10):
        ledger.append([register(number)]).add_done_callback(lambda _: seen.append(seqs(ledger)))
    ledger.append([register(10)]).result()
    assert seen[0] == [1] or len(seen[0]) > 1
    assert all(len(found) >= number for number, found in enumerate(seen, 1))


class Refused(JournalError):
    """What a job of a test raises."""


def _refuse(db: sqlite3.Connection) -> None:
    tables.append(db, NODE, [register(99)], Computer("other")())
    raise Refused("no")


def _breaks(db: sqlite3.Connection) -> None:
    tables.append(db, NODE, [register(99)], Computer("other")())
    raise ZeroDivisionError


def _wrong_sql(db: sqlite3.Connection) -> None:
    tables.append(db, NODE, [register(99)], Computer("other")())
    db.execute("INSERT INTO nowhere VALUES (1)")


@pytest.mark.parametrize(
    ("job", "told"), [(_refuse, Refused), (_breaks, ZeroDivisionError), (_wrong_sql, WriterFailed)]
)
def test_a_job_that_fails_fails_alone_and_says_why(
    ledger: Ledger, job: "type[object]", told: type[Exception]
) -> None:
    go = held_up(ledger)
    before = ledger.append([register(1)])
    failing: list[Future[None]] = [ledger.write(job) for _ in range(2)]  # type: ignore[arg-type]  # a function
    after = ledger.append([register(2)])
    go.set()
    assert [future.result()[-1].seq for future in (before, after)] == [1, 2]
    for future in failing:
        assert isinstance(future.exception(), told)
    assert seqs(ledger) == [1, 2]


def test_another_process_that_holds_the_journal_too_long_is_waited_for_once(ledger: Ledger) -> None:
    wait = 0.3
    ledger.write(lambda db: db.execute(f"PRAGMA busy_timeout = {wait * 1000:.0f}").fetchall()).result()
    with closing(ledger.reader()) as other:
        other.execute("BEGIN IMMEDIATE")
        began = monotonic()
        futures = [ledger.append([register(number)]) for number in range(40)]
        failures = [future.exception(DEADLINE) for future in futures]
        waited = monotonic() - began
        other.execute("ROLLBACK")
    assert all(isinstance(failure, WriterFailed) and "locked" in str(failure) for failure in failures)
    assert waited < len(futures) * wait / 2
    assert ledger.append([register(1)]).result()[-1].seq == 1


def test_what_was_cancelled_before_its_turn_is_not_written(ledger: Ledger) -> None:
    go = held_up(ledger)
    cancelled, other = ledger.append([register(1)]), ledger.append([register(2)])
    assert cancelled.cancel()
    go.set()
    assert other.result()[-1].seq == 1
    with pytest.raises(CancelledError):
        cancelled.result()


def test_closing_commits_what_waits_and_then_refuses_in_words(tmp_path: Path) -> None:
    ledger = small(tmp_path)
    go = held_up(ledger)
    futures = [ledger.append([register(number)]) for number in range(200)]
    go.set()
    ledger.close()
    assert [future.result(0)[-1].seq for future in futures] == list(range(1, 201))
    with pytest.raises(WriterFailed, match="closed"):
        ledger.append([register(1)])


def test_a_closed_journal_refuses_a_reader_that_comes_late_in_words(tmp_path: Path) -> None:
    ledger = small(tmp_path)
    ledger.close()
    with pytest.raises(JournalClosed, match="closed"):
        ledger.newest()


def test_a_journal_that_is_opened_again_goes_on_where_it_ended(tmp_path: Path) -> None:
    with closing(small(tmp_path)) as ledger:
        first = ledger.append([register(1)]).result()[-1]
    with closing(small(tmp_path)) as ledger:
        second = ledger.append([register(2)]).result()[-1]
        assert (second.seq, second.stream) == (2, first.stream)
        assert second.hlc > first.hlc


def test_one_reading_sees_one_state_however_many_statements_it_has(ledger: Ledger) -> None:
    def twice(db: sqlite3.Connection) -> list[int]:
        counted = [db.execute("SELECT count(*) FROM event").fetchone()[0]]
        ledger.append([register(1)]).result()
        return [*counted, db.execute("SELECT count(*) FROM event").fetchone()[0]]

    assert ledger.read(twice) == [0, 0]
    assert ledger.newest() == 2


def test_long_reading_beside_writing_holds_nobody_up(ledger: Ledger) -> None:
    for number in range(50):
        ledger.append([register(number)]).result()
    with closing(ledger.reader()) as db:
        rows = db.execute(
            "SELECT seq FROM event JOIN stream ON stream.id = event.stream WHERE class = 'register'"
        )
        first = next(rows)
        written = [ledger.append([register(number)]).result()[-1].seq for number in range(50, 100)]
        assert [first, *rows] == [(seq,) for seq in range(1, 51)], "as it was when the reading began"
    assert written == list(range(51, 101))


def test_a_reading_that_fails_leaves_the_next_one_alone(ledger: Ledger) -> None:
    with pytest.raises(sqlite3.OperationalError):
        ledger.read(lambda db: db.execute("SELECT * FROM nowhere"))
    assert ledger.newest() == 0


def test_a_fact_that_nobody_would_take_is_refused_at_once(ledger: Ledger) -> None:
    def of(size: int) -> list[Entry]:
        return [Entry("log", "aul", ScreenNote("ә" * (size // 2)))]

    frame = len('{"text":""}')
    assert ledger.append(of(MAX_BODY - frame - 1)).result()
    with pytest.raises(TooLarge, match=f"screen-note.*{MAX_BODY}"):
        ledger.append(of(MAX_BODY)).result()
    assert seqs(ledger, "log") == [1]


@pytest.mark.parametrize("school", ["Аул", "a.b", "x" * 33, "a b"])
def test_a_stream_whose_name_could_not_travel_is_not_begun(ledger: Ledger, school: str) -> None:
    with pytest.raises(ValueError, match="not a stream"):
        ledger.note("register", school, RegisterTaken(a_lesson(1), {})).result()
    assert ledger.read(tables.held) == {}


@given(record=st.sampled_from((ScreenNote, RegisterTaken)), text=st.text(max_size=50))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_as_it_was(ledger: Ledger, record: type[Record], text: str) -> None:
    written = ScreenNote(text) if record is ScreenNote else RegisterTaken(text, {})
    noted = ledger.note("log", "aul", written).result()[-1]
    query = "SELECT kind, body FROM event WHERE at = ?"
    assert ledger.read(lambda db: db.execute(query, (noted.at,)).fetchone()) == encode(written)


# Files that are not what this version wrote.


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"journal, honestly" * 100)
    with pytest.raises(JournalBroken, match=FILE):
        small(tmp_path)
    assert (tmp_path / FILE).read_bytes() == b"journal, honestly" * 100


def test_somebody_elses_database_is_not_taken_over(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("CREATE TABLE stream (title TEXT)")
    with pytest.raises(JournalBroken, match="no journal of ours"):
        small(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalBroken, match="file"):
        small(tmp_path / "file" / "journal")


def test_a_journal_of_the_next_release_can_still_be_read_after_a_way_back(tmp_path: Path) -> None:
    with closing(small(tmp_path)) as ledger:
        ledger.append([register(1)]).result()
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.executescript(
            """CREATE TABLE later (n INTEGER); ALTER TABLE stream ADD COLUMN later TEXT NOT NULL DEFAULT '';
            INSERT INTO _sqlite_migrations (migration_set, name, applied_at)
              VALUES ('journal', 'later', 'now')"""
        )
    with closing(small(tmp_path)) as ledger:
        assert ledger.append([register(2)]).result()[-1].seq == 2


def test_a_journal_that_lost_power_while_it_was_made_is_made(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    with closing(small(tmp_path)) as ledger:
        assert (
            ledger.note("timetable", "aul", LessonPlanned("7Б", "08:30", (), "Физика")).result()[-1].seq == 1
        )


def test_a_journal_whose_insides_are_damaged_fails_in_words(tmp_path: Path) -> None:
    with closing(small(tmp_path)) as ledger:
        for number in range(200):
            ledger.append([register(number)]).result()
    raw = bytearray((tmp_path / FILE).read_bytes())
    raw[4096:] = bytes(len(raw) - 4096)
    (tmp_path / FILE).write_bytes(raw)
    with pytest.raises(JournalError, match=r"malformed|no journal"), closing(small(tmp_path)) as ledger:
        ledger.append([register(1)]).result()
