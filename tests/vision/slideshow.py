"""Lessons drawn for tests: slides with a camera in a corner, pen, noise and a cursor, and when they change.

Every lesson follows from its seed. It is coded by a real encoder, and has all the faults that brings.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.video.frame import PictureType
from msgspec import Struct
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

FADE = 0.8  # seconds
WORDS = [
    "energy",
    "mass",
    "force",
    "speed",
    "water",
    "light",
    "plant",
    "cell",
    "sum",
    "root",
    "angle",
    "heat",
]


class Plan(Struct, frozen=True):
    """What a lesson is like."""

    seed: int
    seconds: float = 120.0
    size: tuple[int, int] = (640, 360)
    rate: int = 5
    codec: str = "libx264"
    noise: float = 4.0  # standard deviation of the camera's and the grabber's noise, of 255
    inset: bool = True
    pen: bool = True
    bitrate: int = 500_000
    gop: float = 2.0  # seconds between key frames
    dwell: tuple[float, float] = (8.0, 25.0)  # seconds a slide stays


class Lesson(Struct, frozen=True):
    """A file, and when its slides change."""

    path: Path
    changes: list[float]


def make(folder: Path, plan: Plan) -> Lesson:
    """Write a lesson."""
    path = folder / f"lesson-{plan.seed}.{'webm' if plan.codec == 'libvpx' else 'mp4'}"
    show = Show(plan)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(plan.codec, rate=plan.rate, options=_options(plan))
        stream.width, stream.height, stream.pix_fmt = *plan.size, "yuv420p"
        context = stream.codec_context
        context.bit_rate, context.gop_size, context.thread_count = (
            plan.bitrate,
            round(plan.gop * plan.rate),
            1,
        )
        for number, picture in enumerate(show.pictures()):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, plan.rate)
            frame.pict_type = PictureType.NONE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return Lesson(path, show.changes)


def _options(plan: Plan) -> dict[str, str]:
    if plan.codec == "libvpx":
        return {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "auto-alt-ref": "0"}
    return {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "sc_threshold": "0"}


class Show:
    """One lesson: when its slides change is drawn by lot before the first picture."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._lot = default_rng(plan.seed)
        self.changes = self._times()
        self._look = self._lot.integers(0, 3)
        self._title = " ".join(self._lot.choice(WORDS, 2))
        self._deck = [self._slide(number) for number in range(len(self.changes) + 1)]
        for number in range(2, len(self._deck)):
            if self._lot.random() < 0.15:
                self._deck[number] = self._deck[number - 2]  # back to the slide before
        self._ends = [*self.changes, plan.seconds]

    def pictures(self) -> Iterator[Picture]:
        """Yield every picture."""
        plan, number, strokes = self._plan, 0, list[tuple[float, Picture]]()
        fades = [self._lot.random() < 0.3 for _ in self._deck]
        for count in range(round(plan.seconds * plan.rate)):
            at = count / plan.rate
            if number < len(self.changes) and at >= self.changes[number]:
                number, strokes = number + 1, []
            begun = self._ends[number - 1] if number else 0.0
            sheet = self._deck[number].copy()
            if number and fades[number] and at - begun < FADE:
                share = (at - begun) / FADE
                sheet = cv2.addWeighted(self._deck[number - 1], 1 - share, sheet, share, 0).astype(np.uint8)
            if plan.pen:
                self._write(strokes, at)
                for _, points in strokes:
                    cv2.polylines(sheet, [points], False, (30, 30, 200), 2, cv2.LINE_AA)
            self._decorate(sheet, at)
            yield self._noisy(sheet)

    def _times(self) -> list[float]:
        times, at = [], float(self._lot.uniform(*self._plan.dwell))
        while at < self._plan.seconds - self._plan.dwell[0]:
            times.append(round(at, 2))
            at += float(self._lot.uniform(*self._plan.dwell))
        return times

    def _slide(self, number: int) -> Picture:
        width, height = self._plan.size
        dark = self._look == 2
        sheet: Picture = np.full((height, width, 3), 32 if dark else 250, np.uint8)
        ink = (230, 230, 230) if dark else (40, 40, 40)
        if self._look:  # a template that stays: a bar with the subject, a rim, a sign
            cv2.rectangle(sheet, (0, 0), (width, height // 9), (150, 90, 30), -1)
            self._text(sheet, self._title, (width // 40, height // 13), 0.5, (255, 255, 255))
            cv2.rectangle(sheet, (4, 4), (width - 5, height - 5), (150, 90, 30), 2)
            cv2.circle(sheet, (width - height // 12, height // 18), height // 30, (255, 255, 255), 2)
        self._text(sheet, f"{number + 1}", (width // 2, height - height // 30), 0.4, ink)
        kinds = (self._bullets, self._diagram, self._photo, self._formula)
        kinds[self._lot.choice(4, p=(0.5, 0.2, 0.15, 0.15))](sheet, ink)
        return sheet

    def _bullets(self, sheet: Picture, ink: tuple[int, int, int]) -> None:
        width, height = self._plan.size
        for line in range(int(self._lot.integers(3, 8))):
            text = "- " + " ".join(self._lot.choice(WORDS, int(self._lot.integers(2, 6))))
            self._text(sheet, text, (width // 14, int(height * (0.25 + 0.09 * line))), 0.55, ink)

    def _diagram(self, sheet: Picture, ink: tuple[int, int, int]) -> None:
        width, height = self._plan.size
        for _ in range(int(self._lot.integers(3, 7))):
            x, y = (
                int(self._lot.integers(0, width * 2 // 3)),
                int(self._lot.integers(height // 5, height * 3 // 4)),
            )
            wide, high = (
                int(self._lot.integers(width // 12, width // 4)),
                int(self._lot.integers(20, height // 5)),
            )
            colour = tuple(int(each) for each in self._lot.integers(60, 220, 3))
            cv2.rectangle(sheet, (x, y), (x + wide, y + high), colour, -1)
            cv2.rectangle(sheet, (x, y), (x + wide, y + high), ink, 2)
            cv2.line(sheet, (x + wide, y + high // 2), (x + wide + width // 10, y + high), ink, 2)

    def _photo(self, sheet: Picture, ink: tuple[int, int, int]) -> None:
        width, height = self._plan.size
        wide, high = int(width * 0.55), int(height * 0.6)
        rough = self._lot.integers(0, 256, (9, 12, 3), np.uint8)
        x, y = int(self._lot.integers(width // 20, width // 5)), int(height * 0.2)
        sheet[y : y + high, x : x + wide] = cv2.resize(rough, (wide, high), interpolation=cv2.INTER_CUBIC)
        self._text(sheet, " ".join(self._lot.choice(WORDS, 4)), (x, y + high + height // 15), 0.5, ink)

    def _formula(self, sheet: Picture, ink: tuple[int, int, int]) -> None:
        width, height = self._plan.size
        a, b, c = (int(each) for each in self._lot.integers(2, 99, 3))
        lines = [f"{a}x + {b} = {c}", f"{a}x = {c - b}", f"x = {(c - b) / a:.2f}"]
        for line, text in enumerate(lines):
            place = (int(width * self._lot.uniform(0.1, 0.3)), int(height * (0.35 + 0.2 * line)))
            self._text(sheet, text, place, 1.0, ink)

    def _text(
        self, sheet: Picture, text: str, at: tuple[int, int], size: float, ink: tuple[int, int, int]
    ) -> None:
        scale = size * self._plan.size[1] / 360
        cv2.putText(sheet, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, ink, max(1, round(scale)), cv2.LINE_AA)

    def _write(self, strokes: list[tuple[float, Picture]], at: float) -> None:
        """Begin a stroke now and then; wipe all of them now and then."""
        if strokes and self._lot.random() < 0.01:
            strokes.clear()
        if self._lot.random() < 0.15:
            width, height = self._plan.size
            begin = self._lot.uniform((width * 0.1, height * 0.2), (width * 0.7, height * 0.8))
            steps = self._lot.normal(0, height / 40, (12, 2)).cumsum(axis=0)
            strokes.append((at, np.asarray(begin + steps, np.int32)))

    def _decorate(self, sheet: Picture, at: float) -> None:
        width, height = self._plan.size
        if self._plan.inset:
            self._camera(sheet[height - height // 4 :, width - width // 4 :], at)
        if int(at * 2) % 2:
            cv2.line(sheet, (width // 3, height // 2), (width // 3, height // 2 + height // 18), (0, 0, 0), 2)
        x, y = int(width * (0.5 + 0.2 * np.sin(at / 7))), int(height * (0.5 + 0.2 * np.cos(at / 5)))
        cv2.drawMarker(sheet, (x, y), (0, 0, 0), cv2.MARKER_TILTED_CROSS, height // 30, 2)

    def _camera(self, place: Picture, at: float) -> None:
        """A teacher who moves in front of a wall with a shelf."""
        high, wide = place.shape[:2]
        place[:] = (90, 110, 120)
        cv2.rectangle(place, (wide // 10, high // 8), (wide // 3, high // 2), (50, 60, 90), -1)
        sway = int(wide * 0.12 * np.sin(at * 1.3) + wide * 0.05 * np.sin(at * 3.1))
        nod = int(high * 0.05 * np.sin(at * 2.3))
        middle = (wide // 2 + sway, int(high * 0.42) + nod)
        cv2.ellipse(place, (middle[0], high), (wide // 4, high // 3), 0, 0, 360, (60, 40, 120), -1)
        cv2.ellipse(place, middle, (wide // 9, high // 5), 0, 0, 360, (150, 180, 220), -1)
        hand = (middle[0] + int(wide * 0.25 * np.sin(at * 4)), int(high * (0.7 + 0.15 * np.sin(at * 5))))
        cv2.circle(place, hand, wide // 16, (150, 180, 220), -1)

    def _noisy(self, sheet: Picture) -> Picture:
        if not self._plan.noise:
            return sheet
        noise = _grain(self._lot, sheet.shape[:2], self._plan.noise)
        return cv2.add(sheet, cv2.merge([noise] * 3), dtype=cv2.CV_8U).astype(np.uint8)


def _grain(lot: Generator, shape: tuple[int, ...], strength: float) -> NDArray[np.int16]:
    noise: Any = np.empty(shape, np.int16)
    cv2.setRNGSeed(int(lot.integers(1, 2**31)))
    cv2.randn(noise, np.zeros(1), np.full(1, strength))
    return np.asarray(noise, np.int16)
