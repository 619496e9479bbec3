"""Which tracks an offer gets: the answers of WHIP (RFC 9725) and WHEP to what a peer can send or take."""

import secrets
from collections.abc import Mapping

from msgspec import Struct, structs

from edge.media import sdp
from edge.media.packet import Codec, Kind, Track

PUBLISHABLE: dict[str, tuple[Codec, ...]] = {"video": ("H264", "VP8"), "audio": ("opus",)}
SENDS = {"publish": ("sendonly", "sendrecv"), "watch": ("recvonly", "sendrecv")}
REPLY = {"publish": "recvonly", "watch": "sendonly"}


class Refused(Exception):
    """A request that gets an error status: a key for the page's sentence, a detail for technicians."""

    def __init__(self, status: int, key: str, detail: str, **blanks: str) -> None:
        super().__init__(detail)
        self.status = status
        self.key = key
        self.detail = detail
        self.blanks = blanks


class Agreed(Struct, frozen=True):
    """What an offer was answered with."""

    replies: list[sdp.Reply]
    tracks: dict[Kind, Track]  # with the payload types and SSRCs of this session


def read_offer(text: str, verb: str) -> sdp.Description:
    """Parse an offer that publishes or watches; raise Refused."""
    try:
        offer = sdp.parse(text)
    except sdp.BadDescription as exc:
        raise Refused(400, "bad-offer", f"not a usable offer: {exc}") from exc
    open_sections = [section for section in offer.sections if not section.refused]
    for kind in PUBLISHABLE:
        if sum(section.kind == kind for section in open_sections) > 1:
            raise Refused(422, "bad-offer", f"more than one {kind} section")
    media = [section for section in open_sections if section.kind in PUBLISHABLE]
    if not media:
        raise Refused(400, "bad-offer", "neither audio nor video is offered")
    wrong = [section.direction for section in media if section.direction not in SENDS[verb]]
    if wrong:
        raise Refused(400, "bad-offer", f"direction {wrong[0]} where {SENDS[verb][0]} is needed")
    if len(media) > 1 and not {section.mid for section in media} <= set(offer.bundle):
        raise Refused(422, "bad-offer", "audio and video must share one transport (BUNDLE)")
    if not all(section.rtcp_mux for section in media):
        raise Refused(422, "bad-offer", "RTCP must be multiplexed (rtcp-mux)")
    return offer


def agree_publish(offer: sdp.Description, codecs: Mapping[str, tuple[Codec, ...]] = PUBLISHABLE) -> Agreed:
    """Choose what a publisher sends: in each section the first of `codecs`, in her order."""
    replies, tracks = [], {}
    for section in offer.sections:
        chosen = None if section.refused else sdp.choose(section, codecs.get(section.kind, ()))
        ssrc = section.ssrcs[0] if section.ssrcs else 0
        reply = sdp.Reply(section.kind, section.mid, REPLY["publish"], chosen)
        replies.append(reply)
        if chosen is not None:
            track = structs.replace(sdp.track_of(reply), ssrc=ssrc)
            tracks[track.kind] = track
    if not tracks:
        offered = {each.codec for section in offer.sections for each in section.formats}
        raise Refused(
            406,
            "codec-unsupported",
            f"no codec in common: {', '.join(sorted(offered))}",
            codec="H.264" if codecs is PUBLISHABLE else "VP8",
        )
    return Agreed(replies, tracks)


def agree_watch(offer: sdp.Description, stream: dict[Kind, Track]) -> Agreed:
    """Choose what a watcher gets: the stream's own codecs; raise Refused if the picture is impossible."""
    replies, tracks = [], {}
    for section in offer.sections:
        track = None if section.refused else stream.get("audio" if section.kind == "audio" else "video")
        chosen = None
        if track is not None and section.kind == track.kind:
            chosen = sdp.choose(section, (track.codec,))
            if chosen is None and track.kind == "video":
                raise Refused(406, "codec-unsupported", f"the lesson is {track.codec}", codec=track.codec)
        reply = sdp.Reply(section.kind, section.mid, REPLY["watch"], chosen, track.ssrc if track else 0)
        replies.append(reply)
        if chosen is not None:
            agreed = sdp.track_of(reply)
            tracks[agreed.kind] = agreed
    if not tracks:
        raise Refused(406, "codec-unsupported", "nothing of this lesson can be taken", codec="Opus")
    return Agreed(replies, tracks)


def read_answer(text: str, offered: list[sdp.Section]) -> tuple[sdp.Description, dict[Kind, Track]]:
    """Parse an answer to an offer of ours; raise Refused when it leaves nothing to send or take."""
    try:
        answer = sdp.parse(text)
    except sdp.BadDescription as exc:
        raise Refused(502, "bad-answer", f"not a usable answer: {exc}") from exc
    tracks: dict[Kind, Track] = {}
    for section, ours in zip(answer.sections, offered, strict=False):
        chosen = sdp.choose(section, PUBLISHABLE.get(ours.kind, ())) if not section.refused else None
        if chosen is not None and section.direction != "inactive":
            ssrc = section.ssrcs[0] if section.ssrcs else 0
            track = sdp.track_of(sdp.Reply(ours.kind, ours.mid, ours.direction, chosen, ssrc))
            tracks[track.kind] = track
    if not tracks:
        raise Refused(502, "bad-answer", "the answer takes none of what was offered")
    return answer, tracks


def own_track(agreed: Track) -> Track:
    """Return the track that this node forwards for a published one: its own SSRC, our usual payload type."""
    payload_type = sdp.PAYLOAD_TYPE[agreed.codec]
    return structs.replace(agreed, payload_type=payload_type, ssrc=secrets.randbelow(2**32 - 1) + 1)


def dtls_client(offered: str) -> bool:
    """Tell whether the answerer must open the DTLS handshake (RFC 8842): only when the offerer will not."""
    return offered == "passive"
