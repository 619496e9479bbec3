"""An experiment from the list to the file: begun, marked, ended, looked at, exported, noted."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest

from devices.driver import Channel
from devices.simulate import Simulated, Source
from devices.simulated_line import plugged
from edge.contract.answers import Experiments
from edge.contract.commands import (
    ExportExperiment,
    ListExperiments,
    MarkMoment,
    ReadAnalysis,
    ReadCurve,
    StartExperiment,
    StopExperiment,
)
from edge.contract.notices import Devices, Reading, Run
from tests.disks import mounted
from tests.lab.journal import made
from tests.lab.room import DEADLINE, LESSON, Room, room, until

SMALL = 40 << 20  # bytes: the journal's reserve and files, and what a laboratory needs to begin


async def begun(it: Room, experiment: str, instrument: str) -> Run:
    await it.measured(instrument)
    await it.ask(StartExperiment(experiment, 2))
    return await it.run(lambda each: each.state == "running" and each.samples > 3)


async def test_what_can_be_measured_is_listed_and_what_cannot_is_said(tmp_path: Path) -> None:
    async with room(tmp_path, "thermometer") as it:
        await it.measured("thermometer")
        listed = await it.ask(ListExperiments())
        refused = await it.refused(StartExperiment("ohm"))
        unknown = await it.refused(StartExperiment("cold-fusion"))
    assert isinstance(listed, Experiments)
    assert [each.id for each in listed.experiments if each.ready] == ["cooling", "evaporation"]
    assert listed.experiments[0].title == {"kk": "Судың сууы", "ru": "Остывание воды", "en": "Cooling curve"}
    needs = {"quantity": "voltage", "unit": "V", "found": "temperature [Cel]"}
    assert refused == ("quantity-missing", needs)
    assert unknown == ("not-found", {})


async def test_no_sample_that_was_counted_is_lost_while_a_slow_disk_writes_the_end_of_a_run(
    tmp_path: Path,
) -> None:
    async with room(tmp_path, "pendulum") as it:
        running = await begun(it, "pendulum", "pendulum")
        it.laboratory._writer.submit(sleep, 0.3)
        active = it.laboratory._active
        assert active is not None
        await until(lambda: active.samples > running.samples)
        await it.ask(StopExperiment())
        done = await it.run(lambda each: each.state == "done")
        (fact,) = await made(it)
        curve = await it.ask(ReadCurve(running.id, "simulated-pendulum", "angle"))
    assert done.samples == fact.samples == len(curve.times)


async def test_an_experiment_is_recorded_with_its_marks_group_and_lesson(tmp_path: Path) -> None:
    async with room(tmp_path, "electricity") as it:
        running = await begun(it, "ohm", "electricity")
        assert await it.refused(StartExperiment("ohm")) == ("experiment-running", {})
        await it.ask(MarkMoment())
        await it.ask(MarkMoment())
        await it.ask(StopExperiment())
        done = await it.run(lambda each: each.state == "done")
        (fact,) = await made(it)
        listed = await it.ask(ListExperiments())
        curve = await it.ask(ReadCurve(done.id, "simulated-electricity", "current"))
        assert await it.refused(StopExperiment()) == ("not-running", {})
        assert await it.refused(MarkMoment()) == ("not-running", {})
    assert (done.id, done.marks, done.group, done.simulated) == (running.id, 2, 2, True)
    assert [each.quantity for each in done.bound] == ["voltage", "current"]
    assert done.samples >= running.samples
    assert (fact.experiment, fact.lesson, fact.group, fact.marks) == ("ohm", LESSON, 2, 2)
    assert (fact.run, fact.samples, fact.simulated) == (done.id, done.samples, True)
    assert (listed.runs[0].id, listed.runs[0].samples) == (done.id, done.samples)
    assert len(curve.values) == done.samples / 2
    assert len(curve.marks) == 2
    assert list(curve.times) == sorted(curve.times)


def opened(path: str) -> tuple[Path, bytes]:
    return Path(path), Path(path).read_bytes()


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "ru",
            [
                "Опыт;Закон Ома",
                "Группа;2",
                "Время, с;Напряжение, В;Сила тока, мА;Мощность, мВт;Отметка;Замечание",
            ],
        ),
        ("kk", ["Тәжірибе;Ом заңы", "Топ;2", "Уақыт, с;Кернеу, В;Ток күші, мА;Қуат, мВт;Белгі;Ескерту"]),
        ("en", ["Experiment;Ohm's law", "Group;2", "Time, s;Voltage, V;Current, mA;Power, mW;Mark;Remark"]),
    ],
)
async def test_an_export_opens_in_excel_with_units_marks_and_what_is_simulated(
    tmp_path: Path, lang: str, words: list[str]
) -> None:
    async with room(tmp_path, "electricity") as it:
        run = await begun(it, "ohm", "electricity")
        await it.ask(MarkMoment())
        await it.ask(StopExperiment())
        made_ = await it.ask(ExportExperiment(run.id, lang))  # type: ignore[arg-type]  # parametrised
        again = await it.ask(ExportExperiment(run.id, lang))  # type: ignore[arg-type]  # parametrised
    path, content = opened(made_.path)
    lines = content.decode("utf-8-sig").split("\r\n")
    assert content.startswith(b"\xef\xbb\xbf")
    assert (path.parent, made_.bytes, again) == (tmp_path / "exports", len(content), made_)
    assert [each for each in words if each not in lines] == []
    assert any(LESSON in line for line in lines)
    assert any("simul" in line.lower() or "имитация" in line.lower() for line in lines[:8])
    rows = [line.split(";") for line in lines[lines.index(words[2]) + 1 : -1]]
    assert [row[4] for row in rows if row[4]] == ["1"]
    assert all("." not in cell for row in rows for cell in row)
    assert all(float(row[1].replace(",", ".")) <= 6.1 for row in rows if row[1])
    assert [each.name for each in tmp_path.joinpath("exports").iterdir()] == [path.name]


async def test_an_unknown_run_or_channel_is_refused(tmp_path: Path) -> None:
    async with room(tmp_path, "thermometer") as it:
        assert await it.refused(ExportExperiment("none")) == ("not-found", {})
        run = await begun(it, "cooling", "thermometer")
        assert await it.refused(ReadCurve(run.id, "simulated-thermometer", "none")) == ("not-found", {})
        assert await it.refused(ReadCurve("none", "simulated-thermometer", "temperature")) == (
            "not-found",
            {},
        )


async def test_a_run_goes_on_over_an_unplugged_sensor_and_its_values_out_of_range(tmp_path: Path) -> None:
    async with room(tmp_path, "thermometer") as it:
        run = await begun(it, "cooling", "thermometer")
        it.far["thermometer"].fault = "unplugged"
        await it.device("thermometer", lambda each: each.state == "gone")
        it.far["thermometer"].fault = "out-of-range"
        before = (await it.run(lambda each: each.state == "running")).samples
        await it.run(lambda each: each.state == "running" and each.samples > before + 3)
        await it.ask(StopExperiment())
        made_ = await it.ask(ExportExperiment(run.id, "en"))
    assert b"1410;;;out of range" in opened(made_.path)[1]


async def test_a_closed_daemon_keeps_what_it_measured_last(tmp_path: Path) -> None:
    async with room(tmp_path, "pendulum") as it:
        run = await begun(it, "pendulum", "pendulum")
    async with room(tmp_path) as it:
        last = await it.run(lambda _: True)
    assert (last.id, last.state, last.reason) == (run.id, "stopped", "interrupted")
    assert last.samples >= run.samples


async def test_a_broken_file_is_put_aside_and_measuring_goes_on(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "lab.db").write_bytes(b"not a database, surely" * 100)
    async with room(tmp_path, "thermometer") as it:
        await begun(it, "cooling", "thermometer")
        await it.ask(StopExperiment())
    assert (tmp_path / "lab" / "broken-lab.db").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system that can be made full."""
    with mounted(tmp_path / "disk", SMALL) as folder:
        yield folder


async def test_a_full_disk_stops_the_recording_and_not_the_picture_or_the_stop(small_disk: Path) -> None:
    async with room(small_disk, "thermometer", "robot") as it:
        run = await begun(it, "cooling", "thermometer")
        filler = small_disk / "filler"
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, _free(small_disk) - (1 << 20))
        stopped = await it.run(lambda each: each.state == "stopped")
        newest = await it.measured("thermometer")
        await it.told(Reading, lambda each: each.at > newest.at)
        assert await it.refused(StartExperiment("cooling")) == ("disk-full", {})
        assert (await it.told(Devices, lambda _: True)).stopped is False
        filler.unlink()
        await it.ask(StartExperiment("cooling"))
        listed = await it.ask(ListExperiments())
    assert (stopped.id, stopped.reason) == (run.id, "disk-full")
    assert run.id in [each.id for each in listed.runs]


def _free(folder: Path) -> int:
    room_ = os.statvfs(folder)
    return room_.f_bavail * room_.f_frsize


async def test_a_run_ends_by_itself_after_the_seconds_that_were_asked_for(tmp_path: Path) -> None:
    async with room(tmp_path, "pendulum") as it:
        await it.measured("pendulum")
        await it.ask(StartExperiment("pendulum", seconds=2.0))
        done = await _until_done(it)
    assert (done.state, done.reason) == ("done", "")
    assert 2.0 <= done.seconds < 3.0
    assert 36 <= done.samples <= 20 * done.seconds + 2


async def _until_done(it: Room) -> Run:
    async with asyncio.timeout(2 * DEADLINE):
        while True:
            run = await it.run(lambda _: True)
            if run.state != "running":
                return run
            await asyncio.sleep(0.1)


async def test_an_instrument_of_another_unit_is_taken_and_its_own_values_are_kept(tmp_path: Path) -> None:
    boiling = Source(Channel("t", "temperature", "[degF]", 0, 400, 0, 20, accuracy=0.9), lambda _: 212.0)
    async with room(tmp_path) as it:
        it.bench.plug(plugged("kettle", Simulated([boiling])))
        await it.measured("kettle")
        listed = await it.ask(ListExperiments())
        await it.ask(StartExperiment("cooling"))
        run = await it.run(lambda each: each.state == "running" and each.samples > 3)
        await it.ask(StopExperiment())
        curve = await it.ask(ReadCurve(run.id, "simulated-kettle", "t"))
        analysis = await it.ask(ReadAnalysis(run.id))
        exported = await it.ask(ExportExperiment(run.id, "en"))
    (bound,) = run.bound
    assert [each.id for each in listed.experiments if each.ready] == ["cooling", "evaporation"]
    assert (bound.unit, bound.own, bound.decimals) == ("Cel", "[degF]", 1)
    assert bound.accuracy == pytest.approx(0.5)
    assert set(curve.values) == {212.0}  # beside the live value, which is in the instrument's own unit
    assert analysis.ys == pytest.approx([100.0] * len(analysis.ys))
    lines = await asyncio.to_thread(Path(exported.path).read_text, "utf-8-sig")
    assert "Time, s;Temperature, °C;Temperature, °F (as shown);" in lines
    assert ";100;212;" in lines
