"""What the library's page says of an item (core)."""

from typing import Literal, NamedTuple

from edge.contract.answers import Chapter, Item
from edge.contract.notices import Library

LONGEST = 60  # letters of a search: more finds nothing

Offer = Literal["fetch", "leave", "delete", ""]


class State(NamedTuple):
    """The sign, the word key and the ink of an item's state."""

    sign: str
    word: str
    ink: str


STATES = {
    "here": State("here", "library-here", "ok"),
    "growing": State("growing", "library-growing", "accent"),
    "coming": State("coming", "library-coming", "info"),
    "tonight": State("tonight", "library-tonight", "info"),
    "hub": State("hub", "library-hub", "muted"),
    "failed": State("failed", "library-failed", "bad"),
}
GAPS = State("poor", "library-gaps", "accent")
WAITS = {
    "lesson": "library-waits-lesson",
    "link": "library-waits-link",
    "disk": "library-waits-disk",
    "metered": "library-waits-metered",
    "quiet": "library-waits-quiet",
    "daily": "library-waits-daily",
}
UNTIL = {"lesson": "library-waits-lesson-until", "quiet": "library-waits-quiet-until"}
SHOWN = ("recording", "video", "audio", "picture")  # what a projector can show …
UNHEALED = {"gone": "library-unhealed-gone"}
PAPER = "application/pdf"  # … and the only document
FAILED = {"gone": "library-failed-gone", "damaged": "library-failed-damaged"}


def state(item: Item) -> State:
    """Return what an item is in, in a sign, a word and a colour."""
    return GAPS if item.state == "here" and not item.whole else STATES[item.state]


def is_playable(item: Item) -> bool:
    """Tell whether an item is on this computer, whole or not."""
    return item.state in ("here", "growing") or item.better


def can_be_shown(item: Item) -> bool:
    """Tell whether the projector can show an item; what it cannot opens in a browser."""
    return item.kind in SHOWN or item.media_type == PAPER


def has_chapters(item: Item | None) -> bool:
    """Tell whether an item has places that can be gone to."""
    return item is not None and item.kind == "recording" and is_playable(item)


def can_be_kept(item: Item | None) -> bool:
    """Tell whether an item could be kept on this disk whatever the rules say."""
    return item is not None and item.state == "here"


def is_wanted(item: Item) -> bool:
    """Tell whether an item is on its way."""
    return item.state in ("coming", "tonight")


def offer(item: Item | None) -> Offer:
    """Return what the second key of the footer does with an item."""
    if item is None or item.state == "growing":
        return ""
    if is_wanted(item):
        return "leave"
    if item.better or item.state in ("hub", "failed"):
        return "fetch"
    return "delete"


def sentence(item: Item, notice: Library | None) -> str:
    """Return the word key of what is to be known of an item."""
    if item.state == "failed":
        return FAILED.get(item.reason, "library-failed-refused")
    if is_wanted(item):
        waits = notice.waits if notice is not None else ""
        if notice is not None and notice.until and waits in UNTIL:
            return UNTIL[waits]
        return WAITS.get(waits, "library-comes" if item.state == "coming" else "library-comes-next")
    if item.better:
        return "library-better"
    if item.state == "here" and (healed := _of_healing(item)):
        return healed
    if item.state == "here" and not item.whole:
        return "library-gaps-said"
    if item.state == "here" and not can_be_shown(item):
        return "library-opens-said"
    return {"hub": "library-hub-said", "growing": "library-growing-said"}.get(item.state, "library-here-said")


def _of_healing(item: Item) -> str:
    """Return the word key of what became of the gaps a recording had; "" where there were none."""
    if item.unhealed:
        return UNHEALED.get(item.unhealed, "library-unhealed")
    if not item.healed:
        return ""
    return "library-healed-whole" if item.whole else "library-healed"


def chapter_word(chapter: Chapter) -> str:
    """Return the word key of a chapter's kind."""
    return f"chapter-{chapter.kind}"


def typed(text: str, letter: str) -> str:
    """Return a search with one more letter."""
    return (text + letter).lstrip()[:LONGEST]


def next_of(values: tuple[str, ...], value: str, by: int) -> str:
    """Return the value so many further, round in a circle."""
    at = values.index(value) if value in values else 0
    return values[(at + by) % len(values)]
