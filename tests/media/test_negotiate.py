"""What an offer gets: tracks, or a refusal with a status and a key."""

import re

import pytest

from edge.media import sdp
from edge.media.negotiate import (
    Refused,
    agree_publish,
    agree_watch,
    dtls_client,
    own_track,
    read_answer,
    read_offer,
)
from edge.media.packet import Kind, Track
from tests.media.offers import PUBLISHING, WATCHING, offer, sections, with_two_pictures, without_codec

OURS = sdp.Transport("ufrag", "p" * 22, [("sha-256", "AA:BB")], "passive", [])
VP8: dict[Kind, Track] = {"video": Track("video", "VP8", 96, 11), "audio": Track("audio", "opus", 111, 22)}
H264: dict[Kind, Track] = {"video": Track("video", "H264", 102, 11), "audio": Track("audio", "opus", 111, 22)}


def _refusal(text: str, verb: str = "publish") -> tuple[int, str]:
    with pytest.raises(Refused) as refused:
        read_offer(text, verb)
    return refused.value.status, refused.value.key


@pytest.mark.parametrize("name", PUBLISHING)
def test_publishers_are_taken_with_both_tracks(name: str) -> None:
    agreed = agree_publish(read_offer(offer(name), "publish"))
    assert set(agreed.tracks) == {"video", "audio"}
    assert {reply.direction for reply in agreed.replies} == {"recvonly"}
    assert all(track.ssrc for track in agreed.tracks.values()) or name.startswith("firefox")


@pytest.mark.parametrize("name", WATCHING)
def test_watchers_get_the_streams_codecs_with_their_own_payload_types(name: str) -> None:
    read = read_offer(offer(name), "watch")
    agreed = agree_watch(read, VP8)
    offered = {format.payload_type for section in read.sections for format in section.formats}
    assert {kind: track.codec for kind, track in agreed.tracks.items()} == {"video": "VP8", "audio": "opus"}
    assert {track.payload_type for track in agreed.tracks.values()} <= offered
    assert {reply.ssrc for reply in agreed.replies} == {11, 22}
    assert {reply.direction for reply in agreed.replies} == {"sendonly"}


def test_a_watcher_who_cannot_take_the_picture_is_told_its_codec() -> None:
    with pytest.raises(Refused) as refused:
        agree_watch(read_offer(offer("firefox-watch"), "watch"), H264)
    assert (refused.value.status, refused.value.key) == (406, "codec-unsupported")
    assert refused.value.blanks == {"codec": "H264"}


def test_a_lesson_without_a_picture_is_heard() -> None:
    agreed = agree_watch(read_offer(offer("firefox-watch"), "watch"), {"audio": H264["audio"]})
    assert set(agreed.tracks) == {"audio"}
    assert [reply.chosen is None for reply in agreed.replies if reply.kind == "video"] == [True]


def test_a_publisher_without_a_codec_of_ours_is_refused() -> None:
    text = offer("firefox-publish")
    for codec in ("VP8", "opus"):
        text = without_codec(text, codec)
    with pytest.raises(Refused) as refused:
        agree_publish(read_offer(text, "publish"))
    assert (refused.value.status, refused.value.key) == (406, "codec-unsupported")


def test_one_track_we_cannot_take_leaves_the_other() -> None:
    agreed = agree_publish(read_offer(without_codec(offer("firefox-publish"), "VP8"), "publish"))
    assert set(agreed.tracks) == {"audio"}


@pytest.mark.parametrize(
    ("text", "verb", "status"),
    [
        (with_two_pictures(), "publish", 422),
        (offer("chromium-watch"), "publish", 400),
        (offer("chromium-publish"), "watch", 400),
        (offer("chromium-publish").replace("a=sendonly", "a=inactive"), "publish", 400),
        (offer("chromium-publish").replace("a=rtcp-mux", "a=rtcp-none"), "publish", 422),
        (re.sub("a=group:BUNDLE.*", "a=none", offer("chromium-publish")), "publish", 422),
        (sections(offer("chromium-publish"))[0], "publish", 400),
        (re.sub(r"m=(video|audio) \d+", r"m=\1 0", offer("chromium-publish")), "publish", 400),
        ("", "watch", 400),
    ],
)
def test_an_offer_nobody_should_make_is_refused(text: str, verb: str, status: int) -> None:
    assert _refusal(text, verb) == (status, "bad-offer")


def test_an_offer_to_send_and_receive_is_taken_either_way() -> None:
    text = offer("chromium-watch").replace("a=recvonly", "a=sendrecv")
    assert agree_publish(read_offer(text, "publish")).tracks
    assert agree_watch(read_offer(text, "watch"), VP8).tracks


def test_an_answer_of_ours_is_understood_by_the_one_who_offered() -> None:
    offered = sdp.offer_sections([("video", ("H264", "VP8")), ("audio", ("opus",))], "recvonly")
    read = read_offer(sdp.write_offer(offered, OURS, {}), "watch")
    agreed = agree_watch(read, VP8)
    _, tracks = read_answer(sdp.write_answer(agreed.replies, read, OURS), offered)
    assert {kind: (track.codec, track.ssrc) for kind, track in tracks.items()} == {
        "video": ("VP8", 11),
        "audio": ("opus", 22),
    }


@pytest.mark.parametrize(
    "text", ["", "not found", offer("chromium-watch").replace("a=recvonly", "a=inactive")]
)
def test_an_answer_that_leaves_nothing_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_answer(text, sdp.offer_sections([("video", ("VP8",)), ("audio", ("opus",))], "sendonly"))
    assert (refused.value.status, refused.value.key) == (502, "bad-answer")


def test_a_node_forwards_under_its_own_ssrc_and_payload_types() -> None:
    theirs = Track("video", "VP8", 120, 5, "max-fs=12288")
    ours = own_track(theirs)
    assert (ours.payload_type, ours.codec, ours.fmtp) == (96, "VP8", "max-fs=12288")
    assert ours.ssrc not in (0, 5)


def test_the_handshake_is_opened_only_for_who_will_not() -> None:
    assert {setup: dtls_client(setup) for setup in ("actpass", "active", "passive")} == {
        "actpass": False,
        "active": False,
        "passive": True,
    }
