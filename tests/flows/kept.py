"""What a media file holds, payload by payload, read without our code."""

from pathlib import Path

from tests.media import clips

BESIDE = (7, 8, 9)  # NAL types that containers keep beside the pictures, or that only separate them


def pictures(path: Path) -> list[bytes]:
    """Return what each picture is made of."""
    found = clips.packets(path, "video")
    return found if path.suffix == ".webm" else [_slices(picture) for picture in found]


def sounds(path: Path) -> list[bytes]:
    """Return the sound packets."""
    return clips.packets(path, "audio")


def is_end_of(kept: list[bytes], published: list[bytes]) -> bool:
    """Tell whether what was kept is at least half of what was published, up to its end, without a hole."""
    return kept == published[-len(kept) :] and 2 * len(kept) >= len(published)


def _slices(picture: bytes) -> bytes:
    kept, rest = b"", picture
    while rest:
        length = int.from_bytes(rest[:4], "big")
        nal, rest = rest[4 : 4 + length], rest[4 + length :]
        kept += b"" if nal[0] & 31 in BESIDE else nal
    return kept
