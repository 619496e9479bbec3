"""Session descriptions: offers as others write them, answers and offers of ours, and nonsense."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media import sdp
from edge.media.negotiate import agree_publish, read_offer
from edge.media.packet import Codec, Kind
from tests.media.offers import PUBLISHING, WATCHING, offer, sections

OURS = sdp.Transport(
    "ufrag", "p" * 22, [("sha-256", "AA:BB")], "passive", ["1 1 udp 1 192.0.2.1 5000 typ host"]
)
EVERY = [*PUBLISHING, *WATCHING]


@pytest.mark.parametrize("name", EVERY)
def test_offers_of_others_are_read(name: str) -> None:
    read = sdp.parse(offer(name))
    assert {section.kind for section in read.sections} == {"audio", "video"}
    assert set(read.bundle) == {section.mid for section in read.sections}
    assert {section.direction for section in read.sections} == {
        "recvonly" if name in WATCHING else "sendonly"
    }
    assert all(section.rtcp_mux and not section.refused for section in read.sections)
    assert read.transport.setup == ("passive" if "ffmpeg" in name else "actpass")
    assert [algorithm for algorithm, _ in read.transport.fingerprints] == ["sha-256"]


@pytest.mark.parametrize(
    ("name", "video", "audio"),
    [
        ("chromium-publish", "VP8", 111),
        ("firefox-publish", "VP8", 109),
        ("ffmpeg-publish", "H264", 111),
    ],
)
def test_a_publishers_first_codec_and_her_payload_types_are_taken(
    name: str, video: Codec, audio: int
) -> None:
    tracks = agree_publish(read_offer(offer(name), "publish")).tracks
    assert tracks["video"].codec == video
    assert (tracks["audio"].codec, tracks["audio"].payload_type) == ("opus", audio)


@pytest.mark.parametrize("name", ["chromium-publish", "ffmpeg-publish"])
def test_the_ssrcs_are_those_of_the_media_and_not_of_its_repair(name: str) -> None:
    for section in sdp.parse(offer(name)).sections:
        (block,) = [each for each in sections(offer(name)) if each.startswith(f"m={section.kind}")]
        repair = re.findall(r"a=ssrc-group:FID \d+ (\d+)", block)
        assert section.ssrcs
        assert str(section.ssrcs[0]) not in repair


@pytest.mark.parametrize("name", EVERY)
def test_only_candidates_that_can_be_dialled_are_used(name: str) -> None:
    usable = [line for line in sdp.parse(offer(name)).transport.candidates if sdp.usable(line)]
    bits = [line.split() for line in usable]
    assert all(each[1] == "1" and each[2].lower() == "udp" and ".local" not in each[4] for each in bits)
    assert bool(usable) is name.startswith("chromium")


@pytest.mark.parametrize("name", EVERY)
def test_an_answer_has_a_section_for_each_one_offered_in_its_order(name: str) -> None:
    description = sdp.parse(offer(name))
    verb = "watch" if name in WATCHING else "publish"
    read = read_offer(offer(name), verb)
    replies = [
        sdp.Reply(section.kind, section.mid, "recvonly", sdp.choose(section, ("VP8", "H264", "opus")))
        for section in read.sections
    ]
    answer = sdp.parse(sdp.write_answer(replies, read, OURS))
    assert [(each.kind, each.mid) for each in answer.sections] == [
        (each.kind, each.mid) for each in description.sections
    ]
    assert answer.bundle == description.bundle
    assert all(len(each.formats) == 1 and each.rtcp_mux for each in answer.sections)
    assert answer.transport == OURS


def test_a_refused_section_is_answered_by_port_zero() -> None:
    read = read_offer(offer("chromium-watch"), "watch")
    replies = [
        sdp.Reply(section.kind, section.mid, "sendonly", sdp.choose(section, ("opus",)), 5)
        for section in read.sections
    ]
    answer = sdp.parse(sdp.write_answer(replies, read, OURS))
    assert {section.kind: section.refused for section in answer.sections} == {"video": True, "audio": False}
    assert answer.bundle == [section.mid for section in answer.sections if section.kind == "audio"]


def test_a_section_on_the_shared_transport_is_not_refused() -> None:
    bundled = offer("chromium-publish").replace("a=mid:1", "a=bundle-only\r\na=mid:1")
    bundled = re.sub(r"m=video \d+", "m=video 0", bundled)
    assert not any(section.refused for section in sdp.parse(bundled).sections)
    refused = bundled.replace("a=bundle-only\r\n", "")
    assert [section.kind for section in sdp.parse(refused).sections if section.refused] == ["video"]


def test_of_several_h264_variants_one_that_may_split_pictures_is_chosen() -> None:
    variants = [
        sdp.Format(number, "H264", 90_000, f"packetization-mode={mode};profile-level-id=42e01f", frozenset())
        for number, mode in ((97, 0), (98, 1), (99, 1))
    ]
    section = sdp.Section("video", "UDP/TLS/RTP/SAVPF", ["97", "98", "99"], formats=variants)
    chosen = sdp.choose(section, ("H264",))
    assert chosen is not None
    assert chosen.payload_type == 98
    section.formats = variants[:1]
    alone = sdp.choose(section, ("H264",))
    assert alone is not None
    assert alone.payload_type == 97


@given(
    st.lists(
        st.sampled_from([("video", ("H264", "VP8")), ("video", ("VP8",)), ("audio", ("opus",))]),
        min_size=1,
        max_size=2,
    ),
    st.sampled_from(["sendonly", "recvonly"]),
    st.integers(1, 2**32 - 1),
)
def test_what_we_offer_we_can_read(
    tracks: list[tuple[Kind, tuple[Codec, ...]]], direction: str, ssrc: int
) -> None:
    offered = sdp.offer_sections(tracks, direction)
    read = sdp.parse(sdp.write_offer(offered, OURS, {kind: ssrc for kind, _ in tracks}))
    assert [section.formats for section in read.sections] == [section.formats for section in offered]
    assert [section.direction for section in read.sections] == [direction] * len(tracks)
    assert [section.ssrcs for section in read.sections] == [[ssrc] if direction == "sendonly" else []] * len(
        tracks
    )
    assert read.transport == OURS


@given(st.sampled_from(EVERY), st.data())
def test_a_damaged_offer_is_read_or_refused_and_nothing_else(name: str, data: st.DataObject) -> None:
    lines = offer(name).splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at : at + 1] = data.draw(
            st.sampled_from([[], [lines[at]] * 2, [lines[at][: len(lines[at]) // 2]], ["a=\r\n"], ["m=\r\n"]])
            | st.lists(st.text(max_size=40), max_size=2)
        )
        if not lines:
            return
    try:
        read = sdp.parse("".join(lines))
    except sdp.BadDescription:
        return
    assert read.sections


@given(st.text(max_size=200))
def test_text_is_no_description(text: str) -> None:
    with pytest.raises(sdp.BadDescription):
        sdp.parse(text)


@given(st.text(max_size=120))
def test_any_line_is_usable_as_a_candidate_or_not(line: str) -> None:
    assert sdp.usable(line) in (True, False)


VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=rtcp-mux\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\n"
LONG = "9" * 5000  # more digits than `int` takes


def _with(section: str) -> sdp.Description:
    return sdp.parse("\r\n".join(sdp._head([], OURS)) + "\r\n" + section + "\r\n".join(sdp._dial(OURS)))


def test_numbers_of_thousands_of_digits_are_no_numbers() -> None:
    read = _with(VIDEO + f"a=ssrc:{LONG} cname:x\r\n" + f"a=rtpmap:{LONG} VP8/90000\r\n")
    assert read.sections[0].ssrcs == []
    assert [each.payload_type for each in _with(VIDEO.replace("96", LONG)).sections[0].formats] == []
    assert not sdp.usable(f"1 1 udp 1 192.0.2.1 {LONG} typ host")


def test_an_offer_that_says_all_a_thousand_times_takes_no_more_room_than_one() -> None:
    numbers, more = "96 " * 5000, "".join(f"a=rtcp-fb:96 {number}\r\n" for number in range(1000))
    prints = "".join(f"a=fingerprint:sha-256 {number}\r\n" for number in range(1000))
    read = _with(VIDEO.replace(" 96\r", f" {numbers}\r") + more + prints)
    assert len(read.sections[0].formats) == 1
    assert read.sections[0].formats[0].feedback == frozenset()
    assert len(read.transport.fingerprints) == sdp.MAX_FINGERPRINTS
