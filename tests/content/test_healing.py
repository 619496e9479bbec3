"""After a lesson with a bad link the classroom's recording becomes the hub's, to the last byte."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from edge.media.packet import Codec, Frame
from edge.media.record.durable import Disk
from edge.media.record.recording import Recording, save
from edge.media.record.store import FOLDER, Store
from edge.media.record.verify import verify
from tests.content.hubs import Wire, archive_app, enrolled, room, serving, until
from tests.content.patients import Keep, Ward, media_of, nudged, written
from tests.media.lessons import captured, lesson, repeated

HEADS = 8_000  # bytes of HTTP, a list and a sheet


@asynccontextmanager
async def ward(hub: Path, below: Path) -> AsyncIterator[tuple[Ward, Wire]]:
    """Serve a hub's recordings to a classroom over a wire that is counted."""
    async with (
        serving(archive_app(hub)) as port,
        Wire(port).up() as wire,
        room(below, f"http://127.0.0.1:{wire.port}") as made,
    ):
        yield Ward(made), wire


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[tuple[Ward, Wire]]:
    async with ward(tmp_path / "hub", tmp_path / "room") as made:
        yield made


def lossy(share: float, seed: int = 1) -> Keep:
    """Lose a share of all frames, but for the first second."""
    chance = Random(seed)
    lost = {number for number in range(10_000) if chance.random() < share}

    def keep(frame: Frame) -> bool:
        return captured(frame) < 1.0 or frame.timestamp // 480 % 10_000 not in lost

    return keep


def between(begin: float, end: float) -> Keep:
    """Be there for a part of the lesson only."""
    return lambda frame: begin <= captured(frame) < end


def brief(recording: Recording) -> tuple[bool, bool, str]:
    """Say what became of it."""
    return recording.whole, recording.healed > 0, recording.unhealed


async def healed(sick: Ward, count: int = 1) -> None:
    """Run what heals until so many recordings are healed, and nothing is left of the work."""
    async with sick.open() as healing:
        await until(nudged(healing, lambda: healing.healed >= count and not sick.drafts))


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_a_recording_with_holes_becomes_the_hubs_to_the_last_byte(
    tmp_path: Path, both: tuple[Ward, Wire], codec: Codec
) -> None:
    sick, wire = both
    given = lesson(codec)
    (there,) = written(tmp_path / "hub", given)
    (before,) = written(tmp_path / "room", given, lossy(0.1), later=1000)
    await healed(sick)
    (here,) = sick.recordings
    assert not before.whole
    assert [sick.media(here)] == media_of(tmp_path / "hub", [there])
    assert (here.id, here.digest, here.source) == (before.id, there.digest, there.id)
    assert brief(here) == (True, True, "")
    assert verify(here.path(sick.room.store.place.folder)).faults == []
    lacking = sum(len(each.data) for each in given.frames if not lossy(0.1)(each))
    assert lacking == sick.healing.fetched
    assert wire.down <= lacking + HEADS + there.bytes // 100


async def test_sound_alone_heals_too(tmp_path: Path, both: tuple[Ward, Wire]) -> None:
    sick, _ = both
    (there,) = written(tmp_path / "hub", lesson(None))
    written(tmp_path / "room", lesson(None), lossy(0.3))
    await healed(sick)
    assert [sick.media(each) for each in sick.recordings] == media_of(tmp_path / "hub", [there])


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_who_joined_late_and_left_early_has_all_of_it_and_the_time_it_began(
    tmp_path: Path, both: tuple[Ward, Wire], codec: Codec
) -> None:
    sick, _ = both
    (there,) = written(tmp_path / "hub", lesson(codec))
    (before,) = written(tmp_path / "room", lesson(codec), between(2.0, 4.0))
    assert before.whole
    await healed(sick)
    (here,) = sick.recordings
    assert [sick.media(here)] == media_of(tmp_path / "hub", [there])
    assert here.moved == pytest.approx(2.0, abs=0.05)
    assert (before.started, here.started) == ("2026-11-22T04:45:02Z", "2026-11-22T04:45:00Z")
    assert here.healed == pytest.approx(4.0, abs=0.2)


async def test_a_whole_recording_becomes_the_same_file_without_a_frame_on_the_link(
    tmp_path: Path, both: tuple[Ward, Wire]
) -> None:
    sick, wire = both
    (there,) = written(tmp_path / "hub", lesson())
    (before, _) = (
        written(tmp_path / "room", lesson(), each)[-1] for each in (between(0.0, 4.0), between(4.0, 9.0))
    )
    assert before.digest != there.digest
    await healed(sick)
    assert [sick.media(each) for each in sick.recordings] == media_of(tmp_path / "hub", [there])
    assert (sick.healing.fetched, sick.recordings[0].healed) == (0, 0.0)
    assert wire.down < HEADS


async def test_an_equal_recording_is_left_alone_and_the_hub_is_asked_for_nothing_but_its_list(
    tmp_path: Path, both: tuple[Ward, Wire]
) -> None:
    sick, wire = both
    written(tmp_path / "hub", lesson())
    (before,) = written(tmp_path / "room", lesson())
    async with sick.open() as healing:
        await until(nudged(healing, lambda: sick.room.fetcher.catalogue.recordings))
    assert sick.recordings == [before]
    assert (healing.healed, sick.drafts) == (0, [])
    assert wire.down < 2000


async def test_a_lesson_in_pieces_here_and_in_other_pieces_at_the_hub_is_as_at_the_hub(
    tmp_path: Path, both: tuple[Ward, Wire]
) -> None:
    sick, _ = both
    hub, here = tmp_path / "hub", tmp_path / "room"
    for begin, end in ((0.0, 2.5), (2.5, 6.1)):
        written(hub, lesson(), between(begin, end))
    for begin, end in ((0.0, 1.9), (3.9, 5.0), (5.0, 6.1)):
        written(here, lesson(), between(begin, end), later=7)
    there = Store(hub).list()[::-1]
    await healed(sick, 2)
    assert (len(there), len(sick.recordings)) == (2, 2)
    assert [sick.media(each) for each in sick.recordings] == media_of(hub, there)
    assert {path.suffix for path in (here / FOLDER).iterdir()} == {".mp4", ".idx", ".json"}
    assert len(list((here / FOLDER).iterdir())) == 6


async def test_a_part_of_the_lesson_that_is_not_here_at_all_is_brought_beside_the_rest(
    tmp_path: Path, both: tuple[Ward, Wire]
) -> None:
    sick, _ = both
    for begin, end in ((0.0, 1.9), (2.0, 3.9), (4.0, 6.1)):
        written(tmp_path / "hub", lesson(), between(begin, end))
    for begin, end in ((0.0, 1.9), (4.0, 6.1)):
        written(tmp_path / "room", lesson(), between(begin, end), later=3)
    there = Store(tmp_path / "hub").list()[::-1]
    await healed(sick)
    assert [sick.media(each) for each in sick.recordings] == media_of(tmp_path / "hub", there)
    assert [bool(each.copy_of) for each in sick.recordings] == [False, True, False]


async def test_through_cuts_of_the_link_no_frame_comes_twice(tmp_path: Path, both: tuple[Ward, Wire]) -> None:
    sick, wire = both
    (there,) = written(tmp_path / "hub", lesson())
    written(tmp_path / "room", lesson(), between(4.0, 9.0))
    wire.cut_after = [60_000, 50_000, 1000, 70_000]
    await healed(sick)
    assert [sick.media(each) for each in sick.recordings] == media_of(tmp_path / "hub", [there])
    lacking = sum(len(each.data) for each in lesson().frames if captured(each) < 4.0)
    assert wire.down < lacking + 5 * (HEADS + 65_536 // 2)


async def test_it_stops_for_a_lesson_and_goes_on_by_itself(tmp_path: Path, both: tuple[Ward, Wire]) -> None:
    sick, wire = both
    (there,) = written(tmp_path / "hub", lesson())
    written(tmp_path / "room", lesson(), between(3.9, 9.0))
    wire.most = 100_000
    async with sick.open() as healing:
        await until(nudged(healing, lambda: healing.share > 0.1))
        sick.purse.rate = 0
        await until(lambda: healing.waits == "lesson")
        down = wire.down
        sick.purse.rate, wire.most = 1 << 30, None
        await until(nudged(healing, lambda: healing.healed))
    assert [sick.media(each) for each in sick.recordings] == media_of(tmp_path / "hub", [there])
    assert down < 200_000


async def test_what_somebody_watches_is_not_replaced(tmp_path: Path, both: tuple[Ward, Wire]) -> None:
    sick, _ = both
    written(tmp_path / "hub", lesson())
    (before,) = written(tmp_path / "room", lesson(), lossy(0.1))
    old = sick.media(before)
    sick.shown.add(before.id)
    async with sick.open() as healing:
        await until(lambda: healing.waits == "shown")
        assert sick.media(before) == old
        sick.shown.clear()
        await until(nudged(healing, lambda: healing.healed))
    assert sick.recordings[0].whole


async def test_what_is_only_here_is_never_given_up(tmp_path: Path, both: tuple[Ward, Wire]) -> None:
    sick, _ = both
    written(tmp_path / "hub", lesson(), between(0.0, 3.0))
    (before,) = written(tmp_path / "room", lesson(), between(0.5, 9.0))
    async with sick.open() as healing:
        await until(nudged(healing, lambda: '"done"' in _cases(sick)))
    assert (sick.recordings, healing.fetched) == ([before], 0)


async def test_a_hub_that_is_not_whole_gives_what_it_has_and_when_it_heals_so_does_the_class(
    tmp_path: Path, both: tuple[Ward, Wire]
) -> None:
    sick, _ = both
    whole = tmp_path / "above"
    (above,) = written(whole, lesson())
    written(tmp_path / "hub", lesson(), lambda frame: not 2.0 <= captured(frame) < 4.0)
    written(tmp_path / "room", lesson(), lambda frame: not 1.0 <= captured(frame) < 4.0, later=9)
    await healed(sick)
    (half,) = sick.recordings
    assert (half.whole, half.missing > 1.9, half.healed > 1.9) == (False, True, True)
    async with ward(whole, tmp_path / "hub") as (hub, _):
        await healed(hub)
    sick.again()
    await healed(sick)
    (here,) = sick.recordings
    assert [sick.media(here)] == media_of(whole, [above])
    assert (here.whole, here.missing) == (True, 0.0)
    assert here.healed == pytest.approx(4.0, abs=0.3)


async def test_a_recording_with_holes_that_the_hub_deleted_cannot_be_healed(
    tmp_path: Path, both: tuple[Ward, Wire]
) -> None:
    sick, wire = both
    (there,) = written(tmp_path / "hub", lesson())
    (before,) = written(tmp_path / "room", lesson(), lambda frame: not 1.0 < captured(frame) < 4.0)
    old = sick.media(before)
    wire.most = 60_000
    async with sick.open() as healing:
        await until(nudged(healing, lambda: healing.share > 0.1))
        Store(tmp_path / "hub").remove(there.id)
        wire.most = None
        wire.cut()
        await until(nudged(healing, lambda: sick.recordings[0].unhealed))
    assert (sick.recordings[0].unhealed, sick.media(before)) == ("gone", old)
    assert verify(before.path(sick.room.store.place.folder)).unreadable == ""


async def test_another_lesson_of_the_same_day_is_none_of_its_business(
    tmp_path: Path, both: tuple[Ward, Wire]
) -> None:
    sick, _ = both
    written(tmp_path / "hub", lesson(seconds=3.0), between(0.0, 1.0))
    written(tmp_path / "hub", repeated(lesson("VP8"), 2), between(7.0, 12.0))
    (before,) = written(tmp_path / "room", lesson(seconds=3.0), between(0.0, 1.0))
    async with sick.open() as healing:
        await until(nudged(healing, lambda: '"done"' in _cases(sick)))
    assert sick.recordings == [before]


def _cases(sick: Ward) -> str:
    path = sick.room.state / "library" / "healing.json"
    return path.read_text() if path.exists() else ""


async def test_what_the_hub_had_deleted_heals_when_the_hub_has_it_again(
    tmp_path: Path, both: tuple[Ward, Wire]
) -> None:
    sick, wire = both
    (there,) = written(tmp_path / "hub", lesson())
    written(tmp_path / "room", lesson(), lambda frame: not 1.0 < captured(frame) < 4.0)
    shutil.copytree(tmp_path / "hub", tmp_path / "backup")
    wire.most = 60_000
    async with sick.open() as healing:
        await until(nudged(healing, lambda: healing.share > 0.1))
        Store(tmp_path / "hub").remove(there.id)
        wire.most = None
        wire.cut()
        await until(nudged(healing, lambda: sick.recordings[0].unhealed == "gone"))
        shutil.copytree(tmp_path / "backup", tmp_path / "hub", dirs_exist_ok=True)
        await until(nudged(healing, sick.relisted))
    assert brief(sick.recordings[0]) == (True, True, "")


async def test_a_hub_with_another_muxer_gives_what_stands_between_the_frames_too(
    tmp_path: Path, both: tuple[Ward, Wire]
) -> None:
    sick, wire = both
    (there,) = written(tmp_path / "hub", lesson())
    written(tmp_path / "room", lesson(), lossy(0.05))
    path = there.path(tmp_path / "hub" / FOLDER)
    content = bytearray(path.read_bytes())
    content[60:64] = b"else"
    altered(tmp_path / "hub", there, bytes(content))
    await healed(sick)
    assert [sick.media(each) for each in sick.recordings] == [bytes(content)]
    assert wire.down < there.bytes // 2


async def test_a_hub_whose_file_has_other_places_gives_all_of_it_as_it_is(
    tmp_path: Path, both: tuple[Ward, Wire]
) -> None:
    sick, _ = both
    (there,) = written(tmp_path / "hub", lesson("VP8"))
    written(tmp_path / "room", lesson("VP8"), lossy(0.05))
    void = bytes((0xEC, 0x81, 0x00))  # an element of one byte that means nothing
    content = there.path(tmp_path / "hub" / FOLDER).read_bytes()
    altered(tmp_path / "hub", there, content + void)
    async with sick.open() as healing:
        await until(nudged(healing, lambda: sick.room.fetcher.arrived))
    copies = [each for each in sick.recordings if each.copy_of == there.id]
    assert [sick.media(each) for each in copies] == [content + void]


def altered(hub: Path, recording: Recording, content: bytes) -> None:
    """Give a hub other bytes for a recording, of which it knows the sum."""
    recording.path(hub / FOLDER).write_bytes(content)
    recording.digest, recording.bytes = sha256(content).hexdigest(), len(content)
    save(Disk(), hub / FOLDER, recording)


async def test_a_recording_that_is_deleted_while_it_heals_stays_deleted(
    tmp_path: Path, both: tuple[Ward, Wire]
) -> None:
    sick, wire = both
    written(tmp_path / "hub", lesson())
    (before,) = written(tmp_path / "room", lesson(), lambda frame: not 1.0 < captured(frame) < 4.0)
    wire.most = 60_000
    async with sick.open() as healing:
        await until(nudged(healing, lambda: healing.share > 0.1))
        sick.room.store.remove(before.id)
        wire.most = None
        await until(nudged(healing, lambda: not sick.drafts))
    assert (sick.recordings, healing.healed) == ([], 0)


async def test_it_heals_over_the_door_of_nodes_and_strangers_get_nothing(tmp_path: Path) -> None:
    (there,) = written(tmp_path / "hub", lesson())
    for name in ("known", "stranger"):
        written(tmp_path / name, lesson(), lossy(0.05))
    async with enrolled(tmp_path / "hub", tmp_path) as (known, stranger):
        await healed(Ward(known))
        sick = Ward(stranger)
        async with sick.open() as healing:
            await until(lambda: healing.waits == "link")
    assert media_of(tmp_path / "known", Store(tmp_path / "known").list()) == media_of(
        tmp_path / "hub", [there]
    )
    assert (healing.fetched, sick.recordings[0].whole) == (0, False)
