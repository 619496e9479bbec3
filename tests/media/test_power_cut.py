"""The power fails at any moment: all but the last fragment is there when it is back."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from edge.media.packet import Codec, Kind
from edge.media.record.finish import finish_all
from edge.media.record.fit import Clock
from edge.media.record.place import Place
from edge.media.record.recording import load
from edge.media.record.store import Store
from edge.media.record.verify import verify
from edge.media.record.writer import Writer
from tests.media.lessons import SOUND_LATER, TICK, ZERO, Lesson, captured, lesson, shown
from tests.media.lost_cache import LoggedDisk, Step, after_power_cut

CUTS = 60
FRAGMENT = 2.0
CLOCKS: dict[Kind, Clock] = {
    "video": Clock(-ZERO["video"] / 90_000, ZERO["video"]),
    "audio": Clock(SOUND_LATER - ZERO["audio"] / 48_000, ZERO["audio"]),
}
MOMENT = datetime(2026, 11, 22, 4, 45, tzinfo=UTC)


def record(folder: Path, given: Lesson) -> list[Step]:
    """Record and finish a lesson; return everything that happened on the disk."""
    folder.mkdir()
    disk = LoggedDisk()
    place = Place(folder, disk, 0)
    writer = Writer(place, "lesson", given.tracks, lambda: MOMENT)
    due = 0.0
    for frame in given.frames:
        if captured(frame) >= due:
            writer.tick(due, CLOCKS)
            due += TICK
        writer.frame(replace(frame, arrival=captured(frame)))
        disk.log.note(captured(frame))
    finish_all(place, writer.close(), lambda: False)
    return list(disk.log)


def last_note(log: Iterable[Step]) -> float:
    """Return how far the lesson was."""
    return max((step.note for step in log if step.what == "note"), default=0.0)


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_a_power_cut_costs_the_last_fragment_at_most(tmp_path: Path, codec: Codec) -> None:
    given = lesson(codec, seconds=8.0)
    log = record(tmp_path / "before", given)
    chance = Random(11)
    sent = {kind: [frame.data for frame in given.of(kind)] for kind in ("video", "audio")}
    for number, cut in enumerate(sorted(chance.sample(range(len(log)), CUTS))):
        state = tmp_path / str(number)
        store = Store(state, reserve=0)
        store.place.folder.mkdir(parents=True)
        after_power_cut(log[:cut], store.place.folder, chance)
        store.recover(lambda: False)
        fed = last_note(log[:cut])
        kept = [shown(path) for each in store.list() if (path := store.path_of(each.id))]
        seconds = max((each.at for file in kept for track in file.values() for each in track), default=0.0)
        assert seconds >= fed - FRAGMENT - 0.3, (cut, fed, seconds)
        for file in kept:
            for kind, track in file.items():
                assert [frame.data for frame in track] == sent[kind][: len(track)]


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_what_was_recovered_says_that_it_was_cut_short(tmp_path: Path, codec: Codec) -> None:
    given = lesson(codec, seconds=8.0)
    log = record(tmp_path / "before", given)
    middle = next(n for n, step in enumerate(log) if step.what == "note" and step.note > 5.0)
    store = Store(tmp_path, reserve=0)
    store.place.folder.mkdir(parents=True)
    after_power_cut(log[:middle], store.place.folder, Random(3))
    (recovered,) = store.recover(lambda: False)
    verdict = verify(recovered.path(store.place.folder))
    assert (recovered.state, recovered.whole) == ("interrupted", False)
    assert load(store.place.folder, recovered.id) == recovered
    assert verdict.unreadable == ""
    assert [tally.foreign for tally in verdict.tracks.values()] == [0, 0]
    assert [tally.errors for tally in verdict.tracks.values()] == [0, 0]
