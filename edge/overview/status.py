"""Answers `tirek status`: how daemon and node are, in one message, out of what the screens are told."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar

from edge import VERSION
from edge.api import Desks
from edge.board import Board, TooManyReaders
from edge.contract.answers import LiveStream, Status
from edge.contract.commands import ReadStatus
from edge.contract.notices import Devices, Health, Lesson, Library, Notice, Settings
from edge.media.stream import Stream
from edge.overview import running
from edge.overview.metrics import Parts

T = TypeVar("T", bound=Notice)


class Overview:
    """One part of the screen's side of a node; `name` is what people call it."""

    def __init__(self, parts: Parts, board: Board, name: str, trouble: str) -> None:
        self._parts = parts
        self._board = board
        self._name = name
        self._trouble = trouble

    def desks(self) -> Desks:
        """Return the commands that are taken here."""
        return {ReadStatus: self._status}

    async def _status(self, order: ReadStatus) -> Status:
        told = await self._told()
        settings = _of(told, Settings("kk"))
        lesson, devices = _of(told, Lesson()), _of(told, Devices())
        release = running.installed()
        return Status(
            self._name,
            VERSION,
            self._parts.journal.identity.node,
            settings.school,
            settings.hub,
            f"{release.name}, on trial" if release.on_trial else release.name,
            round(running.uptime(), 1),
            running.memory(),
            tuple(map(self._stream, self._parts.studio.streams.values())),
            self._trouble,
            "" if lesson.state == "none" else _called(lesson),
            "" if lesson.state == "none" else lesson.state,
            self._parts.health() or Health(),
            dict(Counter(each.state for each in devices.devices)),
            devices.stopped,
            _of(told, Library()),
        )

    async def _told(self) -> list[Notice]:
        with suppress(TooManyReaders), self._board.read() as reader:
            return await reader.take(0.0)
        return []

    def _stream(self, stream: Stream) -> LiveStream:
        recording = self._parts.lessons.state(stream.name)
        return LiveStream(
            stream.name,
            stream.live,
            self._parts.whep.count(stream),
            round(stream.bitrate),
            recording.state,
            recording.reason,
        )


def _of(told: Sequence[Notice], usual: T) -> T:
    """Return the notice of a kind, or what counts where there is none."""
    return next((each for each in told if isinstance(each, type(usual))), usual)


def _called(lesson: Lesson) -> str:
    return " ".join(filter(None, (lesson.class_, lesson.subject))) or lesson.stream
