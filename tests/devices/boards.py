"""Real firmware to test against: an AVR on simavr, a micro:bit in QEMU; skipped where a part is missing."""

import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from tests.devices.wire import Machine

ROOT = Path(__file__).parents[2]
FIRMWARE = ROOT / ".venv/firmware"  # unpacked there by `make setup`
STANDARD_FIRMATA = FIRMWARE / "avrgirl-arduino-5.0.1/junk/hex/uno/StandardFirmata.cpp.hex"
STANDARD_FIRMATA_SUM = "6d57ea7cf30e26c9c2f3a01ee37907d2c951f8bc9c27f84dddad12fa9c8b8f36"
MEGA_FIRMATA = FIRMWARE / "avrgirl-arduino-5.0.1/junk/hex/mega/StandardFirmata.cpp.hex"
MEGA_FIRMATA_SUM = "44139612e9aa601f4e92c40cf7e72e3716871e43b2024323776d8b781d165e68"
MICROBIT = Path("/usr/share/firmware-microbit-micropython/firmware.hex")
QEMU = "qemu-system-arm"


def firmware(path: Path, sum_: str) -> Path:
    """Return a firmware that is the one that was tested; skip where it is not there."""
    if not path.exists():
        pytest.skip(f"no {path.name}: `make setup` unpacks it")
    assert sha256(path.read_bytes()).hexdigest() == sum_, f"{path} is another firmware"
    return path


def built(folder: Path) -> Path:
    """Return the AVR board, compiled into a folder; skip without a compiler or simavr."""
    board = folder / "avrboard"
    source = Path(__file__).parent / "board/avrboard.c"
    if shutil.which("gcc") is None or not Path("/usr/include/simavr/sim_avr.h").exists():
        pytest.skip("no gcc or simavr: apt-get install gcc libc6-dev libsimavr-dev libelf-dev")
    subprocess.run(["gcc", "-O2", "-o", board, source, "-lsimavr", "-lelf", "-lm"], check=True)
    return board


async def arduino(board: Path, link: Path, hex_: Path, mcu: str = "atmega328p") -> Machine:
    """Return a running AVR board whose pty is at `link`."""
    machine = Machine([board, link, hex_, mcu])
    await machine.tells("plugged")
    return machine


async def microbit() -> tuple[Machine, Path]:
    """Return a running micro:bit with MicroPython, and its pty."""
    _needs_microbit()
    loader = f"loader,file={MICROBIT}"
    quiet = ["-display", "none", "-monitor", "none", "-serial", "pty"]
    machine = Machine([QEMU, "-M", "microbit", "-device", loader, *quiet])
    told = await machine.tells("char device")
    found = re.search(r"/dev/pts/\d+", told)
    assert found is not None, told
    return machine, Path(found[0])


def _needs_microbit() -> None:
    if shutil.which(QEMU) is None or not MICROBIT.exists():
        pytest.skip(f"no micro:bit: apt-get install {QEMU} firmware-microbit-micropython")
