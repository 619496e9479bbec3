"""`tirek experiment …` and `tirek device calibrate` as they are typed, at a laboratory that runs."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.config import SOCKET
from edge.contract.notices import Reading
from tests.lab.room import room
from tests.lab.test_screens import served

ROOT = Path(__file__).parents[2]


async def started(state: Path, *words: str, typing: int = DEVNULL, before: tuple[str, ...] = ()) -> Process:
    command = (*before, sys.executable, "-m", "edge", *words, "--state", str(state))
    return await asyncio.create_subprocess_exec(*command, stdin=typing, stdout=PIPE, stderr=PIPE, cwd=ROOT)


async def typed(state: Path, *words: str, before: tuple[str, ...] = ()) -> tuple[int, str, str]:
    """Return the status, what is printed, and the complaints of a command."""
    process = await started(state, *words, before=before)
    said, complained = await process.communicate()
    return process.returncode or 0, said.decode(), complained.decode()


async def test_what_can_be_measured_and_what_was_is_listed(tmp_path: Path) -> None:
    async with room(tmp_path, "thermometer") as it, served(it, tmp_path / SOCKET):
        await it.measured("thermometer")
        (tmp_path / "experiments").mkdir()
        (tmp_path / "experiments" / "soup.toml").write_text("mode = 1")
        before = await typed(tmp_path, "experiment", "list", "--lang", "ru")
        made = await typed(tmp_path, "experiment", "run", "cooling", "--seconds", "1", "--group", "2")
        after = await typed(tmp_path, "experiment", "list")
    lines = [line.split() for line in before[1].splitlines()]
    assert [words[0] for words in lines if "yes" in words] == ["cooling", "evaporation"]
    assert "Остывание воды" in before[1]
    assert before[2].startswith("experiment soup:")
    assert made[0] == 0
    run = made[1].split(":")[0]
    assert ": done, 1" in made[1]
    assert f"{run}  cooling" in after[1]


async def test_a_run_says_what_was_found(tmp_path: Path) -> None:
    async with room(tmp_path, "electricity") as it, served(it, tmp_path / SOCKET):
        await it.measured("electricity")
        status, said, _ = await typed(tmp_path, "experiment", "run", "ohm", "--seconds", "2", "--lang", "kk")
    assert status == 0
    assert "Кедергі: R = 4" in said
    assert "Ом  R²" in said


async def test_an_experiment_without_its_sensor_is_refused_before_the_start(tmp_path: Path) -> None:
    async with room(tmp_path, "gas-pressure") as it, served(it, tmp_path / SOCKET):
        await it.measured("gas-pressure")
        missing = await typed(tmp_path, "experiment", "run", "cooling")
        unknown = await typed(tmp_path, "experiment", "run", "cold-fusion")
    assert missing == (1, "", "needs temperature in Cel, found pressure [kPa]\n")
    assert unknown == (1, "", "refused: not-found\n")


async def test_ctrl_c_ends_a_run_and_it_is_kept_and_written_as_a_file(tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    async with room(tmp_path, "thermometer") as it, served(it, tmp_path / SOCKET):
        await it.measured("thermometer")
        process = await started(tmp_path, "experiment", "run", "cooling")
        await it.run(lambda each: each.state == "running" and each.samples > 3)
        process.send_signal(signal.SIGINT)
        said, _ = await process.communicate()
        copied = await typed(tmp_path, "experiment", "export", "last", "--out", str(out), "--lang", "en")
        left = await typed(tmp_path, "experiment", "export", said.decode().split(":")[0])
        nowhere = await typed(tmp_path, "experiment", "export", "last", "--out", str(tmp_path / "no" / "x"))
    assert process.returncode == 0
    assert copied == (0, f"{out}\n", "")
    assert left[1].startswith(str(tmp_path / "exports"))
    assert out.read_text("utf-8-sig").startswith("Experiment;Cooling curve")
    assert nowhere[0] == 1
    assert "cannot be written: No such file or directory; the table is" in nowhere[2]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
async def test_a_table_is_written_where_files_have_no_owners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "table.csv"
    monkeypatch.setenv("SUDO_UID", "4321")
    monkeypatch.setenv("SUDO_GID", "4321")
    async with room(tmp_path, "thermometer") as it, served(it, tmp_path / SOCKET):
        await it.measured("thermometer")
        assert (await typed(tmp_path, "experiment", "run", "cooling", "--seconds", "1"))[0] == 0
        words = ("experiment", "export", "last", "--out", str(out))
        copied = await typed(
            tmp_path, *words, before=("setpriv", "--inh-caps=-chown", "--bounding-set=-chown")
        )
        assert copied == (0, f"{out}\n", "")
        assert out.stat().st_uid == 0
        await typed(tmp_path, *words)
        assert out.stat().st_uid == 4321


async def test_lines_that_are_typed_are_events(tmp_path: Path) -> None:
    async with room(tmp_path, "gas-pressure") as it, served(it, tmp_path / SOCKET):
        await it.measured("gas-pressure")
        process = await started(tmp_path, "experiment", "run", "boyle", typing=PIPE)
        run = await it.run(lambda each: each.state == "running")
        await it.told(Reading, lambda each: each.at > run.began + 200)
        assert process.stdin is not None
        process.stdin.write(b"20,5\nmuch\n")
        await it.run(lambda each: each.marks == 1)
        process.send_signal(signal.SIGINT)
        said, complained = await process.communicate()
    assert "1 samples, 1 marks" in said.decode()
    assert "not a number: 'much'" in complained.decode()


async def test_a_channel_is_calibrated_and_no_more(tmp_path: Path) -> None:
    at = ("device", "calibrate", "simulated-thermometer", "temperature")
    async with room(tmp_path, "thermometer") as it, served(it, tmp_path / SOCKET):
        await it.measured("thermometer")
        made = await typed(tmp_path, *at, "--points", "0=-10", "100=90", "--by", "Айгүл")
        reading = await it.told(Reading, lambda each: each.raw is not None)
        ended = await typed(tmp_path, *at, "--none")
        await it.told(Reading, lambda each: each.value is not None and each.raw is None)
        unknown = await typed(tmp_path, *at[:3], "none", "--terms", "1", "2")
        twice = await typed(tmp_path, *at, "--points", "1=2", "1=3")
    assert made == (0, "simulated-thermometer temperature: calibrated\n", "")
    assert reading.value == pytest.approx((reading.raw or 0) - 10)
    assert ended[1] == "simulated-thermometer temperature: not corrected any more\n"
    assert unknown[2] == "refused: not-found\n"
    assert twice[2] == "refused: calibration-wrong (reason two points have the same raw value)\n"


@pytest.mark.parametrize(
    "words",
    [
        ("experiment", "run", "cooling", "--seconds", "soon"),
        ("experiment", "run", "cooling", "--seconds", "-1"),
        ("device", "calibrate", "d", "c", "--points", "1"),
        ("device", "calibrate", "d", "c"),
        ("device", "calibrate", "d", "c", "--none", "--terms", "1"),
    ],
)
def test_what_nobody_means_is_not_understood(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit):
        main([*words, "--state", "x"])


def test_without_a_daemon_one_sentence_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("list",), ("run", "cooling"), ("export", "last")):
        assert main(["experiment", *words, "--state", str(tmp_path)]) == 1
        assert capsys.readouterr().err.startswith("the daemon does not answer: ")
