"""Experiments of events and between two conditions, with simulated instruments, from start to file."""

from pathlib import Path

import pytest

from edge.contract.answers import Analysis
from edge.contract.commands import (
    ExportExperiment,
    ListExperiments,
    MarkMoment,
    ReadAnalysis,
    StartExperiment,
    StopExperiment,
    TakeBackMark,
)
from edge.contract.notices import Reading, Run
from edge.lab.active import Scene
from tests.lab.journal import made
from tests.lab.room import LESSON, SCENE, Room, room
from tui.words import words_of

KPA_ML = 101.3 * 20


def lines_of(path: str) -> list[str]:
    return Path(path).read_text("utf-8-sig").splitlines()


async def pressed(it: Room, volume: float, run: Run) -> None:
    """Enter a volume once the pressure is that of it."""
    await it.told(Reading, lambda each: each.at > run.began and _is_near(each.value, KPA_ML / volume))
    await it.ask(MarkMoment(volume))


def _is_near(value: float | None, expected: float) -> bool:
    return value is not None and abs(value - expected) < 1.0


async def test_each_volume_that_is_entered_is_a_row_with_its_pressure(tmp_path: Path) -> None:
    async with room(tmp_path, "gas-pressure") as it:
        await it.measured("gas-pressure")
        await it.ask(StartExperiment("boyle", 3))
        run = await it.run(lambda each: each.state == "running")
        assert (run.offered, run.samples) == (20.0, 0)
        assert await it.refused(MarkMoment()) == ("value-needed", {})
        assert await it.refused(MarkMoment(1e9)) == ("value-beyond", {})
        await pressed(it, 20.0, run)
        after = await it.run(lambda each: each.marks == 1)
        await pressed(it, 19.0, run)
        await it.ask(StopExperiment())
        analysis = await it.ask(ReadAnalysis(run.id))
        products = await it.ask(ReadAnalysis(run.id, "V", "pV"))
        unknown = await it.refused(ReadAnalysis(run.id, "V", "none"))
        exported = await it.ask(ExportExperiment(run.id, "ru"))
        (fact,) = await made(it)
    assert (after.offered, after.samples) == (19.0, 1)
    assert (analysis.x, analysis.y, analysis.xs) == ("V", "p", (20.0, 19.0))
    assert products.ys == pytest.approx((KPA_ML, KPA_ML), rel=0.01)
    assert unknown == ("not-found", {})
    assert [each.name for each in analysis.columns] == ["t", "p", "V", "pV", "inv"]
    assert analysis.views == (("V", "p"), ("inv", "p"), ("V", "pV"))
    assert (fact.samples, fact.marks, fact.lesson) == (2, 2, LESSON)
    lines = lines_of(exported.path)
    head = next(line for line in lines if line.startswith("Время"))
    assert head == "Время, с;Давление, кПа;Объём, мл;Давление × объём, кПа·мл;1/объём, 1/мл;Отметка;Замечание"
    rows = [line.split(";") for line in lines[lines.index(head) + 1 :]]
    assert [(row[2], row[5]) for row in rows] == [("20", "1"), ("19", "2")]


async def test_a_row_that_was_taken_back_counts_no_more_and_stays_in_the_file(tmp_path: Path) -> None:
    async with room(tmp_path, "gas-pressure") as it:
        await it.measured("gas-pressure")
        await it.ask(StartExperiment("boyle"))
        assert await it.refused(TakeBackMark()) == ("nothing-marked", {})
        for volume in (20.0, 91.0, 19.5):
            await it.ask(MarkMoment(volume))
            if volume > 90:
                await it.ask(TakeBackMark())
        run = await it.run(lambda each: each.marks == 2 and each.offered == 18.5)
        await it.ask(StopExperiment())
        analysis = await it.ask(ReadAnalysis(run.id))
        exported = await it.ask(ExportExperiment(run.id, "en"))
        (fact,) = await made(it)
        assert await it.refused(TakeBackMark()) == ("not-running", {})
    rows = [line.split(";") for line in lines_of(exported.path)[-3:]]
    assert (analysis.xs, analysis.rows, fact.marks) == ((20.0, 19.5), 2, 2)
    assert [(row[2], row[5], row[6]) for row in rows] == [
        ("20", "1", ""),
        ("", "", "taken back"),
        ("19,5", "2", ""),
    ]


async def test_a_silent_sensor_gives_no_row(tmp_path: Path) -> None:
    async with room(tmp_path, "gas-pressure") as it:
        it.far["gas-pressure"].fault = "silent"
        await it.device("gas-pressure", lambda each: each.state == "stale")
        await it.ask(StartExperiment("boyle"))
        assert await it.refused(MarkMoment(20.0)) == ("no-value", {"quantity": "pressure"})


async def test_a_ball_that_is_let_go_begins_and_ends_its_run(tmp_path: Path) -> None:
    async with room(tmp_path, "motion-sensor") as it:
        await it.measured("motion-sensor")
        await it.ask(StartExperiment("free-fall"))
        waits = await it.run(lambda each: each.state == "running")
        assert await it.refused(MarkMoment()) == ("waits", {})
        done = await it.run(lambda each: each.state == "done")
        analysis = await it.ask(ReadAnalysis(done.id))
    assert (waits.waits, waits.samples, done.waits) == (True, 0, False)
    assert 6 <= done.samples <= 12
    assert done.began >= waits.began
    assert isinstance(analysis, Analysis)
    ((number,),) = [each.numbers for each in analysis.findings]
    assert (number.name, number.title["kk"], number.shown["ru"]) == ("g", "Еркін түсу үдеуі", "м/с²")
    assert analysis.findings[0].r2 is not None
    assert len(analysis.findings[0].curve) > 20


async def test_a_run_is_tied_to_the_lesson_and_the_second_of_its_recording(tmp_path: Path) -> None:
    async with room(tmp_path, "thermometer") as it:
        await it.measured("thermometer")
        await it.ask(StartExperiment("cooling"))
        run = await it.run(lambda each: each.state == "running")
        await it.ask(StopExperiment())
    assert Scene(run.lesson, run.recording, run.second) == SCENE
    async with room(tmp_path) as it:
        last = await it.run(lambda _: True)
    assert (last.lesson, last.recording, last.second) == SCENE


async def test_the_clock_that_is_set_during_a_run_is_noted_and_disturbs_nothing(tmp_path: Path) -> None:
    async with room(tmp_path, "pendulum") as it:
        await it.measured("pendulum")
        await it.ask(StartExperiment("pendulum"))
        await it.run(lambda each: each.samples > 3)
        it.journal.ledger.steer(it.journal.ledger.now() + 3_600_000, "a better clock").result()
        before = (await it.run(lambda each: each.state == "running")).seconds
        run = await it.run(lambda each: each.seconds > before + 2.5)
        await it.ask(StopExperiment())
        exported = await it.ask(ExportExperiment(run.id, "en"))
    lines = lines_of(exported.path)
    assert len([line for line in lines if line.startswith("Clock was set, s;")]) == 1
    moments = [float(line.split(";")[0].replace(",", ".")) for line in lines if line[:1].isdecimal()]
    assert moments == sorted(moments)
    assert moments[-1] < 30


async def test_a_school_s_own_experiment_is_listed_and_made(tmp_path: Path) -> None:
    own = tmp_path / "experiments"
    own.mkdir()
    words = '{ kk = "а", ru = "б", en = "c" }'
    channel = '[[channel]]\nname = "T"\nquantity = "temperature"\nunit = "Cel"\n[[view]]\ny = "T"\n'
    (own / "soup.toml").write_text(f'mode = "time"\ncount = 3\ntitle = {words}\nhint = {words}\n{channel}')
    (own / "bad.toml").write_text("mode = 1")
    async with room(tmp_path, "thermometer") as it:
        await it.measured("thermometer")
        listed = await it.ask(ListExperiments())
        await it.ask(StartExperiment("soup"))
        done = await it.run(lambda each: each.state == "done")
        (own / "soup.toml").unlink()
        analysis = await it.ask(ReadAnalysis(done.id))
        again = await it.ask(ListExperiments())
    assert [(each.id, each.own) for each in listed.experiments if each.ready] == [
        ("cooling", False),
        ("evaporation", False),
        ("soup", True),
    ]
    assert listed.wrong[0].startswith("experiment bad:")
    assert (done.samples, len(analysis.ys)) == (3, 3)
    assert again.runs[0].title == {"kk": "а", "ru": "б", "en": "c"}


def test_every_refusal_of_a_mark_has_a_sentence() -> None:
    keys = ("waits", "value-needed", "value-beyond", "no-value", "calibration-wrong", "quantity-missing")
    for lang in ("kk", "ru", "en"):
        assert [key for key in keys if not words_of(lang).has(f"refused-{key}")] == []
