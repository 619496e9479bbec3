"""Which of the known kinds a file is, by its name and its first bytes (core).

Both must agree. What is called .mp4 and is none is published as a file: nobody's player is handed it.
"""

from sync.catalogue import CHECKS, FILE, ZIM
from sync.prepared import BEGINS

HEAD = 64  # bytes that are looked at
MP4 = "video/mp4"
ZIP = "application/zip"
PDF = "application/pdf"
BY_ENDING = {
    "mp4": MP4,
    "m4v": MP4,
    "webm": "video/webm",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "pdf": PDF,
    "epub": "application/epub+zip",
    "zip": ZIP,
    "zim": ZIM,
    "checks": CHECKS,
    "txt": "text/plain",
}
# Where the bytes stand that a kind begins with, and what they may be.
MAGIC: dict[str, tuple[int, tuple[bytes, ...]]] = {
    MP4: (4, (b"ftyp",)),
    "audio/mp4": (4, (b"ftyp",)),
    "video/webm": (0, (b"\x1a\x45\xdf\xa3",)),
    "audio/mpeg": (0, (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    "audio/ogg": (0, (b"OggS",)),
    "image/jpeg": (0, (b"\xff\xd8\xff",)),
    "image/png": (0, (b"\x89PNG\r\n\x1a\n",)),
    PDF: (0, (b"%PDF-",)),
    "application/epub+zip": (0, (b"PK\x03\x04",)),
    ZIP: (0, (b"PK\x03\x04", b"PK\x05\x06")),
    ZIM: (0, (b"ZIM\x04",)),
    CHECKS: (0, (BEGINS,)),
}
START_PAGE = "index.html"  # what makes of a ZIP file pages that can be opened
# What a browser shows by itself, without running anything of it. HTML and SVG are none of them: they would
# run as a page of this node.
SHOWN = ("video/mp4", "video/webm", "audio/mp4", "audio/mpeg", "audio/ogg", "image/jpeg", "image/png", PDF)


def promised(name: str) -> str:
    """Return what a file is by the end of its name, FILE for no kind that is known."""
    _, dot, ending = name.rpartition(".")
    return BY_ENDING.get(ending.lower(), FILE) if dot else FILE


def media_type_of(name: str, head: bytes) -> str:
    """Return what a file is by its name and its first bytes; FILE where the two do not agree."""
    called = promised(name)
    at, beginnings = MAGIC.get(called, (0, (b"",)))
    return called if head[at:].startswith(beginnings) else FILE


def of_pages(names: list[str]) -> bool:
    """Tell whether what is in a ZIP file has a page to begin with, at its top or in its only folder."""
    tops = {name.partition("/")[0] for name in names}
    starts = [name for name in names if name.rpartition("/")[2].lower() == START_PAGE]
    return any("/" not in name or (len(tops) == 1 and name.count("/") == 1) for name in starts)
