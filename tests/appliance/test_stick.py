"""A stick in the computer's socket: what a person asks for is on it, from inside the sandbox."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.appliance.asked import Asked
from tests.appliance.bundles import ROOT

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


# Which sticks are mounted: by the script alone, with the answers of a computer that has this one or that


ANSWERS = {
    "findmnt": "echo /dev/mapper/root",
    "lsblk": "case $3 in /dev/mapper/root | /dev/sda1) echo /dev/sda disk ;; *) echo /dev/sdz disk ;; esac",
    "blkid": "echo $TYPE",
    "loginctl": "case $1 in show-seat) echo $SESSION ;; *) printf 'Type=%s\\nClass=user\\n' $DESKTOP ;; esac",
    "mount": 'echo "$*" >>"$TIREK_MEDIA/mounts"',
}


def mounted(media: Path, device: str, **says: str) -> str:
    """Return how the script mounts a device, "" if it does not."""
    tools = media / "bin"
    tools.mkdir()
    for name, answer in (ANSWERS | says).items():
        (tools / name).write_text(f"#!/bin/sh\n{answer}\n")
        (tools / name).chmod(0o755)
    env = {"PATH": f"{tools}:{os.environ['PATH']}", "TIREK_MEDIA": str(media), "SESSION": "", "TYPE": "vfat"}
    subprocess.run(["sh", ROOT / "systemd" / "stick", "in", device], env=env | says, check=True)
    return (media / "mounts").read_text() if (media / "mounts").exists() else ""


def test_a_stick_is_mounted_without_programs_and_devices(tmp_path: Path) -> None:
    assert "-t vfat -o nosuid,nodev,noexec,gid=tirek,umask=0002 /dev/sdb1" in mounted(tmp_path, "sdb1")


def test_a_stick_of_windows_is_mounted_by_what_the_kernel_has(tmp_path: Path) -> None:
    assert "-t ntfs3 -o nosuid,nodev,noexec" in mounted(tmp_path, "sdb1", TYPE="ntfs")


@pytest.mark.parametrize(("desktop", "is_ours"), [("wayland", False), ("x11", False), ("tty", True)])
def test_a_stick_is_left_to_the_desktop_of_who_is_logged_in(
    tmp_path: Path, desktop: str, is_ours: bool
) -> None:
    assert bool(mounted(tmp_path, "sdb1", SESSION="2", DESKTOP=desktop)) == is_ours


def test_a_stick_of_no_known_kind_is_left_to_the_kernel(tmp_path: Path) -> None:
    assert "-o nosuid,nodev,noexec /dev/sdb1" in mounted(tmp_path, "sdb1", blkid="exit 2")


def test_a_stick_that_cannot_be_mounted_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        mounted(tmp_path, "sdb1", mount="exit 32")
    assert [each.name for each in tmp_path.iterdir()] == ["bin"]


def test_a_partition_of_the_disk_that_all_runs_from_is_no_stick(tmp_path: Path) -> None:
    assert mounted(tmp_path, "sda1") == ""
