"""What the page of a hub's teacher sends: small JSON, read within bounds or refused."""

from typing import TypeVar

import msgspec
from aiohttp import web
from msgspec import Struct

from edge.media.negotiate import Refused

MOST_BYTES = 8192  # of an order: a text of 300 letters, each written as two escapes, and room

T = TypeVar("T")


class GiveFloor(Struct, frozen=True):
    """Let a class speak to all, "" nobody."""

    node: str


class MuteClass(Struct, frozen=True):
    """Silence a class, or all ("*"), or end that."""

    node: str
    on: bool


class AnswerQuestion(Struct, frozen=True):
    """Answer a question, for all who are in the lesson."""

    question: str
    text: str


async def read(request: web.Request, kind: type[T], most: int = MOST_BYTES) -> T:
    """Return the body of a request as an order; raise Refused."""
    if request.content_type != "application/json":  # a page of somebody else's may send forms without asking
        raise Refused(415, "bad-request", f"Content-Type is {request.content_type}, not application/json")
    return decoded(await bounded(request, most), kind)


async def bounded(request: web.Request, most: int) -> bytes:
    """Return the body of a request, however many pieces the link makes of it; raise Refused."""
    body = bytearray()
    try:
        async for piece in request.content.iter_any():
            body += piece
            if len(body) > most:
                raise Refused(413, "bad-request", f"longer than {most} bytes")
    except web.RequestPayloadError as exc:
        raise Refused(400, "bad-request", "cut short") from exc
    return bytes(body)


def decoded(body: bytes, kind: type[T]) -> T:
    """Return what a body says; raise Refused."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise Refused(400, "bad-request", f"not what is read here: {exc}") from exc
