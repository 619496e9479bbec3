"""The driver against real slaves: pymodbus's server on a line of two ptys, opened by our own port."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest

from devices.driver import Heard, Sample
from devices.drivers.modbus import Modbus
from devices.drivers.modbus_probes import Placed, Probe, Row
from devices.errors import LineLost
from devices.port import Port
from tests.devices.wire import until
from tests.quickest import quickest

DEADLINE = 60.0  # seconds
SLAVES = Path(__file__).with_name("slaves.py")
PACE = 4.0  # readings a second, of each slave
READINGS = 20  # of a living slave, in which a dead one is asked in vain and left alone
MOST_PATIENCE = 2.0  # seconds: a slave on a busy computer has its pauses
SHARE = 0.1  # of the readings of the others, which a dead slave may cost
pytestmark = pytest.mark.skipif(shutil.which("socat") is None, reason="socat is not installed")


def probe(*registers: int, patience: float = MOST_PATIENCE) -> Probe:
    rows = [Row(f"r{each}", "reading", "1", 0, 65_535, each, rate=PACE) for each in registers]
    return Probe("Test probe", tuple(rows), patience=patience)


@asynccontextmanager
async def bus(folder: Path, *slaves: int) -> AsyncIterator[str]:
    """A line with these slaves on it; yield our end of it."""
    ours, theirs = folder / "ours", folder / "theirs"
    ends = [f"pty,raw,echo=0,link={each}" for each in (ours, theirs)]
    line = await asyncio.create_subprocess_exec("socat", *ends)
    await until("socat opened its ptys", lambda: ours.exists() and theirs.exists())
    far = await asyncio.create_subprocess_exec(
        sys.executable, str(SLAVES), str(theirs), *map(str, slaves), stdout=asyncio.subprocess.PIPE
    )
    assert far.stdout is not None
    try:
        async with asyncio.timeout(DEADLINE):
            assert await far.stdout.readline() == b"ready\n"
        yield str(ours)
    finally:
        for program in (far, line):
            if program.returncode is None:
                program.kill()
            await program.wait()


async def talk(port: Port, driver: Modbus, is_over: Callable[[Heard], bool]) -> tuple[Heard, float]:
    """Ask and listen until it is enough; return what was heard and how long it took."""
    loop = asyncio.get_running_loop()
    heard, began = Heard(), loop.time()
    async with asyncio.timeout(DEADLINE):
        while not is_over(heard):
            port.write(driver.ask(loop.time()))
            try:
                async with asyncio.timeout_at(max(driver.next_ask, loop.time() + 0.001)):
                    piece = await port.read()
            except TimeoutError:
                continue
            heard += driver.feed(piece, loop.time())
    return heard, loop.time() - began


def counted(heard: Heard, slave: int) -> int:
    return sum(isinstance(each, Sample) and each.channel.endswith(f"-{slave}") for each in heard)


async def test_what_the_registers_hold_is_read(tmp_path: Path) -> None:
    driver = Modbus([Placed(1, probe(0, 1, 2)), Placed(7, probe(15))])
    async with bus(tmp_path, 1, 7) as path:
        port = Port(path, 19_200)
        heard, _ = await talk(port, driver, lambda heard: counted(heard, 1) >= 6 and counted(heard, 7) >= 2)
        port.close()
    values = {each.channel: each.raw for each in heard if isinstance(each, Sample)}
    assert values == {"r0-1": 100.0, "r1-1": 101.0, "r2-1": 102.0, "r15-7": 715.0}
    assert driver.identity == "Test probe 1"
    assert driver.troubles == {}


async def test_a_register_that_is_not_there_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    driver = Modbus([Placed(1, probe(14, 15, 16))])
    async with bus(tmp_path, 1) as path:
        port = Port(path, 19_200)
        heard, _ = await talk(port, driver, lambda heard: counted(heard, 1) >= 6 and bool(driver.troubles))
        port.close()
    assert driver.troubles == {"r16-1": "illegal-address"}
    assert {each.channel for each in heard if isinstance(each, Sample)} == {"r14-1", "r15-1"}


async def read_for_a_while(folder: Path, *slaves: int) -> tuple[Heard, float, Modbus]:
    """Read slaves, of which the first lives; return what was heard, how long it took, and the driver."""
    driver = Modbus([Placed(abs(slave), probe(0, patience=0.3)) for slave in slaves])
    async with bus(Path(mkdtemp(dir=folder)), *slaves) as path:
        port = Port(path, 19_200)
        heard, took = await talk(port, driver, lambda heard: counted(heard, 1) >= READINGS)
        port.close()
    return heard, took, driver


async def test_one_dead_slave_of_four_takes_less_than_a_tenth_from_the_others(tmp_path: Path) -> None:
    async def lost() -> float:
        _, alone, _ = await read_for_a_while(tmp_path, 1, 3, 4)
        heard, took, driver = await read_for_a_while(tmp_path, 1, -2, 3, 4)
        assert counted(heard, 2) == 0
        assert driver.troubles["r0-2"] == "no-answer"
        assert driver.requests[2] <= 6 * max(1.0, took / 10)
        least = min(counted(heard, slave) for slave in (1, 3, 4)) / READINGS
        return 1.0 - min(alone / took, least)

    assert await quickest(SHARE, lost) < SHARE


async def test_a_slave_that_wakes_up_is_read_again(tmp_path: Path) -> None:
    driver = Modbus([Placed(slave, probe(0)) for slave in (1, 2)])
    async with bus(tmp_path, 1, -2) as path:
        port = Port(path, 19_200)
        await talk(port, driver, lambda _: driver.troubles == {"r0-2": "no-answer"})
        port.close()
    async with bus(tmp_path, 1, 2) as path:
        port = Port(path, 19_200)
        heard, _ = await talk(port, driver, lambda heard: counted(heard, 2) >= 2)
        port.close()
    assert counted(heard, 1) >= 2
    assert driver.troubles == {}


async def test_the_line_is_lost_with_the_adapter(tmp_path: Path) -> None:
    driver = Modbus([Placed(1, probe(0))])
    async with bus(tmp_path, 1) as path:
        port = Port(path, 19_200)
        await talk(port, driver, lambda heard: counted(heard, 1) >= 1)
    with pytest.raises(LineLost):
        await talk(port, driver, lambda _: False)
    port.close()
