"""Opus to how loud it is (worker only: numpy)."""

from collections.abc import Iterator, Sequence
from math import log10

import av
import numpy as np

from edge.vision.wire import MAX_SOUNDS, Level

QUIETEST = -120.0  # decibels of full scale: digital silence
SKIPPED = 1  # packets a new decoder needs to find its level: it fades in


class Unheard(Exception):
    """No sound that could be decoded."""


def hear(packets: Sequence[bytes]) -> Level:
    """Decode packets that follow each other and return the loudest of them; raise Unheard."""
    levels = list(_levels(packets[:MAX_SOUNDS]))
    if not levels:
        raise Unheard("no sound")
    return Level(round(max(levels[SKIPPED:] or levels), 1))


def _levels(packets: Sequence[bytes]) -> Iterator[float]:
    context = av.CodecContext.create("opus", "r")
    assert isinstance(context, av.AudioCodecContext)
    for packet in packets:
        try:
            sounds = context.decode(av.Packet(packet))
        except av.FFmpegError:
            continue
        for sound in sounds:
            yield _level(sound)


def _level(sound: av.AudioFrame) -> float:
    points = sound.to_ndarray().astype(np.float64)
    power = float(np.mean(np.square(points))) if points.size else 0.0
    return 10 * log10(power) if power > 10 ** (QUIETEST / 10) else QUIETEST
