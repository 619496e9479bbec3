"""The list of ZIM files that kiwix-serve is given (core): its XML, and the UUID that a file has."""

from uuid import UUID
from xml.sax.saxutils import quoteattr

from msgspec import Struct

from edge.content.published import legible

MAGIC = b"ZIM\x04"
LANGS = {"kk": "kaz", "ru": "rus", "en": "eng"}  # as ZIM files name languages, ISO 639-3
HEADER = 24  # bytes of a ZIM file that its magic, version and UUID take


class Book(Struct, frozen=True):
    """One ZIM file of this disk."""

    id: str  # its UUID
    path: str
    title: str
    lang: str = ""


def uuid_of(header: bytes) -> str:
    """Return the UUID that a ZIM file has; an empty text for what is none."""
    if len(header) < HEADER or header[:4] != MAGIC:
        return ""
    return str(UUID(bytes=header[8:24]))


def library(books: list[Book]) -> bytes:
    """Return the library that kiwix-serve reads."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<library version="20110515">']
    lines += [
        f"  <book id={quoteattr(each.id)} path={quoteattr(each.path)} title={quoteattr(legible(each.title))}"
        f" language={quoteattr(LANGS.get(each.lang, legible(each.lang)))}/>"
        for each in books
    ]
    return "\n".join([*lines, "</library>", ""]).encode()
