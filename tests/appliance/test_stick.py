"""A stick in the computer's socket: what a person asks for is on it, from inside the sandbox."""

import json
from pathlib import Path

import pytest

from tests.appliance.asked import Asked

STICK = "/media/tirek-sdb1"
# As the socket unit of the stick mounts FAT: for the daemon's group.
MOUNT = f"mkdir -p {STICK}; mount -t tmpfs -o nosuid,nodev,noexec,gid=$(id -g tirek),mode=2775 tmpfs {STICK}"
REPORT = """
import http.client, socket
line = http.client.HTTPConnection("tirek")
line.sock = socket.socket(socket.AF_UNIX)
line.sock.connect("/run/tirek.sock")
line.request("POST", "/commands", '{"do": "make-bundle"}')
print(line.getresponse().read().decode())
"""


def made(system: Asked) -> str:
    """Ask for the technician's report, as the screen does, and return where it is."""
    return str(json.loads(system.do("python3", "-c", REPORT))["path"])


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_report_goes_to_a_stick_whenever_it_was_plugged_in(system: Asked, order: str) -> None:
    steps = [("sh", "-c", MOUNT), ("systemctl", "restart", "tirek")]
    for step in steps if order == "before" else reversed(steps):
        system.do(*step)
    path = Path(made(system))
    assert path.parent == Path(STICK) / "tirek"
    assert int(system.do("stat", "-c", "%s", str(path))) > 0

    system.do("umount", STICK)
    assert made(system).startswith("/var/lib/tirek/")
