"""The exchange over HTTP with real TLS: what is refused and why, copied disks, full disks, names."""

import json
import shutil
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from msgspec import structs

from sync import protocol
from sync.client import ParentSilent
from sync.errors import DiskFull
from sync.names import Names
from sync.protocol import MAX_MESSAGE, MAX_WIRE, Reply, Request
from sync.records import ScreenNote
from tests.sync.peers import a_lesson
from tests.sync.served import Node, Pair, as_stranger, two


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    async with two(tmp_path) as made, made.hub.serving():
        yield made


async def test_a_register_goes_up_and_a_timetable_comes_down(pair: Pair) -> None:
    pair.plan()
    pair.room.register(a_lesson(1), {1: "ill"})
    await pair.even()
    assert pair.hub.facts("register") == pair.room.facts("register") != []
    assert pair.hub.facts("timetable") == pair.room.facts("timetable") != []


async def test_two_that_are_even_say_so_in_one_request(pair: Pair) -> None:
    pair.room.register(a_lesson(1), {1: "ill"})
    await pair.even()
    pair.hub.asked.clear()
    await pair.even()  # a daemon that was restarted
    assert pair.hub.asked == ["POST /sync"]


# What a parent refuses.


def _sound(pair: Pair) -> bytes:
    return protocol.encode(pair.request())


def _wrong_hash(pair: Pair) -> bytes:
    request = pair.request()
    *sound, last = request.batches
    wrong = structs.replace(last, after="0123456789abcdef")
    return protocol.encode(structs.replace(request, batches=(*sound, wrong)))


def _unreadable_fact(pair: Pair) -> bytes:
    *sound, last = pair.request().batches
    text = json.loads(zlib.decompress(protocol.encode(Request(batches=(*sound, last)))))
    text["batches"][-1]["events"][-1][1] = "No Kind"
    return zlib.compress(json.dumps(text).encode())


REFUSED: dict[str, tuple[Callable[[Pair], bytes], int, str]] = {
    "nothing": (lambda pair: b"", 400, "cut short"),
    "no zlib": (lambda pair: b'{"seen":""}', 400, "not compressed"),
    "cut": (lambda pair: _sound(pair)[:-5], 400, "cut short"),
    "flipped": (lambda pair: _sound(pair)[:30] + b"\0" + _sound(pair)[31:], 400, ""),
    "more": (lambda pair: _sound(pair) + b"more", 400, "follows the end"),
    "no JSON": (lambda pair: zlib.compress(b"not JSON"), 400, "not a request"),
    "a list": (lambda pair: zlib.compress(b"[1]"), 400, "not a request"),
    "deep": (lambda pair: zlib.compress(b"[" * 100_000), 400, "not a request"),
    "huge number": (lambda pair: zlib.compress(b'{"left":%d}' % 10**400), 400, "no number"),
    "no stream": (lambda pair: zlib.compress(b'{"want":{"x":[1,""]}}'), 400, "not a stream"),
    "large": (lambda pair: bytes(MAX_WIRE + 1), 413, str(MAX_WIRE)),
    "bomb": (lambda pair: zlib.compress(bytes(MAX_MESSAGE + 1)), 413, "once inflated"),
    "wrong hash": (_wrong_hash, 409, "another history"),
    "a wrong fact at the end": (_unreadable_fact, 400, "no kind of fact"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_no_exchange_is_refused_with_a_reason_and_nothing_of_it_taken(
    pair: Pair, what: str
) -> None:
    made, expected, reason = REFUSED[what]
    pair.room.register(a_lesson(1), {1: "ill"})
    pair.room.register(a_lesson(2), {1: "ill"})
    before = pair.hub.facts()
    status, words = await pair.room.posts(pair.hub, made(pair))
    problem = json.loads(words)
    assert (status, problem["status"]) == (expected, expected)
    assert reason in problem["title"]
    assert pair.hub.facts() == before
    assert pair.hub.faults() == []
    await pair.even()
    assert len(pair.hub.facts("register")) == 2


async def test_a_body_that_says_it_is_compressed_once_more_is_no_way_around_the_bounds(pair: Pair) -> None:
    bomb = zlib.compress(bytes(50 * MAX_MESSAGE))
    async with pair.room.dialling(pair.hub) as http:
        headers = {"Content-Encoding": "deflate"}
        url = f"https://{pair.hub.address}/sync"
        async with http.post(url, data=bomb, headers=headers) as response:
            assert response.status in (400, 413)
        async with http.post(url, data=b"no deflate", headers=headers) as response:
            assert response.status == 400


async def test_whoever_is_not_enrolled_is_not_heard(pair: Pair) -> None:
    assert await as_stranger(pair.hub) == 401


async def test_who_is_revoked_is_refused_on_the_connection_that_he_has(pair: Pair) -> None:
    async with pair.room.dialling(pair.hub) as http:
        uplink = pair.room.uplink(pair.hub)
        await uplink.even(http)
        pair.hub.revokes(pair.room)
        pair.room.register(a_lesson(1), {1: "ill"})
        with pytest.raises(ParentSilent, match="401"):
            await uplink.even(http)
    assert pair.hub.facts("register") == []
    status, _ = await pair.room.gets(pair.hub, "/sync/chains?stream=x&last=1")
    assert status == 401


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", 400),
        ("?stream=x&last=1", 400),
        ("?stream={own}&last=", 400),
        ("?stream={own}&last=many", 400),
        ("?stream={own}&last=" + "9" * 400, 200),
        ("?stream={own}&last=-1", 200),
        ("?stream={hubs}&last=1", 403),
    ],
)
async def test_hashes_are_told_of_shared_streams_only(pair: Pair, query: str, expected: int) -> None:
    pair.room.register(a_lesson(1), {1: "ill"})
    await pair.even()
    own = next(name for name in pair.hub.streams() if pair.room.node in name)
    hubs = next(name for name in pair.hub.streams() if name.startswith(pair.hub.node))
    status, _ = await pair.room.gets(pair.hub, "/sync/chains" + query.format(own=own, hubs=hubs))
    assert status == expected


# Two histories.


@pytest.mark.parametrize("since", [3, 300])  # within one answer of hashes, and far beyond
async def test_a_copied_disk_is_noticed_and_both_go_on(pair: Pair, since: int) -> None:
    pair.room.register(a_lesson(0), {1: "present"})
    await pair.even()
    (pair.folder / "copy").mkdir()
    shutil.copy(pair.room.identity.path, pair.folder / "copy")
    pair.room.copy(pair.folder / "copied")
    shutil.move(pair.folder / "copied" / "journal.db", pair.folder / "copy")
    copy = Node(pair.folder / "copy")
    pair.nodes.append(copy)
    for number in range(since):
        pair.room.register(a_lesson(number), {1: "ill"})
        copy.register(a_lesson(number), {1: "late"})
    await pair.even()
    await copy.evens_over_tls(pair.hub)
    await pair.even()
    assert len(pair.hub.facts("register")) == 1 + 2 * since
    assert pair.hub.facts("register") == pair.room.facts("register") == copy.facts("register")
    assert [node.faults() for node in pair.nodes] == [[], [], []]


async def test_a_hub_put_back_from_a_backup_goes_on_under_a_new_name(tmp_path: Path) -> None:
    async with two(tmp_path) as pair:
        pair.plan("Физика")
        async with pair.hub.serving():
            await pair.even()
            pair.hub.copy(tmp_path / "backup")
            pair.plan("Химия")
            await pair.even()
        pair.hub.ledger.close()
        for file in pair.hub.folder.glob("journal.db*"):
            file.unlink()
        shutil.move(tmp_path / "backup" / "journal.db", pair.hub.folder)
        pair.hub.open()
        pair.plan("Биология")
        async with pair.hub.serving():
            await pair.even()
        assert [len(node.facts("timetable")) for node in (pair.room, pair.hub)] == [3, 2]


# Full disks.


async def test_a_hub_with_a_full_disk_takes_registers_and_gives_what_it_has(pair: Pair) -> None:
    pair.plan()
    await pair.even()
    pair.plan("Химия")
    pair.room.ledger.note("log", "aul", ScreenNote("later")).result()
    pair.room.register(a_lesson(1), {1: "ill"})
    pair.hub.disk.is_full = True
    with pytest.raises(ParentSilent, match="disk may be full"):
        await pair.even()
    assert len(pair.hub.facts("register")) == 1
    assert len(pair.room.facts("timetable")) == 2
    assert pair.hub.facts("log") == []
    pair.hub.disk.is_full = False
    await pair.even()
    assert len(pair.hub.facts("log")) == 1


async def test_a_classroom_with_a_full_disk_still_brings_all_its_registers(pair: Pair) -> None:
    pair.plan()
    pair.room.disk.is_full = True
    for number in range(2 * protocol.BATCH_FACTS):
        pair.room.register(a_lesson(number), {1: "ill"})
    for _ in range(4):
        with pytest.raises(DiskFull):
            await pair.even()
    assert pair.hub.facts("register") == pair.room.facts("register")
    assert pair.room.facts("timetable") == []
    pair.room.disk.is_full = False
    await pair.even()
    assert len(pair.room.facts("timetable")) == 1


# Names.


async def test_a_name_can_be_read_at_its_own_school_and_at_no_other(tmp_path: Path) -> None:
    async with two(tmp_path) as pair:
        other = pair.node("other", "dala")
        pair.hub.enters("aul", "p1", "Әлия")
        pair.hub.enters("dala", "p2", "Тимур")
        async with pair.hub.serving():
            await pair.even()
            await other.evens_over_tls(pair.hub)
            asks = protocol.encode(Request(need=("p1", "p2")))
            told = [
                protocol.decode((await node.posts(pair.hub, asks))[1], Reply).keys.keys()
                for node in (pair.room, other)
            ]
        assert told == [{"p1"}, {"p2"}]
        assert [pair.room.name_of(pupil) for pupil in ("p1", "p2")] == ["Әлия", None]
        assert [other.name_of(pupil) for pupil in ("p1", "p2")] == [None, "Тимур"]


async def test_who_is_forgotten_at_the_hub_is_forgotten_at_the_school(pair: Pair) -> None:
    pair.hub.enters("aul", "p1", "Әлия")
    await pair.even()
    known = pair.room.name_of("p1")
    pair.hub.forgets("aul", "p1")
    await pair.even()
    assert (known, pair.room.name_of("p1")) == ("Әлия", None)
    assert pair.room.names.keys_of(["p1"]) == {}
    pair.room.names.close()
    pair.room.names = Names(pair.room.folder / "names.db")
    assert "p1" in pair.room.names.forgotten()


async def test_a_pupil_whose_key_is_nowhere_is_asked_for_without_end_to_it(pair: Pair) -> None:
    pair.hub.enters("aul", "p1", "Әлия")
    pair.hub.names.forget("p1", "2026-11-23")  # the fact that says so is still to be written
    await pair.even()
    pair.hub.asked.clear()
    await pair.even()
    assert len(pair.hub.asked) <= 2
    assert pair.room.name_of("p1") is None
