"""A whole computer: Debian's own kernel, udev and systemd under QEMU, without KVM, with sockets to plug into.

Its processor is emulated: it is 10 to 30 times slower than this computer, its clock is not. Killing QEMU is
pulling the plug; QEMU's monitor (QMP) plugs USB devices in and out. Commands go through a virtio port to
`agent.py`, which is not part of tirek.
"""

import json
import os
import platform
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.appliance.asked import COMMAND, PAUSE, Asked, Said

QEMU = "qemu-system-x86_64"
TOOLS = (QEMU, "mkfs.ext4")
# What a machine has and a container has not: a kernel, and what makes sticks.
PACKAGES = ("linux-image-amd64", "initramfs-tools", "zstd", "dosfstools")
AGENT = Path(__file__).with_name("agent.py")
UNIT = """[Unit]
Description=answers the test outside
StartLimitIntervalSec=0
[Service]
ExecStart=/usr/bin/python3 /srv/agent.py
Restart=always
RestartSec=1
OOMScoreAdjust=-1000
[Install]
WantedBy=multi-user.target
"""
# Twenty seconds of a computer are minutes of one that is emulated on a busy machine.
PATIENT = "[Service]\nWatchdogSec=180\n"
SECTOR, TABLE = 512, 446  # bytes, and where the partitions stand in the first
SIZE, STICK = 4 << 30, 64 << 20  # bytes of the disk and of the stick
MEMORY = 1024  # MB
SLOWER = 10.0  # than a container
UP = 1800.0  # seconds until PID 1 has started all; 60 on an idle computer
KNOCK = 5.0  # seconds for one try to be answered
GONE = 20.0  # seconds for QEMU to end


def require() -> None:
    """Skip where no machine can be emulated, and say why."""
    if platform.machine() != "x86_64":
        pytest.skip("the machine is an x86_64, and its wheels are those of this computer")
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"not installed: {', '.join(missing)} (Debian: qemu-system-x86 e2fsprogs)")


def image(root: Path, disk: Path) -> None:
    """Make a disk of an installed system, with the agent in it and a watchdog as slow as the machine."""
    shutil.copy(AGENT, root / "srv" / "agent.py")
    (root / "etc/systemd/system/test-agent.service").write_text(UNIT)
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / "test-agent.service").symlink_to("../test-agent.service")
    drop_in = root / "etc/systemd/system/tirek.service.d"
    drop_in.mkdir(exist_ok=True)
    (drop_in / "emulated.conf").write_text(PATIENT)
    with disk.open("wb") as file:
        file.truncate(SIZE)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-d", root, disk], check=True)


class Computer:
    """An installed computer that is switched off; each one that is taken from it has a disk of its own."""

    def __init__(self, root: Path, disk: Path) -> None:
        self.root = root  # where its kernel is
        self._disk = disk

    def disk(self, folder: Path) -> Path:
        """Return a copy of its disk in a folder."""
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", self._disk, folder / "disk"], check=True)
        return folder / "disk"


class Machine(Asked):
    """A computer that is switched on."""

    patience = SLOWER

    def __init__(self, folder: Path, qemu: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self._qemu = qemu
        self._monitor = Monitor(folder / "qmp", qemu)
        self._asked = 0
        self._port = _connected(folder / "agent", qemu)
        self._heard = b""

    def run(self, *command: str, seconds: float = COMMAND) -> Said:
        """Run a command inside, and return what it said; the seconds are those that a container needs."""
        seconds *= self.patience
        answer = self._answer(self._ask(command, seconds), seconds + KNOCK * self.patience)
        if answer is None:
            raise subprocess.TimeoutExpired(command, seconds)
        return Said(command, answer["status"], answer["out"], answer["err"])

    def is_up(self, seconds: float = UP) -> None:
        """Wait until it answers and all that starts by itself has started."""
        deadline = time.monotonic() + seconds
        while self._answer(self._ask(("true",), KNOCK), KNOCK) is None:
            assert self._qemu.poll() is None, f"QEMU ended:\n{self.console[-3000:]}"
            assert time.monotonic() < deadline, f"never answered:\n{self.console[-3000:]}"
        while "starting" in self.run("systemctl", "is-system-running").stdout:
            assert time.monotonic() < deadline, self.run("systemctl", "list-jobs").stdout
            PAUSE.wait(1.0)

    def plug(self, driver: str, name: str, **properties: str) -> None:
        """Plug a USB device into a socket of the machine."""
        self._monitor.do("device_add", driver=driver, id=name, bus="usb.0", **properties)

    def unplug(self, name: str) -> None:
        """Pull it out."""
        self._monitor.do("device_del", id=name)
        self._monitor.event("DEVICE_DELETED", GONE * self.patience)

    def is_reset(self, seconds: float) -> float:
        """Wait for the machine to be reset from outside, and return after how many seconds it was."""
        began = time.monotonic()
        self._monitor.event("RESET", seconds)
        return time.monotonic() - began

    def say(self, *command: str) -> None:
        """Give a command and wait for no answer: there will be none."""
        self._ask(command, KNOCK)

    def cut(self) -> None:
        """Cut the power."""
        self._qemu.kill()
        self._qemu.wait(GONE)

    def off(self) -> None:
        """Switch it off as a person does who does not wait."""
        with suppress(OSError, AssertionError):
            self._monitor.do("quit")
        with suppress(subprocess.TimeoutExpired):
            self._qemu.wait(GONE)
        self._qemu.kill()
        self._qemu.wait()
        self._port.close()
        self._monitor.close()

    @property
    def console(self) -> str:
        """What is on its screen."""
        return (self.folder / "console").read_text(errors="replace")

    def _ask(self, command: tuple[str, ...], seconds: float) -> int:
        self._asked += 1
        line = json.dumps({"id": self._asked, "command": command, "seconds": seconds})
        self._port.settimeout(GONE * self.patience)
        self._port.sendall(line.encode() + b"\n")
        return self._asked

    def _answer(self, asked: int, seconds: float) -> dict[str, Any] | None:
        """Return the answer to a question, None if there was none; older answers are of nobody any more."""
        deadline = time.monotonic() + seconds
        while True:
            line, found, rest = self._heard.partition(b"\n")
            if found:
                self._heard = rest
                with suppress(ValueError):  # half a line of before a reset
                    answer = dict(json.loads(line))
                    if answer["id"] == asked:
                        return answer
                continue
            self._port.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                self._heard += self._port.recv(65_536)
            except TimeoutError:
                return None
            if time.monotonic() > deadline:
                return None


class Monitor:
    """QEMU's own door (QMP): orders, and what happened to the machine."""

    def __init__(self, path: Path, qemu: subprocess.Popen[bytes]) -> None:
        self._socket = _connected(path, qemu)
        self._lines = self._socket.makefile("rb")
        self._events: list[str] = []
        self._line(GONE)  # its greeting
        self.do("qmp_capabilities")

    def do(self, order: str, **arguments: str) -> None:
        """Give an order that must be obeyed."""
        said = json.dumps({"execute": order, "arguments": arguments})
        self._socket.sendall(said.encode() + b"\n")
        while "return" not in (line := self._line(GONE)):
            assert "error" not in line, f"{said}: {line}"

    def event(self, name: str, seconds: float) -> None:
        """Wait until something happened, now or since somebody last waited for it."""
        deadline = time.monotonic() + seconds
        while name not in self._events:
            self._line(deadline - time.monotonic())
        self._events.clear()

    def close(self) -> None:
        """Leave it."""
        self._lines.close()
        self._socket.close()

    def _line(self, seconds: float) -> dict[str, Any]:
        self._socket.settimeout(max(seconds, 0.001))
        line = dict(json.loads(self._lines.readline()))
        if "event" in line:
            self._events.append(line["event"])
        return line


@contextmanager
def switched_on(computer: Computer, folder: Path) -> Iterator[Machine]:
    """Switch a machine on, and off at the end; in one folder it is the same one, with what its disk has."""
    disk = folder / "disk" if (folder / "disk").exists() else computer.disk(folder)
    command = _line(disk, computer.root, folder)
    qemu = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        machine = Machine(folder, qemu)
        try:
            machine.is_up()
            yield machine
        finally:
            machine.off()
    finally:
        qemu.kill()
        qemu.wait()


def _line(disk: Path, root: Path, folder: Path) -> list[str]:
    for name in ("qmp", "agent", "line"):
        (folder / name).unlink(missing_ok=True)
    if not (stick := folder / "stick").exists():
        _partition(stick)
    kernel, initrd = (next((root / "boot").glob(f"{name}-*")) for name in ("vmlinuz", "initrd.img"))
    lines = (
        f"-accel tcg,thread=multi -machine pc -cpu max -smp 2 -m {MEMORY}",
        f"-nodefaults -display none -serial file:{folder}/console -qmp unix:{folder}/qmp,server=on,wait=off",
        f"-kernel {kernel} -initrd {initrd}",
        f"-drive file={disk},if=virtio,format=raw,cache=unsafe -device virtio-rng-pci",
        f"-device virtio-serial-pci -chardev socket,id=agent,path={folder}/agent,server=on,wait=off",
        "-device virtserialport,chardev=agent,name=tirek.test",
        "-device qemu-xhci,id=usb -device i6300esb -action watchdog=reset",
        f"-chardev socket,id=line,path={folder}/line,server=on,wait=off",
        f"-blockdev driver=raw,node-name=stick,file.driver=file,file.filename={stick}",
    )
    words = [word for line in lines for word in line.split(" ")]
    return [QEMU, *words, "-append", "console=ttyS0 root=/dev/vda rw quiet"]


def _partition(stick: Path) -> None:
    """Make a stick as it comes from a shop, not formatted: one partition of the kind that is FAT."""
    first = 2048
    entry = struct.pack("<B3sB3sII", 0, b"", 0x0C, b"", first, STICK // SECTOR - first)
    with stick.open("wb") as file:
        file.write(bytes(TABLE) + entry + bytes(SECTOR - TABLE - len(entry) - 2) + b"\x55\xaa")
        file.truncate(STICK)


def _connected(path: Path, qemu: subprocess.Popen[bytes]) -> socket.socket:
    deadline = time.monotonic() + GONE
    way = socket.socket(socket.AF_UNIX)
    while True:
        try:
            way.connect(os.fspath(path))
        except (FileNotFoundError, ConnectionRefusedError):
            assert qemu.poll() is None, "QEMU does not start with these devices"
            assert time.monotonic() < deadline, f"{path} never appeared"
            PAUSE.wait(0.05)
        else:
            return way
