"""Ports: real terminals of the kernel, opened once, read in order, written in order, lost at once."""

import asyncio
import grp
import os
import pwd
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress

import pytest

from devices import port as ports
from devices.driver import Resort
from devices.errors import LineLost, PortBusy, PortForbidden
from devices.port import MAX_HEARD, MAX_UNSENT, Port
from devices.tty import Tty

PATIENCE = 40.0  # seconds
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
OPENS = """
import asyncio, sys
from devices.port import Port
async def main(): Port(sys.argv[1])
asyncio.run(main())
"""


class Far:
    """The other end of a pseudo terminal: what an instrument does."""

    def __init__(self) -> None:
        self.end, near = os.openpty()
        tty.setraw(near)
        self.path = os.ttyname(near)
        os.close(near)
        os.set_blocking(self.end, False)

    def say(self, piece: bytes) -> None:
        os.write(self.end, piece)

    async def hear(self, length: int) -> bytes:
        heard = b""
        async with asyncio.timeout(PATIENCE):
            while len(heard) < length:
                heard += await self._more()
        return heard

    async def _more(self) -> bytes:
        try:
            return os.read(self.end, 65_536)
        except BlockingIOError:
            await asyncio.sleep(0.001)
            return b""

    def unplug(self) -> None:
        if self.end >= 0:
            os.close(self.end)
            self.end = -1


class Dead(Tty):
    """An adapter that answers nothing any more: whatever it is asked hangs until it is let go."""

    hangs = 0.05

    def __init__(self, path: str) -> None:
        super().__init__(path, 115_200)
        self.let_go = threading.Event()
        self.asked: list[str] = []

    def set_speed(self, baud: int) -> None:
        self._hang(f"speed {baud}")
        super().set_speed(baud)

    def reset(self, how: Resort) -> None:
        self._hang(how)

    def close(self) -> None:
        self._hang("close")
        super().close()

    def _hang(self, what: str) -> None:
        self.asked.append(what)
        self.let_go.wait()


@pytest.fixture
async def dead(far: Far) -> AsyncIterator[Dead]:
    adapter = Dead(far.path)
    yield adapter
    adapter.let_go.set()


@pytest.fixture
def far() -> Iterator[Far]:
    made = Far()
    yield made
    made.unplug()


@pytest.fixture
async def port(far: Far) -> AsyncIterator[Port]:
    opened = Port(far.path)
    yield opened
    opened.close()


async def _heard(port: Port, length: int) -> bytes:
    heard = b""
    async with asyncio.timeout(PATIENCE):
        while len(heard) < length:
            heard += await port.read()
    return heard


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            if is_so():
                return
            await asyncio.sleep(0.001)


def _flood(port: Port) -> None:
    for _ in range(1000):
        port.write(b"x" * 1024)


async def test_every_byte_arrives_unchanged_in_both_directions(far: Far, port: Port) -> None:
    every = bytes(range(256))
    far.say(every)
    assert await _heard(port, 256) == every
    port.write(every)
    assert await far.hear(256) == every


async def test_what_is_written_in_one_go_is_sent_in_order(far: Far, port: Port) -> None:
    pieces = [b"%05d" % number for number in range(1000)]
    for piece in pieces:
        port.write(piece)
    assert await far.hear(5000) == b"".join(pieces)


async def test_an_instrument_that_takes_nothing_is_given_up_at_a_bound(far: Far, port: Port) -> None:
    with pytest.raises(LineLost, match="takes nothing more"):
        _flood(port)
    assert len(await far.hear(1024)) >= 1024


async def test_a_stop_goes_before_all_that_waits(far: Far, port: Port) -> None:
    with pytest.raises(LineLost):
        _flood(port)
    port.urge(b"STOP")
    heard = b""
    async with asyncio.timeout(PATIENCE):
        while not heard.endswith(b"STOP"):
            heard += await far._more()
    assert len(heard) < 1000 * 1024 - MAX_UNSENT / 2


async def test_unplugging_is_noticed_by_who_reads_and_by_who_writes(far: Far, port: Port) -> None:
    far.say(b"last words")
    assert await _heard(port, 10) == b"last words"
    far.unplug()
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(LineLost):
            await port.read()
    with pytest.raises(LineLost):
        port.write(b"?")


async def test_a_port_that_is_closed_says_so_to_who_waits(far: Far, port: Port) -> None:
    waiting = asyncio.ensure_future(port.read())
    await asyncio.sleep(0)
    port.close()
    port.close()
    with pytest.raises(LineLost, match="closed"):
        await waiting
    with pytest.raises(LineLost, match="closed"):
        port.write(b"?")


async def test_a_port_in_use_is_refused_with_who_has_it(far: Far, port: Port) -> None:
    with pytest.raises(PortBusy, match=rf"in use by .*\(PID {os.getpid()}\)"):
        Port(far.path)


async def test_who_has_a_port_is_found_though_other_files_of_his_come_and_go(far: Far) -> None:
    place = os.open(os.devnull, os.O_RDONLY)
    port = Port(far.path)
    os.close(place)  # files come and go before the port's, in the order in which they are looked at
    ended = threading.Event()

    def open_and_close() -> None:
        while not ended.is_set():
            os.close(os.open(os.devnull, os.O_RDONLY))

    busy = threading.Thread(target=open_and_close)
    busy.start()
    try:
        for _ in range(20):
            with pytest.raises(PortBusy, match=r"\(PID "):
                Port(far.path)
    finally:
        ended.set()
        busy.join()
        port.close()


@needs_root
async def test_a_program_that_asks_nobody_is_kept_out_too(far: Far, port: Port) -> None:
    os.chmod(far.path, 0o666)
    opens = "import os, sys; os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)"
    assert "Device or resource busy" in _nobody_runs(opens, far.path)


@needs_root
async def test_a_port_that_is_not_for_this_user_is_refused_with_the_group_that_is_missing(far: Far) -> None:
    os.chmod(far.path, 0o600)
    said = _nobody_runs(OPENS, far.path)
    assert PortForbidden.__name__ in said
    assert f"it takes the group {grp.getgrgid(os.stat(far.path).st_gid).gr_name}" in said


def _nobody_runs(script: str, path: str) -> str:
    """Run a script as a user who may do nothing; return what went wrong."""
    nobody = pwd.getpwnam("nobody").pw_uid
    command = [sys.executable, "-c", script, path]
    return subprocess.run(command, user=nobody, capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize(
    ("path", "why"), [("/dev/absent", "No such file"), ("/dev/null", "ioctl|tty|device")]
)
async def test_what_is_no_port_is_refused_in_words(path: str, why: str) -> None:
    with pytest.raises(LineLost, match=why):
        Port(path)


async def test_a_speed_that_no_line_has_is_refused(far: Far) -> None:
    with pytest.raises(LineLost, match="no line has 12345 baud"):
        Port(far.path, 12345)


async def test_a_port_is_raw_and_keeps_dtr_when_it_is_closed(far: Far) -> None:
    opened = Port(far.path, 9600)
    seen = os.open(far.path, os.O_RDWR | os.O_NOCTTY) if os.geteuid() == 0 else opened._tty.file
    mode = termios.tcgetattr(seen)
    assert not mode[2] & termios.HUPCL
    assert not mode[3] & (termios.ICANON | termios.ECHO | termios.ISIG)
    assert mode[4] == mode[5] == termios.B9600
    if seen != opened._tty.file:
        os.close(seen)
    opened.close()


@pytest.mark.parametrize("how", ["dtr", "break", "none"])
async def test_a_port_without_modem_lines_can_be_reset_without_harm(
    far: Far, port: Port, how: Resort
) -> None:
    port.reset(how)
    far.say(b"still here")
    assert await _heard(port, 10) == b"still here"


async def test_the_time_is_that_of_the_bytes_and_not_of_the_reading(far: Far) -> None:
    now = [5.0]
    opened = Port(far.path, clock=lambda: now[0])
    far.say(b"x")
    async with asyncio.timeout(PATIENCE):
        await opened._some.wait()
    now[0] = 9.0
    await opened.read()
    assert opened.at == 5.0
    opened.close()


async def test_a_dead_adapter_that_takes_no_speed_is_lost_and_the_loop_goes_on(far: Far, dead: Dead) -> None:
    port = Port(far.path, tty=dead)
    changing = asyncio.ensure_future(port.set_speed(9600))
    await _until(lambda: bool(dead.asked))  # the loop turns while the adapter hangs
    far.say(b"what is read now would wait for the adapter")
    port.write(b"and so would this")
    with pytest.raises(LineLost, match="does not answer"):
        await changing
    with pytest.raises(LineLost):
        await port.read()
    port.close()


async def test_a_speed_that_it_has_already_is_not_asked_for(far: Far, dead: Dead) -> None:
    port = Port(far.path, tty=dead)
    await port.set_speed(115_200)
    assert dead.asked == []
    port.close()


async def test_what_is_written_while_the_speed_changes_goes_out_afterwards(far: Far, dead: Dead) -> None:
    port = Port(far.path, tty=dead)
    dead.hangs = PATIENCE  # it answers, in its time
    changing = asyncio.ensure_future(port.set_speed(9600))
    await _until(lambda: bool(dead.asked))
    port.write(b"later")
    assert not port.is_sent
    dead.let_go.set()
    await changing
    assert await far.hear(5) == b"later"
    port.close()


async def test_a_port_that_does_not_close_is_left_behind_and_counted(far: Far, dead: Dead) -> None:
    port = Port(far.path, tty=dead)
    port.reset("break")
    port.close()
    assert not await port.gone()
    await _until(lambda: ports.hanging() == 1)
    dead.let_go.set()
    async with asyncio.timeout(PATIENCE):
        while not await port.gone():  # which waits for no more than `hangs`
            pass
    assert dead.asked == ["break", "close"]
    assert ports.hanging() == 0


async def test_a_port_that_was_just_closed_can_be_opened_again(far: Far) -> None:
    for _ in range(20):
        Port(far.path).close()
        again = await Port.open(far.path)
        again.close()


async def test_what_nobody_read_in_time_is_one_hole_before_all_that_is_left(far: Far, port: Port) -> None:
    sent = 0
    async with asyncio.timeout(PATIENCE):
        while port.lost_bytes == 0:
            with suppress(BlockingIOError):
                sent += os.write(far.end, b"0123456789abcde\n" * 128)
            await asyncio.sleep(0)
    await _until(lambda: port.lost_bytes + len(port._heard) == sent)
    left = await port.read()
    assert len(left) + port.lost_bytes == sent
    assert len(left) <= MAX_HEARD
