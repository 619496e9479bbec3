"""What a school says of a lesson is believed for a while, and never hides that its link is cut."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from edge.media.dtls import Identity
from edge.media.outlet import Outlet
from edge.media.packet import Kind
from edge.media.sight import HOLDS, Sight
from edge.media.stream import Stream
from edge.media.transport import Peer
from tests.media.lessons import SOUND, VIDEO

TYPES: dict[Kind, int] = {"video": 96, "audio": 111}


@pytest_asyncio.fixture
async def school() -> AsyncIterator[Outlet]:
    """A school that has just begun to watch."""
    stream = Stream("lesson", {"video": VIDEO["VP8"], "audio": SOUND}, 0.0)
    stream.begin()
    ours, theirs = (Peer(Identity.create(), controlling, loopback=True) for controlling in (False, True))
    here, there = await ours.local("passive"), await theirs.local("active")
    await asyncio.gather(ours.connect(there, client=False), theirs.connect(here, client=True))
    outlet = Outlet(ours, stream, TYPES, lambda: 0.0)
    yield outlet
    outlet.close()
    await asyncio.gather(ours.close(), theirs.close())


async def test_a_fault_is_the_state_of_a_school_until_it_is_not_repeated(school: Outlet) -> None:
    now = school.peer.heard
    school.told(Sight("black", "ok"), now)
    assert (school.health(now).state, school.health(now).sight) == ("black", Sight("black", "ok"))
    school.told(Sight("black", "ok"), now - HOLDS)
    assert school.health(now).state == "ok"


async def test_a_still_picture_is_told_and_a_frozen_one_counts_as_frozen(school: Outlet) -> None:
    now = school.peer.heard
    school.told(Sight("still", "ok"), now)
    assert (school.health(now).state, school.health(now).frozen) == ("still", False)
    school.told(Sight("frozen", "ok"), now)
    assert (school.health(now).state, school.health(now).frozen) == ("frozen", True)


async def test_that_nothing_arrives_says_more_than_what_was_seen_before(school: Outlet) -> None:
    now = school.peer.heard
    school.told(Sight("ok", "silent"), now)
    assert school.health(now).state == "silent"
    assert school.health(now + 5.0).state == "no-picture"
    school.peer.closed.set()
    assert school.health(now).state == "gone"
