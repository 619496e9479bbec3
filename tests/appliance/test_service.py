"""The real daemon in the real unit: its sandbox, its watchdog, its sockets, its configuration."""

import json
import time

import pytest

from tests.appliance.asked import Asked
from tests.appliance.boot import Booted

ASK = "import urllib.request as u; print(u.urlopen('http://127.0.0.1{}', timeout={}).read().decode())"
LESSON = 6  # seconds
WATCHDOG = "[Service]\nWatchdogSec=4\n"
FAULT = "import os, signal, sys; os.kill(int(sys.argv[1]), signal.SIGSTOP)"


def ask(system: Asked, path: str, seconds: int = 30) -> str:
    """Ask the page that everybody in the room sees."""
    return system.do("python3", "-c", ASK.format(path, seconds))


def main_pid(system: Asked) -> str:
    """Return the process of the daemon."""
    return system.shows("tirek", "MainPID")


def test_it_serves_on_port_80_as_a_user_without_any_capability(system: Booted) -> None:
    assert json.loads(ask(system, "/api/node"))["lang"] == "kk"
    status = system.do("cat", f"/proc/{main_pid(system)}/status")
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "0" not in [line.split()[1] for line in status.splitlines() if line.startswith("Uid:")]


def test_nothing_of_it_fails_in_the_sandbox(system: Booted) -> None:
    system.do("systemctl", "restart", "tirek")
    ask(system, "/api/node")
    ask(system, "/api/streams")
    assert "Traceback" not in system.log("tirek")
    assert "level=error" not in system.log("tirek")


def test_the_screen_s_socket_is_for_its_group(system: Booted) -> None:
    said = system.do("stat", "-c", "%a %U %G", "/run/tirek.sock")
    assert said == "660 tirek tirek-staff"


def test_who_may_not_open_the_screen_is_told_how_to_be_let_in(system: Booted) -> None:
    told = system.run("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "tirek")
    assert told.returncode == 1
    assert "sudo usermod -aG tirek-staff nobody" in told.stderr


def test_a_lesson_is_received_and_recorded_inside_the_sandbox(system: Booted) -> None:
    publish = f"timeout {LESSON} tirek publish test --to http://127.0.0.1/whip/physics-7"
    system.run("sh", "-c", publish, seconds=60)
    system.do("systemctl", "restart", "tirek")  # or it would wait half a minute for the publisher

    listed = system.until("sh", "-c", "cat /var/lib/tirek/recordings/*.json", says='"state": "done"')
    recording = json.loads(listed)
    assert recording["whole"] is True
    assert recording["seconds"] > LESSON / 2
    path = f"/var/lib/tirek/recordings/{recording['id']}.{recording['media_type'].partition('/')[2]}"
    assert "whole" in system.do("tirek", "recordings", "verify", path)


def test_slides_are_looked_for_by_a_process_inside_the_sandbox(system: Booted) -> None:
    system.until("ls", "/var/lib/tirek/recordings", says=".chapters.json")
    assert "Traceback" not in system.log("tirek")


def test_an_instrument_is_read_inside_the_sandbox(system: Booted) -> None:
    simulate = ("tirek", "device", "simulate", "pendulum", "--link", "/run/tirek-line")
    system.do("systemd-run", "--unit=instrument", *simulate)
    system.until("sh", "-c", "test -e /run/tirek-line && echo there", says="there")
    system.do("sh", "-c", "chmod 666 $(readlink -f /run/tirek-line)")
    port = '[[port]]\\npath = "\'$(readlink -f /run/tirek-line)\'"\\nlabel = "маятник"\\n'
    system.do("sh", "-c", f"printf '{port}' >> /etc/tirek/tirek.toml")
    system.do("systemctl", "restart", "tirek")

    said = system.until("tirek", "device", "list", says="ready")
    assert "маятник" in said


def test_nobody_is_refused_while_a_killed_daemon_comes_back(system: Booted) -> None:
    before = main_pid(system)
    system.do("kill", "-9", before)
    assert json.loads(ask(system, "/api/node"))
    assert main_pid(system) != before


def test_a_daemon_that_hangs_is_started_anew(system: Booted) -> None:
    system.do("mkdir", "-p", "/etc/systemd/system/tirek.service.d")
    system.do("sh", "-c", f"printf '{WATCHDOG}' > /etc/systemd/system/tirek.service.d/test.conf")
    system.do("systemctl", "daemon-reload")
    system.do("systemctl", "restart", "tirek")
    before = main_pid(system)

    system.do("python3", "-c", FAULT, before)

    assert json.loads(ask(system, "/api/node", 60))
    assert main_pid(system) != before
    assert "watchdog" in system.log("tirek").lower()


@pytest.mark.parametrize("line", ["x = [", 'nmae = "room"'])
def test_a_broken_configuration_keeps_the_old_one_and_says_why(system: Booted, line: str) -> None:
    before = main_pid(system)
    system.do("cp", "/etc/tirek/tirek.toml", "/srv/good.toml")
    system.do("sh", "-c", f"printf '{line}\\n' >> /etc/tirek/tirek.toml")

    system.do("systemctl", "reload", "tirek")
    said = system.until("systemctl", "show", "tirek", "-p", "StatusText", says="/etc/tirek/tirek.toml")
    system.do("cp", "/srv/good.toml", "/etc/tirek/tirek.toml")

    assert "the configuration from before goes on" in said
    assert main_pid(system) == before
    assert json.loads(ask(system, "/api/node"))


def test_a_good_configuration_counts_without_a_new_start(system: Booted) -> None:
    before = main_pid(system)
    system.do("sh", "-c", "sed -i '1i room = true' /etc/tirek/tirek.toml")
    system.do("systemctl", "reload", "tirek")
    said = system.until("systemctl", "show", "tirek", "-p", "StatusText", says="in use")
    assert said
    assert main_pid(system) == before


def test_it_never_gives_up_and_comes_back_when_the_configuration_is_mended(system: Booted) -> None:
    system.do("cp", "/etc/tirek/tirek.toml", "/srv/good.toml")
    system.do("sh", "-c", "echo 'x = [' > /etc/tirek/tirek.toml")
    system.run("systemctl", "restart", "tirek")
    system.until("systemctl", "show", "tirek", "-p", "NRestarts", says="NRestarts=4")
    assert system.run("systemctl", "is-failed", "tirek").stdout.strip() != "failed"

    system.do("cp", "/srv/good.toml", "/etc/tirek/tirek.toml")

    system.until("systemctl", "is-active", "tirek", says="active")
    assert json.loads(ask(system, "/api/node"))


def test_a_client_that_waits_while_no_release_can_be_started_does_not_close_the_door(system: Booted) -> None:
    system.do("mv", "/opt/tirek/current", "/srv/current")
    system.do("systemctl", "kill", "-s", "KILL", "tirek")
    system.do("systemd-run", "--unit=waits", "python3", "-c", ASK.format("/api/node", 100))
    often = int(system.shows("tirek", "NRestarts")) + 4
    wait = f"until [ $(systemctl show tirek -p NRestarts --value) -ge {often} ]; do sleep .1; done"
    system.do("sh", "-c", wait)
    doors = [system.shows(f"tirek-{name}.socket", "ActiveState") for name in ("screen", "web")]
    system.do("mv", "/srv/current", "/opt/tirek/current")
    assert doors == ["active", "active"]
    assert json.loads(ask(system, "/api/node"))


def test_it_stops_within_the_time_that_systemd_gives(system: Booted) -> None:
    began = time.monotonic()
    system.do("systemctl", "stop", "tirek.service")
    assert system.shows("tirek", "Result") == "success"
    assert time.monotonic() - began < 30
    system.do("systemctl", "start", "tirek.service")
