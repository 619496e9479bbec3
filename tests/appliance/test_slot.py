"""Which release runs (systemd/slot), without a system around it: trials, tries, and the way back."""

import fcntl
import os
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.appliance.slots import BLIND, JUST_UP, UNIT, UP, Computer, ended, until, waits

FEW = 4  # steps that each command has at least
ONE, TWO, THREE = "releases/1", "releases/2", "releases/3"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Computer:
    """A computer with one release that runs and one before it, to be copied."""
    made = Computer(tmp_path_factory.mktemp("prepared") / "computer")
    made.install(ONE)
    made.install(TWO)
    made.slot("try")
    made.slot("settle")
    return made


@pytest.fixture
def computer(prepared: Computer, tmp_path: Path) -> Computer:
    """A computer of a test's own."""
    return prepared.like(tmp_path / "computer")


def test_the_fourth_start_of_a_trial_goes_back(computer: Computer) -> None:
    computer.install(THREE)
    for _ in range(3):
        computer.slot("try")
        assert computer.runs == THREE
    assert "back to releases/2" in computer.slot("try")
    assert computer.runs == TWO


def test_who_goes_back_finds_the_units_of_that_release(computer: Computer) -> None:
    computer.install(THREE)
    computer.slot("back")
    assert (computer.runs, (computer.units / UNIT).read_text()) == (TWO, TWO)


def test_a_trial_that_ended_badly_leaves_what_could_be_gone_back_to(computer: Computer) -> None:
    computer.install(THREE)
    for _ in range(4):
        computer.slot("try")
    computer.slot("prune")
    assert computer.there == [ONE, TWO]
    computer.slot("back")
    assert computer.runs == ONE


def test_a_trial_is_not_over_before_the_new_release_was_started(computer: Computer) -> None:
    computer.install(THREE)
    computer.slot("settle")  # the one before has been up for long
    for _ in range(4):
        computer.slot("try")
    assert computer.runs == TWO


def test_a_power_cut_before_a_trial_begins_leaves_what_could_be_gone_back_to(computer: Computer) -> None:
    (computer.home / "pending").write_text(f"{TWO} 0\n")  # noted, and not switched to yet
    computer.slot("try")
    computer.slot("settle")
    computer.slot("prune")
    assert computer.there == [ONE, TWO]
    computer.slot("back")
    assert computer.runs == ONE


def cuts(computer: Computer, folder: Path, *words: str) -> Iterator[Computer]:
    """Run a command with a power cut before each of its steps, on a computer like this one each time."""
    for at in count(1):
        other = computer.like(folder / f"cut-{at}")
        if not other.cut(at, *words):
            assert at > FEW
            return
        yield other


@pytest.mark.parametrize("words", [("switch", THREE), ("back",), ("try",), ("switch", TWO)])
def test_a_power_cut_at_any_step_leaves_no_release_with_the_units_of_another(
    computer: Computer, tmp_path: Path, words: tuple[str, ...]
) -> None:
    computer.bring(THREE)
    if words != ("switch", THREE):
        computer.slot("switch", THREE)
    for _ in range(3 if words == ("try",) else 1):
        computer.slot("try")

    for cut in cuts(computer, tmp_path, *words):
        cut.slot("try")  # the next start
        assert (cut.units / UNIT).read_text() == cut.runs
        for _ in range(4):
            cut.slot("try")
        assert (cut.runs, (cut.units / UNIT).read_text()) == (TWO, TWO)


def test_units_that_could_not_be_laid_on_the_way_back_are_laid_by_the_next_start(computer: Computer) -> None:
    computer.install(THREE)
    computer.tool("install", "#!/bin/sh\nexit 1\n")  # as on a full disk
    computer.slot("switch", TWO)
    assert (computer.runs, (computer.units / UNIT).read_text()) == (TWO, THREE)
    computer.tool("install", '#!/bin/sh\nexec /usr/bin/install "$@"\n')
    computer.slot("try")
    assert (computer.runs, (computer.units / UNIT).read_text()) == (TWO, TWO)
    computer.slot("settle")
    computer.slot("back")
    assert computer.runs == ONE


def test_what_runs_and_what_can_be_gone_back_to_stays_though_it_is_not_whole(computer: Computer) -> None:
    computer.install(THREE)
    computer.bring("releases/4")
    computer.bring("releases/half")
    for release in (ONE, TWO, THREE, "releases/half"):
        (computer.home / release / "complete").unlink()
    computer.slot("sweep")
    assert computer.there == [ONE, TWO, THREE, "releases/4"]


def test_who_goes_back_from_a_trial_by_hand_does_not_go_forth_to_it_again(computer: Computer) -> None:
    computer.install(THREE)
    computer.slot("back")  # as an installer does that has waited for long
    computer.slot("prune")
    assert computer.there == [ONE, TWO]
    computer.slot("back")
    assert computer.runs == ONE


def test_a_way_back_by_hand_is_a_trial_too(computer: Computer) -> None:
    computer.slot("back")
    assert computer.runs == ONE
    for _ in range(4):
        computer.slot("try")
    assert computer.runs == TWO


def test_a_way_back_that_was_confirmed_leads_forth_again(computer: Computer) -> None:
    computer.slot("back")
    computer.slot("try")
    computer.slot("settle")
    computer.slot("prune")
    computer.slot("back")
    assert computer.runs == TWO


def test_a_unit_that_only_the_newer_release_had_goes_with_it(computer: Computer) -> None:
    computer.bring(THREE)
    (computer.home / THREE / "share" / "systemd" / "system" / "tirek-new.timer").touch()
    (computer.units / "cron.service").touch()
    computer.slot("switch", THREE)
    assert (computer.units / "tirek-new.timer").exists()
    computer.slot("back")
    assert sorted(each.name for each in computer.units.iterdir()) == ["cron.service", UNIT]


def test_a_release_that_cannot_open_the_journal_is_not_confirmed_and_goes_back(computer: Computer) -> None:
    computer.install(THREE)
    computer.slot("try")
    computer.tool("systemctl", BLIND)
    computer.slot("settle")
    assert computer.runs == THREE, "a lesson may run: it is not ended here"
    assert "journal-broken" in computer.slot("try")
    assert (computer.runs, computer.there) == (TWO, [ONE, TWO, THREE])


def test_what_also_the_release_before_could_not_open_sends_nobody_back(computer: Computer) -> None:
    (computer.home / TWO / "bin" / "tirek").write_text("#!/bin/sh\nexit 1\n")
    computer.install(THREE)
    computer.slot("try")
    computer.tool("systemctl", BLIND)
    computer.slot("keeps")
    computer.slot("settle")
    computer.slot("try")
    assert computer.runs == THREE
    assert not (computer.home / "pending").exists()


def test_an_installer_learns_whether_a_release_keeps_the_journal(computer: Computer) -> None:
    computer.install(THREE)
    computer.slot("keeps")
    computer.tool("systemctl", BLIND)
    assert computer.status("keeps") == 1
    computer.tool("systemctl", UP)
    computer.slot("try")
    computer.slot("settle")
    computer.tool("systemctl", BLIND)
    computer.slot("keeps")  # nothing is on trial


def test_a_laptop_that_slept_confirms_nothing_that_has_just_begun(computer: Computer) -> None:
    computer.within = ("unshare", "--time", "--fork", "--boottime", "1000000")
    if computer.status("try"):
        pytest.skip("a clock that counts the hours of sleep needs a time namespace (root)")
    computer.install(THREE)
    computer.slot("try")
    computer.tool("systemctl", JUST_UP.format(time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000))
    computer.slot("settle")
    assert (computer.home / "pending").exists()


def test_only_what_is_needed_is_kept_after_a_trial(computer: Computer) -> None:
    computer.install(THREE)
    assert computer.there == [ONE, TWO, THREE]
    computer.slot("try")
    computer.slot("settle")
    computer.slot("prune")
    assert computer.there == [TWO, THREE]


def test_a_start_that_cannot_be_counted_ends_the_trial(computer: Computer) -> None:
    computer.install(THREE)
    (computer.home / ".pending.new").mkdir()  # as on a full disk: nothing can be written there
    assert "back to releases/2" in computer.slot("try")
    assert computer.runs == TWO


@pytest.mark.parametrize("torn", ["", "\n", "releases/../../etc 0", "releases/9 1", "releases/2 x"])
def test_a_torn_note_of_a_trial_keeps_no_daemon_from_its_start(computer: Computer, torn: str) -> None:
    computer.install(THREE)
    (computer.home / "pending").write_text(torn)
    for _ in range(4):
        computer.slot("try")
    assert computer.runs in (TWO, THREE)
    assert not (computer.home / "pending").exists()


def test_a_broken_release_is_left_for_a_third_without_being_kept(computer: Computer) -> None:
    computer.install(THREE)
    computer.install("releases/4")
    for _ in range(4):
        computer.slot("try")
    assert computer.runs == TWO


def test_an_upgrade_that_begins_while_a_trial_ends_gets_a_trial_of_its_own(computer: Computer) -> None:
    computer.install(THREE)
    computer.slot("try")
    with computer.held("settle", "systemctl", "show", UP):  # it has looked, and not yet done anything
        upgrade = computer.begin("switch", ONE)
        until(lambda: upgrade.poll() is not None or waits(upgrade))
    ended(upgrade)
    assert (computer.runs, (computer.home / "pending").read_text()) == (ONE, f"{THREE} 0\n")
    for _ in range(4):
        computer.slot("try")
    assert computer.runs == THREE


def test_a_trial_that_ends_while_old_releases_go_keeps_what_can_be_gone_back_to(computer: Computer) -> None:
    computer.install(THREE)
    computer.slot("try")
    with computer.held("prune", "cut", "pending", 'exec /usr/bin/cut "$@"\n'):  # it has read `previous`
        settle = computer.begin("settle")
        until(lambda: settle.poll() is not None or waits(settle))
    ended(settle)
    computer.slot("back")
    assert computer.runs == TWO


def test_a_daemon_starts_although_another_slot_does_not_end(computer: Computer) -> None:
    computer.install(THREE)
    held = os.open(computer.home, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    for _ in range(4):
        computer.slot("try", TIREK_PATIENCE="0.01")
    os.close(held)
    assert computer.runs == TWO


def test_a_start_without_a_trial_waits_for_nobody(computer: Computer) -> None:
    held = os.open(computer.home, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    computer.slot("try", TIREK_PATIENCE="600")
    os.close(held)
