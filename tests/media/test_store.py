"""What a node knows of its recordings."""

from asyncio import create_subprocess_exec, wait_for
from asyncio.subprocess import PIPE
from pathlib import Path
from shutil import which

import av
import pytest

from edge.media.packet import Codec
from edge.media.record.recorder import Recorder
from edge.media.record.recording import Recording, save
from edge.media.record.store import Store
from edge.media.record.verdict import summary
from edge.media.record.verify import verify
from edge.recordings import list_command, verify_command
from tests.media.lessons import DEADLINE, Lesson, arriving, lesson, packets, play, reports, settled

NAME = "lesson-20261122T044500Z"
TRICKS = [
    "",
    ".",
    "..",
    "../secret",
    f"../recordings/{NAME}",
    f"{NAME}.mp4",
    f"{NAME}/",
    f"{NAME}\n",
    f"{NAME}\0",
    NAME.upper(),
]


async def recorded(state: Path, given: Lesson) -> tuple[Recording, Path]:
    """Record a lesson to its end."""
    store = Store(state, reserve=0)
    recorder = Recorder(store.place, "lesson", given.tracks)
    await play(recorder, arriving(packets(given), reports(given)))
    recorder.closed()
    await wait_for(recorder.ended(), DEADLINE)
    (recording,) = store.list()
    return recording, recording.path(store.place.folder)


async def length_of(path: Path) -> float:
    """Ask ffprobe."""
    command = ("ffprobe", "-v", "quiet", "-show_entries", "format=duration", "-of", "csv=p=0", str(path))
    process = await create_subprocess_exec(*command, stdout=PIPE)
    printed, _ = await wait_for(process.communicate(), DEADLINE)
    return float(printed)


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_a_finished_recording_can_be_sought_in(tmp_path: Path, codec: Codec) -> None:
    _, path = await recorded(tmp_path, lesson(codec))
    with av.open(path, "r") as file:
        assert file.duration == pytest.approx(6.0e6, abs=0.05e6)
        file.seek(4_500_000)
        first = next(packet for packet in file.demux(video=0) if packet.size)
        assert float((first.pts or 0) * first.time_base) == pytest.approx(4.0, abs=0.05)
        assert first.is_keyframe
        file.seek(4_500_000)
        assert next(file.decode(video=0)).width == 320


@pytest.mark.parametrize("codec", ["H264", "VP8"])
@pytest.mark.skipif(which("ffprobe") is None, reason="ffprobe is in Debian's package ffmpeg")
async def test_another_player_tells_its_length_from_the_front_of_the_file(
    tmp_path: Path, codec: Codec
) -> None:
    _, path = await recorded(tmp_path, lesson(codec))
    front = tmp_path / f"front{path.suffix}"
    front.write_bytes(path.read_bytes()[:40_000])
    assert await length_of(path) == pytest.approx(6.0, abs=0.05)
    assert await length_of(front) == pytest.approx(6.0, abs=0.05)


async def test_a_growing_recording_is_listed_as_long_as_it_is(tmp_path: Path) -> None:
    given = lesson("H264")
    store = Store(tmp_path, reserve=0)
    recorder = Recorder(store.place, "lesson", given.tracks)
    await play(recorder, arriving(packets(given), reports(given)))
    recorder.tick(given.seconds + 1.0)
    await settled(recorder)
    (recording,) = store.list()
    path = store.path_of(recording.id)
    state = recorder.state
    recorder.hurry()
    await recorder.ended()
    assert (state.state, state.id) == ("recording", recording.id)
    assert recording.state == "recording"
    assert 3.5 < recording.seconds < 6.0
    assert recording.bytes > 100_000
    assert path is not None


@pytest.mark.parametrize("name", TRICKS)
async def test_only_a_recordings_own_name_leads_to_a_file(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path)
    store.place.prepare()
    recording = Recording(id=NAME, stream="lesson", started="2026-11-22T04:45:00Z", media_type="video/mp4")
    save(store.place.disk, store.place.folder, recording)
    recording.path(store.place.folder).write_bytes(b"film")
    (tmp_path / "secret.json").write_bytes(b"{}")
    assert store.path_of(NAME) == tmp_path / "recordings" / f"{NAME}.mp4"
    assert store.path_of(name) is None
    assert store.get(name) is None


async def test_parts_of_one_second_get_names_of_their_own(tmp_path: Path) -> None:
    first, _ = await recorded(tmp_path, lesson("H264"))
    store = Store(tmp_path, reserve=0)
    given = lesson("VP8", sound=False)
    recorder = Recorder(store.place, "lesson", given.tracks)
    await play(recorder, arriving(packets(given), reports(given)))
    recorder.closed()
    await wait_for(recorder.ended(), DEADLINE)
    assert len({each.id for each in store.list()} | {first.id}) == 2


async def test_a_removed_recording_leaves_nothing(tmp_path: Path) -> None:
    recording, _ = await recorded(tmp_path, lesson("H264"))
    store = Store(tmp_path)
    store.remove(recording.id)
    assert list((tmp_path / "recordings").iterdir()) == []


async def test_the_commands_print_what_a_person_asks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording, path = await recorded(tmp_path, lesson("H264"))
    assert list_command(tmp_path) == 0
    assert verify_command(path) == 0
    assert verify_command(tmp_path / "nothing") == 2
    printed = capsys.readouterr().out
    assert recording.id in printed
    assert "150 frames" in printed
    assert printed.count("whole") == 2


async def test_a_changed_byte_is_found(tmp_path: Path) -> None:
    _, path = await recorded(tmp_path, lesson("H264"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x55
    path.write_bytes(content)
    verdict = verify(path)
    assert not verdict.whole
    assert sum(tally.foreign for tally in verdict.tracks.values()) == 1
    assert sum(tally.missing for tally in verdict.tracks.values()) == 1
    assert "not whole" in summary(verdict)


@pytest.mark.parametrize("suffix", [".idx", ".json"])
async def test_a_recording_without_its_notes_is_not_called_whole(tmp_path: Path, suffix: str) -> None:
    _, path = await recorded(tmp_path, lesson("H264"))
    path.with_suffix(suffix).unlink()
    assert not verify(path).whole


async def test_a_file_that_is_no_film_gets_a_verdict_too(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"not a film")
    assert verify(path).unreadable
