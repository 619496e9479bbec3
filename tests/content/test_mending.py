"""Whatever was lost: the file becomes the parent's, and nothing comes that is here already."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.content import swap
from edge.content.mending import Mending, collect
from edge.content.outcome import Made, settle
from edge.content.planned import planned
from edge.media.packet import Codec, Frame
from edge.media.record.canonical import muxer, picture_of
from edge.media.record.durable import Disk
from edge.media.record.place import Place
from edge.media.record.recording import Recording, read_index
from edge.media.record.sheet import Form, Sheet, decode, encode
from edge.media.record.store import FOLDER, Store
from edge.media.record.verify import verify
from edge.media.repair import Pool, Spot, batches, pieces_of
from tests.content.patients import Keep, written
from tests.media.lessons import SECONDS, captured, lesson
from tests.media.lost_cache import LoggedDisk, Step, after_power_cut

MANY = int(
    os.environ.get("REPAIR_CASES", "16")
)  # losses, and power cuts, of each codec; a soak asks for more
CODECS: tuple[Codec, ...] = ("H264", "VP8")


def go_on() -> None:
    """Never stop."""


def made_of(state: Path, recording: Recording) -> Made:
    """Return what a recording is made of, as it comes over the link."""
    folder = state / FOLDER
    index, path = read_index(folder, recording.id), recording.path(folder)
    assert index is not None
    form = Form(index, recording.shifts, picture_of(path))
    return Made(recording, decode(encode(Sheet(form, recording.digest, recording.bytes, muxer()))))


class Patient:
    """A classroom that mends one recording, without a link between it and the hub."""

    def __init__(self, state: Path, made: Made, theirs: Path, disk: Disk | None = None) -> None:
        self.store = Store(state, disk, reserve=0)
        self.store.place.prepare()
        self.made = made
        self.folder = state / "healing"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ours = self.store.list()
        self.pool = Pool()
        self.fetched = 0
        self._theirs = theirs

    def heal(self) -> None:
        """Do all of it."""
        paths = [each.path(self.store.place.folder) for each in self.ours]
        for path in paths:
            collect(self.pool, path, go_on)
        mending = Mending(self.store.place, self.folder, self.made.theirs.id, self.made.sheet)
        mending.begin(self.pool, paths, go_on)
        self.fill(mending)
        assert mending.is_equal(go_on)
        mending.close()
        settled = settle([self.made], self.ours, self.pool)
        plan = planned(self.store.place, [(self.made, mending)], settled, self.pool)
        swap.commit(self.store, self.folder, plan)

    def fill(self, mending: Mending) -> None:
        """Put what is missing in its place, out of the parent's file."""
        content = self._theirs.read_bytes()
        for lot in batches(mending.missing):
            for (at, entry), piece in zip(lot, pieces_of(lot), strict=True):
                stored = content[piece.at : piece.end]
                assert mending.put(at, entry, stored)
                self.fetched += len(stored)

    @property
    def media(self) -> bytes:
        """Return the file that is here now."""
        (here,) = self.store.list()
        return here.path(self.store.place.folder).read_bytes()


@st.composite
def losses(draw: st.DrawFn) -> Keep:
    """Bursts, single frames, a whole track, the beginning, the end, everything."""
    bursts = draw(st.lists(st.tuples(st.floats(0, SECONDS), st.floats(0, 2.5)), max_size=3))
    single = draw(st.sets(st.integers(0, 299), max_size=40))
    tracks = draw(st.sampled_from((("video", "audio"), ("video", "audio"), ("audio",), ("video",), ())))

    def keep(frame: Frame) -> bool:
        at = captured(frame)
        hit = any(begin <= at < begin + seconds for begin, seconds in bursts)
        return frame.kind in tracks and not hit and round(at * 50) not in single

    return keep


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> dict[Codec, Path]:
    """Two hubs, each with a whole lesson."""
    found = {}
    for codec in CODECS:
        found[codec] = tmp_path_factory.mktemp(codec)
        written(found[codec], lesson(codec))
    return found


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=MANY // 2)
@given(keep=losses(), later=st.sampled_from((0, 5, 50_000)))
def test_every_loss_heals_to_the_same_bytes_and_only_what_was_lost_comes(
    hubs: dict[Codec, Path], codec: Codec, keep: Keep, later: int
) -> None:
    (theirs,) = Store(hubs[codec]).list()
    with TemporaryDirectory() as folder:
        state = Path(folder)
        if any(map(keep, lesson(codec).frames)):
            written(state, lesson(codec), keep, later)
        patient = Patient(state, made_of(hubs[codec], theirs), theirs.path(hubs[codec] / FOLDER))
        missing = lacking(theirs, hubs[codec], patient.ours, state)
        patient.heal()
        assert patient.media == theirs.path(hubs[codec] / FOLDER).read_bytes()
        assert patient.fetched == missing


def lacking(theirs: Recording, hub: Path, ours: Iterable[Recording], state: Path) -> int:
    """Return how many bytes of frames the indexes say are not here."""
    indexes = [index for each in ours if (index := read_index(state / FOLDER, each.id))]
    here = {(e.kind, e.length, e.crc32) for index in indexes for e in index.entries}
    there = read_index(hub / FOLDER, theirs.id)
    assert there is not None
    return sum(e.length for e in there.entries if (e.kind, e.length, e.crc32) not in here)


@pytest.mark.parametrize("codec", CODECS)
def test_when_the_power_fails_at_any_step_the_old_file_or_the_healed_one_is_there_and_then_the_healed_one(
    hubs: dict[Codec, Path], tmp_path: Path, codec: Codec
) -> None:
    (theirs,) = Store(hubs[codec]).list()
    source = theirs.path(hubs[codec] / FOLDER)
    disk = LoggedDisk()
    (before,) = written(
        tmp_path / "room", lesson(codec), lambda frame: not 1.0 < captured(frame) < 4.0, disk=disk
    )
    old = before.path(tmp_path / "room" / FOLDER).read_bytes()
    begun = len(disk.log)
    Patient(tmp_path / "room", made_of(hubs[codec], theirs), source, disk).heal()
    chance = Random(3)
    moments = range(begun, len(disk.log) + 1)
    for number, cut in enumerate(sorted(chance.sample(moments, min(MANY, len(moments))))):
        state = tmp_path / str(number)
        cut_off(disk.log[:cut], state, chance)
        (here,) = Store(state).list()
        assert here.path(state / FOLDER).read_bytes() in (old, source.read_bytes())
        swap.resume(Store(state, reserve=0), state / "healing")
        again = Patient(state, made_of(hubs[codec], theirs), source)
        if again.ours[0].digest != theirs.digest:
            again.heal()
        assert again.media == source.read_bytes()
        assert verify(again.store.list()[0].path(state / FOLDER), decode=False).faults == []


def cut_off(log: list[Step], state: Path, chance: Random) -> None:
    """Leave what is on the disk after a power cut, each file in the folder it was in."""
    whole = state / "whole"
    whole.mkdir(parents=True)
    after_power_cut(log, whole, chance)
    for folder in (state / FOLDER, state / "healing"):
        folder.mkdir()
    for path in whole.iterdir():
        inner = ".draft." in path.name or path.name.startswith(swap.PLAN)
        shutil.move(path, state / ("healing" if inner else FOLDER) / path.name)


def test_a_frame_that_is_not_the_one_that_was_asked_for_is_not_taken(
    hubs: dict[Codec, Path], tmp_path: Path
) -> None:
    (theirs,) = Store(hubs["H264"]).list()
    mending = Mending(Place(tmp_path, Disk(), 0), tmp_path, theirs.id, made_of(hubs["H264"], theirs).sheet)
    mending.begin(Pool(), [], go_on)
    at, entry = mending.missing[3]
    assert not mending.put(at, entry, bytes(entry.length))
    mending.close()
    assert not mending.is_equal(go_on)


def test_a_draft_that_the_disk_did_not_keep_is_made_anew(hubs: dict[Codec, Path], tmp_path: Path) -> None:
    (theirs,) = Store(hubs["VP8"]).list()
    patient = Patient(tmp_path, made_of(hubs["VP8"], theirs), theirs.path(hubs["VP8"] / FOLDER))
    (patient.folder / f"{theirs.id}.draft.webm").write_bytes(b"no longer what it was")
    patient.heal()
    assert patient.media == theirs.path(hubs["VP8"] / FOLDER).read_bytes()


def test_a_file_here_that_has_changed_since_it_was_read_gives_nothing_wrong(
    hubs: dict[Codec, Path], tmp_path: Path
) -> None:
    (theirs,) = Store(hubs["H264"]).list()
    made = made_of(hubs["H264"], theirs)
    patient = Patient(tmp_path, made, theirs.path(hubs["H264"] / FOLDER))
    liar = tmp_path / "liar"
    liar.write_bytes(bytes(1 << 20))
    number = patient.pool.begin()
    first = made.form.index.entries[0]
    patient.pool.add(first.kind, first.length, first.crc32, Spot(number, 0))
    mending = Mending(patient.store.place, patient.folder, theirs.id, made.sheet)
    mending.begin(patient.pool, [liar], go_on)
    assert mending.missing[0][1] == first
    mending.close()
