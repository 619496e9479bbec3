"""What can be published: a `Source` of encoded frames, how its picture is encoded, and what goes wrong.

SourceError            text: one sentence for the person who gave the source, with the value
├── BadWish            a test picture in a codec there is none for
├── NoSuchSource       the file or camera is not there
├── Unreadable         it is there, but may not or cannot be read
├── NotMedia           it is no media file, or holds neither picture nor sound we can use
├── NoFfmpeg           a camera needs Debian's ffmpeg
└── Broken             it stopped in the middle
"""

from collections.abc import Iterator, Mapping
from typing import Literal, Protocol

from msgspec import Struct

from edge.errors import TirekError
from edge.media.packet import Codec, Frame, Kind

KEY_INTERVAL = 2.0  # seconds: a viewer without a key-frame cache waits at most this long for a picture


class SourceError(TirekError):
    """A source cannot be published; the text is one sentence that says why, with the value."""


class BadWish(SourceError):
    """A test picture in a codec there is none for."""


class NoSuchSource(SourceError):
    """The file or camera is not there."""


class Unreadable(SourceError):
    """The file or camera is there but may not or cannot be read."""


class NotMedia(SourceError):
    """Not a media file, or one without picture and sound."""


class NoFfmpeg(SourceError):
    """The program that reads cameras is not installed."""


class Broken(SourceError):
    """The source stopped in the middle."""


class Picture(Struct, frozen=True):
    """How a picture is encoded where it has to be; a file's own size counts when it is smaller."""

    codec: Literal["H264", "VP8"] = "H264"
    width: int = 1280
    height: int = 720
    rate: int = 25  # pictures a second
    bitrate: int = 1_500_000  # bit/s
    preset: str = "veryfast"  # of x264: half a core at most for 720p25 on an old school PC


class Source(Protocol):
    """Encoded frames in decode order, timestamps in media time (90 kHz and 48 kHz from one common zero)."""

    @property
    def live(self) -> bool:
        """True when frames come as they happen; False when they come as fast as they are asked for."""

    @property
    def codecs(self) -> Mapping[Kind, Codec]:
        """The tracks there are and how they are encoded."""

    @property
    def fmtp(self) -> Mapping[Kind, str]:
        """SDP format parameters of each track."""

    def frames(self) -> Iterator[Frame]:
        """Yield the frames, blocking; to be run once, in one thread. Raises SourceError."""

    def close(self) -> None:
        """Make `frames` end soon; callable at any time from any thread."""
