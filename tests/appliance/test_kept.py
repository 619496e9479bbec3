"""What is kept, on an installed computer: the night's work in its sandbox, a damaged page, a full disk."""

import json

from tests.appliance.boot import Booted
from tests.appliance.test_service import ask, main_pid

STATE = "/var/lib/tirek"
JOURNAL = f"{STATE}/journal/journal.db"


def test_the_night_s_work_is_done_with_the_daemon_up_and_down(system: Booted) -> None:
    system.do("systemctl", "start", "tirek-maintain")
    system.do("systemctl", "stop", "tirek.service")
    system.do("systemctl", "start", "tirek-maintain")
    system.do("systemctl", "start", "tirek")
    assert system.shows("tirek-maintain", "Result") == "success"
    kept = system.do("stat", "-c", "%a %U", f"{STATE}/backup", f"{STATE}/upkeep.json").splitlines()
    assert kept == ["700 tirek", "644 tirek"]
    assert json.loads(system.do("cat", f"{STATE}/upkeep.json"))["backup"] > 0


def test_a_damaged_page_is_put_right_by_the_next_start(system: Booted) -> None:
    system.do("systemctl", "stop", "tirek.service")
    damage = ("dd", "if=/dev/urandom", f"of={JOURNAL}", "bs=4096", "seek=1", "count=1", "conv=notrunc")
    system.do(*damage)
    system.do("systemctl", "start", "tirek")
    assert "damaged journal set aside" in system.log("tirek")
    assert "trouble" not in json.loads(ask(system, "/api/node"))


def test_on_a_full_disk_the_page_says_why_and_the_same_daemon_goes_on_when_there_is_room(
    system: Booted,
) -> None:
    system.do("systemctl", "stop", "tirek.service")
    system.do("mount", "-t", "tmpfs", "-o", "size=64k,mode=750", "tirek-test", STATE)
    system.do("systemctl", "start", "tirek")
    before = main_pid(system)
    assert json.loads(ask(system, "/api/node"))["trouble"] == "disk-full"
    assert "nothing is kept: disk-full" in system.shows("tirek", "StatusText")
    system.do("mount", "-o", "remount,size=100m", STATE)
    system.until("journalctl", "-b", "-u", "tirek", "-n", "3", "-o", "cat", says="can be used again")
    system.until("sh", "-c", f"ls {STATE}/journal", says="journal.db")
    assert "trouble" not in json.loads(ask(system, "/api/node"))
    assert (main_pid(system), system.shows("tirek", "SubState")) == (before, "running")
    system.do("systemctl", "stop", "tirek.service")
    system.do("umount", STATE)
    system.do("systemctl", "start", "tirek")
