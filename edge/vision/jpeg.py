"""How large a JPEG is, by its header: before anybody takes the memory for its points (core)."""

from edge.errors import TirekError

BEGIN = b"\xff\xd8"
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers of a frame's header (ITU T.81, table B.1)
ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length
MOST_PARTS = 1000  # segments before the frame: a colour profile and a thumbnail take 20


class NoJpeg(TirekError):
    """What came is no JPEG whose size can be told."""


def size(body: bytes) -> tuple[int, int]:
    """Return width and height; raise NoJpeg."""
    if body[:2] != BEGIN:
        raise NoJpeg("not a JPEG")
    at = 2
    for _ in range(MOST_PARTS):
        while body[at : at + 2] == b"\xff\xff":  # fill bytes may come before any marker
            at += 1
        if len(body) < at + 9 or body[at] != 0xFF:
            break
        kind = body[at + 1]
        if kind in FRAMES:
            high, wide = (
                int.from_bytes(body[at + 5 : at + 7], "big"),
                int.from_bytes(body[at + 7 : at + 9], "big"),
            )
            if wide and high:
                return wide, high
            break
        at += 2 if kind in ALONE else 2 + int.from_bytes(body[at + 2 : at + 4], "big")
    raise NoJpeg("a JPEG without a size")
