"""Debian's own kernel: memory, clock, watchdog and power, which no container has."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.appliance.machine import Computer, Machine, switched_on
from tests.appliance.test_release import running
from tests.appliance.test_service import FAULT, ask, main_pid

pytestmark = pytest.mark.skipif(
    "FULL_KERNEL" not in os.environ,
    reason="half an hour of an emulated computer: `FULL_KERNEL=1`, in `make soak`",
)
REGISTER = """
import http.client, json, socket, sys
line = http.client.HTTPConnection("tirek")
line.sock = socket.socket(socket.AF_UNIX)
line.sock.connect("/run/tirek.sock")
order = {"do": "take-register", "lesson": sys.argv[1], "marks": {"1": "ill"}}
line.request("POST", "/commands", json.dumps(order))
print(line.getresponse().read().decode())
"""
WRITTEN = """
import json, sqlite3
db = sqlite3.connect("/var/lib/tirek/journal/journal.db")
rows = db.execute("SELECT hlc, body FROM event WHERE kind = 'register-taken' ORDER BY stream, seq").fetchall()
print(json.dumps([[hlc, json.loads(body)["lesson"]] for hlc, body in rows]))
"""
# Takes all memory that there is, and is nothing that matters.
EATS = "kept = []\nwhile True:\n    kept.append(bytearray(64 << 20))"
KILLED = "journalctl -k -b -o cat --no-pager | grep 'oom-kill:' || true"
# The hardware watchdog's time, in microseconds. PID 1 does not feed it while the kernel looks for memory, and
# an emulated processor looks for a minute: the computer would be reset before anything is ended.
RESETS = "/org/freedesktop/systemd1 org.freedesktop.systemd1.Manager RuntimeWatchdogUSec t"
WATCHDOG = ("busctl", "set-property", "org.freedesktop.systemd1", *RESETS.split(" "))
PATIENT, AS_INSTALLED = "600000000", "30000000"
YEAR = 365 * 86_400
JUMPS = (YEAR, -10 * YEAR, 9 * YEAR)  # seconds, one after the other
HANGS = "sysctl -q kernel.panic=0; echo c >/proc/sysrq-trigger"
TOO_LITTLE, ENOUGH = "24M", "900M"  # an idle daemon has 47 MB of its own (decision 0027); its unit allows 900
TRIED = "test $(cut -d' ' -f2 /opt/tirek/pending) -ge 1 && echo tried || true"  # once: the trial has begun
RESET = 35.0  # seconds from a kernel that hangs to the reset: 30 by the watchdog
BACK = 120.0  # seconds for the daemon, in a container; ten times as many here


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the machine's disk is: what is cut off goes on from there."""
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="module")
def machine(full: Computer, folder: Path) -> Iterator[Machine]:
    """The installed computer, switched on once for all faults but the last."""
    with switched_on(full, folder) as up:
        yield up


def is_another(machine: Machine, before: str) -> str:
    """Wait until another daemon serves than before; return its process."""
    pid = "$(systemctl show tirek -p MainPID --value)"
    other = f"systemctl is-active tirek; test {pid} != {before} && echo other"
    machine.until("sh", "-c", other, says="active\nother", seconds=BACK)
    assert json.loads(ask(machine, "/api/node", 300))
    return main_pid(machine)


def test_a_killed_daemon_is_back_and_nobody_is_refused(machine: Machine) -> None:
    before = main_pid(machine)
    machine.do("kill", "-9", before)
    assert json.loads(ask(machine, "/api/node", 300))
    is_another(machine, before)


def test_a_daemon_that_hangs_is_started_anew(machine: Machine) -> None:
    before = main_pid(machine)
    machine.do("python3", "-c", FAULT, before)
    is_another(machine, before)
    assert "watchdog" in machine.log("tirek").lower()


def test_a_date_that_jumps_restarts_nothing_and_changes_no_order(machine: Machine) -> None:
    before, taken = main_pid(machine), []
    for number, jump in enumerate((0, *JUMPS)):
        machine.do("date", "-s", f"{jump:+d} seconds")
        for hour in (8, 9):
            taken.append(f"7Б 2026-11-{number + 1:02} {hour:02}:00")
            assert '"id"' in machine.do("python3", "-c", REGISTER, taken[-1])
    assert main_pid(machine) == before
    written = json.loads(machine.do("python3", "-c", WRITTEN))
    assert [lesson for _, lesson in written] == taken
    times = [hlc for hlc, _ in written]
    assert times == sorted(set(times))


def test_a_daemon_that_takes_too_much_is_ended_alone_and_is_back(machine: Machine) -> None:
    before, others = main_pid(machine), machine.shows("systemd-journald", "MainPID")
    machine.do("systemctl", "set-property", "--runtime", "tirek.service", f"MemoryMax={TOO_LITTLE}")
    machine.until("sh", "-c", KILLED, says="oom_memcg=/tirek.slice/tirek.service", seconds=BACK)
    machine.do("systemctl", "set-property", "--runtime", "tirek.service", f"MemoryMax={ENOUGH}")
    is_another(machine, before)
    assert machine.shows("systemd-journald", "MainPID") == others
    victims = re.findall(r"task=(\S+?),", machine.run("sh", "-c", KILLED).stdout)
    assert set(victims) == {"tirek"}


def test_where_the_computer_has_no_memory_left_the_daemon_is_not_what_is_ended(machine: Machine) -> None:
    before = main_pid(machine)
    machine.do(*WATCHDOG, PATIENT)
    machine.run("systemd-run", "--quiet", "--wait", "--unit=eater", "python3", "-c", EATS)
    machine.do(*WATCHDOG, AS_INSTALLED)
    assert "global_oom,task_memcg=/system.slice/eater.service" in machine.run("sh", "-c", KILLED).stdout
    assert json.loads(ask(machine, "/api/node", 300))
    assert main_pid(machine) == before


def test_a_kernel_that_hangs_is_reset_by_the_hardware_watchdog(machine: Machine) -> None:
    assert "i6300ESB" in machine.do("cat", "/sys/class/watchdog/watchdog0/identity")
    machine.say("sh", "-c", HANGS)
    assert machine.is_reset(2 * RESET) <= RESET
    machine.is_up()
    assert json.loads(ask(machine, "/api/node", 300))


def test_a_power_cut_in_the_trial_of_a_broken_release_ends_on_the_old_one(
    full: Computer, folder: Path, machine: Machine
) -> None:
    before = running(machine)
    machine.do("systemd-run", "--quiet", "tirek", "upgrade", "/media/usb/broken")
    machine.until("sh", "-c", TRIED, says="tried", seconds=BACK)
    machine.cut()

    with switched_on(full, folder) as again:
        over = "test -e /opt/tirek/pending || echo over; systemctl is-active tirek"
        again.until("sh", "-c", over, says="over\nactive", seconds=BACK)
        assert running(again) == before
        assert json.loads(ask(again, "/api/node", 300))
