"""`tirek recordings`: what is whole, what was healed, and what cannot be."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.media.record.durable import Disk
from edge.media.record.recording import Recording, save
from edge.media.record.store import FOLDER
from edge.recordings import list_command, verify_command
from tests.content.patients import written
from tests.media.lessons import lesson

SOME = Recording(
    id="lesson-20261122T044500Z",
    stream="lesson",
    started="2026-11-22T04:45:00Z",
    media_type="video/mp4",
    state="done",
    seconds=2700.0,
    bytes=500_000_000,
)


@pytest.mark.parametrize(
    ("recording", "said"),
    [
        (replace(SOME, whole=True), "whole"),
        (replace(SOME, whole=True, source="hub-20261122T044500Z", healed=12.0), "whole"),
        (replace(SOME, source="hub-20261122T044500Z", missing=2.7), "healed 99.90 %, 3 s missing"),
        (replace(SOME, source="hub-20261122T044500Z", missing=0.02), "healed 99.99 %, 1 s missing"),
        (replace(SOME, unhealed="gone"), "cannot be healed: the hub deleted it"),
        (replace(SOME, unhealed="damaged"), "cannot be healed: the hub's file is damaged"),
        (replace(SOME, unhealed="refused"), "cannot be healed: what comes is not what was asked for"),
        (SOME, "not whole"),
        (replace(SOME, state="interrupted"), "interrupted"),
    ],
)
def test_the_list_says_of_each_recording_how_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], recording: Recording, said: str
) -> None:
    (tmp_path / FOLDER).mkdir()
    save(Disk(), tmp_path / FOLDER, recording)
    assert list_command(tmp_path) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith(f"MB  {said}")


def test_a_file_whose_bytes_have_changed_is_not_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (recording,) = written(tmp_path, lesson("VP8"))
    path = recording.path(tmp_path / FOLDER)
    assert verify_command(path) == 0
    content = bytearray(path.read_bytes())
    content[60] ^= 1  # in the file's head, which no frame tells of
    path.write_bytes(content)
    assert verify_command(path) == 1
    assert "its SHA-256 is not the one that was noted" in capsys.readouterr().out


def test_a_healed_recording_says_from_what_and_one_that_cannot_be_healed_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (recording,) = written(tmp_path, lesson("VP8"))
    recording.source, recording.healed, recording.unhealed = "hub-20261122T044500Z", 3.21, "gone"
    save(Disk(), tmp_path / FOLDER, recording)
    verify_command(recording.path(tmp_path / FOLDER))
    said = capsys.readouterr().out
    assert "healed from hub-20261122T044500Z: 3.2 s came afterwards" in said
    assert "cannot be healed: the hub deleted it" in said
