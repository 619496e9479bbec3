"""One key frame to a few numbers (worker only: numpy and OpenCV)."""

from typing import Any

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from edge.media.packet import Codec
from edge.vision.wire import MAP, Glimpse

MAX_PIXELS = 4096 * 2304  # of a picture that is looked at: four times a lesson's largest
SMALL = (160, 90)  # a picture is measured at this size: noise is gone, letters of a slide are still marks

DECODERS: dict[Codec, str] = {"H264": "h264", "VP8": "vp8"}

Grey = NDArray[np.uint8]
Colours = NDArray[np.uint8]


class Unseen(Exception):
    """No picture that could be looked at."""


def look(codec: Codec, frame: bytes, before: bytes = b"") -> Glimpse:
    """Decode a key frame, and another to compare it with; raise Unseen."""
    whole = grey(_decoded(codec, frame))
    luma = cv2.resize(whole, SMALL, interpolation=cv2.INTER_AREA)
    small = cv2.resize(luma, MAP, interpolation=cv2.INTER_AREA)
    other = grey(_decoded(codec, before)) if before else whole
    return Glimpse(
        round(float(luma.mean()), 2),
        round(float(luma.std()), 2),
        round(float(np.percentile(luma, 99)), 2),
        np.ascontiguousarray(small, np.uint8).tobytes(),
        round(_grain(whole, other), 3),
    )


def _grain(one: Grey, two: Grey) -> float:
    """Return by how much points differ where nothing moved."""
    if one.shape != two.shape:
        return 0.0
    apart = cv2.absdiff(one, two).astype(np.float32)
    return float(np.median(cv2.resize(apart, MAP, interpolation=cv2.INTER_AREA)))


def grey(picture: VideoFrame) -> Grey:
    """Return the luma of a picture as it was coded; raise Unseen."""
    if picture.width * picture.height > MAX_PIXELS:
        raise Unseen(f"{picture.width}×{picture.height} points")
    if picture.format.components[0].bits != 8 or not picture.format.is_planar:
        raise Unseen(f"points of {picture.format.name}")
    plane: Any = picture.planes[0]  # a buffer, which its stub does not say
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    points: Grey = rows[: picture.height, : picture.width]
    return points


def _decoded(codec: Codec, frame: bytes) -> VideoFrame:
    if codec not in DECODERS:
        raise Unseen(f"no pictures in {codec}")
    context: Any = VideoCodecContext.create(DECODERS[codec], "r")
    context.thread_count = 1
    try:
        pictures = [*context.decode(av.Packet(frame)), *context.decode(None)]
    except av.FFmpegError as exc:
        raise Unseen(f"{type(exc).__name__}: {exc}") from exc
    if not pictures:
        raise Unseen("a frame without a picture")
    first: VideoFrame = pictures[0]
    return first
