"""LEGO SPIKE Prime with firmware 3, by the protocol that LEGO has published (core).

stranger → (it says who it is) known → (it agrees to notifications) telling. A hub that said nothing for a
while is asked again who it is. Its motors are moved by programs alone, there is no order for one of them.

A program is brought in steps, each of which waits for the hub's answer to the one before: stop what runs,
clear our slot, announce the file, its parts, start. An answer that does not come, or that says no, ends it.
"""

from collections import deque
from collections.abc import Mapping

from msgspec import Struct

from devices.driver import Channel, Driver, Heard, Status, sampled
from devices.drivers import spike_messages as messages
from devices.drivers.spike_frames import Frames, packed
from devices.errors import ProgramUnknown
from devices.words import plain

INTERVAL = 50  # milliseconds between two notifications
QUIET = 2.0  # seconds without a message after which a hub is asked who it is: it sends twenty a second
PATIENCE = 3.0  # seconds for an answer: a hub writes to its flash for some tenths
SLOT = 19  # the last one: pupils keep their own programs in the first ones
MAX_PROGRAM = 100_000  # bytes; a school's are some kilobytes, and four seconds of the line
MAX_MESSAGE = 80  # letters of what a program says: one line of the screen


class Step(Struct, frozen=True):
    """One message of bringing a program, and the answer that lets the next one go."""

    message: bytes
    answer: int
    must: bool = True  # be answered with yes


class Spike(Driver):
    """A connection to one hub."""

    usb = frozenset({(0x0694, 0x0009)})
    bauds = (115_200,)
    last_resort = "none"  # nothing on its cable starts it anew: only its own button does
    boots = 1.0  # it is on before its cable is

    def __init__(self, programs: Mapping[str, bytes] | None = None) -> None:
        self._sources = dict(programs or {})
        self.programs = tuple(self._sources)
        self.channels = [*messages.ANGLES, *messages.PULLS]
        self.identity = ""
        self.refused = 0
        self._frames = Frames()
        self._chunk = 0  # bytes, until it has said how many it takes
        self._heard_at: float | None = None  # None before the first `ask`
        self._is_telling = False
        self._agreed = False  # it was asked for notifications
        self._steps: deque[Step] = deque()
        self._sent: tuple[Step, float] | None = None  # the step whose answer is waited for, and since when
        self._bringing = ""  # the name of the program
        self._stopped = False  # by us, and not by its own end
        self._is_stopping = False
        self._said: list[Status] = []  # by `ask`, to be told by the next `feed`

    @property
    def is_stopping(self) -> bool:
        """Whether the question behind the last stop has no answer yet."""
        return self._is_stopping

    def greet(self) -> bytes:
        """Ask who it is."""
        return packed(messages.info())

    def begin(self) -> bytes:
        """Ask who it is; notifications are asked for when it has said so."""
        return packed(messages.info())

    def ask(self, now: float) -> bytes:
        """Return the next step of bringing a program, or what makes the hub speak."""
        if self._heard_at is None:
            self._heard_at = now
        if self.identity and self._steps:
            return self._next(now)
        if now - self._heard_at >= QUIET:
            self._heard_at, self._agreed = now, False
            return packed(messages.info())
        if self.identity and not self._agreed:
            self._agreed = True
            return packed(messages.notify(INTERVAL))
        return b""

    def feed(self, piece: bytes, at: float) -> Heard:
        """Return what these bytes complete."""
        heard: Heard = [*self._said]
        self._said.clear()
        for message in self._frames.cut(piece):
            understood = self._read(message, at)
            if understood is None:
                self._frames.refuse()
            else:
                heard += understood
                self._heard_at = at
        self.refused = self._frames.refused
        return heard

    def missed(self) -> None:
        """Bytes were lost here: leave out the frame that they were in."""
        self._frames.missed()

    def run(self, program: str) -> bytes:
        """Return what begins to bring a program and starts it; raise ProgramUnknown."""
        source = self._sources.get(program)
        if source is None or len(source) > MAX_PROGRAM:
            raise ProgramUnknown(f"{program[:40]!r} is none of {', '.join(self.programs)}")
        stops = self.stop()
        self._bringing = program
        self._steps = deque(_steps(source, self._chunk or 256))
        return stops

    def stop(self) -> bytes:
        """Return what stops the program of each slot: a pupil may have started one by the hub's button.

        Ours comes first, and last once more: the first one is lost where a message was left half said.
        """
        self._steps.clear()
        self._sent = None
        self._bringing = ""
        self._stopped = self._is_stopping = True
        slots = [SLOT, *(slot for slot in range(messages.SLOTS) if slot != SLOT), SLOT]
        stops = b"".join(packed(messages.flow(messages.STOP, slot)) for slot in slots)
        return stops + packed(messages.info())  # its answer proves that it has read what came before

    def _next(self, now: float) -> bytes:
        if self._sent is None:
            self._sent = (self._steps[0], now)
            self._stopped = self._stopped and len(self._steps) > 1  # the last step starts it
            return packed(self._steps[0].message)
        if now - self._sent[1] >= PATIENCE:
            self._gave_up()
        return b""

    def _gave_up(self) -> None:
        self._steps.clear()
        self._sent = None
        self._bringing = ""
        self._said.append(Status(running="", message="program-not-brought"))

    def _read(self, message: bytes, at: float) -> Heard | None:
        """Return what a message says; None for nonsense."""
        kind = message[0]
        if kind == messages.DEVICES:
            return self._devices(message, at)
        if kind == messages.INFO_SAID:
            return self._introduced(message)
        if kind == messages.FLOW_TOLD:
            return self._flow(message)
        if kind == messages.CONSOLE:
            text = messages.console(message)
            return None if text is None else _printed(text)
        if kind in messages.SAID:
            return self._answered(kind, message)
        return []  # of a newer protocol

    def _devices(self, message: bytes, at: float) -> Heard | None:
        told = messages.notification(message)
        if told is None:
            return None
        heard: Heard = [] if told.battery is None else [Status(battery=told.battery)]
        for reading in told.readings:
            self._learn(reading.channel)
            heard.append(sampled(reading.channel, at, reading.value))
        return heard

    def _learn(self, channel: Channel) -> None:
        if channel not in self.channels:
            self.channels = [*self.channels, channel]

    def _introduced(self, message: bytes) -> Heard | None:
        hub = messages.hub(message)
        if hub is None:
            return None
        self.identity, self._chunk, self._agreed = f"SPIKE Prime {hub.firmware}", hub.chunk, False
        self._is_stopping = False
        return []

    def _flow(self, message: bytes) -> Heard | None:
        if len(message) != 2 or message[1] not in (messages.START, messages.STOP):
            return None
        if message[1] == messages.STOP:
            stopped, self._stopped = self._stopped, False
            return [Status(running="", message="stopped" if stopped else "finished")]
        name, self._bringing = self._bringing or "program", ""
        return [Status(running=name, message="started")]

    def _answered(self, kind: int, message: bytes) -> Heard | None:
        if len(message) != 2 or message[1] not in (0, 1):
            return None
        if self._sent is None or kind != self._sent[0].answer:
            return []  # to a stop, or to what was given up
        step, self._sent = self._sent[0], None
        if step.must and message[1] != messages.ACKNOWLEDGED:
            self._gave_up()
            said, self._said = self._said, []
            return [*said]
        self._steps.popleft()
        return []


def _steps(source: bytes, part: int) -> list[Step]:
    """Return the messages that bring and start a program."""
    steps = [
        Step(messages.clear(SLOT), messages.CLEAR_SAID, must=False),  # it says no to a slot that is empty
        Step(messages.upload(SLOT, source), messages.UPLOAD_SAID),
    ]
    running = 0
    for begin in range(0, len(source), part):
        piece = source[begin : begin + part]
        running = messages.checksum(piece, running)
        steps.append(Step(messages.chunk(running, piece), messages.CHUNK_SAID))
    return [*steps, Step(messages.flow(messages.START, SLOT), messages.FLOW_SAID)]


def _printed(text: str) -> Heard:
    shown = plain(text, MAX_MESSAGE)
    return [Status(message=shown)] if shown else []
