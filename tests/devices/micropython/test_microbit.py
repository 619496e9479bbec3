"""A real MicroPython on an emulated micro:bit: measured, driven, programmed, stopped, and dead."""

from collections.abc import AsyncIterator

import pytest

from devices.driver import Status
from devices.drivers.micropython import Answer, MicroPython
from devices.drivers.micropython_board import Board
from tests.devices.boards import microbit
from tests.devices.micropython.boards import hanging, small
from tests.devices.wire import Wire, until


async def on_microbit(board: Board, pastes: bool = False) -> AsyncIterator[Wire]:
    """Yield a line to a micro:bit on which the driver has begun."""
    machine, pty = await microbit()
    line = Wire(pty, MicroPython(board, pastes))
    line.write(line.driver.stop() + line.driver.begin())
    try:
        yield line
    finally:
        line.close()
        machine.end()


@pytest.fixture
async def line() -> AsyncIterator[Wire]:
    async for line in on_microbit(small()):
        yield line


@pytest.fixture
async def pasted() -> AsyncIterator[Wire]:
    async for line in on_microbit(small(), pastes=True):
        yield line


@pytest.fixture
async def dead() -> AsyncIterator[Wire]:
    async for line in on_microbit(hanging()):
        yield line


def driver_of(line: Wire) -> MicroPython:
    assert isinstance(line.driver, MicroPython)
    return line.driver


async def measuring(line: Wire, more: int = 3) -> None:
    """Wait for some more samples."""
    wanted = len(line.values("x")) + more
    await until(f"{more} samples", lambda: len(line.values("x")) >= wanted)


async def test_a_micro_bit_is_known_by_its_banner_and_measures(line: Wire) -> None:
    await measuring(line, 10)
    assert "micro:bit v1.0.1 with nRF51822" in line.driver.identity
    assert {round(each, 2) for each in line.values("x")} == {-7.22}
    assert line.values("broken") == []
    assert line.driver.refused == 0


async def test_a_pin_is_driven_and_measuring_goes_on(line: Wire) -> None:
    await measuring(line)
    begun = len(line.raw)
    line.write(line.driver.drive("lamp", 1))
    await measuring(line)
    assert b"_w" not in line.raw[begun:], "raw mode does not echo"
    assert [each for each in line.said() if each.message != "ready"] == []


async def test_an_endless_program_runs_measures_talks_and_is_stopped(line: Wire) -> None:
    await measuring(line)
    line.write(line.driver.run("blink"))
    await until("its words", lambda: Status(message="blinking") in line.said())
    await until("its sample", lambda: 1.5 in line.values("x"))
    line.write(line.driver.stop())
    await until("the stop", lambda: Status(running="", message="stopped") in line.said())
    before = len(line.values("x"))
    await measuring(line)
    assert 1.5 not in line.values("x")[before + 1 :]


async def test_a_program_that_faults_says_why(line: Wire) -> None:
    await measuring(line)
    line.write(line.driver.run("faulty"))
    fault = Status(running="", message="ZeroDivisionError: division by zero")
    await until("the fault", lambda: fault in line.said())
    await measuring(line)


async def test_a_file_is_written_listed_read_and_run(line: Wire) -> None:
    await measuring(line)
    driver = driver_of(line)
    content = b"# \x00\x04\xff'\"\\ \r\n" * 30
    line.write(driver.put_file("odd.bin", content))
    line.write(driver.put_file("hello.py", b"print('hello')\n"))
    line.write(driver.get_file("odd.bin"))
    line.write(driver.list_files())
    await until("four answers", lambda: len(driver.answers) == 4)
    assert list(driver.answers)[:3] == [
        Answer("put", "odd.bin"),
        Answer("put", "hello.py"),
        Answer("get", "odd.bin", content=content),
    ]
    assert set(driver.answers[3].names) == {"odd.bin", "hello.py"}
    line.write(driver.run("hello.py"))
    await until("its end", lambda: Status(running="", message="finished") in line.said())
    assert Status(message="hello") in line.said()


async def test_a_file_that_is_not_there_is_answered_with_the_fault(line: Wire) -> None:
    await measuring(line)
    driver = driver_of(line)
    line.write(driver.get_file("none.py"))
    await until("the answer", lambda: len(driver.answers) == 1)
    assert driver.answers[0].fault != ""


async def test_a_board_that_begins_anew_gets_its_functions_again(line: Wire) -> None:
    await measuring(line)
    line.write(b"\x03\x03\x02\x04")  # somebody else asks for a soft reboot
    await until("the reboot", lambda: b"soft reboot" in line.raw)
    await measuring(line)


async def test_paste_mode_does_the_same_where_there_is_no_raw_mode(pasted: Wire) -> None:
    await measuring(pasted)
    assert b"raw REPL" not in pasted.raw
    pasted.write(pasted.driver.drive("lamp", 1))
    await measuring(pasted)
    pasted.write(pasted.driver.run("faulty"))
    fault = Status(running="", message="ZeroDivisionError: division by zero")
    await until("the fault", lambda: fault in pasted.said())
    await measuring(pasted)


async def test_a_dead_board_is_given_up_and_nobody_waits_for_it(dead: Wire) -> None:
    driver = driver_of(dead)
    await until("its name", lambda: driver.identity != "")
    await until("the loop", lambda: dead.raw.count(b"OK") >= 5)
    dead.write(driver.list_files())
    await until("the answer", lambda: len(driver.answers) == 1)
    assert driver.answers[0] == Answer("list", fault="no-answer")
    assert dead.values("temperature") == []
    dead.write(driver.stop())
    await until("it is sought in vain", lambda: driver._repl.is_lost)
    assert driver.is_stopping
    assert driver.last_resort == "none"  # of a board that nobody described; a micro:bit's profile says break


async def test_a_board_that_was_unplugged_is_known_again_on_its_new_line(line: Wire) -> None:
    await measuring(line)
    name = line.driver.identity
    line.close()
    async for again in on_microbit(small()):
        await measuring(again)
        assert again.driver.identity == name
