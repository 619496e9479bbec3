"""A picture that stopped while the sound goes on: somebody asks for a key frame until it moves again."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from edge.media.outlet import LOSSY_FOR, PACE_LAN, TRIPS
from edge.media.paced import HOLD, LEAST
from edge.media.rate import ASK_PAUSE, VIDEO_SHARE
from edge.media.receiver import Receiver
from edge.media.relay import Fanout
from tests.flows.crew import until
from tests.media.outlets import KEY, MORE, OTHER, School, watching

SECOND = 25  # pictures


@pytest_asyncio.fixture
async def school() -> AsyncIterator[School]:
    """A school that has just connected."""
    async with watching() as connected:
        yield connected


def _now() -> float:
    return asyncio.get_running_loop().time()


def _pass(school: School, fanout: Fanout, begin: float, seconds: int) -> list[int]:
    """Let seconds of a lesson go by whose pictures need the one before; return the requests so far."""
    asked = []
    for second in range(seconds):
        for number in range(SECOND):
            now = begin + second + number / SECOND
            school.comes("video", OTHER, now)
            school.comes("audio", b"sound", now)
            fanout.flush()
            fanout.tick(now)
        asked.append(len(school.asked))
    return asked


def _shared(school: School, begin: float) -> Fanout:
    """Let the school have a key frame and share the common path."""
    school.reports(0.001, begin)
    fanout = Fanout(school.stream, lambda: None)
    fanout.join(school.outlet)
    school.comes("video", KEY, begin)
    for number in range(5):
        school.comes("video", OTHER, begin + number / SECOND)
        fanout.flush()
        fanout.tick(begin + number / SECOND)
    assert school.outlet.paced is None
    return fanout


async def test_who_waits_for_a_key_frame_has_it_asked_for_again_but_not_all_the_time(school: School) -> None:
    fanout = Fanout(school.stream, lambda: None)
    fanout.join(school.outlet)
    asked = _pass(school, fanout, _now(), 12)
    assert 12 / ASK_PAUSE - 1 <= asked[-1] <= 12 / ASK_PAUSE + 2


async def test_a_key_frame_whose_hole_was_filled_too_late_is_asked_for_again(school: School) -> None:
    begin = _now()
    fanout = Fanout(school.stream, lambda: None)
    fanout.join(school.outlet)
    school.comes("video", KEY, begin, marker=False)
    late = school.lost()
    school.comes("video", MORE, begin)
    fanout.flush()
    fanout.tick(begin + HOLD + 0.01)
    school.entries["video"].take(late, round(begin * 90_000), False, MORE, begin + 1.0)
    fanout.flush()
    _pass(school, fanout, begin + 1.0, 3)
    assert len(school.asked) >= 2


async def test_nobody_is_asked_while_only_sound_comes(school: School) -> None:
    fanout = Fanout(school.stream, lambda: None)
    fanout.join(school.outlet)
    begin = _now()
    _pass(school, fanout, begin, 4)
    before = len(school.asked)
    for number in range(60 * SECOND):
        now = begin + 4 + number / SECOND
        school.comes("audio", b"sound", now)
        fanout.flush()
        fanout.tick(now)
    assert len(school.asked) <= before + 1


async def test_who_comes_to_a_queue_of_its_own_in_the_middle_of_a_key_frame_is_sent_the_rest(
    school: School,
) -> None:
    begin = _now()
    fanout = _shared(school, begin)
    asked = len(school.asked)
    school.comes("video", KEY, begin + 1, marker=False)
    school.comes("video", MORE, begin + 1, marker=False)
    fanout.flush()
    before = school.outlet.sent.packets
    for number in range(TRIPS):
        school.reports(0.1, begin + 1 + number / 2)
    assert school.outlet.narrow
    fanout.tick(begin + 1.01)
    assert school.outlet.paced is not None
    school.comes("video", MORE, begin + 1.02, shown=begin + 1)
    school.comes("video", OTHER, begin + 1.04)
    fanout.flush()
    assert school.outlet.sent.packets == before + 2
    assert len(school.asked) == asked


async def test_a_school_is_believed_to_be_near_again_though_its_estimate_never_had_pictures(
    school: School,
) -> None:
    begin = _now()
    school.outlet.trusted = True
    school.stream.bitrate = 1_200_000
    fanout = Fanout(school.stream, lambda: None)
    for _ in range(TRIPS):
        school.reports(0.05, begin)
    school.says(31_000, begin)
    fanout.join(school.outlet)
    for half in range(2 * 30):
        now = begin + half / 2
        school.reports(0.001, now)
        school.says(31_000, now)
        school.comes("video", OTHER, now)
        fanout.flush()
        fanout.tick(now)
    assert school.outlet.bitrate(begin + 30) == PACE_LAN
    assert not school.outlet.narrow


async def test_a_link_that_lost_packets_is_doubted_no_sooner_than_it_has_room(school: School) -> None:
    begin = _now()
    school.outlet.trusted = True
    school.stream.bitrate = 1_200_000
    fanout = Fanout(school.stream, lambda: None)
    fanout.join(school.outlet)
    school.reports(0.001, begin, lost=0.1)
    for half in range(2 * 60):
        now = begin + half / 2
        school.reports(0.001, now)
        school.says(31_000, now)
        school.comes("video", OTHER, now)
        fanout.flush()
        fanout.tick(now)
    assert school.outlet.bitrate(begin + 60) == 31_000 * VIDEO_SHARE


async def test_a_browser_without_losses_is_sent_a_little_whatever_it_says(school: School) -> None:
    now = _now()
    assert school.outlet.least(now) == LEAST
    school.reports(0.001, now, lost=0.1)
    assert school.outlet.least(now) == 0.0
    assert school.outlet.least(now + LOSSY_FOR) == LEAST
    school.outlet.trusted = True  # a node, which counts the sound
    assert school.outlet.least(now + LOSSY_FOR) == 0.0


async def test_three_late_reports_do_not_make_a_neighbour_a_far_one(school: School) -> None:
    now = _now()
    for trip in (0.001, 0.001, 0.001, 0.05, 0.05, 0.05):
        school.reports(trip, now)
    assert school.outlet.local


async def test_a_publisher_that_has_just_come_is_asked_though_nobody_was_there_to_ask_before(
    school: School,
) -> None:
    stream = school.stream
    ask = stream.ask_publisher
    stream.left()
    stream.request_key(10.0)
    stream.begin()
    stream.ask_publisher = ask
    stream.request_key(10.5)
    assert len(school.asked) == 1


class _Seen:
    """Counts the key frames that come."""

    def __init__(self) -> None:
        self.keys = 0

    def take(self, data: bytes, now: float) -> None:
        """Take a packet."""
        self.keys += data.endswith(KEY)


async def test_two_nodes_away_a_picture_comes_though_the_first_key_frame_was_lost_on_the_way(
    school: School,
) -> None:
    """The class says nothing, as a browser that has never had a packet."""
    async with watching() as below:
        node = Receiver(school.theirs, below.stream, list(school.stream.tracks.values()), _now)
        seen = _Seen()
        school.theirs.on_rtp, below.theirs.on_rtp = node.take_rtp, seen.take
        fanouts = [Fanout(each.stream, lambda: None) for each in (school, below)]
        for fanout, each in zip(fanouts, (school, below), strict=True):
            fanout.join(each.outlet)
        begin = _now()
        for number in range(12 * SECOND):
            now = begin + number / SECOND
            if len(school.asked) == 2:
                school.comes("video", KEY, now)
                school.asked.append(None)
            school.comes("video", OTHER, now)
            for fanout in fanouts:
                fanout.flush()
                fanout.tick(now)
        await until(lambda: seen.keys)
