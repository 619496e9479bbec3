"""The table of a run, cell by cell: tests/samples/lab/*.csv are what Excel opens."""

import csv
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from devices.calibration import Calibration
from edge.lab.active import Active, Scene
from edge.lab.files import WORDS, Exporter
from edge.lab.store import Kept, Store
from edge.words import load
from tests.house.source import ROOT
from tests.lab.runs import active, batch, beginning, bound, kept, sample, template
from tui.words import words_of

SAMPLES = ROOT / "tests/samples/lab"
CALIBRATION = Calibration("c7", "2026-11-20", "Айгүл", ((0.0, 1.0), (100.0, 101.0)))


def boyle() -> Active:
    """Return a run of three events, one of them out of range."""
    run = active("boyle", "pressure")
    scene = Scene("7Б 2026-11-26 08:30", "2026-11-26_hub", 61.5)
    run.beginning = structs.replace(
        run.beginning,
        scene=scene,
        simulated=True,
        bound=(structs.replace(run.beginning.bound[0], calibration="c7"),),
    )
    run.look_at(100.0, run.beginning.wall)
    for step, (volume, pressure) in enumerate(((20.0, 101.3), (19.0, 106.6), (18.5, 999.0)), 1):
        run.mark(100.5 + step, volume, [sample("pressure", 100.0 + step, pressure, beyond=pressure > 400)])
    run.look_at(104.0, run.beginning.wall + 3_604_000)
    return run


@pytest.fixture
def exporter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Exporter, Kept]]:
    """A run of events that is kept, and who writes it."""
    monkeypatch.setenv("TZ", "<+05>-5")
    time.tzset()
    store, _ = kept(tmp_path / "lab", boyle())
    store.end("r", "done", "", 4.0)
    run = store.find("r")
    assert run is not None
    yield Exporter(tmp_path / "exports", store, lambda id_: CALIBRATION if id_ == "c7" else None), run
    store.close()
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_a_table_is_what_it_was(exporter: tuple[Exporter, Kept], lang: str) -> None:
    written = exporter[0].write(exporter[1], lang).read_bytes()
    assert written == (SAMPLES / f"boyle-{lang}.csv").read_bytes()


def test_a_table_is_rectangular_and_its_decimal_sign_is_a_comma(exporter: tuple[Exporter, Kept]) -> None:
    text = exporter[0].write(exporter[1], "en").read_text("utf-8-sig")
    rows = list(csv.reader(text.splitlines(), delimiter=";"))
    below = rows[rows.index([]) + 1 :]
    assert {len(row) for row in below} == {8}
    assert below[1] == ["1,5", "102,3", "101,3", "20", "2046", "0,05", "1", ""]


def test_marks_stand_in_rows_of_their_own_and_channels_in_common_ones(tmp_path: Path) -> None:
    store = Store(tmp_path / "lab")
    store.begin(beginning(template(2), bound("temperature", "temperature")))
    store.add(
        "r",
        batch(
            {0: [(1_000_000, 20.5), (2_000_000, 21.0)], 1: [(1_000_000, 30.0)]}, 500_000, 2_000_000, 9_000_000
        ),
    )
    run = store.find("r")
    assert run is not None
    lines = Exporter(tmp_path, store).write(run, "en").read_text("utf-8-sig").splitlines()
    store.close()
    assert lines[lines.index("") + 2 :] == ["0,5;;;1;", "1;20,5;30;;", "2;21;;2;", "9;;;3;"]


def test_a_run_without_anything_is_a_table_without_rows(tmp_path: Path) -> None:
    store = Store(tmp_path / "lab")
    store.begin(beginning("ohm", bound("voltage", "current")))
    run = store.find("r")
    assert run is not None
    lines = Exporter(tmp_path, store).write(run, "ru").read_text("utf-8-sig").splitlines()
    store.close()
    assert lines[-1].startswith("Время, с;Напряжение, В;")


def test_names_that_look_like_formulas_are_text(tmp_path: Path) -> None:
    store = Store(tmp_path / "lab")
    evil = tuple(structs.replace(each, device="=cmd()", channel="+1") for each in bound("temperature"))
    store.begin(beginning("cooling", evil))
    run = store.find("r")
    assert run is not None
    text = Exporter(tmp_path, store).write(run, "ru").read_text("utf-8-sig")
    store.close()
    assert ";'=cmd();'+1\n" in text


def test_a_long_run_has_no_computed_columns_and_says_so(tmp_path: Path) -> None:
    store = Store(tmp_path / "lab")
    store.begin(beginning("cooling", bound("temperature")))
    count = 200_001
    store.add("r", batch({0: [(1000 * each, 20.0) for each in range(count)]}))
    run = store.find("r")
    assert run is not None
    lines = Exporter(tmp_path, store).write(run, "en").read_text("utf-8-sig").splitlines()
    store.close()
    assert "Note;A long run: computed columns are left out" in lines
    assert lines[lines.index("") + 1] == "Time, s;Temperature, °C;Mark;Remark"
    assert len(lines) - lines.index("") - 2 == count


def test_a_table_says_how_good_the_instrument_is_and_what_it_showed_in_its_own_unit(tmp_path: Path) -> None:
    store = Store(tmp_path / "lab")
    one = structs.replace(*bound("distance"), own="cm", accuracy=0.02, resolution=0.001)
    store.begin(beginning("free-fall", (one,)))
    store.add("r", batch({0: [(1_000_000, 123.0)]}))
    run = store.find("r")
    assert run is not None
    lines = Exporter(tmp_path, store).write(run, "ru").read_text("utf-8-sig").splitlines()
    store.close()
    assert "Измерялось;Расстояние, м;d;distance" in lines
    assert "Точность;± 0,02;м" in lines
    assert "Разрешение;0,001;м" in lines
    columns = next(line for line in lines if line.startswith("Время"))
    assert columns.startswith("Время, с;Расстояние, м;Расстояние, см (показал прибор);")
    assert lines[-1].startswith("1;1,23;123;")


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_a_table_calls_every_quantity_as_the_screen_does(lang: str) -> None:
    words = words_of(lang)
    screen = {key: words.say(key) for key in words.keys() if key.startswith("quantity-")}  # noqa: SIM118
    table = {key: said for key, said in load(lang, WORDS).items() if key.startswith("quantity-")}
    assert table == screen
