"""What a screen knows (core), and where it knows it from."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.api import Unable
from edge.contract.answers import Done, Register
from edge.contract.commands import GoOn, Pause, ReadRegister
from edge.contract.notices import (
    Beat,
    Day,
    Hello,
    Lesson,
    Link,
    Reading,
    RegisterChanged,
    Settings,
)
from edge.contract.wire import AnyNotice
from tests.tui.fake_daemon import FakeDaemon, a_day
from tui.feed import AWAY, Feed, Tie, Unanswered
from tui.world import MAX_KEYS, World

HELLO = Hello(1, "0.0.0", "Ақжар")
Notices = st.lists(
    st.one_of(
        st.builds(Link, st.sampled_from(["good", "poor", "lost"]), st.integers(0, 9)),
        st.builds(Reading, st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 9)),
        st.builds(RegisterChanged, st.sampled_from("lm"), st.sampled_from("hk")),
        st.builds(Settings, st.sampled_from(["kk", "ru", "en"])),
    )
)


@given(Notices)
def test_the_newest_notice_of_each_key_counts(notices: list[AnyNotice]) -> None:
    world = World()
    for notice in notices:
        world.take(notice)
    newest = {notice.key: notice for notice in notices}
    assert {key: world.newest(type(notice), key) for key, notice in newest.items()} == newest


@given(Notices, Notices)
def test_a_daemon_that_says_hello_tells_all_of_it_again(
    before: list[AnyNotice], after: list[AnyNotice]
) -> None:
    one, other = World(), World()
    for notice in [*before, HELLO, *after]:
        one.take(notice)
    for notice in [HELLO, *after]:
        other.take(notice)
    keys = {notice.key: type(notice) for notice in [*before, *after]}
    assert all(one.newest(kind, key) == other.newest(kind, key) for key, kind in keys.items())


def test_a_world_has_a_bound() -> None:
    world = World()
    for number in range(MAX_KEYS + 5):
        world.take(Reading("d", str(number), 1))
    assert world.reading("d", "4") is None
    assert world.reading("d", "5") is not None


def test_nothing_is_true_before_it_was_told() -> None:
    world = World()
    assert (world.hello, world.settings, world.day, world.link, world.health) == (None,) * 5
    assert world.lesson == Lesson()
    assert (world.devices.devices, world.run.state, world.library.here) == ((), "none", 0)
    assert (world.showing.mode, world.media_check.page, world.head("l")) == ("free", False, "")


class Told:
    """What a feed told, and a wait for it."""

    def __init__(self) -> None:
        self.notices: list[AnyNotice] = []
        self.ties: list[Tie] = []
        self._news = asyncio.Event()

    def take(self, notice: AnyNotice) -> None:
        """Keep a notice."""
        self.notices.append(notice)
        self._news.set()

    def tied(self, tie: Tie) -> None:
        """Keep how they stand."""
        self.ties.append(tie)
        self._news.set()

    async def until(self, *ties: Tie) -> None:
        """Wait until they stood so, one after the other."""
        async with asyncio.timeout(40):
            while self.ties != list(ties):
                self._news.clear()
                await self._news.wait()


async def test_a_feed_tells_all_that_is_true_and_begins_again_when_the_daemon_does(
    daemon: FakeDaemon,
) -> None:
    told = Told()
    feed = Feed(daemon.socket, told.take, told.tied)
    async with asyncio.TaskGroup() as group:
        run = group.create_task(feed.run())
        await told.until(Tie("here"))
        await daemon.close()
        await told.until(Tie("here"), Tie("away"))
        await daemon.open()
        await told.until(Tie("here"), Tie("away"), Tie("here"))
        assert await feed.ask(GoOn(), Done) == Done()
        run.cancel()
    days = [notice for notice in told.notices if isinstance(notice, Day)]
    assert days == [a_day(), a_day()]
    assert not [notice for notice in told.notices if isinstance(notice, Beat)]


async def test_a_refusal_comes_with_its_key_and_blanks(daemon: FakeDaemon) -> None:
    daemon.knobs.refuses[Pause] = Unable("disk-full", minutes=3)
    told = Told()
    feed = Feed(daemon.socket, told.take, told.tied)
    async with asyncio.TaskGroup() as group:
        run = group.create_task(feed.run())
        with pytest.raises(Unanswered) as refused:
            await feed.ask(Pause(), Done)
        run.cancel()
    assert (refused.value.key, refused.value.blanks) == ("disk-full", {"minutes": 3})


async def test_a_command_to_nobody_is_refused_and_does_not_wait(tmp_path: Path) -> None:
    told = Told()
    feed = Feed(tmp_path / "nobody.sock", told.take, told.tied)
    async with asyncio.TaskGroup() as group:
        run = group.create_task(feed.run())
        with pytest.raises(Unanswered, match=AWAY):
            await feed.ask(ReadRegister("l"), Register)
        run.cancel()
    assert told.ties == [Tie("away")]
