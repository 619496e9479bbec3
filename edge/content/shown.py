"""What a projector can show of the library: how long a video is, how many pages a document has. Blocks."""

import mmap
import re
from pathlib import Path

from edge.classroom.stage import UNKNOWN, Playable
from edge.content.published import PAPER, can_be_shown
from edge.contract.answers import Item

LONGEST = 12 * 3600.0  # seconds: what nobody could measure is played to its end by the page itself
MOST_READ = 256 << 20  # bytes of a document that are looked through for its pages
PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")


def playable(item: Item, path: Path) -> Playable | None:
    """Return how an item is shown; None where a projector cannot."""
    if not can_be_shown(item.media_type):
        return None
    seconds, pages = 0.0, 1
    if item.media_type == PAPER:
        pages = _pages(path)
    elif item.kind != "picture":
        seconds, pages = _seconds(path), 0
    address = f"/content/{item.id}"
    return Playable(item.id, item.media_type, seconds, address=address, pages=pages, title=item.title)


def _seconds(path: Path) -> float:
    """Return how long a file plays, by its own word."""
    import av  # 16 MB, when the first video is shown

    try:
        with av.open(str(path)) as file:
            return min(LONGEST, (file.duration or 0) / av.time_base) or LONGEST
    except (av.FFmpegError, OSError, ValueError):
        return LONGEST


def _pages(path: Path) -> int:
    """Return how many pages stand in a document as it lies there; of compressed ones nobody can tell."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            found = sum(1 for _ in PAGE.finditer(content, 0, min(len(content), MOST_READ)))
    except (OSError, ValueError):
        return UNKNOWN
    return min(found, UNKNOWN) or UNKNOWN
