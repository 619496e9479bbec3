"""Links that go down and come up again while a lesson goes on."""

from pathlib import Path

import pytest

from tests.net.link import Plan
from tests.net.namespaces import why_not
from tests.net.rooms import hub_and_room, lesson, pause, until
from tests.net.trials import DELAY, is_shown, outage
from tests.net.wire import Quality
from tests.net.witness import Sight

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

FAR = Quality(delay=DELAY)
LONG_CUT = 6.0  # seconds: longer than a node waits for a packet before it connects anew
SHORT_CUT = 1.0  # … and shorter, with whatever pauses the computer has beside it
TIMES = 2
FLUENT = 50  # pictures
PICTURE = 3600  # of the video clock, from one picture to the next
ROUND = 20  # seconds of the lesson that goes round


def test_a_lesson_comes_back_by_itself_into_the_same_recording(tmp_path: Path) -> None:
    with hub_and_room(Plan(FAR, FAR), tmp_path) as scene:
        scene.publish(lesson(ROUND), loop=True)
        watcher = scene.watch(scene.room)
        watcher.until(is_shown, "picture and sound in the classroom")
        cuts = [outage(length, scene, watcher) for length in TIMES * (SHORT_CUT, LONG_CUT)]
        scene.room.stop()
        recordings = scene.room.recordings()
        reconnected = scene.room.told("parent connected")
    for alike in (cuts[::2], cuts[1::2]):
        assert min(max(each.after.values()) for each in alike) <= 3.0
    assert (reconnected, len(recordings)) == (1 + TIMES, 1)
    assert any(gap.seconds >= LONG_CUT - 1.0 for gap in recordings[0].gaps)


def test_a_link_that_comes_up_after_the_nodes_carries_the_lesson(tmp_path: Path) -> None:
    with hub_and_room(Plan(FAR, FAR, cuts=((0.0, 5.0),)), tmp_path) as scene:
        scene.publish(lesson(ROUND), loop=True)
        watcher = scene.watch(scene.room)
        watcher.until(is_shown, "picture and sound in the classroom")


def test_a_way_that_becomes_longer_leaves_no_picture_out_for_long(tmp_path: Path) -> None:
    with hub_and_room(Plan(FAR, FAR), tmp_path) as scene:
        scene.publish(lesson(ROUND), loop=True)
        watcher = scene.watch(scene.room)
        watcher.until(lambda seen: len(seen) > 200, "two seconds of lesson")
        longer = Quality(delay=4 * DELAY)
        scene.link.change(Plan(longer, longer))
        pause(2.0)
        changed = len(watcher.seen())
        watcher.until(lambda seen: is_fluent(seen[changed:]), "every picture again")


def is_fluent(seen: list[Sight]) -> bool:
    """Tell whether no picture is missing among the last of two seconds."""
    stamps = sorted(each.timestamp for each in seen if each.kind == "video")[-FLUENT:]
    return len(stamps) == FLUENT and stamps[-1] - stamps[0] < FLUENT * PICTURE


def test_a_hub_that_was_switched_off_and_on_is_found_again(tmp_path: Path) -> None:
    with hub_and_room(Plan(FAR, FAR), tmp_path) as scene:
        first = scene.publish(lesson(ROUND), loop=True)
        until(lambda: scene.room.told("parent connected") == 1, "the classroom follows")
        scene.link.cut()  # so that no goodbye of the kernel's comes through: the power is gone
        scene.hub.kill()
        first.end()
        scene.hub.start()
        scene.link.mend()
        scene.publish(lesson(ROUND), loop=True)
        until(lambda: scene.room.told("parent connected") == 2, "the classroom follows again")
