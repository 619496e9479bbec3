"""How fast bulk may come so that nobody else notices it: less than best effort, as LEDBAT (RFC 6817) (cores).

Theory of operation. Bytes that a link cannot carry at once stand in a queue, and everything behind them is
late. Two controllers hold the queue at a small target. `Trips` runs where bulk is sent, always: it reads the
delay from round trips. `Beside` runs in the classroom during a lesson: it reads the delay from the lesson's
own packets, which come fifty times a second and one way, so that it can aim lower and see what it does.

`Trips` moves its rate in proportion to what the delay is off its target, and adds a share of it at once: with
the first alone, rate and queue swing against each other. `Beside` sees nothing until the link is full to the
last packet, and then a queue that grows fast. So it climbs, remembers the rate at which there was a queue,
steps back and creeps up to it again; only what brakes follows the delay at once. Both pause at times, and the
queue empties: else its length would be taken for the length of the way.
"""

from collections import deque

from msgspec import Struct

FLOOR = 2_000  # bytes a second: a packet in 0.7 s; less is no transfer, and on 64 kbit/s it is a quarter
START = 12_000  # bytes a second: what a first packet does on a link of which nothing is known
CEILING = 1 << 27  # bytes a second: a gigabit
RESTING = 4  # times the least, in a pause: two packets; what waits for its turn at less waits for a second
AT_ONCE = 0.25  # share of the rate that follows the delay at once
UNDER, OVER = 1.0, -2.0  # targets that a delay may be off: none, and three times what it should be
STEEP = 3.0  # targets of delay beyond which the rate falls at once
FALL = 0.7  # of the rate then, or when packets are lost


def _off(delay: float, target: float) -> float:
    """Return how far a delay is off its target, in targets: above 0 there is room."""
    return min(UNDER, max(OVER, 1 - delay / target))


class Flow(Struct, frozen=True):
    """What the kernel says of one connection (struct tcp_info)."""

    trip: float  # seconds, smoothed
    least: float  # seconds, the shortest of the last minutes
    heard: int  # segments that came so far: each is a measured trip
    acked: int  # bytes so far
    again: int  # segments sent again so far
    sent: int  # segments sent so far
    segment: int = 1448  # bytes of one


SMOOTHING = 7 / 8  # of RFC 6298: the share of the old value in the new one
ALIKE = 0.4  # seconds a data packet may take longer than the shortest way: two of 1500 bytes at 64 kbit/s
LEAST_SPAN = 300.0  # seconds a shortest trip is remembered, twice over
DOUBLING = 1.5  # growth in one step at the beginning, until there is a queue
BEGIN = 8  # segments a second of which nothing is known: a first one shows what it does
LEAST = 1.4  # segments a second at least: on 64 kbit/s that is a quarter of it
PAST = 6  # steps over which what was carried is measured: two packets in each at the slowest
STEP = 0.1  # seconds between steps
GROWTH = 0.4  # of the rate in a second, while there is no queue
USED = 0.6  # of the rate that has to be used before it may grow
LOSING = 0.1  # of the segments: a full queue, not a radio
REST_EVERY = 30.0  # seconds between pauses in which the queue empties
REST = 0.4  # seconds of one


class Trips:
    """The rate of one connection, where it is sent from."""

    def __init__(self) -> None:
        self.rate = self._least = float(FLOOR)
        self.queue = 0.0
        self._past: deque[tuple[float, Flow]] = deque(maxlen=PAST)
        self._queued = False
        self._bases = (float("inf"), float("inf"))
        self._turned = 0.0
        self._is_starting = True
        self._fell = float("-inf")
        self._rested = float("-inf")

    def step(self, now: float, flow: Flow, target: float) -> float:
        """Return the rate from now on; to be asked every STEP."""
        if not self._past or now - self._past[-1][0] > 10 * STEP:  # it has slept: what it knows is old
            self.rate, self._is_starting, self._rested = BEGIN * flow.segment, True, now
            self._least = LEAST * flow.segment
            self._past.clear()
            self._past.append((now, flow))
            return self.rate
        before, (since, then) = self._past[-1], self._past[0]
        self._past.append((now, flow))
        trip = _unsmoothed(before[1], flow)
        if trip is None or now <= before[0]:
            return self._applied(now, 0.0)
        self.queue = max(0.0, trip - self._base(trip, flow.least, now))
        carried = (flow.acked - then.acked) / (now - since)
        lost = (flow.again - then.again) / max(1, flow.sent - then.sent)
        if self._is_starting:
            self._start(carried, target)
        else:
            self._move(now, now - before[0], carried, lost, target)
        return self._applied(now, AT_ONCE * _off(self.queue, target))

    def _start(self, carried: float, target: float) -> None:
        """Grow as fast as what was tried proves to be carried, until there is a queue twice in a row."""
        if self.queue <= target:
            self._queued = False
            if carried > self.rate / 2:
                self.rate = min(self.rate * DOUBLING, CEILING)
        elif self._queued:  # a single one is a segment that was acknowledged late
            self.rate, self._is_starting = max(self._least, min(self.rate, carried)), False
        else:
            self._queued = True

    def _move(self, now: float, seconds: float, carried: float, lost: float, target: float) -> None:
        if self.queue > STEEP * target or (lost > LOSING and self.queue > target / 2):
            if now - self._fell > 2 * STEP + self.queue:  # the last fall has to show first
                self.rate, self._fell = max(self._least, min(self.rate, carried) * FALL), now
            return
        grown = self.rate * (1 + GROWTH * _off(self.queue, target) * seconds)
        if grown < self.rate or carried > USED * self.rate:
            self.rate = min(max(grown, self._least), CEILING)

    def _applied(self, now: float, share: float) -> float:
        if self._is_starting:
            self._rested = now
            return self.rate
        if now - self._rested > REST_EVERY:
            self._rested = now
        if now - self._rested < REST:
            return min(self.rate, RESTING * self._least)
        return max(self._least, self.rate * (1 + share))

    def _base(self, trip: float, least: float, now: float) -> float:
        """Return the way without a queue: the shortest trip of a data packet, not of a small one."""
        if now - self._turned > LEAST_SPAN:
            self._bases, self._turned = (trip, self._bases[0]), now
        self._bases = (min(trip, self._bases[0]), self._bases[1])
        return max(least, min(*self._bases, least + ALIKE))


def _unsmoothed(before: Flow, flow: Flow) -> float | None:
    """Return the mean of the trips measured since; None if there was none.

    The kernel's own mean lags a second behind on a slow connection: it holds seven eighths of what was
    before each measurement. What it was before is known, so the rest can be told.
    """
    count = flow.heard - before.heard
    if count <= 0:
        return None
    old = SMOOTHING**count
    return max(flow.least, (flow.trip - old * before.trip) / (1 - old))


class Felt(Struct, frozen=True):
    """What a lesson's receiver felt since it was asked before."""

    delay: float | None  # seconds: the least of any packet, so what never left the queue
    lost: float  # share of the packets
    fell: float  # when it last found the link full, in the seconds of the same clock


LOOK = 0.2  # seconds between looks: five pictures, ten packets of sound
AIM = 0.02  # seconds of standing queue: half a frame; the picture's own burst takes longer
EARLY = 1.1  # growth in one look until there is a queue for the first time
BACK = 0.9  # of the rate, when there is a queue
HINDSIGHT = 0.8  # seconds until that shows: a look, a word to the hub, the way, the queue itself
CLIMB = 0.5  # of the rate in a second, while there is no queue, below what it fell from
CLIMB_NEAR = 0.05  # … near it
BEYOND = 1.08  # … and above so much of it: the lesson needs less by now
CLIMB_BEYOND = 0.15
ANEW = 1.3  # times what it fell from: that says nothing any more
SOME = 0.03  # share lost that is no radio's
HOLDS = 0.8  # of that rate before, at least: bulk that had just not come says nothing of the link
NEARLY = 0.9  # of what came without a queue: so much is found again at once
DOUBT = 0.85  # of that after each queue: a busy computer makes one, and so does a lesson that grew
MEANT = 1.15  # times what came of late: a rate beyond it was not tried yet when the queue began
AHEAD = 1.5  # times what comes, and SPARE, is the most: a rate that is not used says nothing
SPARE = 24_000  # bytes a second: three records of TLS in two seconds
SPAN = 10  # looks over which that is measured
STARVE = 0.5  # of the rate, when the lesson was found to need the link for itself
CAREFUL = 3.0  # seconds without growth then
TIMES = 3  # of that within AWAY until nothing else is fetched
UNHEARD = 1.0  # seconds without a packet of the lesson until nothing else is fetched
OURS = 4_000  # bytes a second of bulk from which a queue may be its own
TOO_LITTLE = START  # bytes a second: not more than that, for so long …
PATIENCE = 10.0  # seconds: … the link does not bear it
AWAY = 60.0  # seconds until the next try, twice as long each time
LONGEST_AWAY = 600.0
BRAKE = 0.3  # of the rate, for each target that the queue is too long
PAUSE_EVERY = 8.0  # seconds: the receiver forgets the length of the way after ten
PAUSE = 0.35  # seconds


class Beside:
    """The rate of all bulk together beside a lesson, in the classroom."""

    def __init__(self) -> None:
        self.rate = float(START)
        self._then: float | None = None
        self._pieces: deque[tuple[float, int]] = deque(maxlen=SPAN)
        self._limit = 0.0  # the rate at which there was a queue; 0 before
        self._proven = 0.0  # bytes a second that came without one
        self._fell = self._paused = self._heard = self._starved = float("-inf")
        self._starvings: deque[float] = deque(maxlen=TIMES)
        self._poor: float | None = None  # since when the rate is too little
        self._off_until = float("-inf")
        self._away = AWAY

    def is_off(self, now: float) -> bool:
        """Tell whether the link does not bear anything beside the lesson."""
        return now < self._off_until

    def step(self, now: float, felt: Felt | None, came: int) -> int:
        """Return the rate from now on, 0 for none; `came` are the bytes of bulk since the step before."""
        then, self._then = self._then, now
        if then is None or now - then > 10 * LOOK:
            self.rate, self._limit, self._proven, self._paused = float(START), 0.0, 0.0, now
            self._pieces.clear()
            self._poor = None
            return 0 if self.is_off(now) or felt is None else START
        seconds = max(now - then, LOOK / 2)
        self._pieces.append((seconds, came))
        if felt is None or felt.delay is None:  # the lesson itself does not come: nothing may be in its way
            return FLOOR if now - self._heard < UNHEARD and not self.is_off(now) else 0
        self._heard = now
        if self.is_off(now):
            return 0
        if felt.fell > then:
            self._starve(now)
        elif now - self._starved > CAREFUL:
            self._move(now, seconds, felt.delay, felt.lost)
        return 0 if self.is_off(now) else self._applied(now, felt.delay)

    def _move(self, now: float, seconds: float, delay: float, lost: float) -> None:
        if delay > AIM or lost > SOME:
            self._fall(now, delay, lost)
        elif not self._limit and delay < AIM / 2:
            self.rate *= EARLY
        elif delay < AIM / 2:
            self._proven = max(self._proven, self._came())
            self.rate *= 1 + self._climb() * seconds
        self.rate = max(FLOOR, min(self.rate, AHEAD * self._came() + SPARE))
        self._judge(now)

    def _fall(self, now: float, delay: float, lost: float) -> None:
        """Step back once, and again only when that has shown and was not enough."""
        if now - self._fell < HINDSIGHT:
            return
        # What a queue that is not ours says is only that the lesson has key frames.
        least = FLOOR if self._came() > OURS else START
        limit = max(min(self.rate, MEANT * self._came()), HOLDS * self._limit)
        self._fell, self._limit = now, max(least, limit)
        self._proven *= DOUBT
        self.rate = self._limit * (FALL if delay > STEEP * AIM or lost > SOME else BACK)

    def _climb(self) -> float:
        share = self.rate / max(self._limit, NEARLY * self._proven)
        if share > BEYOND and self._came() < USED * self.rate:
            return 0.0  # the rate before was not tried yet
        if share > ANEW:
            self._limit = 0.0
        return CLIMB if share < BACK else CLIMB_NEAR if share < BEYOND else CLIMB_BEYOND

    def _came(self) -> float:
        """Return the bytes a second that came of late; they come in records of 16 KiB."""
        return sum(came for _, came in self._pieces) / max(LOOK, sum(seconds for seconds, _ in self._pieces))

    def _starve(self, now: float) -> None:
        """The lesson itself was made smaller: step far back; leave, if that is not enough."""
        if self._came() < OURS:
            return  # not by us: its own key frame, or this computer had no time
        self._limit = self.rate = max(FLOOR, self.rate * STARVE)
        self._starved = self._fell = now
        self._starvings.append(now)
        if len(self._starvings) == TIMES and now - self._starvings[0] < AWAY:
            self._leave(now)

    def _judge(self, now: float) -> None:
        if self.rate > TOO_LITTLE:
            self._poor = None
            if now - self._off_until > LONGEST_AWAY:
                self._away = AWAY
        elif self._poor is None:
            self._poor = now
        elif now - self._poor > PATIENCE:
            self._leave(now)

    def _leave(self, now: float) -> None:
        if self.is_off(now):
            return
        self._off_until, self._poor = now + self._away, None
        self._away = min(2 * self._away, LONGEST_AWAY)
        self.rate, self._limit, self._proven = float(START), 0.0, 0.0

    def _applied(self, now: float, delay: float) -> int:
        if now - self._paused > PAUSE_EVERY:
            self._paused = now
        if now - self._paused < PAUSE:
            return min(round(self.rate), RESTING * FLOOR)
        return max(FLOOR, round(self.rate * (1 + BRAKE * min(0.0, _off(delay, AIM)))))
