"""What the library's store reads again, and when: 60 GB are not read at every look, nor during a lesson."""

import os
from pathlib import Path

import pytest

from edge.content.chunks import SETTLED, SUMS
from sync.catalogue import CHUNK, Item
from tests.content.schools import noise, published, store_in

CONTENT = noise(CHUNK + 1000)


@pytest.fixture
def offered(tmp_path: Path) -> tuple[Item, bytes]:
    """Return what a hub offers, and the sums of its chunks."""
    hub = store_in(tmp_path / "hub")
    (item,) = published(hub, CONTENT)
    return item, hub.sums(item.id) or b""


def test_what_is_here_is_read_again_once_after_a_start_and_a_lesson_stops_that(
    offered: tuple[Item, bytes], tmp_path: Path
) -> None:
    draft = store_in(tmp_path).begin(*offered)
    draft.put(0, CONTENT[:CHUNK])
    draft.close()
    started, looks = store_in(tmp_path), list[int]()

    def lesson_begins() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        started.begin(*offered, lesson_begins)
    for _ in range(2):
        started.begin(*offered, lambda: looks.append(1)).close()
    assert looks == [1]


def test_hashes_that_the_disk_has_lost_are_not_passed_on_and_come_anew(
    offered: tuple[Item, bytes], tmp_path: Path
) -> None:
    (item, sums), room = offered, store_in(tmp_path)
    room.begin(item, sums).close()
    (room.place.folder / (item.id + SUMS)).write_bytes(bytes(len(sums)))
    assert room.sums(item.id) is None
    room.begin(item, sums).close()
    assert room.sums(item.id) == sums


def test_the_list_is_read_anew_only_after_the_folder_has_changed(tmp_path: Path) -> None:
    hub = store_in(tmp_path)
    (item,) = published(hub, CONTENT)
    moment = hub.place.folder.stat().st_mtime_ns - 10 * SETTLED
    os.utime(hub.place.folder, ns=(moment, moment))
    assert [each.item.id for each in hub.items()] == [item.id]
    hub.items().clear()
    assert [each.item.id for each in hub.items()] == [item.id]
    hub.remove(item.id)
    assert hub.items() == []
