"""What daemon and worker say to each other over two pipes: a length of 4 bytes, then MessagePack (core)."""

import msgspec
from msgspec import Struct

from edge.media.packet import Codec

LENGTH = 4  # bytes before each message
MAX_MESSAGE = 8 << 20  # bytes: twice the largest frame that an assembler lets through
MAX_SOUNDS = 256  # packets of one question: 5 s of a lesson's sound, ten times what is asked at once
MAP = (32, 18)  # columns and rows of a picture as the judge compares it


class BadMessage(Exception):
    """The other end says what nobody of ours would say."""


class Look(Struct, frozen=True, tag="look"):
    """Decode one key frame: answered with Glimpse or Nothing."""

    codec: Codec
    frame: bytes
    before: bytes = b""  # the key frame that it is compared with


class Hear(Struct, frozen=True, tag="hear"):
    """Decode packets of Opus that follow each other: answered with Level or Nothing."""

    packets: list[bytes]


class Scan(Struct, frozen=True, tag="scan"):
    """Find the slides of a recording: answered with Found and Progress, and Done or Nothing in the end."""

    path: str


class ReadCards(Struct, frozen=True, tag="read-cards"):
    """Find the cards in a still, a JPEG: answered with Cards or Nothing."""

    still: bytes


Question = Look | Hear | Scan | ReadCards


class Ready(Struct, frozen=True, tag="ready"):
    """Everything is loaded; the first that a worker says."""


class Glimpse(Struct, frozen=True, tag="glimpse"):
    """One picture in a few numbers; light is luma, from 0 to 255, 16 is black."""

    mean: float
    spread: float  # the standard deviation
    bright: float  # 99 of 100 points are darker
    map: bytes  # MAP of luma
    grain: float = 0.0  # how much the points of its quieter half differ from those of the frame before


class Level(Struct, frozen=True, tag="level"):
    """How loud a piece of sound was."""

    decibels: float  # of full scale


class Found(Struct, frozen=True, tag="found"):
    """A slide begins."""

    at: float  # seconds
    score: float  # from 0 to 1: how sure
    picture: bytes  # JPEG


class Progress(Struct, frozen=True, tag="progress"):
    """Still at work."""

    at: float


class Marker(Struct, frozen=True):
    """One card of a still."""

    id: int  # within the family
    angle: float  # degrees that it is turned, clockwise as the camera sees it, from -180 to 180
    size: float  # points: the mean of its sides
    sharpness: float  # from 0 to 1: how much of the contrast is left between neighbouring cells
    x: float  # points from the left to its middle
    y: float  # points from the top


class Cards(Struct, frozen=True, tag="cards"):
    """The cards of a still; two of one id are two cards."""

    markers: list[Marker]
    width: int
    height: int
    bright: float  # luma: 99 of 100 points are darker


class Done(Struct, frozen=True, tag="done"):
    """The recording was seen to its end."""


class Nothing(Struct, frozen=True, tag="nothing"):
    """It could not be decoded."""

    reason: str


Answer = Ready | Glimpse | Level | Found | Progress | Cards | Done | Nothing

_encoder = msgspec.msgpack.Encoder()
_questions: msgspec.msgpack.Decoder[Question] = msgspec.msgpack.Decoder(Question)
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def framed(message: Question | Answer) -> bytes:
    """Return a message as it is sent."""
    body = _encoder.encode(message)
    if len(body) > MAX_MESSAGE:
        raise BadMessage(f"{type(message).__name__} of {len(body)} bytes")
    return len(body).to_bytes(LENGTH, "big") + body


def length(head: bytes) -> int:
    """Return how many bytes follow; raise BadMessage."""
    size = int.from_bytes(head, "big")
    if not 0 < size <= MAX_MESSAGE:
        raise BadMessage(f"a message of {size} bytes")
    return size


def question(body: bytes) -> Question:
    """Read a question; raise BadMessage."""
    try:
        return _questions.decode(body)
    except msgspec.MsgspecError as exc:
        raise BadMessage(str(exc)) from exc


def answer(body: bytes) -> Answer:
    """Read an answer; raise BadMessage."""
    try:
        return _answers.decode(body)
    except msgspec.MsgspecError as exc:
        raise BadMessage(str(exc)) from exc
