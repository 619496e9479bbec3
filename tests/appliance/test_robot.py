"""A robot that does not answer holds up nobody: the daemon is there again while the stop is insisted on."""

import json

from tests.appliance.boot import Booted
from tests.appliance.test_service import ask, main_pid

# A far end that is plugged in and says nothing, whatever it is told.
SILENT = """
import os, sys, tty
from threading import Event
end, near = os.openpty()
tty.setraw(near)
os.chmod(os.ttyname(near), 0o666)
os.symlink(os.ttyname(near), sys.argv[1])
Event().wait()
"""
LINE = "/run/silent-robot"
ROBOT = {"id": "robot", "driver": "marlin", "baud": 115_200, "moves": True, "path": LINE}
BOOK = json.dumps({"devices": [ROBOT]})
KNOWN = "/var/lib/tirek/lab/devices.json"


def plug_silent_robot(system: Booted) -> None:
    """Let the daemon know a robot that moves and says nothing."""
    system.do("systemd-run", "--quiet", "--unit=silent", "python3", "-c", SILENT, LINE)
    system.do("systemctl", "stop", "tirek.service")
    system.do("install", "-d", "-o", "tirek", "-g", "tirek", "/var/lib/tirek/lab")
    (system.root / KNOWN[1:]).write_text(BOOK)
    system.do("sh", "-c", f"chown tirek:tirek {KNOWN}; systemctl start tirek")


def test_a_killed_daemon_is_back_while_a_silent_robot_is_still_told_to_stop(system: Booted) -> None:
    plug_silent_robot(system)
    before = main_pid(system)

    system.do("kill", "-9", before)
    assert json.loads(ask(system, "/api/node"))
    assert main_pid(system) != before

    system.until("systemctl", "show", "tirek-halt", "-p", "ActiveState", says="failed")
    assert "robot: NOT stopped: switch it off by its own button" in system.log("tirek-halt")
    begun = int(system.shows("tirek", "ExecMainStartTimestampMonotonic"))
    assert begun < int(system.shows("tirek-halt", "ExecMainExitTimestampMonotonic"))
