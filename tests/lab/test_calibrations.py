"""Calibrations: kept durably, applied on reading, and never to what is stored."""

import json
from pathlib import Path

import pytest

from devices.calibration import Calibration
from edge.contract.commands import (
    Calibrate,
    ExportExperiment,
    ReadAnalysis,
    ReadCurve,
    StartExperiment,
    StopExperiment,
)
from edge.contract.notices import Bound, Reading
from edge.lab.calibrations import Calibrations
from edge.lab.failures import StoreFailed
from tests.lab.room import Room, room
from tests.lab.test_modes import lines_of

DEVICE, CHANNEL = "simulated-thermometer", "temperature"
TEN_LESS = Calibrate(DEVICE, CHANNEL, "Айгүл", ((0.0, -10.0), (100.0, 90.0)))


def made(*points: tuple[float, float]) -> Calibration:
    return Calibration("", "2026-11-26", "Айгүл", points)


async def shown_true(it: Room) -> Reading:
    return await it.told(Reading, lambda each: each.raw is not None and each.value is not None)


def test_the_newest_counts_and_the_older_ones_stay(tmp_path: Path) -> None:
    calibrations = Calibrations(tmp_path)
    first = calibrations.add("d", "t", made((20.0, 21.0)))
    second = calibrations.add("d", "t", made((20.0, 25.0)))
    other = calibrations.add("d", "p", made((1.0, 2.0)))
    again = Calibrations(tmp_path)
    assert [first.id, second.id, other.id] == ["c1", "c2", "c3"]
    assert again.of("d", "t") == second
    assert again.named("c1") == first
    assert again.of("other", "t") is None
    assert again.bound(Bound("temperature", "d", "t", "Cel")).calibration == "c2"
    assert again.add("d", "t", made()).id == "c4"
    assert again.of("d", "t") is None


def test_a_reading_is_corrected_and_keeps_what_it_showed(tmp_path: Path) -> None:
    calibrations = Calibrations(tmp_path)
    calibrations.add("d", "t", made((20.0, 21.5)))
    assert calibrations.corrected(Reading("d", "t", 0, 20.0)) == Reading("d", "t", 0, 21.5, raw=20.0)
    for untouched in (Reading("d", "p", 0, 20.0), Reading("d", "t", 0)):
        assert calibrations.corrected(untouched) == untouched


@pytest.mark.parametrize(
    "content",
    [
        "no json",
        '{"device": "d"}',
        '[{"device":"d","channel":"t","calibration":{"id":"c1","day":"","by":"","points":[[1,1],[1,2]]}}]',
        "\xff",
    ],
)
def test_a_file_that_cannot_be_read_is_put_aside_and_nothing_is_corrected(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "calibrations.json").write_text(content, encoding="latin-1")
    calibrations = Calibrations(tmp_path)
    assert calibrations.of("d", "t") is None
    assert (tmp_path / "broken-calibrations.json").read_text(encoding="latin-1") == content
    assert calibrations.add("d", "t", made((1.0, 2.0))).id == "c1"


def test_what_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "lab").write_text("a file where the folder should be")
    calibrations = Calibrations(tmp_path / "lab")
    with pytest.raises(StoreFailed):
        calibrations.add("d", "t", made((1.0, 2.0)))
    assert calibrations.of("d", "t") is None


async def test_a_calibrated_sensor_shows_what_is_true(tmp_path: Path) -> None:
    async with room(tmp_path, "thermometer") as it:
        await it.measured("thermometer")
        await it.ask(TEN_LESS)
        reading = await shown_true(it)
    assert reading.raw is not None
    assert reading.value == pytest.approx(reading.raw - 10)
    (kept,) = json.loads((tmp_path / "lab" / "calibrations.json").read_text())
    assert (kept["device"], kept["calibration"]["by"]) == (DEVICE, "Айгүл")


async def test_a_run_keeps_raw_values_and_is_read_with_the_calibration_of_then(tmp_path: Path) -> None:
    async with room(tmp_path, "thermometer") as it:
        await it.measured("thermometer")
        await it.ask(TEN_LESS)
        await it.ask(StartExperiment("cooling"))
        run = await it.run(lambda each: each.state == "running" and each.samples > 3)
        await it.ask(Calibrate(DEVICE, CHANNEL, "Ерлан", ((0.0, 500.0),)))
        await it.ask(StopExperiment())
        curve = await it.ask(ReadCurve(run.id, DEVICE, CHANNEL))
        analysis = await it.ask(ReadAnalysis(run.id))
        exported = await it.ask(ExportExperiment(run.id, "en"))
    assert run.bound[0].calibration == "c1"
    assert all(70 < value < 76 for value in curve.values)
    assert analysis.ys == pytest.approx(curve.values)
    lines = lines_of(exported.path)
    columns = next(line for line in lines if line.startswith("Time"))
    first = lines[lines.index(columns) + 1].split(";")
    assert "Calibration;c1;" in "".join(lines)
    assert "Айгүл" in "".join(lines)
    assert columns.startswith("Time, s;Temperature, °C;Temperature, °C (as shown);")
    assert float(first[2].replace(",", ".")) == pytest.approx(float(first[1].replace(",", ".")) + 10)


async def test_a_calibration_of_nothing_or_of_nonsense_is_refused(tmp_path: Path) -> None:
    async with room(tmp_path, "thermometer") as it:
        await it.measured("thermometer")
        assert await it.refused(Calibrate("none", CHANNEL, "A", ((1.0, 2.0),))) == ("not-found", {})
        assert await it.refused(Calibrate(DEVICE, "none", "A", ((1.0, 2.0),))) == ("not-found", {})
        twice = Calibrate(DEVICE, CHANNEL, "A", ((1.0, 2.0), (1.0, 3.0)))
        both = Calibrate(DEVICE, CHANNEL, "A", ((1.0, 2.0),), (1.0, 2.0))
        assert [(await it.refused(each))[0] for each in (twice, both)] == ["calibration-wrong"] * 2
        await it.ask(TEN_LESS)
        await shown_true(it)
        await it.ask(Calibrate(DEVICE, CHANNEL, "A"))
        await it.told(Reading, lambda each: each.value is not None and each.raw is None)
