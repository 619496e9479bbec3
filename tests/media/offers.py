"""Offers as browsers and FFmpeg write them, and as nobody should."""

import re
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "samples" / "offers"
PUBLISHING = ["chromium-publish", "firefox-publish", "ffmpeg-publish"]
WATCHING = ["chromium-watch", "firefox-watch"]


def offer(name: str) -> str:
    """Return a saved offer as it came."""
    return (FOLDER / f"{name}.sdp").read_bytes().decode()


def sections(text: str) -> list[str]:
    """Split a description: what is before the first m-line, then each section."""
    return re.split(r"(?=^m=)", text, flags=re.MULTILINE)


def with_two_pictures() -> str:
    """Return an offer of two video sections."""
    text = offer("chromium-publish")
    video = next(section for section in sections(text) if section.startswith("m=video"))
    second = re.sub(r"a=mid:\S+", "a=mid:7", video)
    return re.sub(r"a=group:BUNDLE .*?\r", "a=group:BUNDLE 0 1 7\r", text) + second


def without_codec(text: str, codec: str) -> str:
    """Return an offer in which a codec has another name, as if its maker had never heard of it."""
    return re.sub(rf"(a=rtpmap:\d+ ){codec}/", r"\1unheard/", text, flags=re.IGNORECASE)
