"""The laboratory's file: what a curve and an export read of a long run."""

import sqlite3
from pathlib import Path
from time import thread_time

import pytest
from msgspec import structs

from edge.lab.active import Mark, Scene
from edge.lab.analyst import Analyst
from edge.lab.chunks import SIZE
from edge.lab.export import number
from edge.lab.failures import StoreFailed
from edge.lab.files import Exporter
from edge.lab.store import Store
from tests.lab.runs import active, batch, beginning, bound, kept, sample, template

FOUR = bound("temperature", "temperature", "temperature", "temperature")
HOUR = 36_000  # moments at 10 Hz: a tenth of what a bench measures


def store_with(folder: Path, moments: int) -> Store:
    store = Store(folder)
    store.begin(beginning(template(4), FOUR))
    rows = [(moment * 25_000, 20.0 + moment % 97) for moment in range(moments)]
    store.add("r", batch(dict.fromkeys(range(4), rows), 1_000_000))
    return store


def values(store: Store, channel: int = 0, run: str = "r") -> list[float]:
    return [value for piece in store.channel(run, channel) for value in piece.values]


def test_what_comes_in_small_pieces_is_read_as_one(tmp_path: Path) -> None:
    run = active("cooling", "temperature")
    store, _ = kept(tmp_path, run)
    for step in range(3 * SIZE // 7):
        run.take("d", [sample("temperature", 101.0 + step + n / 10, 7.0 * step + n) for n in range(7)])
        store.add("r", run.collected())
    count = 3 * SIZE // 7 * 7
    assert values(store) == [float(each) for each in range(count)]
    assert store.counted("r", 0) == (count, 1_000_000 * (count // 7) + 600_000)
    with sqlite3.connect(store.path) as db:
        chunks = [row[0] for row in db.execute("SELECT count FROM chunk ORDER BY number")]
    db.close()
    store.close()
    assert chunks == [SIZE, SIZE, count - 2 * SIZE]


def test_what_comes_at_once_is_cut_into_chunks(tmp_path: Path) -> None:
    store = store_with(tmp_path, 2 * SIZE)
    assert values(store, 3) == [20.0 + moment % 97 for moment in range(2 * SIZE)]
    store.add("r", batch({3: [(10**9, 1.0)]}))
    assert values(store, 3)[-1] == 1.0
    assert [len(rows) for rows in store.rows("r")][-1] >= 1
    store.close()


def test_two_runs_one_after_the_other_do_not_mix(tmp_path: Path) -> None:
    first = active("cooling", "temperature")
    first.take("d", [sample("temperature", 101.0, 1.0)])
    store, _ = kept(tmp_path, first)
    store.end("r", "done", "", 1.0)
    store.begin(structs.replace(first.beginning, id="s"))
    store.add("s", batch({0: [(5, 2.0)]}))
    assert (values(store), values(store, 0, "s")) == ([1.0], [2.0])
    store.close()


def test_a_curve_of_few_points_shows_every_peak(tmp_path: Path) -> None:
    store = store_with(tmp_path, 5000)
    store.add("r", batch({0: [(200_000_000, 999.0)]}))
    run = store.find("r")
    assert run is not None
    curve = Analyst(store, lambda _: None).curve(run, 0, 100)
    assert 50 < len(curve.values) <= 130
    assert (max(curve.values), min(curve.values)) == (999.0, 20.0)
    assert list(curve.times) == sorted(curve.times)
    assert curve.marks == (1.0,)
    store.close()


def test_a_short_curve_is_shown_whole(tmp_path: Path) -> None:
    store = store_with(tmp_path, 30)
    run = store.find("r")
    assert run is not None
    curve = Analyst(store, lambda _: None).curve(run, 3, 100)
    assert curve.values == tuple(20.0 + moment for moment in range(30))
    assert curve.times == pytest.approx([moment * 0.025 for moment in range(30)])
    store.close()


def test_a_long_run_is_drawn_analysed_and_exported_while_a_class_waits(tmp_path: Path) -> None:
    store = store_with(tmp_path / "lab", HOUR)
    run = store.find("r")
    assert run is not None
    began = thread_time()
    Analyst(store, lambda _: None).curve(run, 0, 400)
    Analyst(store, lambda _: None).analysis(run, "", "", 400)
    drawn = thread_time()
    path = Exporter(tmp_path / "exports", store).write(run, "kk")
    exported = thread_time()
    assert len(path.read_bytes().splitlines()) > HOUR
    assert drawn - began < 1.0
    assert exported - drawn < 1.5
    store.close()


def test_numbers_have_a_comma_and_all_their_digits() -> None:
    assert [number(each) for each in (21.5, -0.25, 3.0, 1e6, 0.1234567891)] == [
        *("21,5", "-0,25", "3", "1000000", "0,1234567891"),
    ]


def test_the_oldest_of_many_runs_are_forgotten_once_the_journal_has_them(tmp_path: Path) -> None:
    store = store_with(tmp_path, 10)
    for name in ("s", "t"):
        store.begin(structs.replace(beginning(template(4), FOUR), id=name, wall=1_795_680_001_000))
        store.add(name, batch({0: [(1, 1.0)]}, 1))
        store.end(name, "done", "", 1.0)
    store.settle(most=1)
    assert [each.id for each in store.recent(5)] == ["t", "s", "r"]
    for name in ("r", "s", "t"):
        store.noted(name)
    store.settle(most=1)
    assert [each.id for each in store.recent(5)] == ["t"]
    assert list(store.rows("t")) == [[(1, 0, 1.0, 0)]]
    assert (store.marks("t"), list(store.rows("r"))) == ([Mark(1)], [])
    store.close()


def test_runs_that_nobody_records_are_ended_and_others_are_not(tmp_path: Path) -> None:
    store = store_with(tmp_path, 10)
    store.settle("r")
    assert [each.state for each in store.recent(5)] == ["running"]
    store.settle()
    assert [(each.state, each.reason, each.samples, each.marks) for each in store.recent(5)] == [
        ("stopped", "interrupted", 40, 1)
    ]
    assert [each.seconds for each in store.unnoted()] == [1.0]
    store.noted("r")
    assert store.unnoted() == []
    store.close()


def test_a_run_is_kept_with_its_template_its_lesson_and_the_second_of_the_recording(tmp_path: Path) -> None:
    store = Store(tmp_path)
    scene = Scene("7Б 2026-11-26 08:30", "rec-1", 61.5)
    it = beginning("boyle", bound("pressure"), scene)
    store.begin(it)
    found = store.find("r")
    assert found is not None
    assert (found.template, found.scene, found.bound) == (it.template, scene, it.bound)
    store.close()


def test_the_time_of_day_at_which_it_truly_began_is_kept(tmp_path: Path) -> None:
    run = active("cooling", "temperature")
    run.look_at(101.0, 1_800_000_000_000)
    run.look_at(102.0, 1_900_000_000_000)
    store, found = kept(tmp_path, run)
    assert found.began == 1_799_999_999_000
    assert store.anchors("r") == [(0, 1_799_999_999_000), (2_000_000, 1_900_000_000_000)]
    store.close()


@pytest.mark.parametrize("content", [b"not a database, surely" * 100, b""])
def test_a_file_that_is_no_database_is_put_aside_or_filled(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "lab.db").write_bytes(content)
    store = store_with(tmp_path, 3)
    assert values(store) == [20.0, 21.0, 22.0]
    assert (tmp_path / "broken-lab.db").exists() == bool(content)
    store.close()


def test_a_file_of_another_time_is_put_aside(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "lab.db") as db:
        db.execute("CREATE TABLE run (id TEXT)")
        db.execute("PRAGMA user_version = 1")
    db.close()
    store = store_with(tmp_path, 3)
    assert len(values(store)) == 3
    assert (tmp_path / "broken-lab.db").exists()
    store.close()


def test_a_folder_that_cannot_be_made_is_an_error_of_the_disk(tmp_path: Path) -> None:
    (tmp_path / "lab").write_bytes(b"a file")
    with pytest.raises(StoreFailed) as failed:
        Store(tmp_path / "lab").begin(beginning(template(4), FOUR))
    assert failed.value.reason == "disk-error"


def test_the_later_of_two_marks_of_one_moment_is_taken_back(tmp_path: Path) -> None:
    store = store_with(tmp_path, 3)
    given = batch({}, 5, 5)
    store.add("r", given._replace(withdrawn=given.marks[:1]))
    found = store.find("r")
    assert (store.marks("r"), store.marks("r", withdrawn=True)) == ([Mark(5), Mark(1_000_000)], [Mark(5)])
    assert found is not None
    assert found.marks == 2
    store.close()


def test_a_run_of_a_newer_program_is_passed_over_and_the_others_are_listed(tmp_path: Path) -> None:
    store = store_with(tmp_path, 3)
    store.begin(structs.replace(beginning(template(4), FOUR), id="newer"))
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE run SET template = '{\"mode\": \"triggered\"}' WHERE id = 'newer'")
    db.close()
    assert [each.id for each in store.recent(5)] == ["r"]
    assert store.find("newer") is None
    store.close()
