"""The library's store: nothing counts that was not verified, whatever is cut off and whoever copies in."""

import asyncio
import errno
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from edge.content.chunks import BLOB, HAVE, NEW, NOTE, SUMS, ChunkStore, Empty, Gone, WrongHash, WrongSums
from edge.media.record.durable import BlockFile, Disk
from edge.media.record.place import Place
from sync.catalogue import CHUNK, Item, item_id
from tests.flows.crew import until

NOON = 1_795_000_000_000
SIZE = 2 * CHUNK + 1000
CONTENT = Random(6).randbytes(SIZE)
CHUNKS = [CONTENT[at : at + CHUNK] for at in range(0, SIZE, CHUNK)]


def _store(folder: Path, disk: Disk | None = None, reserve: int = 0) -> ChunkStore:
    return ChunkStore(Place(folder / "content", disk or Disk(), reserve))


def _item(name: str = "Дәріс.mp4") -> Item:
    return Item("0" * 64, 0, name, "video/mp4")


@pytest.fixture
def hub(tmp_path: Path) -> ChunkStore:
    return _store(tmp_path / "hub")


@pytest.fixture
def room(tmp_path: Path) -> ChunkStore:
    return _store(tmp_path / "room")


def _published(hub: ChunkStore) -> tuple[Item, bytes]:
    held = hub.add(BytesIO(CONTENT), _item(), NOON)
    sums = hub.sums(held.item.id)
    assert sums is not None
    return held.item, sums


def _content(store: ChunkStore, ident: str) -> bytes:
    path = store.path_of(ident)
    assert path is not None
    return path.read_bytes()


# Adding, at the hub.


def test_a_file_is_copied_in_under_the_hash_of_its_chunks(hub: ChunkStore) -> None:
    seen: list[int] = []
    held = hub.add(BytesIO(CONTENT), _item(), NOON, seen.append)
    assert held.item.size == SIZE
    assert held.item.id == item_id(SIZE, hub.sums(held.item.id) or b"")
    assert (held.whole, held.pinned, held.fetched) == (True, True, NOON)
    assert hub.items() == [held]
    assert hub.have(held.item.id) == frozenset({0, 1, 2})
    assert _content(hub, held.item.id) == CONTENT
    assert seen == [CHUNK, 2 * CHUNK, SIZE]


def test_the_same_bytes_are_one_item_with_the_newest_words(hub: ChunkStore) -> None:
    first = hub.add(BytesIO(CONTENT), _item("a.mp4"), NOON)
    second = hub.add(BytesIO(CONTENT), _item("b.mp4"), NOON + 9)
    assert second.item.id == first.item.id
    assert [(each.item.name, each.fetched) for each in hub.items()] == [("b.mp4", NOON)]


def test_an_empty_file_is_no_item_and_leaves_nothing(hub: ChunkStore) -> None:
    with pytest.raises(Empty):
        hub.add(BytesIO(), _item(), NOON)
    assert list(hub.place.folder.iterdir()) == []


def test_a_full_disk_leaves_nothing_of_what_was_copied(tmp_path: Path) -> None:
    class Small(Disk):
        def room(self, folder: Path) -> int:
            return CHUNK + CHUNK // 2 - sum(path.stat().st_size for path in folder.iterdir())

    hub = _store(tmp_path, Small())
    with pytest.raises(OSError, match="No space") as full:
        hub.add(BytesIO(CONTENT), _item(), NOON)
    assert full.value.errno == errno.ENOSPC
    assert list(hub.place.folder.iterdir()) == []


def test_what_is_being_fetched_becomes_whole_when_it_is_added_here(hub: ChunkStore, room: ChunkStore) -> None:
    item, sums = _published(hub)
    draft = room.begin(item, sums)
    draft.put(1, CHUNKS[1])
    held = room.add(BytesIO(CONTENT), _item(), NOON)
    with pytest.raises(Gone):
        draft.put(0, CHUNKS[0])
    draft.close()
    assert held.whole
    assert _content(room, item.id) == CONTENT


# Fetching, at a school.


def test_chunks_come_in_any_order_and_make_the_file(hub: ChunkStore, room: ChunkStore) -> None:
    item, sums = _published(hub)
    draft = room.begin(item, sums)
    assert draft.missing() == [range(3)]
    draft.put(1, CHUNKS[1])
    assert draft.missing() == [range(1), range(2, 3)]
    assert (room.is_whole(item.id), room.have(item.id)) == (False, frozenset({1}))
    draft.put(2, CHUNKS[2])
    draft.put(0, CHUNKS[0])
    held = draft.finish(NOON)
    assert held.whole
    assert room.is_whole(item.id)
    assert _content(room, item.id) == CONTENT
    assert sorted(path.suffix for path in room.place.folder.iterdir()) == sorted((BLOB, SUMS, NOTE))


@pytest.mark.parametrize(
    ("number", "chunk"),
    [(0, CHUNKS[1]), (0, CHUNKS[0][:-1]), (0, CHUNKS[0] + b"x"), (2, CHUNKS[0]), (3, b""), (-1, CHUNKS[2])],
)
def test_a_chunk_that_is_not_the_one_is_refused_and_not_kept(
    hub: ChunkStore, room: ChunkStore, number: int, chunk: bytes
) -> None:
    item, sums = _published(hub)
    draft = room.begin(item, sums)
    with pytest.raises(WrongHash, match=item.id):
        draft.put(number, chunk)
    draft.close()
    assert room.have(item.id) == frozenset()
    assert _content(room, item.id) == bytes(SIZE)


@pytest.mark.parametrize(
    "spoil", [lambda sums: sums[:-32], lambda sums: sums + bytes(32), lambda sums: bytes(96)]
)
def test_a_list_of_hashes_that_the_id_does_not_confirm_begins_nothing(
    hub: ChunkStore, room: ChunkStore, spoil: Callable[[bytes], bytes]
) -> None:
    item, sums = _published(hub)
    with pytest.raises(WrongSums, match=item.id):
        room.begin(item, spoil(sums))
    with pytest.raises(WrongSums):
        room.begin(structs.replace(item, size=item.size + 1), sums)
    assert room.items() == []


def test_what_was_fetched_before_a_restart_is_not_fetched_again(
    hub: ChunkStore, room: ChunkStore, tmp_path: Path
) -> None:
    item, sums = _published(hub)
    draft = room.begin(item, sums)
    draft.put(2, CHUNKS[2])
    draft.close()
    again = _store(tmp_path / "room").begin(item, sums)
    assert again.missing() == [range(2)]
    again.close()


def test_a_chunk_that_the_disk_has_lost_is_missing_again_after_a_start(
    hub: ChunkStore, room: ChunkStore, tmp_path: Path
) -> None:
    item, sums = _published(hub)
    draft = room.begin(item, sums)
    draft.put(0, CHUNKS[0])
    draft.put(1, CHUNKS[1])
    draft.close()
    path = room.path_of(item.id)
    assert path is not None
    spoiled = BlockFile(path, SIZE)
    spoiled.write(CHUNK + 5, b"\0")
    spoiled.close()
    again = _store(tmp_path / "room").begin(item, sums)
    again.close()
    assert again.missing() == [range(1, 3)]
    assert room.have(item.id) == frozenset({0})


def test_what_was_removed_meanwhile_does_not_come_back(hub: ChunkStore, room: ChunkStore) -> None:
    item, sums = _published(hub)
    draft = room.begin(item, sums)
    for number in range(2):
        draft.put(number, CHUNKS[number])
    room.remove(item.id)
    with pytest.raises(Gone):
        draft.put(2, CHUNKS[2])
    draft.close()
    assert list(room.place.folder.iterdir()) == []


def test_an_item_that_is_whole_lacks_nothing_and_is_finished_at_once(hub: ChunkStore) -> None:
    item, sums = _published(hub)
    draft = hub.begin(item, sums)
    draft.put(0, CHUNKS[0])
    assert draft.missing() == []
    assert draft.finish(NOON + 9).fetched == NOON


# What lies there.


@pytest.mark.parametrize("ident", ["", "..", "../hub", "a" * 63, "A" * 64, "a" * 64 + "/..", "a" * 64])
def test_what_is_no_id_or_unknown_names_no_file(hub: ChunkStore, ident: str) -> None:
    assert (hub.held(ident), hub.path_of(ident), hub.sums(ident)) == (None, None, None)
    assert hub.have(ident) == frozenset()
    hub.remove(ident)


def test_what_a_power_cut_left_is_swept_and_items_stay(hub: ChunkStore) -> None:
    item, _ = _published(hub)
    orphan = "c" * 64
    for name in (f"7{NEW}", orphan + BLOB, orphan + SUMS, orphan + HAVE):
        (hub.place.folder / name).write_bytes(b"x")
    (hub.place.folder / "a person's own.txt").write_bytes(b"x")
    hub.sweep()
    names = {path.name for path in hub.place.folder.iterdir()}
    assert names == {item.id + BLOB, item.id + SUMS, item.id + NOTE, "a person's own.txt"}


@pytest.mark.parametrize("note", [b"", b"{", b"[" * 9000, b'{"item":{"id":"x","size":1,"name":"x"}}'])
def test_a_note_that_cannot_be_read_is_no_item(hub: ChunkStore, note: bytes) -> None:
    hub.place.prepare()
    (hub.place.folder / ("d" * 64 + NOTE)).write_bytes(note)
    assert hub.items() == []


def test_another_process_of_this_computer_is_seen(hub: ChunkStore, tmp_path: Path) -> None:
    before = hub.items()
    other = _store(tmp_path / "hub")
    held = other.add(BytesIO(CONTENT), _item(), NOON)
    seen = hub.items()
    renamed = other.add(BytesIO(CONTENT), _item("b.mp4"), NOON)
    changed = hub.held(held.item.id)
    other.remove(held.item.id)
    assert (before, seen, changed, hub.items()) == ([], [held], renamed, [])


# Ends that nobody asked for.

ADDS = """
import sys
from pathlib import Path
from edge.content.chunks import ChunkStore
from edge.media.record.durable import Disk
from edge.media.record.place import Place
from sync.catalogue import Item
ChunkStore(Place(Path(sys.argv[1]), Disk(), 0)).add(sys.stdin.buffer, Item("0" * 64, 0, "a"), 1)
"""


async def test_who_is_killed_while_copying_leaves_nothing_that_counts_and_keeps_nobody_out(
    hub: ChunkStore,
) -> None:
    folder = hub.place.folder
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", ADDS, str(folder), stdin=PIPE)
    assert child.stdin is not None
    child.stdin.write(CONTENT)
    await until(lambda: [path for path in folder.glob(f"*{NEW}") if path.stat().st_size >= CHUNK], 20.0)
    hub.sweep()
    during = list(folder.glob(f"*{NEW}"))
    child.kill()
    await child.wait()
    hub.sweep()
    assert (len(during), list(folder.iterdir()), hub.items()) == (1, [], [])
    assert hub.add(BytesIO(CONTENT), _item(), NOON).whole


# Power cuts.


class Cut(Exception):
    """The power fails."""


class FailingDisk(Disk):
    """A disk whose power fails after so many writes and syncs."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self) -> None:
        """One thing more was asked."""
        self.left -= 1
        if self.left < 0:
            raise Cut

    def blocks(self, path: Path, size: int) -> BlockFile:
        """Open a file that fails too."""
        self.spend()
        return FailingBlocks(self, path, size)

    def save(self, path: Path, content: bytes) -> None:
        """Save, or fail before."""
        self.spend()
        super().save(path, content)

    def remove(self, path: Path) -> None:
        """Remove, or fail before."""
        self.spend()
        super().remove(path)


class FailingBlocks(BlockFile):
    """A file that loses the second half of what was being written when the power failed."""

    def __init__(self, disk: FailingDisk, path: Path, size: int) -> None:
        super().__init__(path, size)
        self._disk = disk

    def write(self, at: int, piece: bytes) -> None:
        """Write, or half of it."""
        try:
            self._disk.spend()
        except Cut:
            super().write(at, piece[: len(piece) // 2])
            raise
        super().write(at, piece)


small = Random(7).randbytes(CHUNK + 500)
PIECES = [small[:CHUNK], small[CHUNK:]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(st.integers(0, 14), max_size=3))
def test_wherever_the_power_fails_what_counts_is_right_and_the_rest_comes_again(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("cuts")
    held = _store(folder / "hub").add(BytesIO(small), _item(), NOON)
    sums = _store(folder / "hub").sums(held.item.id) or b""
    for left in [*cuts, 1000]:
        room = _store(folder, FailingDisk(left))
        try:
            draft = room.begin(held.item, sums)
            for run in draft.missing():
                for number in run:
                    draft.put(number, PIECES[number])
            draft.finish(NOON)
        except Cut:
            _store(folder).sweep()
        store = _store(folder)
        for number in store.have(held.item.id):
            content = _content(store, held.item.id)
            assert content[number * CHUNK :][:CHUNK] == PIECES[number]
    assert _store(folder).is_whole(held.item.id)
    assert _content(_store(folder), held.item.id) == small
