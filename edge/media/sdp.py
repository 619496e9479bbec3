"""Session descriptions for WHIP and WHEP: one transport, at most one audio and one video section.

Read what browsers, FFmpeg, GStreamer and nodes send (RFC 8866, RFC 8829), and write the answer or offer.
No header extension is negotiated: packets need no rewriting per viewer, and payload types tell tracks apart.
"""

import re

from msgspec import Struct

from edge.media.packet import CLOCK_RATE, Codec, Kind, Track

MAX_SDP = 65_536  # a browser's largest offer with all its codecs is about 12 kB
MAX_SECTIONS = 8  # audio, video and a data channel, with room for refused ones
MAX_CANDIDATES = 64  # a PC with many interfaces has about 20
MAX_FINGERPRINTS = 8  # one for each kind of digest there is; two sections may repeat them

FEEDBACK: dict[Kind, tuple[str, ...]] = {
    "video": ("nack", "nack pli", "ccm fir", "goog-remb"),
    "audio": ("nack",),
}
OFFERED_FMTP: dict[Codec, str] = {
    "H264": "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
    "VP8": "",
    "opus": "minptime=10;useinbandfec=1;stereo=1",
}
PAYLOAD_TYPE: dict[Codec, int] = {"H264": 102, "VP8": 96, "opus": 111}
KNOWN_FEEDBACK = frozenset(each for kind in FEEDBACK.values() for each in kind)
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")


class BadDescription(ValueError):
    """The text is not a session description this node can read; the message says why."""


class Format(Struct, frozen=True):
    """One payload type of a section."""

    payload_type: int
    codec: str  # as written in rtpmap, upper case
    clock_rate: int
    fmtp: str
    feedback: frozenset[str]

    def parameter(self, name: str) -> str:
        """Return one format parameter, or an empty string."""
        found = re.search(rf"(?:^|;)\s*{re.escape(name)}=([^;]*)", self.fmtp, re.IGNORECASE)
        return found.group(1).strip() if found else ""


class Section(Struct):
    """One m-line."""

    kind: str
    protocol: str
    numbers: list[str]
    mid: str = ""
    direction: str = "sendrecv"
    formats: list[Format] = []
    ssrcs: list[int] = []
    rtcp_mux: bool = False
    refused: bool = False


class Transport(Struct):
    """ICE and DTLS parameters of one end."""

    ufrag: str = ""
    password: str = ""
    fingerprints: list[tuple[str, str]] = []
    setup: str = ""
    candidates: list[str] = []
    lite: bool = False


class Description(Struct):
    """A parsed offer or answer."""

    sections: list[Section]
    transport: Transport
    bundle: list[str]


class Reply(Struct, frozen=True):
    """What is written for one m-line: a chosen format, or None to refuse it."""

    kind: str
    mid: str
    direction: str
    chosen: Format | None = None
    ssrc: int = 0


def parse(text: str) -> Description:
    """Read an offer or answer; raise BadDescription with the reason."""
    if len(text) > MAX_SDP:
        raise BadDescription(f"longer than {MAX_SDP} characters")
    if not text.startswith("v=0"):
        raise BadDescription("does not begin with v=0")
    head, *blocks = re.split(r"\r?\n(?=m=)", text)
    if not blocks or len(blocks) > MAX_SECTIONS:
        raise BadDescription(f"{len(blocks)} media sections")
    transport = Transport()
    _transport_lines(_attributes(head), transport)
    sections = [_section(block, transport) for block in blocks]
    _check(sections, transport)
    groups = [value.split()[1:] for name, value in _attributes(head) if _is_bundle(name, value)]
    return Description(sections, transport, groups[0] if groups else [])


def _check(sections: list[Section], transport: Transport) -> None:
    mids = [section.mid for section in sections if section.mid]
    if len(set(mids)) != len(mids):
        raise BadDescription("two sections with one mid")
    if not re.fullmatch(r"[A-Za-z0-9+/_=-]{4,256}", transport.ufrag):
        raise BadDescription("no usable ice-ufrag")
    if not re.fullmatch(r"[A-Za-z0-9+/_=-]{22,256}", transport.password):
        raise BadDescription("no usable ice-pwd")
    if not transport.fingerprints:
        raise BadDescription("no DTLS fingerprint")
    if transport.setup not in ("actpass", "active", "passive"):
        raise BadDescription(f"setup is {transport.setup!r}")


def _is_bundle(name: str, value: str) -> bool:
    return name == "group" and value.split()[:1] == ["BUNDLE"]


def _attributes(block: str) -> list[tuple[str, str]]:
    found = []
    for line in block.splitlines():
        if line.startswith("a="):
            name, _, value = line[2:].partition(":")
            found.append((name, value.strip()))
    return found


def _section(block: str, transport: Transport) -> Section:
    first = re.match(r"m=(\w+) (\d{1,5})(?:/\d+)? (\S+) ([^\r\n]+)", block)
    if first is None:
        raise BadDescription(f"not a media line: {block[:60]!r}")
    attributes = _attributes(block)
    names = {name for name, _ in attributes}
    section = Section(first[1], first[3], list(dict.fromkeys(first[4].split())))
    section.mid = next((value for name, value in attributes if name == "mid"), "")
    section.direction = next((name for name in DIRECTIONS if name in names), "sendrecv")
    section.rtcp_mux = "rtcp-mux" in names
    # Port 0 with bundle-only is a section that lives on the shared transport, not a refused one (RFC 8843).
    section.refused = first[2] == "0" and "bundle-only" not in names
    if section.kind in CLOCK_RATE:
        section.formats = _formats(section.numbers, attributes)
        section.ssrcs = _ssrcs(attributes)
    if not section.refused:
        _transport_lines(attributes, transport)
    return section


def _ssrcs(attributes: list[tuple[str, str]]) -> list[int]:
    heads = [value.split(" ")[0] for name, value in attributes if name == "ssrc"]
    return [int(text) for text in dict.fromkeys(heads) if _is_number(text, 10) and int(text) < 2**32]


def _is_number(text: str, digits: int) -> bool:
    """Tell whether a text is a number of so many digits at most; `int` refuses those of thousands."""
    return len(text) <= digits and text.isascii() and text.isdecimal()


def _formats(numbers: list[str], attributes: list[tuple[str, str]]) -> list[Format]:
    maps: dict[str, re.Match[str]] = {}
    fmtp: dict[str, str] = {}
    feedback: dict[str, set[str]] = {}
    for name, value in attributes:
        number, _, rest = value.partition(" ")
        if name == "rtpmap" and (found := re.match(r"([\w.-]+)/(\d{1,9})", rest)):
            maps[number] = found
        elif name == "fmtp":
            fmtp[number] = rest
        elif name == "rtcp-fb" and rest.strip() in KNOWN_FEEDBACK:
            feedback.setdefault(number, set()).add(rest.strip())
    every = feedback.get("*", set())
    return [
        Format(
            payload_type=int(number),
            codec=maps[number][1].upper(),
            clock_rate=int(maps[number][2]),
            fmtp=fmtp.get(number, ""),
            feedback=frozenset(feedback.get(number, set()) | every),
        )
        for number in numbers
        if number in maps and _is_number(number, 3) and int(number) < 128
    ]


def _transport_lines(attributes: list[tuple[str, str]], transport: Transport) -> None:
    for name, value in attributes:
        if name == "ice-ufrag":
            transport.ufrag = transport.ufrag or value
        elif name == "ice-pwd":
            transport.password = transport.password or value
        elif name == "setup":
            transport.setup = transport.setup or value
        elif name == "ice-lite":
            transport.lite = True
        elif name == "fingerprint":
            _fingerprint(value, transport)
        elif name == "candidate":
            _candidate(value, transport)


def _fingerprint(value: str, transport: Transport) -> None:
    algorithm, _, digest = value.partition(" ")
    known = transport.fingerprints
    if digest and len(known) < MAX_FINGERPRINTS and (algorithm.lower(), digest) not in known:
        known.append((algorithm.lower(), digest))


def _candidate(value: str, transport: Transport) -> None:
    # Bundled sections repeat the candidates of the one transport.
    if value not in transport.candidates and len(transport.candidates) < MAX_CANDIDATES:
        transport.candidates.append(value)


def usable(candidate: str) -> bool:
    """Tell whether a candidate line can be dialled: UDP, component 1, a literal address (RFC 8839)."""
    bits = candidate.split()
    return (
        len(bits) >= 8
        and bits[1] == "1"
        and bits[2].lower() == "udp"
        and _is_number(bits[3], 10)
        and _is_number(bits[5], 5)
        and 0 < int(bits[5]) < 65_536
        and re.fullmatch(r"[0-9a-fA-F:.]+", bits[4]) is not None
    )


def choose(section: Section, codecs: tuple[Codec, ...]) -> Format | None:
    """Return the first format of a section, in the offerer's order, whose codec is one of `codecs`."""
    names = {codec.upper() for codec in codecs}
    rate = CLOCK_RATE["audio" if section.kind == "audio" else "video"]
    able = [each for each in section.formats if each.codec in names and each.clock_rate == rate]
    if not able or able[0].codec != "H264":
        return able[0] if able else None
    # Of H.264's variants, mode 1 may split pictures over packets; mode 0 only if there is no other.
    full = [each for each in able if each.codec == "H264" and each.parameter("packetization-mode") == "1"]
    return (full or able)[0]


def track_of(reply: Reply) -> Track:
    """Return the track that a chosen format stands for."""
    if reply.chosen is None:
        raise ValueError(f"section {reply.mid} was refused")
    kind: Kind = "audio" if reply.kind == "audio" else "video"
    codec: Codec = "H264" if reply.chosen.codec == "H264" else "VP8"
    if kind == "audio":
        codec = "opus"
    return Track(kind, codec, reply.chosen.payload_type, reply.ssrc, reply.chosen.fmtp)


def offer_sections(tracks: list[tuple[Kind, tuple[Codec, ...]]], direction: str) -> list[Section]:
    """Return the sections of an offer of ours: for each kind the codecs that it may use, best first."""
    sections = []
    for mid, (kind, codecs) in enumerate(tracks):
        formats = [
            Format(
                PAYLOAD_TYPE[codec],
                codec.upper(),
                CLOCK_RATE[kind],
                OFFERED_FMTP[codec],
                frozenset(FEEDBACK[kind]),
            )
            for codec in codecs
        ]
        numbers = [str(each.payload_type) for each in formats]
        sections.append(Section(kind, "UDP/TLS/RTP/SAVPF", numbers, str(mid), direction, formats))
    return sections


def write_offer(sections: list[Section], local: Transport, ssrcs: dict[str, int]) -> str:
    """Write an offer; `ssrcs` maps a kind to the SSRC we shall send it with."""
    lines = _head([section.mid for section in sections], local)
    for section in sections:
        lines += [f"m={section.kind} 9 {section.protocol} {' '.join(section.numbers)}", "c=IN IP4 0.0.0.0"]
        lines += _body(section.mid, section.direction, section.formats, ssrcs.get(section.kind, 0))
        lines += _dial(local)
    return "\r\n".join(lines) + "\r\n"


def write_answer(replies: list[Reply], offer: Description, local: Transport) -> str:
    """Write the answer to an offer: one reply for each of its sections, in its order."""
    taken = [reply.mid for reply in replies if reply.chosen]
    lines = _head(taken if offer.bundle else [], local)
    for reply, section in zip(replies, offer.sections, strict=True):
        if reply.chosen is None:
            lines += [f"m={section.kind} 0 {section.protocol} {section.numbers[0]}", "c=IN IP4 0.0.0.0"]
            lines += [f"a=mid:{reply.mid}"] if reply.mid else []
            lines.append("a=inactive")
            continue
        lines += [f"m={section.kind} 9 {section.protocol} {reply.chosen.payload_type}", "c=IN IP4 0.0.0.0"]
        lines += _body(reply.mid, reply.direction, [reply.chosen], reply.ssrc)
        lines += _dial(local)
    return "\r\n".join(lines) + "\r\n"


def _head(mids: list[str], local: Transport) -> list[str]:
    lines = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    if mids:
        lines.append("a=group:BUNDLE " + " ".join(mids))
    lines.append("a=msid-semantic:WMS *")
    return lines + [f"a=fingerprint:{algorithm} {digest}" for algorithm, digest in local.fingerprints]


def _body(mid: str, direction: str, formats: list[Format], ssrc: int) -> list[str]:
    lines = [f"a=mid:{mid}"] if mid else []
    lines += [f"a={direction}", "a=rtcp-mux", "a=rtcp-mux-only"]
    for each in formats:
        kind: Kind = "audio" if each.codec == "OPUS" else "video"
        name = "opus" if kind == "audio" else each.codec
        lines.append(
            f"a=rtpmap:{each.payload_type} {name}/{each.clock_rate}" + ("/2" if kind == "audio" else "")
        )
        lines += [f"a=fmtp:{each.payload_type} {each.fmtp}"] if each.fmtp else []
        lines += [f"a=rtcp-fb:{each.payload_type} {fb}" for fb in FEEDBACK[kind] if fb in each.feedback]
    if ssrc and direction in ("sendonly", "sendrecv"):
        lines += [f"a=msid:lesson {mid or 'track'}", f"a=ssrc:{ssrc} cname:tirek"]
    return lines


def _dial(local: Transport) -> list[str]:
    lines = [f"a=ice-ufrag:{local.ufrag}", f"a=ice-pwd:{local.password}", f"a=setup:{local.setup}"]
    lines += [f"a=candidate:{candidate}" for candidate in local.candidates]
    return [*lines, "a=end-of-candidates"]


def codecs(tracks: dict[Kind, Track]) -> str:
    """Name the codecs of some tracks in one word, for logs."""
    return "+".join(track.codec for track in tracks.values())
