"""Which release runs (systemd/slot), without a system around it: trials, tries, and the way back."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.appliance.bundles import ROOT

SLOT = ROOT / "systemd" / "slot"
UNIT = "tirek.service"
UP = "#!/bin/sh\necho ActiveState=active\necho ActiveEnterTimestampMonotonic=1000000\n"
ONE, TWO, THREE = "releases/1", "releases/2", "releases/3"


class Computer:
    """/opt/tirek in a folder of a test's own."""

    def __init__(self, root: Path) -> None:
        self.home, self.units, self._tools = root / "opt", root / "units", root / "bin"
        for folder in (self.home / "releases", self.units, self._tools):
            folder.mkdir(parents=True)
        (self._tools / "systemctl").write_text(UP)
        (self._tools / "systemd-run").write_text("#!/bin/sh\n")
        for tool in self._tools.iterdir():
            tool.chmod(0o755)

    def install(self, release: str) -> None:
        """Do of an installation what the slot knows of."""
        folder = self.home / release
        for name in ("bin", "share/systemd/system"):
            (folder / name).mkdir(parents=True)
        (folder / "bin" / "tirek").touch(0o755)
        (folder / "share" / "systemd" / "system" / UNIT).write_text(release)
        (folder / "complete").touch()
        (self.units / UNIT).write_text(release)
        self.slot("switch", release)
        self.slot("prune")

    def slot(self, *words: str) -> str:
        """Run it; it must go well."""
        path = f"{self._tools}:{os.environ['PATH']}"
        env = {"PATH": path, "TIREK_HOME": str(self.home), "TIREK_UNITS": str(self.units)}
        done = subprocess.run(["sh", SLOT, *words], env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def runs(self) -> str:
        """The release that runs."""
        return str((self.home / "current").readlink())

    @property
    def there(self) -> list[str]:
        """The releases on the disk."""
        return sorted(f"releases/{each.name}" for each in (self.home / "releases").iterdir())


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    """A computer with one release that runs and one before it."""
    made = Computer(tmp_path)
    made.install(ONE)
    made.install(TWO)
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


def test_only_what_is_needed_is_kept_after_a_trial(computer: Computer) -> None:
    computer.install(THREE)
    assert computer.there == [ONE, TWO, THREE]
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
