import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from edge.media.codec.h264 import nals
from edge.media.packet import CLOCK_RATE
from edge.media.publish.camera import Capture, Inputs, camera_inputs, capture_arguments, open_camera
from edge.media.publish.source import Broken, NoFfmpeg, NoSuchSource, Picture, SourceError, Unreadable
from tests.media.clips import decoded, of, publish

DEBIAN = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs Debian's package ffmpeg")
PICTURE = Picture(width=128, height=96, bitrate=200_000, preset="ultrafast")
VP8 = Picture("VP8", 128, 96, 25, 200_000)
# ffmpeg's own test source in place of the devices; the rest of the path is the camera's.
PICTURES = ("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=3")
SOUND = ("-f", "lavfi", "-i", "sine=sample_rate=44100:duration=3")
NOWHERE = ("-f", "v4l2", "-i", "/dev/video-that-is-not-here")


def test_a_missing_camera_is_named_and_the_ones_there_are_listed() -> None:
    with pytest.raises(NoSuchSource, match="no camera at /dev/video63; cameras here: "):
        open_camera(Path("/dev/video63"), PICTURE)


def test_a_missing_ffmpeg_is_named_in_one_line_that_can_be_pasted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NoFfmpeg, match=r"sudo apt install -y ffmpeg$"):
        open_camera(Path("/dev/null"), PICTURE)


@DEBIAN
def test_a_device_that_is_no_camera_is_refused_with_ffmpegs_reason() -> None:
    with pytest.raises(Unreadable, match=r"camera /dev/null cannot be read: .*/dev/null") as raised:
        open_camera(Path("/dev/null"), PICTURE, microphone=False)

    assert "\n" not in str(raised.value)


def test_the_first_way_asks_for_mjpeg_of_the_wished_size_and_one_clock_for_both_tracks() -> None:
    first, *others = camera_inputs(Path("/dev/video2"), PICTURE, microphone=True)

    said = " ".join(first.video)
    assert "-input_format mjpeg -video_size 128x96 -framerate 25 -i /dev/video2" in said
    assert "-timestamps abs" in said
    assert first.audio[-4:] == ("-thread_queue_size", "512", "-i", "default")
    assert not any("-input_format" in way.video for way in others)


def test_without_a_microphone_there_is_no_sound_in_the_arguments() -> None:
    (way, *_) = camera_inputs(Path("/dev/video0"), PICTURE, microphone=False)

    said = capture_arguments(way, PICTURE)

    assert "alsa" not in said
    assert "libopus" not in said


@DEBIAN
@pytest.mark.parametrize(("picture", "decoder"), [(PICTURE, "h264"), (VP8, "vp8")])
def test_what_ffmpeg_captures_arrives_as_frames(picture: Picture, decoder: str) -> None:
    capture = Capture("test", [Inputs(PICTURES, SOUND)], picture)

    frames = publish(capture, 180)

    video = of(frames, "video")
    assert capture.codecs == {"video": picture.codec, "audio": "opus"}
    assert [n for n, frame in enumerate(video) if frame.key][:2] == [0, 50]
    assert len(decoded(video, decoder)) == len(video)
    assert {after.timestamp - before.timestamp for before, after in pairwise(video)} == {3600}
    assert abs(video[0].timestamp / CLOCK_RATE["video"]) < 0.05


@DEBIAN
def test_each_captured_h264_key_frame_has_its_parameter_sets() -> None:
    capture = Capture("test", [Inputs(PICTURES)], PICTURE)

    keys = [frame for frame in publish(capture, 60) if frame.kind == "video" and frame.key]

    assert len(keys) == 2
    assert all([nal[0] & 31 for nal in nals(key.data)][:2] == [7, 8] for key in keys)
    assert capture.fmtp["video"].endswith("profile-level-id=42c00c")


@DEBIAN
def test_the_next_way_is_tried_when_the_first_gives_nothing() -> None:
    capture = Capture("test", [Inputs(NOWHERE), Inputs(PICTURES)], PICTURE)

    assert capture.codecs == {"video": "H264"}
    capture.close()


@DEBIAN
def test_a_camera_that_goes_away_is_a_fault_and_not_the_end_of_a_lesson() -> None:
    capture = Capture("camera test", [Inputs(PICTURES)], PICTURE)

    with pytest.raises(Broken, match="camera test stopped: "):
        list(capture.frames())


@DEBIAN
def test_a_closed_capture_ends_without_a_word() -> None:
    capture = Capture("test", [Inputs(("-re", *PICTURES))], PICTURE)
    frames = capture.frames()
    next(frames)

    capture.close()

    assert len(list(frames)) < 75


def test_the_faults_of_a_source_are_one_family() -> None:
    assert issubclass(NoFfmpeg, SourceError)
    assert issubclass(Broken, SourceError)
