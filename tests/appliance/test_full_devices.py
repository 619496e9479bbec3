"""Debian's own kernel, udev and systemd: what is plugged in reaches the daemon in its sandbox."""

import json
import os
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from devices.simulate import simulated
from tests.appliance.asked import Said
from tests.appliance.conftest import CLIP
from tests.appliance.machine import Computer, Machine, switched_on
from tests.appliance.test_service import ask, main_pid
from tests.appliance.test_stick import made
from tests.appliance.wire import wired

pytestmark = pytest.mark.skipif(
    "FULL_KERNEL" not in os.environ,
    reason="half an hour of an emulated computer: `FULL_KERNEL=1`, in `make soak`",
)
ADAPTER = {"driver": "usb-serial", "name": "adapter", "chardev": "line", "serial": "TIREK01"}
STICK = {"driver": "usb-storage", "name": "stick", "drive": "stick"}
FAT = "mkfs.vfat -n SCHOOL /dev/sda1 && sync"
MOUNTED = "/media/tirek-sda1"
LISTED = ("tirek", "device", "list")
# A unit with the very sandbox of the daemon's that takes pictures of a camera.
OF_ITS_OWN = "ExecStartPre|ExecStopPost|ExecReload|Watchdog.*|NotifyAccess|Restart.*|Requires|Wants|Also"
TAKEN = f"{OF_ITS_OWN}|RuntimeDirectory"  # which would go away with the unit, under the daemon
SEES = """import os
camera = os.open("/dev/video0", os.O_RDONLY)
seen = [os.read(camera, 1 << 24) for _ in range(3)]
print("seen", *(len(picture) for picture in seen if any(picture)))
"""
PACK = """import sys
from contextlib import nullcontext
from pathlib import Path

from edge.packs.manifest import Signed
from edge.packs.stick import Draft

draft = Draft(Path(sys.argv[1]), "pack", nullcontext)
draft.put("journal", [b"fact;"] * 20_000)
draft.put("content/lesson", [b"page;"] * 20_000)
print(draft.finish(Signed("", "")))
"""
SUM = "sha256sum {} | cut -d' ' -f1"
GROUP = "/sys/fs/cgroup/tirek.slice/tirek.service/cgroup.procs"
UNIT = "/run/systemd/system/camera.service"
PYTHON = "/opt/tirek/current/bin/python"
CAMERA = f"""cat >/srv/camera.py <<'END'
{SEES}END
sed -E '/^({TAKEN})=/d; s/^Type=.*/Type=oneshot/; s|^ExecStart=.*|ExecStart={PYTHON} /srv/camera.py|' \\
    /usr/lib/systemd/system/tirek.service >{UNIT}
systemctl daemon-reload"""
LESSON = ("tirek", "publish", CLIP, "--to", "http://127.0.0.1/whip/physics-7")


@pytest.fixture(scope="module")
def machine(full: Computer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The installed computer with real parts, switched on once for all that is plugged in."""
    folder = tmp_path_factory.mktemp("devices")
    with switched_on(full, folder) as up:
        yield up


def test_debian_s_own_kernel_starts_all_of_it(machine: Machine) -> None:
    assert machine.do("uname", "-r").endswith("-amd64")
    assert machine.do("systemctl", "is-system-running") == "running"
    assert json.loads(ask(machine, "/api/node"))
    assert "level=error" not in machine.log("tirek")


def test_the_daemon_is_no_more_exposed_live_than_on_paper(machine: Machine) -> None:
    said = machine.run("systemd-analyze", "security", "--no-pager", "tirek.service").stdout
    found = re.search(r"exposure level for tirek.service: ([0-9.]+)", said)
    assert found is not None, said
    assert float(found[1]) <= 1.3


def test_an_instrument_on_a_usb_adapter_is_read_and_is_back_by_itself(machine: Machine) -> None:
    line, before = machine.folder / "line", main_pid(machine)
    with wired(line, simulated("pendulum")):
        machine.plug(**ADAPTER)
        assert "angle [deg]" in machine.until(*LISTED, says="ready")
        assert machine.do("stat", "-c", "%G %a", "/dev/ttyUSB0") == "dialout 660"
        assert "ID_MM_DEVICE_IGNORE=1" in machine.do("udevadm", "info", "/dev/ttyUSB0")
        machine.unplug("adapter")
        machine.until(*LISTED, says="gone")
    with wired(line, simulated("pendulum")):
        machine.plug(**ADAPTER)
        assert "0403:6001:TIREK01:0" in machine.until(*LISTED, says="ready")
        machine.unplug("adapter")
    assert main_pid(machine) == before


@pytest.fixture(scope="module")
def stick(machine: Machine) -> Machine:
    """The computer whose stick was formatted once, and is not plugged in."""
    machine.plug(**STICK)
    machine.until("sh", "-c", "ls /dev/sda1 || true", says="/dev/sda1")
    machine.do("sh", "-c", FAT)
    pulled(machine)
    return machine


def plugged(machine: Machine) -> None:
    """Plug the stick in, and wait until it is mounted."""
    machine.plug(**STICK)
    machine.until("sh", "-c", f"mountpoint {MOUNTED} || true", says="is a mountpoint")


def pulled(machine: Machine) -> None:
    """Pull the stick out at once, and wait until its folder is gone."""
    machine.unplug("stick")
    machine.until("sh", "-c", f"test -e {MOUNTED} -o -e /dev/sda || echo gone", says="gone")


def test_a_stick_is_mounted_by_itself_and_a_report_is_on_it(stick: Machine) -> None:
    plugged(stick)
    path = Path(made(stick))
    assert path.parent == Path(MOUNTED) / "tirek"
    assert int(stick.do("stat", "-c", "%s", str(path))) > 0
    options = stick.do("findmnt", "-n", "-o", "OPTIONS", MOUNTED).split(",")
    assert {"nosuid", "nodev", "noexec"} <= set(options)

    pulled(stick)
    assert made(stick).startswith("/var/lib/tirek/")


def test_a_stick_that_is_pulled_out_at_once_has_what_was_said_to_be_there(stick: Machine) -> None:
    plugged(stick)
    report = Path(made(stick))
    pulled(stick)
    plugged(stick)
    stick.do("cmp", str(report), f"/var/lib/tirek/support/{report.name}")

    pack = stick.do(PYTHON, "-c", PACK, MOUNTED)
    pulled(stick)
    plugged(stick)
    for name, line in (("journal", b"fact;"), ("content/lesson", b"page;")):
        assert stick.do("sh", "-c", SUM.format(f"{pack}/{name}")) == sha256(line * 20_000).hexdigest()
    pulled(stick)


def test_a_lesson_is_received_and_recorded_inside_the_sandbox(machine: Machine) -> None:
    machine.do(*LESSON)
    listed = machine.until("sh", "-c", "cat /var/lib/tirek/recordings/*.json || true", says='"state": "done"')
    recording = json.loads(listed)
    assert recording["whole"] is True
    path = f"/var/lib/tirek/recordings/{recording['id']}.{recording['media_type'].partition('/')[2]}"
    assert "whole" in machine.do("tirek", "recordings", "verify", path)
    assert "Traceback" not in machine.log("tirek")


def opened(machine: Machine, device: str) -> Said:
    """Open a device as root, with nothing but the daemon's device rules on it."""
    return machine.run("sh", "-c", f"test -e {device} && echo $$ >{GROUP} && exec 3<{device}")


def test_a_camera_whose_driver_came_later_is_seen_from_inside_the_sandbox(machine: Machine) -> None:
    before = main_pid(machine)
    # After the daemon's start, as when a camera is plugged in.
    machine.do("modprobe", "vivid", "n_devs=1", "node_types=0x1")
    machine.until("sh", "-c", "stat -c '%G %a' /dev/video0 || true", says="video 660")
    done = opened(machine, "/dev/video0")
    assert (done.returncode, done.stderr) == (0, "")
    assert main_pid(machine) == before

    machine.do("sh", "-c", CAMERA)
    machine.do("systemctl", "start", "camera")
    seen = machine.until("journalctl", "-b", "-u", "camera", "-o", "cat", "--no-pager", says="seen ")
    assert len(re.findall(r" \d{5,}", seen)) == 3, seen


@pytest.mark.parametrize("forbidden", ["/dev/vda", "/dev/ttyS0"])
def test_no_other_device_is_opened_from_inside_the_sandbox(machine: Machine, forbidden: str) -> None:
    before = main_pid(machine)
    done = opened(machine, forbidden)
    assert done.returncode != 0
    assert "Operation not permitted" in done.stderr
    assert main_pid(machine) == before
