"""The prompt of MicroPython: code is sent, and what it prints comes back (core).

lost → seeking → prompting → friendly → entering → raw → sending → starting → running → ending → closing → raw

- seeking: ^C ^C ^B were sent, and the banner is awaited: it is the proof of a prompt, and says whose.
- raw: what is typed is not echoed, and what a program prints is told from its faults.
- sending: a micro:bit keeps 63 bytes that it has not read yet and drops the others (mphalport.cpp), so code
  goes in smaller pieces. What must arrive whole goes by paste mode, at the pace of its echo: where a byte
  of it is missing it is never run. So does all code for a board that does not enter raw mode.
- lost: nothing answers. It is tried again every few seconds for ever; nobody waits for it.

Each awaited word has its time. What is missed leads back to seeking, and from there to lost.
"""

import re
from collections import deque
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

PIECE = 60  # bytes that are sent at once: a micro:bit has room for 63
PAUSE = 0.02  # seconds between two pieces: 60 bytes take 5 ms at 115200, and longer to be taken
MAX_LINE = 1024  # bytes of what a program prints; a JSON object of a board's sensors has 300
MAX_FAULT = 2048  # bytes of a traceback; its last line says it
MAX_SEEN = 4096  # bytes that wait for the word that is awaited; far more than any banner
MAX_JOBS = 512  # pieces of code that wait: a file of 32 KB is 256 of them
TRIES = 3  # before a board is lost, or taken for one without raw mode, or without paste mode
AGAIN = 5.0  # seconds between two tries of one that is lost

INTERRUPT, TO_RAW, TO_FRIENDLY, RUN, PASTE = b"\x03", b"\x01", b"\x02", b"\x04", b"\x05"
SEEK = (
    INTERRUPT + INTERRUPT + TO_FRIENDLY
)  # out of a program, out of its handler of the first, out of raw mode
NO_ANSWER, RESET = "no-answer", "reset"  # why code ended that did not end by itself
INTERRUPTED = "KeyboardInterrupt"
PROMPT, RAW_PROMPT, PASTE_PROMPT = b">>> ", b"raw REPL; CTRL-B to exit\r\n>", b"=== "
BANNER = re.compile(rb"((?:MicroPython|Adafruit CircuitPython) [ -~]{3,160})\r?\n")
TRACEBACK = b"Traceback (most recent call last):"

Place = (
    Literal["lost", "seeking", "prompting", "friendly", "entering", "raw"]
    | Literal["pasting", "sending", "starting", "running", "ending", "closing"]
)
# Seconds until what is awaited is missed. A slow board takes half a second to compile what it was sent.
PATIENCE: Mapping[Place, float] = {
    "seeking": 1.0,
    "prompting": 1.0,
    "entering": 1.0,
    "pasting": 1.0,
    "sending": 3.0,
    "starting": 3.0,
    "ending": 3.0,
    "closing": 1.0,
}


class Job(NamedTuple):
    """A piece of code."""

    name: str  # who it is for
    code: str
    patience: float = 5.0  # seconds that it may say nothing
    is_endless: bool = False  # it is interrupted for the next one
    key: str = ""  # of several that wait with one key the newest wins
    is_echoed: bool = False  # it arrives whole, or is not run


class Banner(NamedTuple):
    """The board says who it is: it has begun, or was interrupted."""

    text: str


class Started(NamedTuple):
    """Code runs."""

    job: Job


class Output(NamedTuple):
    """It printed a line."""

    job: Job
    line: bytes


class Ended(NamedTuple):
    """It is over; the fault is the last line of what it raised, or `no-answer`, or `reset`."""

    job: Job
    fault: str


Event = Banner | Started | Output | Ended


class Repl:
    """A conversation with a prompt."""

    def __init__(self, pastes: bool = False) -> None:
        self.overlong = 0  # lines that were dropped
        self._place: Place = "lost"
        self._since: float | None = None  # when the place was reached, or something came; None: not known yet
        self._tries = 0
        self._raw_misses = TRIES if pastes else 0
        self._paste_misses = 0
        self._is_pasted = False  # the code that goes now, by paste mode
        self._jobs: deque[Job] = deque()
        self._job: Job | None = None
        self._unsent = b""
        self._echo = b""  # of paste mode, that is awaited
        self._fault: str | None = None  # of what was pasted, as far as it was printed
        self._seen = bytearray()
        self._skips = False  # until the end of a line that was too long
        self._interrupted = False
        self._told: list[Event] = []

    @property
    def is_lost(self) -> bool:
        """Whether nothing answers."""
        return self._tries >= TRIES

    @property
    def is_idle(self) -> bool:
        """Whether it waits for code."""
        return self._place in ("friendly", "raw") and not self._jobs

    @property
    def room(self) -> int:
        """Return how many pieces of code may still wait."""
        return MAX_JOBS - len(self._jobs)

    def seek(self) -> bytes:
        """Return what leads to the prompt from anywhere; whatever runs or waits is forgotten."""
        self._jobs.clear()
        self._job, self._tries, self._paste_misses = None, 0, 0
        self._to("seeking", None)
        return SEEK

    def add(self, job: Job) -> None:
        """Let code wait for its turn, in place of older code with its key; beyond MAX_JOBS it is dropped."""
        for index, waiting in enumerate(self._jobs):
            if job.key and waiting.key == job.key:
                self._jobs[index] = job
                return
        if self.room:
            self._jobs.append(job)

    def hurry(self) -> bytes:
        """Return what ends endless code, if other code waits."""
        if self._place != "running" or not self._jobs or self._job is None or not self._job.is_endless:
            return b""
        if self._interrupted:
            return b""
        self._interrupted = True
        self._since = None
        return INTERRUPT

    def ask(self, now: float) -> bytes:
        """Return what is to be sent now."""
        if self._since is None:
            self._since = now
        if now - self._since > self._patience():
            return self._missed(now)
        if self._place in ("friendly", "raw") and self._jobs:
            return self._turn(now)
        return self._more(now) if self._place == "sending" else self.hurry()

    def feed(self, piece: bytes, at: float) -> list[Event]:
        """Return what these bytes tell; the same for one call or one a byte."""
        self._seen += piece
        events, self._told = self._told, []
        while (told := READERS[self._place](self, at)) is not None:
            events += told
        return events

    def missed(self) -> None:
        """Bytes were lost here: leave out the line; what else was awaited is missed in its time."""
        self._seen.clear()
        self._skips = self._place == "running"

    def flush(self) -> list[Event]:
        """Return what was given up since `feed` was called last."""
        events, self._told = self._told, []
        return events

    # What is sent ------------------------------------------------------------------------------------------

    def _to(self, place: Place, now: float | None) -> None:
        self._place, self._since = place, now
        self._interrupted = False

    def _patience(self) -> float:
        if self._place == "lost":
            return AGAIN if self.is_lost else float("inf")
        if self._place == "running" and self._job is not None:
            return 1.0 if self._interrupted else self._job.patience
        return PATIENCE.get(self._place, float("inf"))

    def _missed(self, now: float) -> bytes:
        if self._place == "running" and not self._interrupted:
            self._interrupted, self._since = True, now
            return INTERRUPT
        self._raw_misses += self._place == "entering"
        self._paste_misses += self._place == "pasting" or (self._place == "sending" and self._is_pasted)
        if self._job is not None:
            self._told.append(Ended(self._job, NO_ANSWER))
            self._job = None
        self._seen.clear()
        if self._place == "seeking":
            self._tries = min(self._tries + 1, TRIES)
            if self.is_lost:
                self._jobs.clear()
                self._to("lost", now)
                return b""
        self._to("seeking", now)
        return SEEK

    def _turn(self, now: float) -> bytes:
        self._is_pasted = self._pastes(self._jobs[0])
        if self._place == "raw" and self._is_pasted:
            self._to("prompting", now)
            return TO_FRIENDLY
        if self._place == "raw":
            self._begin(now)
            return self._more(now)
        self._to("pasting" if self._is_pasted else "entering", now)
        return PASTE if self._is_pasted else TO_RAW

    def _pastes(self, job: Job) -> bool:
        return self._raw_misses >= TRIES or (job.is_echoed and self._paste_misses < TRIES)

    def _begin(self, now: float) -> None:
        self._job = self._jobs.popleft()
        self._unsent, self._echo, self._fault = self._job.code.encode(), b"", None
        self._to("sending", now - 2 * PAUSE)  # the first piece goes at once

    def _more(self, now: float) -> bytes:
        if self._echo or now - (self._since or 0.0) < PAUSE:
            return b""
        piece, self._unsent = self._unsent[:PIECE], self._unsent[PIECE:]
        self._since = now
        if piece and self._is_pasted:
            self._echo = piece
            return piece
        if self._unsent:
            return piece
        self._to("running" if self._is_pasted else "starting", now)
        self._paste_misses = 0 if self._is_pasted else self._paste_misses  # all of it was echoed
        if self._is_pasted and self._job is not None:
            self._told.append(Started(self._job))
        return piece + RUN

    # What comes: None when more is needed ------------------------------------------------------------------

    def _until(self, word: bytes) -> bytes | None:
        """Return what came before a word, and take both; keep no more than may hold a part of it."""
        index = self._seen.find(word)
        if index < 0:
            del self._seen[: max(0, len(self._seen) - MAX_SEEN)]
            return None
        before = bytes(self._seen[:index])
        del self._seen[: index + len(word)]
        return before

    def _sought(self, at: float) -> list[Event] | None:
        found = BANNER.search(self._seen)
        if found is None:
            del self._seen[: max(0, len(self._seen) - MAX_SEEN)]
            return None
        banner = Banner(found[1].decode())
        del self._seen[: found.end()]
        self._tries = 0
        self._to("prompting", at)
        return [banner]

    def _prompted(self, at: float) -> list[Event] | None:
        return self._reached(PROMPT, "friendly", at)

    def _entered(self, at: float) -> list[Event] | None:
        told = self._reached(RAW_PROMPT, "raw", at)
        self._raw_misses = self._raw_misses if told is None else 0
        return told

    def _pasted(self, at: float) -> list[Event] | None:
        if self._until(PASTE_PROMPT) is None:
            return None
        self._begin(at)
        return []

    def _reached(self, word: bytes, place: Place, at: float) -> list[Event] | None:
        if self._until(word) is None:
            return None
        self._to(place, at)
        return []

    def _echoed(self, _: float) -> list[Event] | None:
        for byte in self._seen:
            if self._echo and byte == self._echo[0]:
                self._echo = self._echo[1:]
        self._seen.clear()
        return None

    def _started(self, at: float) -> list[Event] | None:
        if self._until(b"OK") is None or self._job is None:
            return None
        self._to("running", at)
        return [Started(self._job)]

    def _printed(self, at: float) -> list[Event] | None:
        if self._is_pasted and self._seen.startswith(PROMPT):
            # What was interrupted and says no fault was perhaps never run: the ^D of it was lost.
            return self._over(self._fault or (INTERRUPTED if self._interrupted else ""), "friendly", at)
        ends = [index for index in (self._seen.find(b"\n"), self._seen.find(RUN)) if index >= 0]
        if not ends:
            if len(self._seen) > MAX_LINE:
                self._seen.clear()
                self._skips = True
            return None
        line, end = bytes(self._seen[: min(ends)]), self._seen[min(ends)]
        del self._seen[: min(ends) + 1]
        if not self._interrupted:
            self._since = at
        if end == RUN[0]:
            self._to("ending", at)
        return self._line(line, at)

    def _line(self, line: bytes, at: float) -> list[Event]:
        assert self._job is not None, "nothing runs without a job"
        if self._skips or len(line) > MAX_LINE:
            self._skips = False
            self.overlong += 1
            return []
        banner = BANNER.search(line + b"\n")
        if banner is not None:
            job, self._job = self._job, None
            self._to("prompting", at)
            return [Ended(job, RESET), Banner(banner[1].decode())]
        if self._is_pasted and (self._fault is not None or line.startswith(TRACEBACK)):
            self._fault = line.decode("ascii", "replace").strip()
            return []
        return [Output(self._job, line.rstrip(b"\r"))] if line.strip() else []

    def _raised(self, at: float) -> list[Event] | None:
        words = self._until(RUN)
        if words is None:
            return None
        lines = words[-MAX_FAULT:].decode("ascii", "replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return self._over(said[-1] if said else "", "closing", at)

    def _over(self, fault: str, place: Place, at: float) -> list[Event]:
        assert self._job is not None, "nothing ends without a job"
        job, self._job = self._job, None
        self._to(place, at)
        return [Ended(job, fault)]

    def _closed(self, at: float) -> list[Event] | None:
        return self._reached(b">", "raw", at)


Reader = Callable[[Repl, float], list[Event] | None]
READERS: Mapping[Place, Reader] = {
    "lost": Repl._sought,
    "seeking": Repl._sought,
    "prompting": Repl._prompted,
    "friendly": Repl._sought,
    "entering": Repl._entered,
    "raw": Repl._sought,
    "pasting": Repl._pasted,
    "sending": Repl._echoed,
    "starting": Repl._started,
    "running": Repl._printed,
    "ending": Repl._raised,
    "closing": Repl._closed,
}
