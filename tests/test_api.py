"""The screen's door: real sockets, the real client, desks of the test's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from aiohttp import web

from edge.api import MAX_PATH, MODE, Api, Desks, Unable, listen
from edge.board import MAX_READERS, Board
from edge.client import Client, DaemonAway, DaemonDiffers, Refused
from edge.contract import wire
from edge.contract.answers import Done, Saved
from edge.contract.commands import Pause, TakeRegister
from edge.contract.notices import Hello, Link, Settings
from edge.contract.wire import AnyCommand, AnyNotice
from edge.errors import TirekError

REGISTER = TakeRegister("7Б 2026-11-26 09:00", {1: "late"})


class Desk:
    """Takes registers and remembers them."""

    def __init__(self) -> None:
        self.taken: list[TakeRegister] = []

    async def take(self, order: TakeRegister) -> Saved:
        self.taken.append(order)
        return Saved("f00d", (3,))

    async def pause(self, order: Pause) -> Done:
        raise Unable("no-lesson", stream="lesson")


@asynccontextmanager
async def _door(path: Path, board: Board, desks: Desks) -> AsyncIterator[None]:
    runner = web.AppRunner(Api(board, [desks], "Ақжар").app(), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await listen(runner, path)
        yield
    finally:
        await runner.cleanup()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk()
    async with _door(tmp_path / "s", Board(), {TakeRegister: made.take, Pause: made.pause}):
        yield made


async def test_a_command_reaches_its_desk_and_its_answer_comes_back(desk: Desk, tmp_path: Path) -> None:
    async with Client(tmp_path / "s") as client:
        assert await client.ask(REGISTER, Saved) == Saved("f00d", (3,))
    assert desk.taken == [REGISTER]


async def test_a_refusal_is_a_key_with_blanks(desk: Desk, tmp_path: Path) -> None:
    async with Client(tmp_path / "s") as client:
        with pytest.raises(Refused) as refused:
            await client.do(Pause())
    assert (refused.value.key, refused.value.blanks) == ("no-lesson", {"stream": "lesson"})


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"do":"fly"}', b'{"do":"pause"', b"\xff\xfe", b'{"do":"skip","seconds":"a"}']
)
async def test_what_is_no_command_is_refused_and_the_door_stays_open(
    desk: Desk, tmp_path: Path, body: bytes
) -> None:
    async with Client(tmp_path / "s") as client:
        async with client._http.post("/commands", data=body) as response:
            assert response.status == 400
            assert wire.decode_refusal(await response.read()).refused == "bad-command"
        assert await client.ask(REGISTER, Saved)


async def test_a_command_that_is_too_long_is_refused(desk: Desk, tmp_path: Path) -> None:
    async with Client(tmp_path / "s") as client:
        long = TakeRegister("x" * wire.MAX_COMMAND, {})
        with pytest.raises((DaemonAway, Refused)):
            await client.ask(long, Saved)
        assert await client.ask(REGISTER, Saved)
    assert desk.taken == [REGISTER]


async def test_a_screen_is_greeted_told_what_is_true_and_then_what_changes(tmp_path: Path) -> None:
    board = Board()
    board.tell(Settings("kk"))
    async with _door(tmp_path / "s", board, {}), Client(tmp_path / "s") as client:
        notices = client.notices()
        hello = await anext(notices)
        assert isinstance(hello, Hello)
        assert hello.name == "Ақжар"
        assert await anext(notices) == Settings("kk")
        board.tell(Link("poor"))
        assert await anext(notices) == Link("poor")


async def test_two_screens_are_told_the_same(tmp_path: Path) -> None:
    board = Board()
    path = tmp_path / "s"
    async with _door(path, board, {}), Client(path) as one, Client(path) as other:
        first, second = one.notices(), other.notices()
        await anext(first), await anext(second)
        board.tell(Link("good", 7))
        assert await anext(first) == await anext(second) == Link("good", 7)


async def test_one_screen_too_many_is_told_so(tmp_path: Path) -> None:
    board = Board()
    async with _door(tmp_path / "s", board, {}), Client(tmp_path / "s") as client:
        others = [client.notices() for _ in range(MAX_READERS)]
        for each in others:
            await anext(each)
        with pytest.raises(DaemonAway, match="503"):
            await anext(client.notices())


async def test_a_daemon_that_is_not_there_is_said_to_be_away(tmp_path: Path) -> None:
    async with Client(tmp_path / "nobody") as client:
        with pytest.raises(DaemonAway):
            await anext(client.notices())
        with pytest.raises(DaemonAway):
            await client.do(Pause())


async def test_a_daemon_that_ends_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with Client(path) as client:
        async with _door(path, Board(), {}):
            notices = client.notices()
            await anext(notices)
        with pytest.raises(DaemonAway):
            await anext(notices)


async def test_a_daemon_that_comes_back_is_found_at_its_old_socket(tmp_path: Path) -> None:
    path, desk = tmp_path / "s", Desk()
    for _ in range(2):
        async with _door(path, Board(), {TakeRegister: desk.take}), Client(path) as client:
            await client.ask(REGISTER, Saved)
    assert len(desk.taken) == 2


@pytest.mark.parametrize(("contract", "newer"), [(wire.CONTRACT + 1, True), (wire.CONTRACT - 1, False)])
async def test_a_daemon_of_another_contract_is_named_with_the_side_to_update(
    tmp_path: Path, contract: int, newer: bool
) -> None:
    hello = Hello(contract, "9.9", "x")
    async with _raw(tmp_path / "s", wire.encode(hello)), Client(tmp_path / "s") as client:
        with pytest.raises(DaemonDiffers) as differs:
            await anext(client.notices())
    assert (differs.value.newer, differs.value.version) == (newer, "9.9")


async def test_a_notice_of_a_newer_daemon_is_passed_over(tmp_path: Path) -> None:
    hello = wire.encode(Hello(wire.CONTRACT, "9", "x"))
    lines = hello + b'{"is":"weather","sun":true}\n' + wire.encode(Link("good"))
    async with _raw(tmp_path / "s", lines), Client(tmp_path / "s") as client:
        notices: AsyncIterator[AnyNotice] = client.notices()
        assert isinstance(await anext(notices), Hello)
        assert await anext(notices) == Link("good")


async def test_garbage_instead_of_notices_is_a_daemon_that_is_away(tmp_path: Path) -> None:
    async with _raw(tmp_path / "s", b"\x00\x01garbage\n"), Client(tmp_path / "s") as client:
        with pytest.raises(DaemonAway, match="not a notice"):
            await anext(client.notices())


async def test_the_socket_is_for_the_user_and_the_group_only(desk: Desk, tmp_path: Path) -> None:
    assert (tmp_path / "s").stat().st_mode & 0o777 == MODE


async def test_a_socket_with_a_name_too_long_for_the_kernel_is_refused_in_words(tmp_path: Path) -> None:
    runner = web.AppRunner(Api(Board(), [], "x").app())
    await runner.setup()
    with pytest.raises(TirekError, match="longer than the 100 bytes"):
        await listen(runner, tmp_path / ("x" * MAX_PATH))
    await runner.cleanup()


async def test_a_socket_where_none_can_be_is_refused_in_words(tmp_path: Path) -> None:
    runner = web.AppRunner(Api(Board(), [], "x").app())
    await runner.setup()
    with pytest.raises(TirekError, match="cannot listen on"):
        await listen(runner, tmp_path / "absent" / "s")
    await runner.cleanup()


@asynccontextmanager
async def _raw(path: Path, lines: bytes) -> AsyncIterator[None]:
    """A daemon that says these lines to whoever asks, whatever they are."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + lines)
        await writer.drain()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        left.set()

    left = asyncio.Event()
    server = await asyncio.start_unix_server(answer, path)
    try:
        yield
    finally:
        server.close()
        async with asyncio.timeout(40):
            await left.wait()


def test_every_command_names_what_it_is_answered_with() -> None:
    for kind in get_args(AnyCommand):
        assert issubclass(kind.answer, msgspec.Struct)
