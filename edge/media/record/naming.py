"""Names of recordings: the stream, the moment it began, and the part if there is more than one."""

import re
from datetime import UTC, datetime
from pathlib import Path

from edge.media.record.recording import INDEX, META

PATTERN = re.compile(r"[a-z0-9-]{1,64}-(\d{8}T\d{6}Z)(-[1-9]\d{0,3})?")
STAMP = "%Y%m%dT%H%M%SZ"


def is_name(ident: str) -> bool:
    """Tell whether this may be a recording's name; nothing else ever becomes a path."""
    return PATTERN.fullmatch(ident) is not None


def base_name(stream: str, started: datetime) -> str:
    """Return the name of a recording's first part."""
    return f"{stream}-{stamp_of(started)}"


def stamp_of(moment: datetime) -> str:
    """Return a moment as names have it."""
    return moment.astimezone(UTC).strftime(STAMP)


def began(ident: str) -> str:
    """Return the stamp in a recording's name; "" if it is no name."""
    match = PATTERN.fullmatch(ident)
    return match[1] if match else ""


def free_name(folder: Path, base: str, part: int) -> tuple[str, int]:
    """Return the first name from this part on that nobody has taken, and its part."""
    while True:
        name = base if part == 1 else f"{base}-{part}"
        if not any((folder / (name + suffix)).exists() for suffix in (INDEX, META, ".mp4", ".webm")):
            return name, part
        part += 1
