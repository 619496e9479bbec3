import struct
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from edge.media.codec.annexb import ParameterSets
from edge.media.codec.h264 import nals
from edge.media.packet import CLOCK_RATE, Frame
from edge.media.publish.files import FileSource
from edge.media.publish.source import (
    BadWish,
    NoSuchSource,
    NotMedia,
    Picture,
    SourceError,
    Unreadable,
)
from edge.media.publish.sources import open_source
from tests.media.clips import SMALL, Clip, decoded, lesson, of, packets, publish, with_cover, write

Written = Callable[[str, Clip], Path]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="module")
def matroska(folder: Path) -> Path:
    return lesson(folder / "lesson.mkv")


@pytest.fixture(scope="module")
def mp4(folder: Path) -> Path:
    return lesson(folder / "lesson.mp4")


@pytest.fixture(scope="module")
def webm(folder: Path) -> Path:
    return lesson(folder / "lesson.webm", Picture("VP8", 128, 96, 25, 200_000))


@pytest.fixture(scope="module")
def written(folder: Path) -> Written:
    return lambda name, clip: write(folder / name, clip)


def _source(path: Path, loop: bool = False) -> FileSource:
    return FileSource(path, SMALL, loop)


def _sized(sample: bytes) -> list[bytes]:
    """The NALs of an MP4 sample, each behind its length of four bytes."""
    units = []
    while sample:
        (length,) = struct.unpack(">I", sample[:4])
        units.append(sample[4 : 4 + length])
        sample = sample[4 + length :]
    return units


def _steps(frames: list[Frame]) -> set[int]:
    return {after.timestamp - before.timestamp for before, after in pairwise(frames)}


def _seconds(frames: list[Frame]) -> list[float]:
    return [frame.timestamp / CLOCK_RATE[frame.kind] for frame in frames]


@pytest.mark.parametrize("container", ["matroska", "mp4"])
def test_h264_passes_nal_by_nal_with_parameter_sets_before_each_idr(
    container: str, request: pytest.FixtureRequest
) -> None:
    path: Path = request.getfixturevalue(container)

    frames = of(publish(_source(path)), "video")

    samples = [_sized(sample) for sample in packets(path, "video")]
    pictures = [[nal for nal in nals(frame.data) if nal[0] & 31 not in (7, 8)] for frame in frames]
    assert pictures == samples
    assert [n for n, frame in enumerate(frames) if frame.key] == [0, 50]
    assert all([nal[0] & 31 for nal in nals(frame.data)][:2] == [7, 8] for frame in frames if frame.key)
    assert all(frame.data.startswith(b"\0\0\0\1") for frame in frames)
    assert _steps(frames) == {3600}


@pytest.mark.parametrize("container", ["matroska", "mp4", "webm"])
def test_opus_passes_packet_by_packet(container: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(container)

    frames = of(publish(_source(path)), "audio")

    assert [frame.data for frame in frames] == packets(path, "audio")
    assert _steps(frames) == {960}


def test_vp8_passes_packet_by_packet(webm: Path) -> None:
    source = _source(webm)

    frames = of(publish(source), "video")

    assert source.codecs == {"video": "VP8", "audio": "opus"}
    assert [frame.data for frame in frames] == packets(webm, "video")
    assert [n for n, frame in enumerate(frames) if frame.key] == [0, 50]


def test_the_format_parameters_are_those_of_the_files_own_sps(mp4: Path) -> None:
    source = _source(mp4)

    sps = next(nal for nal in nals(of(publish(source), "video")[0].data) if nal[0] & 31 == 7)

    parts = set(source.fmtp["video"].split(";"))
    assert {"packetization-mode=1", f"profile-level-id={sps[1:4].hex()}"} <= parts
    assert sps[1:4].hex().startswith("42c0")


def test_frames_of_both_tracks_come_in_order_of_media_time(mp4: Path) -> None:
    seconds = _seconds(publish(_source(mp4)))

    assert seconds == sorted(seconds)


def test_annex_b_in_a_transport_stream_passes_without_its_aac(written: Written) -> None:
    path = written("plain.ts", Clip("libx264", "aac", {"preset": "ultrafast", "bf": "0"}))
    source = _source(path)

    frames = publish(source)

    sent = [nal for frame in of(frames, "video") for nal in nals(frame.data)]
    assert sent == [nal for sample in packets(path, "video") for nal in nals(sample)]
    assert source.codecs["audio"] == "opus"
    assert min(_seconds(frames)) == pytest.approx(0, abs=0.05)


def test_a_file_with_b_frames_is_encoded_anew_and_runs_forward_only(written: Written) -> None:
    path = written("b.mp4", Clip("libx264", "aac", {"preset": "veryfast", "bf": "2", "b-adapt": "0"}))
    source = _source(path)

    frames = of(publish(source), "video")

    assert source.codecs == {"video": "H264", "audio": "opus"}
    assert len(frames) == 25
    assert _steps(frames) == {3600}
    assert len(decoded(frames, "h264")) == 25


@pytest.mark.parametrize(
    ("name", "clip"),
    [
        ("hevc.mkv", Clip("libx265", "libopus", {"preset": "ultrafast", "x265-params": "log-level=none"})),
        ("vp9.webm", Clip("libvpx-vp9", "libopus", {"deadline": "realtime", "cpu-used": "8"})),
        ("mpeg2.mpg", Clip("mpeg2video", "mp2", rate=44_100, layout="stereo")),
        ("mpeg4.avi", Clip("mpeg4", "libmp3lame", rate=22_050)),
    ],
)
def test_other_pictures_are_encoded_as_h264(name: str, clip: Clip, written: Written) -> None:
    source = _source(written(name, clip))

    frames = publish(source)

    assert source.codecs == {"video": "H264", "audio": "opus"}
    assert len(decoded(of(frames, "video"), "h264")) == 25
    assert len(of(frames, "audio")) == pytest.approx(50, abs=4)


def test_sound_of_an_odd_rate_becomes_opus_of_20_ms(written: Written) -> None:
    source = _source(written("odd.wav", Clip(audio="pcm_s16le", rate=11_025)))

    frames = publish(source)

    assert source.codecs == {"audio": "opus"}
    assert _steps(frames) == {960}
    assert sum(block.samples for block in decoded(frames, "opus")) == pytest.approx(48_000, abs=1920)


def test_stereo_sound_says_so_in_its_format_parameters(written: Written) -> None:
    source = _source(written("stereo.m4a", Clip(audio="aac", layout="stereo")))

    assert "stereo=1" in source.fmtp["audio"]


def test_a_file_without_sound_is_published_as_picture_only(written: Written) -> None:
    source = _source(written("silent.mkv", Clip("libx264", None, {"preset": "ultrafast", "bf": "0"})))

    assert source.codecs == {"video": "H264"}
    assert len(publish(source)) == 25


def test_the_cover_of_a_sound_file_is_not_its_picture(folder: Path) -> None:
    assert _source(with_cover(folder / "cover.m4a")).codecs == {"audio": "opus"}


def test_a_phones_turned_picture_is_encoded_upright(written: Written) -> None:
    clip = Clip("libx264", None, {"preset": "ultrafast", "bf": "0"}, rotation=90)
    source = _source(written("turned.mp4", clip))

    pictures = decoded(publish(source), "h264")

    assert (pictures[0].width, pictures[0].height) == (72, 96)


def test_a_large_picture_is_scaled_to_what_was_wished(written: Written) -> None:
    path = written("large.mpg", Clip("mpeg2video"))
    source = FileSource(path, Picture(width=64, height=64))

    pictures = decoded(publish(source), "h264")

    assert (pictures[0].width, pictures[0].height) == (64, 48)


def test_a_looped_file_goes_on_forward_without_a_gap(mp4: Path) -> None:
    frames = publish(_source(mp4, loop=True), 3 * len(publish(_source(mp4))))

    video, audio = of(frames, "video"), of(frames, "audio")
    assert [frame.data for frame in video[60:120]] == [frame.data for frame in video[:60]]
    assert max(_steps(video)) < 2 * 3600
    assert min(_steps(video)) >= 3600
    assert max(_steps(audio)) <= 2 * 960


def test_a_looped_file_that_is_encoded_goes_on_forward(written: Written) -> None:
    source = _source(written("loop.avi", Clip("mpeg4", "libmp3lame")), loop=True)

    frames = publish(source, 300)

    assert min(_steps(of(frames, "video"))) >= 3600
    assert min(_steps(of(frames, "audio"))) >= 960
    assert len(decoded(of(frames, "video"), "h264")) == len(of(frames, "video"))


def test_a_closed_source_ends(mp4: Path) -> None:
    source = _source(mp4, loop=True)
    frames = source.frames()
    next(frames)

    source.close()

    assert len(list(frames)) < 400


@pytest.mark.parametrize(("name", "decoder"), [("test", "h264"), ("test:vp8", "vp8")])
def test_the_test_picture_moves_and_has_a_key_frame_every_two_seconds(name: str, decoder: str) -> None:
    frames = publish(open_source(name, SMALL), 320)

    video = of(frames, "video")
    assert _steps(video) == {3600}
    assert _steps(of(frames, "audio")) == {960}
    assert [n for n, frame in enumerate(video) if frame.key] == [0, 50, 100]
    assert len({bytes(picture.planes[0]) for picture in decoded(video[:20], decoder)}) == 20


def test_the_test_picture_keeps_its_bit_rate(folder: Path) -> None:
    frames = of(publish(open_source("test", Picture(width=320, height=240, bitrate=300_000)), 600), "video")

    bits = 8 * sum(len(frame.data) for frame in frames)
    assert bits / _seconds(frames)[-1] == pytest.approx(300_000, rel=0.25)


def test_a_lesson_is_the_same_every_time(folder: Path, mp4: Path) -> None:
    assert lesson(folder / "again.mp4").read_bytes() == mp4.read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "error", "says"),
    [
        ("missing.mp4", None, NoSuchSource, "no such file: {}"),
        ("words.txt", b"Salem, school!\n" * 100, NotMedia, "not a media file tirek can read: {}"),
        ("empty.mp4", b"", NotMedia, "not a media file tirek can read: {}"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:5,\nlesson.ts\n", NotMedia, "not a media file tirek can read: {}"),
        ("list.ffconcat", b"ffconcat version 1.0\nfile lesson.mp4\n", NotMedia, "not a media file"),
    ],
)
def test_a_file_that_cannot_be_published_is_named_in_one_sentence(
    name: str, content: bytes | None, error: type[SourceError], says: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(error) as raised:
        open_source(str(path))

    assert says.format(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"cannot read .*: is a directory"):
        open_source(str(tmp_path))


def test_a_file_with_subtitles_only_holds_nothing_to_publish(tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.write_bytes(b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\xbb\0\0\0\x77\1\0\2\0\x10\0data\0\0\0\0")

    with pytest.raises(NotMedia, match="neither picture nor sound"):
        open_source(str(empty))


def test_a_file_whose_name_looks_like_an_address_is_a_file(mp4: Path, tmp_path: Path) -> None:
    odd = tmp_path / "http: lesson.mp4"
    odd.write_bytes(mp4.read_bytes())

    assert open_source(str(odd)).codecs == {"video": "H264", "audio": "opus"}


def test_a_torn_recording_is_published_to_its_end(matroska: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.mkv"
    torn.write_bytes(matroska.read_bytes()[:60_000])

    frames = of(publish(_source(torn)), "video")

    assert [frame.data for frame in frames] == [
        frame.data for frame in of(publish(_source(matroska)), "video")[: len(frames)]
    ]
    assert len(frames) > 5


def test_a_file_that_vanishes_before_it_is_read_is_named(mp4: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(mp4.read_bytes())
    source = _source(copy)
    copy.unlink()

    with pytest.raises(NoSuchSource, match=r"copy\.mp4"):
        publish(source)


def test_an_idr_keeps_its_own_parameter_sets() -> None:
    sets = ParameterSets()
    sets.learn([b"\x67old", b"\x68old"])

    assert sets.complete([b"\x67new", b"\x68new", b"\x65idr"]) == [b"\x67new", b"\x68new", b"\x65idr"]
    assert sets.complete([b"\x41slice"]) == [b"\x41slice"]
    assert sets.complete([b"\x09\x10", b"\x06sei", b"\x65idr"]) == [
        b"\x09\x10",
        b"\x67new",
        b"\x68new",
        b"\x06sei",
        b"\x65idr",
    ]


@pytest.mark.parametrize(
    ("name", "says"), [("test:hevc", "test:h264 or test:vp8: test:hevc"), ("test:", "test:")]
)
def test_an_unknown_test_picture_is_refused(name: str, says: str) -> None:
    with pytest.raises(BadWish, match=says):
        open_source(name)
