"""The small parts of fetching: whom to ask, what is wanted, how fast."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from edge.config import from_table
from edge.content.hub import HubAway, HubDoor
from edge.content.pace import Pace
from edge.content.wanted import MAX_WANTED, MOST_TRIES, TooMany, Want, Wanted
from edge.hubs import Answer, Hubs
from edge.journal import Journal
from sync.joining.identity import Parent, save_parent

CONFIGURED = {"parent": "http://10.0.0.1:8080", "parent_token": "secret"}
HEARD = Answer("hub-1", {b"name": b"Hub", b"depth": b"0"}, ["192.168.1.5"], 8080)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path)
    yield opened
    opened.close()


def door(journal: Journal, **table: str) -> HubDoor:
    """Return the door of a node that has heard of a hub on its network."""
    hubs = Hubs("me", lambda: None)
    hubs.heard(HEARD, [], 0.0)
    return HubDoor(from_table({"name": "room", "state": "/x", **table}, "test"), journal, hubs)


def join(journal: Journal) -> None:
    """Enrol a node with a hub."""
    mine = journal.identity
    save_parent(journal.folder, Parent("10.0.0.2:8443", mine.certificate, mine.node, "aul"))


async def test_whom_lessons_come_from_is_whom_recordings_are_fetched_from(journal: Journal) -> None:
    assert door(journal).address == "http://192.168.1.5:8080"
    join(journal)
    assert door(journal).address == "https://10.0.0.2:8443"
    assert door(journal, **CONFIGURED).address == "http://10.0.0.1:8080"


async def test_a_token_goes_to_the_configured_parent_and_to_nobody_else(journal: Journal) -> None:
    async with door(journal, **CONFIGURED).open() as parent:
        assert parent.headers["Authorization"] == "Bearer secret"
    async with door(journal).open() as found:
        assert "Authorization" not in found.headers


async def test_without_any_hub_there_is_nobody_to_ask(journal: Journal) -> None:
    config = from_table({"name": "room", "state": "/x", "discover": False}, "test")
    alone = HubDoor(config, journal, Hubs("me", lambda: None))
    with pytest.raises(HubAway):
        async with alone.open():
            pass


def test_what_is_wanted_is_wanted_after_a_restart_in_the_same_order(tmp_path: Path) -> None:
    before = Wanted(tmp_path)
    for ident in ("a", "b", "c"):
        before.add(ident)
    before.failed("a", "gone")
    before.remove("b")
    after = Wanted(tmp_path)
    after.load()
    assert [(each.id, each.failed) for each in after.all()] == [("a", "gone"), ("c", "")]
    first = after.next()
    assert first is not None
    assert (first.id, "a" in after, "c" in after) == ("c", False, True)


def test_what_fails_comes_after_the_others_and_after_some_tries_no_more(tmp_path: Path) -> None:
    wanted = Wanted(tmp_path)
    wanted.add("a")
    wanted.add("b")
    for _ in range(MOST_TRIES):
        wanted.tried("a", "damaged")
    assert [(each.id, each.failed) for each in wanted.all()] == [("b", ""), ("a", "damaged")]
    wanted.add("a")
    assert [(each.id, each.tries) for each in wanted.all()] == [("b", 0), ("a", 0)]
    wanted.tried("nobody", "damaged")
    wanted.failed("nobody", "gone")
    assert len(wanted.all()) == 2


@pytest.mark.parametrize("content", [b"", b"[]]", b"\xff", b'[{"id": 7}]', b"{}"])
def test_a_damaged_list_of_wishes_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "wanted.json").write_bytes(content)
    wanted = Wanted(tmp_path)
    wanted.load()
    assert wanted.all() == []


def test_no_more_is_wanted_than_could_ever_come(tmp_path: Path) -> None:
    wanted = Wanted(tmp_path)
    many = [Want(str(number)) for number in range(MAX_WANTED)]
    (tmp_path / "wanted.json").write_bytes(msgspec.json.encode(many))
    wanted.load()
    with pytest.raises(TooMany):
        wanted.add("one more")


def test_bytes_come_as_fast_as_they_may_and_no_faster() -> None:
    pace, now, came = Pace(100_000), 0.0, 0
    while now < 10.0:
        came += 16_384
        now += pace.owed(16_384, now)
    assert 0.95 < came / (now * 100_000) < 1.1


def test_a_pause_gives_no_credit_for_a_burst() -> None:
    pace = Pace(100_000)
    pace.owed(1000, 0.0)
    assert pace.owed(50_000, 3600.0) >= 0.25
