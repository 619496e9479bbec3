"""The SOURCE of `tirek publish`: a file, a camera or `test`."""

from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from edge.media.publish.camera import open_camera
from edge.media.publish.files import FileSource
from edge.media.publish.source import BadWish, Picture, Source
from edge.media.publish.testcard import TestCard

_CODECS: dict[str, Literal["H264", "VP8"]] = {"h264": "H264", "vp8": "VP8"}


def open_source(name: str, picture: Picture | None = None, loop: bool = False) -> Source:
    """Open what `name` stands for; may block for seconds (a camera wakes up). Raises SourceError."""
    picture = picture or Picture()
    if name == "test" or name.startswith("test:"):
        codec = picture.codec if name == "test" else _CODECS.get(name.removeprefix("test:"))
        if codec is None:
            raise BadWish(f"test pictures are test:h264 or test:vp8: {name}")
        return TestCard(replace(picture, codec=codec))
    if name.startswith("/dev/"):
        return open_camera(Path(name), picture)
    return FileSource(Path(name), picture, loop)
