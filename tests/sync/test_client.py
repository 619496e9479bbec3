"""A child and any parent: one that loses answers, that restarts, that lies, that takes nothing."""

import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web

from sync import protocol, tree
from sync.client import ParentSilent
from sync.errors import JournalError
from sync.joining.tls import LinkFailed
from sync.protocol import MAX_MESSAGE, MAX_WIRE, Head, Reply
from sync.records import ScreenNote
from tests.sync.peers import NOON, a_lesson
from tests.sync.served import Liar, Pair, lying, two

YEAR_2099 = 4_080_000_000_000


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    async with two(tmp_path) as made, made.hub.serving():
        yield made


async def test_answers_that_are_lost_after_they_were_given_harm_nobody(pair: Pair) -> None:
    pair.plan()
    pair.room.register(a_lesson(1), {1: "ill"})
    pair.hub.hangs_up = 2
    for _ in range(2):
        with pytest.raises(LinkFailed):
            await pair.even()
    await pair.even()
    assert pair.hub.facts("register") == pair.room.facts("register")
    assert len(pair.room.facts("timetable")) == 1
    assert pair.hub.faults() == pair.room.faults() == []


async def test_a_hub_hears_that_a_node_keeps_nothing_until_it_does_again(pair: Pair) -> None:
    (standing,) = pair.hub.ledger.read(tree.standings)
    assert standing.trouble == ""
    for trouble in ("read-only", "disk-full", ""):
        async with pair.room.dialling(pair.hub) as http:
            await pair.room.uplink(pair.hub, trouble).even(http)
        (standing,) = pair.hub.ledger.read(tree.standings)
        assert standing.trouble == trouble


async def test_a_parent_that_restarts_in_the_middle_is_gone_on_with(tmp_path: Path) -> None:
    async with two(tmp_path) as pair:
        for number in range(20):
            pair.room.ledger.note("log", "aul", ScreenNote(f"{number} " + "x" * 20_000)).result()
        async with pair.hub.serving(), pair.room.dialling(pair.hub) as http:
            pair.hub.hangs_up = 1
            uplink = pair.room.uplink(pair.hub)
            with pytest.raises(LinkFailed):
                await uplink.even(http)
        with pytest.raises(LinkFailed, match="cannot be reached"):
            await pair.even()
        pair.hub.ledger.close()
        pair.hub.open()
        async with pair.hub.serving():
            await pair.even()
        assert pair.hub.facts("log") == pair.room.facts("log")


def _reply(**fields: object) -> web.Response:
    return web.Response(body=protocol.encode(Reply(**fields)))  # type: ignore[arg-type]  # a test names fields


def _fork(stream: object, head: object = 1) -> web.Response:
    return web.json_response({"stream": stream, "head": head}, status=409)


OWN = "{node}.0123456789abcdef.register.aul"
NONSENSE: dict[str, Callable[[str], web.Response]] = {
    "noise": lambda node: web.Response(body=b"\x00noise"),
    "nothing": lambda node: web.Response(body=b""),
    "a page": lambda node: web.Response(text="<html>Router login</html>"),
    "a list": lambda node: web.Response(body=zlib.compress(b"[]")),
    "bomb": lambda node: web.Response(body=zlib.compress(bytes(10 * MAX_MESSAGE))),
    "large": lambda node: web.Response(body=bytes(MAX_WIRE + 1)),
    "an error": lambda node: web.Response(status=500, body=b"\xff\xfe"),
    "elsewhere": lambda node: web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"}),
    "a fork of nothing": lambda node: web.Response(status=409, text="fork"),
    "a fork of no stream": lambda node: _fork("no stream"),
    "a fork of a number": lambda node: _fork(7),
    "a fork before the beginning": lambda node: _fork(OWN.format(node=node), -7),
    "a fork of a stream that is not here": lambda node: _fork(OWN.format(node=node), 10**30),
    "heads of no streams": lambda node: _reply(heads={"x": Head(1, "")}),
    "huge heads": lambda node: _reply(heads={OWN.format(node=node): Head(2**70, "")}),
    "a batch of no stream": lambda node: web.Response(body=zlib.compress(b'{"batches":[{"stream":"x"}]}')),
    "never enough": lambda node: _reply(now=NOON),
}


@pytest.mark.parametrize("what", NONSENSE)
async def test_a_parent_that_answers_nonsense_is_left_in_peace_and_harms_nothing(
    tmp_path: Path, what: str
) -> None:
    async with two(tmp_path) as pair:
        pair.room.register(a_lesson(1), {1: "ill"})
        before, name = pair.room.facts("register"), pair.room.streams().keys()

        async def answer(request: web.Request) -> web.Response:
            return NONSENSE[what](pair.room.node)

        async with lying(pair.hub.identity, pair.room, answer) as address:
            pair.hub.address = address
            if what != "never enough":
                with pytest.raises(JournalError):
                    await pair.even()
        assert pair.room.facts("register") == before
        assert pair.room.streams().keys() == name, "no new incarnation, no new stream"
        async with pair.hub.serving():
            await pair.even()
        assert pair.hub.facts("register") == before


async def _asks_a_liar(pair: Pair, liar: Liar) -> None:
    async with lying(pair.hub.identity, pair.room, liar.answer) as address:
        pair.hub.address = address
        await pair.even()


async def test_a_parent_that_takes_nothing_is_asked_no_more(tmp_path: Path) -> None:
    async with two(tmp_path) as pair:
        pair.room.register(a_lesson(1), {1: "ill"})
        liar = Liar(lambda request: _reply(now=NOON, heads={}))
        with pytest.raises(ParentSilent, match="does not take"):
            await _asks_a_liar(pair, liar)
        assert liar.asked < 5


async def test_a_parent_that_sees_forks_everywhere_is_asked_no_more(tmp_path: Path) -> None:
    async with two(tmp_path) as pair:
        noted = pair.room.register(a_lesson(1), {1: "ill"})
        held, before = pair.room.streams()[str(noted.stream)], pair.room.streams().keys()

        def answer(request: web.Request) -> web.Response:
            if request.method == "POST":
                return _fork(str(noted.stream), 1)
            return web.json_response([[1, held.chain.hex()[:16]]])

        liar = Liar(answer)
        with pytest.raises(ParentSilent):
            await _asks_a_liar(pair, liar)
        assert liar.asked < 5
        assert pair.room.streams().keys() == before


async def test_a_parent_whose_hashes_never_end_is_asked_no_more(tmp_path: Path) -> None:
    async with two(tmp_path) as pair:
        for number in range(3):
            noted = pair.room.register(a_lesson(number), {1: "ill"})

        def answer(request: web.Request) -> web.Response:
            if request.method == "POST":
                return _fork(str(noted.stream), 3)
            return web.json_response([[10**9, "0123456789abcdef"]])

        liar = Liar(answer)
        with pytest.raises(ParentSilent):
            await _asks_a_liar(pair, liar)
        assert liar.asked < 10


async def test_a_parent_that_promises_what_it_does_not_send_is_asked_no_more(tmp_path: Path) -> None:
    async with two(tmp_path) as pair:
        name = f"{pair.hub.node}.0123456789abcdef.timetable.aul"

        def answer(request: web.Request) -> web.Response:
            held = pair.room.streams().items()
            mine = {stream: Head(each.seq, each.chain.hex()[:16]) for stream, each in held}
            return _reply(now=NOON, heads={**mine, name: Head(5, "0123456789abcdef")})

        liar = Liar(answer)
        await _asks_a_liar(pair, liar)
        assert liar.asked < 5


@pytest.mark.parametrize("now", [0, YEAR_2099, 1 << 62])
async def test_a_parent_whose_clock_cannot_be_right_is_not_followed(tmp_path: Path, now: int) -> None:
    async with two(tmp_path) as pair:
        before = pair.room.ledger.now()
        await _asks_a_liar(pair, Liar(lambda request: _reply(now=now)))
        assert pair.room.ledger.now() - before < 60_000
        assert [fact for fact in pair.room.facts("control") if fact[1] == "clock-seen"] == []


async def test_keys_that_nobody_asked_for_are_not_learned(tmp_path: Path) -> None:
    async with two(tmp_path) as pair:
        pair.room.names.seal("p1", "Әлия")
        before = pair.room.names.keys_of(["p1", "p2"])
        keys = {"p1": "AAECAwQFBgcICQoLDA0ODw", "p2": "AAECAwQFBgcICQoLDA0ODw"}
        await _asks_a_liar(pair, Liar(lambda request: _reply(now=NOON, keys=keys)))
        assert pair.room.names.keys_of(["p1", "p2"]) == before
