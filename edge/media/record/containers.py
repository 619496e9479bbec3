"""Which container a recording has."""

from collections.abc import Mapping

from edge.media.packet import Codec, Kind


def container_of(codecs: Mapping[Kind, Codec]) -> str:
    """Return the container, which is also the file's extension."""
    return "mp4" if codecs.get("video") == "H264" else "webm"


def media_type_of(codecs: Mapping[Kind, Codec]) -> str:
    """Return the media type of a recording with these tracks."""
    return f"{'video' if 'video' in codecs else 'audio'}/{container_of(codecs)}"
