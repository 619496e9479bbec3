"""The daemon is killed while it records: what was measured is there, but for half a second."""

import os
import subprocess
import sys
from pathlib import Path

from edge.contract.answers import Experiments
from edge.contract.commands import ExportExperiment, ListExperiments, ReadCurve
from edge.lab.chunks import Row
from edge.lab.store import Store
from sync.records import ExperimentMade
from tests.lab.journal import made
from tests.lab.room import room

ROOT = Path(__file__).parents[2]
MEASURED = 1_500_000  # microseconds before the kill
MOST_LOST = 500_000  # microseconds
TRIES = 3  # kills: a disk has its pauses, and not three in a row


def killed(state: Path) -> tuple[str, int]:
    """Return the run that a killed process recorded, and for how many microseconds."""
    command = (sys.executable, "-m", "tests.lab.recording", str(state))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ) as process:
        assert process.stdout is not None
        run = process.stdout.readline().split()[1]
        measured = 0
        for line in process.stdout:
            measured = int(line)
            if measured >= MEASURED:
                break
        process.kill()
        return run, measured


def rows_of(state: Path, run: str) -> list[Row]:
    """Return what a run has on the disk."""
    return [row for rows in Store(state / "lab").rows(run) for row in rows]


async def test_a_kill_loses_no_more_than_half_a_second_and_the_run_is_shown_as_stopped(
    tmp_path: Path,
) -> None:
    kills = [killed(tmp_path / str(number)) for number in range(TRIES)]
    kept = [rows_of(tmp_path / str(number), run) for number, (run, _) in enumerate(kills)]
    assert min(measured - rows[-1][0] for (_, measured), rows in zip(kills, kept, strict=True)) < MOST_LOST
    state, (run, _), before = tmp_path / str(TRIES - 1), kills[-1], kept[-1]
    assert len(before) >= 0.9 * 20 * before[-1][0] / 1e6
    async with room(state, "pendulum") as it:
        last = await it.run(lambda each: True)
        listed = await it.ask(ListExperiments())
        curve = await it.ask(ReadCurve(run, "simulated-pendulum", "angle"))
        exported = await it.ask(ExportExperiment(run, "ru"))
        facts = await made(it)
    assert (last.state, last.reason, last.id, last.samples) == ("stopped", "interrupted", run, len(before))
    assert isinstance(listed, Experiments)
    assert [each.id for each in listed.runs] == [run]
    assert len(curve.times) == len(before)
    assert exported.bytes > 8 * len(before)
    assert [(each.run, each.samples, each.simulated) for each in facts] == [(run, len(before), True)]
    assert isinstance(facts[0], ExperimentMade)


async def test_a_run_that_a_kill_ended_is_noted_once_however_often_the_daemon_starts(tmp_path: Path) -> None:
    killed(tmp_path)
    for _ in range(3):
        async with room(tmp_path) as it:
            facts = await made(it)
    assert len(facts) == 1
