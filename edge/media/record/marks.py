"""Marks on a recording's time line."""

from msgspec import Struct


class Gap(Struct, frozen=True):
    """Nothing was received from `at` on, for so many seconds of the recording's time."""

    at: float
    seconds: float


class Shift(Struct, frozen=True):
    """From `at` on the sound belongs so many seconds later than the index says: the reports' last word."""

    at: float
    seconds: float
