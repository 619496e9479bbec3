"""The laboratory's file: what a curve and an export read of a long run."""

from pathlib import Path
from time import perf_counter

from edge.contract.notices import Bound
from edge.lab.active import Beginning
from edge.lab.export import number
from edge.lab.files import Exporter
from edge.lab.store import Store

BOUND = tuple(Bound("temperature", "d", f"t{n}", "Cel") for n in range(4))
LONG = 36_000 * 4  # moments: one of the ten hours that a bench measures, at 40 a second


def store_with(folder: Path, moments: int) -> Store:
    store = Store(folder)
    store.begin(Beginning("r", "cooling", 1_790_000_000_000, 1, "", BOUND, False))
    rows = [
        (moment * 25_000, channel, 20.0 + moment % 97, 0) for moment in range(moments) for channel in range(4)
    ]
    store.add("r", rows, [1_000_000])
    return store


def test_a_curve_of_few_points_shows_every_peak(tmp_path: Path) -> None:
    store = store_with(tmp_path, 5000)
    store.add("r", [(200_000_000, 0, 999.0, 1)], [])
    curve = store.curve("r", 0, 100)
    assert 50 < len(curve) <= 102
    assert max(value for _, value in curve) == 999.0
    assert min(value for _, value in curve) == 20.0
    assert [at for at, _ in curve] == sorted(at for at, _ in curve)
    store.close()


def test_a_short_curve_is_shown_whole(tmp_path: Path) -> None:
    store = store_with(tmp_path, 30)
    assert store.curve("r", 3, 100) == [(moment * 25_000, 20.0 + moment) for moment in range(30)]
    store.close()


def test_a_long_run_is_drawn_and_exported_while_a_class_waits(tmp_path: Path) -> None:
    store = store_with(tmp_path / "lab", LONG // 4)
    run = store.find("r")
    assert run is not None
    began = perf_counter()
    store.curve("r", 0, 400)
    drawn = perf_counter()
    path = Exporter(tmp_path / "exports", store).write(run, "kk")
    exported = perf_counter()
    assert len(path.read_bytes().splitlines()) > LONG // 4
    assert drawn - began < 1.0
    assert exported - drawn < 3.0
    store.close()


def test_numbers_have_a_comma_and_all_their_digits() -> None:
    assert [number(each) for each in (21.5, -0.25, 3.0, 1e6, 0.1234567891)] == [
        *("21,5", "-0,25", "3", "1000000", "0,1234567891"),
    ]


def test_the_oldest_of_many_runs_are_forgotten_once_the_journal_has_them(tmp_path: Path) -> None:
    store = store_with(tmp_path, 10)
    for name in ("s", "t"):
        store.begin(Beginning(name, "cooling", 1_790_000_001_000, 1, "", BOUND, False))
        store.add(name, [(1, 0, 1.0, 0)], [1])
        store.end(name, "done", "", 1.0)
    store.settle(most=1)
    assert [each.id for each in store.recent(5)] == ["t", "s", "r"]
    for name in ("r", "s", "t"):
        store.noted(name)
    store.settle(most=1)
    assert [each.id for each in store.recent(5)] == ["t"]
    assert list(store.rows("t")) == [(1, 0, 1.0, 0)]
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
