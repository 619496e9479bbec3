"""Links as sums: a queue that fills and empties, and what a sender and a lesson's receiver learn of it."""

from edge.content.ledbat import LOOK, STEP, Beside, Felt, Flow, Trips

SEGMENT = 1448  # bytes


class Pipe:
    """A link with a queue, in bytes and seconds; `taken` is what others take of it, in bytes a second."""

    def __init__(self, rate: float, way: float, taken: float = 0.0) -> None:
        self.rate, self.way, self.taken = rate, way, taken
        self.queue = 0.0  # bytes
        self.longest = 0.0  # seconds

    def carry(self, offered: float, seconds: float) -> float:
        """Take what is offered in that time; return how much of it came through."""
        came = self.queue + (offered + self.taken) * seconds
        through = min(came, self.rate * seconds)
        self.queue = came - through
        self.longest = max(self.longest, self.delay)
        return through * offered / (offered + self.taken) if offered + self.taken else 0.0

    @property
    def delay(self) -> float:
        """Seconds that a byte stands in the queue."""
        return self.queue / self.rate


class Sender:
    """A connection whose pace `Trips` sets, with the kernel's view of it."""

    def __init__(self, pipe: Pipe, demand: float = float("inf")) -> None:
        self.trips = Trips()
        self._pipe, self._demand = pipe, demand
        self.now = self._trip = 0.0
        self._acked = self._parts = self._heard = 0.0
        self.rate = 0.0

    def run(self, seconds: float, target: float) -> float:
        """Send for some time; return the mean of what came through, in bytes a second."""
        before = self._acked
        for _ in range(round(seconds / STEP)):
            self.rate = self.trips.step(self.now, self._flow(), target)
            through = self._pipe.carry(min(self.rate, self._demand), STEP)
            self._acked += through
            self._parts += through / SEGMENT / 2
            while self._heard < self._parts:  # one acknowledgement for two segments
                self._heard += 1
                trip = self._pipe.way + self._pipe.delay
                self._trip = self._trip * 7 / 8 + trip / 8 if self._trip else trip
            self.now += STEP
        return (self._acked - before) / seconds

    def _flow(self) -> Flow:
        sent = int(self._acked // SEGMENT)
        return Flow(self._trip, self._pipe.way, int(self._heard), int(self._acked), 0, sent)


class Lesson:
    """A classroom whose lesson takes its part of a link, and `Beside` says what it leaves."""

    def __init__(self, pipe: Pipe) -> None:
        self.beside = Beside()
        self.pipe = pipe
        self.now = self._came = 0.0
        self.leave = 0

    def run(self, seconds: float, lost: float = 0.0, *, fells: bool = False, heard: bool = True) -> float:
        """Let it go on; return the mean of the bulk that came through, in bytes a second."""
        total = 0.0
        for _ in range(round(seconds / LOOK)):
            self.now += LOOK
            felt = Felt(self.pipe.delay if heard else None, lost, self.now if fells else float("-inf"))
            self.leave = self.beside.step(self.now, felt, int(self._came))
            self._came = self.pipe.carry(self.leave, LOOK)
            total += self._came
        return total / seconds
