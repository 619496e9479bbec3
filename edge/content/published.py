"""What a hub has published, as an entry of the library (core): what kind it is, and what it is found by."""

from msgspec import Struct

from edge.content.holdings import Entry, words_of
from edge.contract.answers import Item, Kind
from sync.catalogue import CHECKS, PAGES, ZIM

MAX_TITLE = 120  # letters that are shown and searched: two lines of a page
KINDS: dict[str, Kind] = {
    "application/pdf": "document",
    "application/epub+zip": "book",
    PAGES: "pages",
    ZIM: "archive",
    CHECKS: "checks",
}
MANY: dict[str, Kind] = {"video": "video", "audio": "audio", "image": "picture", "text": "document"}
SHOWN = ("video", "audio", "picture")  # kinds that a projector can show
PAPER = "application/pdf"  # … and the only document


class Material(Struct, frozen=True):
    """One thing that was published, and whether it is here."""

    id: str
    name: str  # of the file
    media_type: str
    bytes: int = 0
    title: str = ""
    subject: str = ""
    grade: str = ""
    topic: str = ""
    lang: str = ""
    published: int = 0  # milliseconds since 1970
    day: str = ""  # local, ISO 8601
    minutes: int = 0
    here: bool = False
    pinned: bool = False


def kind_of(media_type: str) -> Kind:
    """Return what a person calls a media type."""
    return KINDS.get(media_type) or MANY.get(media_type.partition("/")[0], "other")


def can_be_shown(media_type: str) -> bool:
    """Tell whether a projector can show it."""
    return kind_of(media_type) in SHOWN or media_type == PAPER


def entry_of(material: Material) -> Entry:
    """Return its line in the library."""
    item = Item(
        material.id,
        title_of(material),
        legible(material.subject),
        legible(material.topic),
        "",
        material.day,
        material.minutes,
        material.bytes,
        "here" if material.here else "hub",
        kind=kind_of(material.media_type),
        lang=legible(material.lang),
        grade=legible(material.grade),
        name=material.name,
        media_type=material.media_type,
        pinned=material.pinned,
    )
    words = words_of(item.title, item.subject, item.topic, item.grade, item.day, material.name)
    source = "" if material.here else material.id
    return Entry(item, words, material.published, source, (material.id,) if material.here else ())


def title_of(material: Material) -> str:
    """Return what it is called: by its publisher, else by its file."""
    return legible(material.title) or legible(material.name.rpartition(".")[0]) or legible(material.name)


def legible(text: str) -> str:
    """Return a text on one line, without letters that cannot be seen or that turn others around."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:MAX_TITLE]
