"""What the doctor says of a computer, told from facts: well, and each thing that may be wrong."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.config import from_table
from edge.doctor.checks import examine, is_well
from edge.doctor.facts import (
    UNITS,
    Doors,
    Entry,
    Facts,
    Folder,
    Hub,
    JournalFacts,
    Kernel,
    Pictures,
    Release,
    Serial,
    Settings,
    System,
)
from edge.doctor.unit import Unit
from edge.doctor.verdict import Verdict
from edge.upkeep import Upkeep
from sync.clock import RELEASE

NOW = RELEASE + 30 * 86_400_000
HOUR, DAY = 3_600_000, 86_400_000
STATE = Entry("/var/lib/tirek", "folder", "tirek", "tirek", 0o750)
KNOWN = from_table({"name": "room", "state": "/var/lib/tirek"}, "test")
ACTIVE = {name: Unit(name, "loaded", "active", "running", "success", 0, "", "enabled") for name in UNITS}
KIOSK = "tirek-kiosk.service"
WELL = Facts(
    NOW,
    System("debian", "12", "3.11.2", "x86_64", "root", is_root=True),
    Release("2.0-1", "1.9-3", runs="2.0-1"),
    ACTIVE,
    Settings(config=KNOWN),
    Entry("/run/tirek.sock", "socket", "tirek", "tirek-staff", 0o660),
    Folder(STATE, free=200 << 30, rate=12_500_000),
    JournalFacts(True, "", True, 900, NOW - 90 * DAY, NOW - HOUR, NOW),
    Upkeep(at=NOW - HOUR, backup=NOW - HOUR),
    Hub("10.0.0.1:8443", NOW - HOUR, light="light-hub-even"),
    Serial((Entry("/dev/ttyUSB0", "file", "root", "dialout", 0o660),), has_rules=True),
    Pictures((Entry("/dev/video0", "file", "root", "video", 0o660),)),
    Doors("good", "", "good", "http://127.0.0.1:80"),
    Kernel(True, True, 4 << 20, (), True, 50 << 30),
)


def _of(facts: Facts, name: str) -> Verdict:
    (found,) = [each for each in examine(facts) if each.name == name]
    return found


def _changed(part: str, **changes: object) -> Facts:
    return replace(WELL, **{part: replace(getattr(WELL, part), **changes)})


def _units(name: str, **changes: object) -> Facts:
    return replace(WELL, units={**ACTIVE, name: replace(ACTIVE[name], **changes)})


def test_of_a_computer_that_is_well_every_line_is_good() -> None:
    assert [each for each in examine(WELL) if each.state != "good"] == []
    assert is_well(examine(WELL))


WRONG: Mapping[str, tuple[str, Facts, str]] = {
    "a unit that is down": ("units", _units("tirek-web.socket", active="failed"), "enable tirek-web"),
    "a unit that does not start by itself": ("units", _units("tirek.service", enabled="disabled"), "enable"),
    "a unit that was changed": ("units", _units("tirek.service", needs_reload=True), "daemon-reload"),
    "a unit that was masked": ("units", _units("tirek.service", load="masked"), "unmask tirek.service"),
    "a kiosk that is wanted and down": (
        "units",
        replace(WELL, units=ACTIVE | {KIOSK: Unit(KIOSK, "loaded", "failed", enabled="enabled")}),
        f"enable --now {KIOSK}",
    ),
    "units of another release": (
        "units",
        _changed("release", strange=("tirek.service",)),
        "/opt/tirek/current/share/systemd/system/* /usr/lib/systemd/system/",
    ),
    "a release that is not whole": ("release", _changed("release", is_whole=False), "tirek rollback"),
    "a socket of another group": ("socket", _changed("socket", group="root"), "restart tirek-screen.socket"),
    "a watchdog that nobody feeds": ("watchdog", _changed("kernel", watches=False), "daemon-reexec"),
    "little room for packets": ("kernel", _changed("kernel", receive=212_992), "sysctl --system"),
    "a log in memory": ("log", _changed("kernel", keeps_log=False), "mkdir -p /var/log/journal"),
    "a full disk of the system": ("system disk", _changed("kernel", root_free=9 << 20), "apt-get clean"),
    "a wrong configuration": ("config", _changed("settings", fault="x"), "tirek check /etc/tirek/tirek.toml"),
    "no state folder": ("state", replace(WELL, state=None), "systemd-tmpfiles --create"),
    "files of root in it": (
        "state",
        _changed("state", foreign=("/var/lib/tirek/a",)),
        "chown -R tirek:tirek",
    ),
    "a folder of root": ("state", _changed("state", entry=replace(STATE, owner="root")), "chown -R"),
    "a folder for everybody": ("state", _changed("state", entry=replace(STATE, mode=0o755)), "chmod 0750"),
    "a read-only disk": ("state", _changed("state", is_read_only=True), "dmesg"),
    "no room for files": ("state", _changed("state", files_free=3), "df -i"),
    "no room for a lesson": ("disk", _changed("state", free=1 << 30), "recordings list"),
    "a damaged journal": ("journal", _changed("journal", fault="page 7"), "restart tirek.service"),
    "damage in the night": ("backup", _changed("night", journal="page 7"), "restart tirek.service"),
    "a backup that failed": ("backup", _changed("night", failed="full"), "start tirek-maintain"),
    "recordings that rot": ("backup", _changed("night", damaged=["a: gone"]), "upkeep.json"),
    "no backup": ("backup", _changed("night", backup=0), "start tirek-maintain"),
    "an old backup": ("backup", _changed("night", backup=NOW - 9 * DAY), "start tirek-maintain"),
    "a clock of 1970": ("clock", replace(WELL, now=1000), "timedatectl set-time"),
    "a clock that is late": ("clock", _changed("journal", clock=NOW + HOUR), 'set-time "2026-'),
    "a clock before the newest fact": ("clock", _changed("journal", newest=NOW + 2 * DAY), "timedatectl"),
    "no hub": ("hub", _changed("hub", address=""), "sudo tirek enroll"),
    "a hub that forgot us": ("hub", _changed("hub", light="light-hub-unknown"), "--again 10.0.0.1:8443"),
    "a hub that is away": ("hub", _changed("hub", reached=NOW - 2 * DAY), "ping -c 3 10.0.0.1"),
    "a daemon that is silent": ("screen", _changed("doors", screen="nothing"), "restart tirek.service"),
    "a daemon in memory": ("screen", _changed("doors", trouble="disk-full"), "journalctl"),
    "pages of somebody else": ("pages", _changed("doors", pages="status 404", other="Apache"), "ss -ltnp"),
    "no pages": ("pages", _changed("doors", pages="refused"), "tirek-web.socket tirek.service"),
    "a thief of ports": ("serial", _changed("serial", thieves=("brltty",)), "remove -y brltty"),
    "a user outside of the group": (
        "serial",
        _changed("serial", has_user=False),
        "usermod -aG dialout tirek",
    ),
    "no rules": ("serial", _changed("serial", has_rules=False), "60-tirek.rules"),
    "a port of root": (
        "serial",
        _changed("serial", ports=(Entry("/dev/ttyUSB0", "file", "root", "root", 0o600),)),
        "udevadm trigger",
    ),
    "a camera of root": (
        "camera",
        _changed("pictures", cameras=(Entry("/dev/video0", "file", "root", "root", 0o600),)),
        "udevadm trigger",
    ),
    "no codecs": ("camera", _changed("pictures", has_codecs=False), "tirek version"),
    "an encyclopaedia that is silent": ("kiwix", replace(WELL, kiwix=False), "tirek-kiwix.service"),
}


@pytest.mark.parametrize("what", WRONG)
def test_whatever_is_wrong_is_said_with_what_to_do(what: str) -> None:
    name, facts, command = WRONG[what]
    verdicts = examine(facts)
    found = _of(facts, name)
    assert found.state == "todo"
    assert any(command in line for line in found.do), found.do
    assert not is_well(verdicts)
    assert [each.name for each in verdicts if each.state == "todo"] == [name]


def test_a_unit_that_was_written_anew_by_hand_is_told() -> None:
    found = _of(_changed("release", hidden=("tirek.service",)), "units")
    assert (found.state, found.do) == ("note", ("sudo systemctl cat tirek.service",))


def test_a_backup_of_last_night_is_not_old_because_the_clock_is_wrong() -> None:
    night = Upkeep(at=900, backup=900)
    assert _of(replace(WELL, now=HOUR, night=night), "backup").state == "good"


CLOCKS = {
    "of 1970": replace(WELL, now=1000),
    "late": _changed("journal", clock=NOW + HOUR),
    "before the newest fact": _changed("journal", newest=NOW + 2 * DAY),
}


@pytest.mark.parametrize("keeps_time", [True, False])
@pytest.mark.parametrize("what", CLOCKS)
def test_a_clock_is_set_by_what_is_said_whether_something_keeps_it_or_not(
    what: str, keeps_time: bool, tmp_path: Path
) -> None:
    kernel = replace(WELL.kernel, keeps_time=keeps_time)
    lines = _of(replace(CLOCKS[what], kernel=kernel), "clock").do
    keeper = tmp_path / "keeper"
    keeper.write_text("true\n" if keeps_time else "false\n")
    _pasted(tmp_path, lines, "2026-12-24 10:30\n")
    assert (tmp_path / "clock").read_text().startswith("2026-1")
    assert keeper.read_text() == ("true\n" if keeps_time else "false\n")


# As systemd 252 answers (src/timedate/timedated.c): refused while time is kept, and until that has stopped.
TIMEDATECTL = """#!/bin/sh
cd "$(dirname "$0")"
case $1-$2-$(cat keeper) in
set-ntp-false-*) echo stopping >keeper ;;
set-ntp-true-*) [ touched -nt clock ] && echo true >keeper ;;
set-time-*-false | set-time-*-stopped) echo "$2" >clock ;;
*) echo "Failed to set time: Automatic time synchronization is enabled" >&2; exit 1 ;;
esac
"""
OTHERS = {
    "sudo": 'exec "$@"',
    "sleep": 'cd "$(dirname "$0")"; echo stopped >keeper',
    "touch": 'cd "$(dirname "$0")"; exec /usr/bin/touch -d "+1 hour" touched',
}


def _pasted(folder: Path, lines: Sequence[str], typed: str) -> None:
    """Paste lines into a terminal, where what they ask for is typed."""
    scripts = OTHERS.items()
    for name, script in (*scripts, ("timedatectl", TIMEDATECTL.removeprefix("#!/bin/sh\n"))):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    text = "\n".join([*lines, ""]) + typed
    subprocess.run(["bash"], input=text, text=True, env={"PATH": path}, check=False)


def test_what_may_not_be_looked_at_is_no_fault() -> None:
    hidden = Settings(is_hidden=True, fault="Permission denied")
    nobody = replace(
        WELL,
        settings=hidden,
        state=None,
        journal=JournalFacts(was_looked_at=False),
        doors=Doors("forbidden", "", "good"),
        kernel=Kernel(),
    )
    assert is_well(examine(nobody))
    assert "sudo tirek doctor" in _of(nobody, "config").do
    assert "usermod -aG tirek-staff" in _of(nobody, "screen").do[0]


def test_a_trial_without_an_installation_is_well() -> None:
    trial = replace(WELL, release=None, units={}, socket=None, doors=Doors("good", "", "good"))
    assert is_well(examine(trial))


def test_a_kiosk_that_nobody_wants_is_no_fault() -> None:
    there = ACTIVE | {KIOSK: Unit(KIOSK, "loaded", "inactive", enabled="disabled")}
    assert is_well(examine(replace(WELL, units=there)))


def test_a_new_computer_needs_no_backup_before_its_first_night() -> None:
    new = replace(WELL, night=Upkeep(), journal=replace(WELL.journal, born=NOW - HOUR))
    assert _of(new, "backup").state == "good"


def test_nobody_is_above_a_hub() -> None:
    config = from_table({"name": "hub", "state": "/s", "listen_nodes": ["0.0.0.0:8443"]}, "test")
    hub = replace(WELL, settings=Settings(config=config), hub=Hub())
    assert _of(hub, "hub").state == "good"


def test_a_firewall_is_no_fault_and_its_rules_are_printed() -> None:
    found = _of(_changed("kernel", firewalls=("ufw",)), "firewall")
    assert (found.state, found.do[0]) == ("note", "sudo ufw allow 80/tcp")


def test_a_release_on_trial_is_told() -> None:
    assert _of(_changed("release", on_trial=True), "release").state == "note"
