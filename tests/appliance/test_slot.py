"""Which release runs (systemd/slot), without a system around it: trials, tries, and the way back."""

import fcntl
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.appliance.bundles import ROOT

SLOT = ROOT / "systemd" / "slot"
UNIT = "tirek.service"
UP = "#!/bin/sh\necho ActiveState=active\necho ActiveEnterTimestampMonotonic=1000000\n"
BLIND = UP + "echo 'StatusText=only lessons, nothing is kept: journal-broken'\n"
JUST_UP = "#!/bin/sh\necho ActiveState=active\necho ActiveEnterTimestampMonotonic={}\n"
CUT = """#!/bin/sh
echo >>steps
[ "$(wc -l <steps)" != {} ] || kill -9 $PPID
exec /usr/bin/{} "$@"
"""
STEPS = ("install", "ln", "mkdir", "mv", "rm", "sync")  # what changes anything
# Answers when it is let.
HELD = "#!/bin/sh\ncase $* in *{}*) [ -e asked ] || {{ : >asked; read -r _ <go; }} ;; esac\n{}"
DEADLINE = 20.0  # seconds for a shell: two cores may have much to do
ONE, TWO, THREE = "releases/1", "releases/2", "releases/3"


class Computer:
    """/opt/tirek in a folder of a test's own."""

    within: tuple[str, ...] = ()  # what it is run by

    def __init__(self, root: Path) -> None:
        self.home, self._usr, self._tools = root / "opt", root / "usr", root / "bin"
        self.units = self._usr / "systemd" / "system"
        for folder in (self.home / "releases", self.units, self._tools):
            folder.mkdir(parents=True)
        self.tool("systemctl", UP)
        self.tool("systemd-run", "#!/bin/sh\n")

    def tool(self, name: str, script: str) -> None:
        """Have a program that comes before the system's own."""
        (self._tools / name).write_text(script)
        (self._tools / name).chmod(0o755)

    def bring(self, release: str) -> None:
        """Put a whole release on the disk, whose program opens every journal."""
        folder = self.home / release
        for name in ("bin", "share/systemd/system"):
            (folder / name).mkdir(parents=True)
        (folder / "bin" / "tirek").write_text("#!/bin/sh\n")
        (folder / "bin" / "tirek").chmod(0o755)
        (folder / "share" / "systemd" / "system" / UNIT).write_text(release)
        (folder / "complete").touch()

    def install(self, release: str) -> None:
        """Do of an installation what the slot knows of."""
        self.bring(release)
        self.slot("switch", release)
        self.slot("prune")

    def cut(self, at: int, *words: str) -> None:
        """Run it, and cut the power before its n-th step; after its last one nothing is cut."""
        for name in STEPS:
            self.tool(name, CUT.format(at, name))
        self.status(*words)
        for name in STEPS:
            (self._tools / name).unlink()

    def slot(self, *words: str, **env: str) -> str:
        """Run it; it must go well."""
        return ended(self.begin(*words, **env))

    def status(self, *words: str) -> int:
        """Run it, and return its exit status."""
        with self.begin(*words) as begun:
            begun.communicate(timeout=DEADLINE)
        return begun.returncode

    def begin(self, *words: str, **env: str) -> subprocess.Popen[str]:
        """Start it."""
        path = f"{self._tools}:{os.environ['PATH']}"
        env |= {"PATH": path, "TIREK_HOME": str(self.home), "TIREK_USR": str(self._usr)}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [*self.within, "sh", SLOT, *words], env=env, stdout=pipe, stderr=subprocess.STDOUT, text=True
        )

    @contextmanager
    def held(self, command: str, tool: str, words: str, answer: str) -> Iterator[None]:
        """Hold a command where it asks a tool with these words; let it end afterwards."""
        self.tool(tool, HELD.format(words, answer))
        os.mkfifo(self.home / "go")
        begun = self.begin(command)
        until(lambda: (self.home / "asked").exists())
        try:
            yield
        finally:
            (self.home / "go").write_text("\n")
            ended(begun)
            self.tool(tool, f"#!/bin/sh\n{answer}")

    @property
    def runs(self) -> str:
        """The release that runs."""
        return str((self.home / "current").readlink())

    @property
    def there(self) -> list[str]:
        """The releases on the disk."""
        return sorted(f"releases/{each.name}" for each in (self.home / "releases").iterdir())


def ended(slot: subprocess.Popen[str]) -> str:
    """Return what it said at its end, which must be a good one."""
    said, _ = slot.communicate(timeout=DEADLINE)
    assert slot.returncode == 0, said
    return said


def until(there: Callable[[], bool]) -> None:
    """Look until it is so."""
    deadline = time.monotonic() + DEADLINE
    while not there():
        assert time.monotonic() < deadline


def waits(slot: subprocess.Popen[str]) -> bool:
    """Tell whether it waits for another one: a child of its own stands at the lock."""
    children = Path(f"/proc/{slot.pid}/task/{slot.pid}/children").read_text().split()
    locks = Path("/proc/locks").read_text().splitlines()
    return any("->" in line and line.split()[5] in children for line in locks)


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    """A computer with one release that runs and one before it."""
    made = Computer(tmp_path)
    made.install(ONE)
    made.install(TWO)
    made.slot("try")
    made.slot("settle")
    return made


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


@pytest.mark.parametrize("at", range(1, 18))
@pytest.mark.parametrize("command", ["switch", "back", "try"])
def test_a_power_cut_at_any_step_leaves_no_release_with_the_units_of_another(
    computer: Computer, command: str, at: int
) -> None:
    computer.bring(THREE)
    if command != "switch":
        computer.slot("switch", THREE)
    for _ in range(3 if command == "try" else 0):
        computer.slot("try")

    computer.cut(at, command, THREE)
    computer.slot("try")  # the next start

    assert (computer.units / UNIT).read_text() == computer.runs
    for _ in range(4):
        computer.slot("try")
    assert (computer.runs, (computer.units / UNIT).read_text()) == (TWO, TWO)


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
