"""The lesson that runs at a classroom, as its screen has it (core): what is shown, how far behind the hub.

A lesson runs from `start` to `leave`. Its stream is the one that was given, else the only live one, else the
one that this class had in this subject last; as long as that does not settle it, the lesson is *waiting*
(nothing is live, it begins by itself) or *choosing*. From then on one of three things is shown:

- *the hub*: `live` while packets come, `lost` when there were none for QUIET seconds; live again by itself.
- *the tape*, from `pause` or `skip` on: `paused`, or `behind`. It plays as fast as the hub talks, so it stays
  as far behind. At its end, or as near to the hub as only the hub itself can be, the hub is shown again. An
  outage does not end it: what is recorded is watched to its end, and only then the lesson is lost.
- *an item* of the library: `playing`. One that has pages does not move by itself: its place is a page, and to
  skip is to turn one. Chosen while the hub was away it is a filler, and the hub takes its
  place once it was heard for STEADY seconds. Chosen while the hub was there it stays until somebody says
  otherwise; `away` then tells whether the hub could be gone back to. An item needs no lesson to be played.

`away` counts from the last packet on in every state; after OFFER_AFTER seconds a recording may be offered.
"""

import math
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from edge.classroom.tape import Tape
from edge.contract.notices import Offer, StageState
from edge.media.record.reel import Reel

QUIET = 4.0  # seconds without a packet until the hub counts as lost: as long as the link to it needs to know
STEADY = 3.0  # seconds the hub is heard again until it takes a filler's place: links come and go
OFFER_AFTER = 20.0  # seconds the hub is away until a recording is offered
SAFE = 4.0  # seconds behind the hub that the tape needs: a fragment of 2 s is on the disk within 3
CAUGHT_UP = 1.0  # seconds behind the hub from which on the hub itself is shown
MAX_STEP = 2.0  # seconds the tape moves on in one tick: a computer that slept shows on from where it was

UNKNOWN = 2000  # pages that a document is taken to have at most, where nobody could count them

Mode = Literal["free", "slate", "stream", "recording", "document"]


class Unfit(Exception):
    """What was ordered cannot be done now: a word key."""


class Heard(Struct, frozen=True):
    """One stream of this node: when its last packet came, and what is recorded of it."""

    heard: float
    live: bool = True
    reels: tuple[Reel, ...] = ()


class Shown(Struct, frozen=True):
    """What a projector is to show; `said` is the word key of a slate."""

    mode: Mode = "free"
    stream: str = ""
    recording: str = ""
    media_type: str = ""
    at: float = 0.0
    paused: bool = False
    growing: bool = False
    said: str = ""
    address: str = ""  # of the file, where it is none of a recording
    page: int = 0  # of a document, from 1


class Playable(Struct, frozen=True):
    """An item that can be played."""

    item: str
    media_type: str
    seconds: float
    growing: bool = False
    address: str = ""  # of the file, where it is none of a recording
    pages: int = 0  # of a document or a picture; 0 for what moves
    title: str = ""  # "" where nobody knows it


class Held(Struct, frozen=True):
    """What is held, and where: in seconds of it, or its page from 0."""

    item: str
    at: float


class _OnTape(Struct):
    at: float
    paused: bool


class _Playing(Struct):
    item: Playable
    at: float
    paused: bool
    filler: bool

    def skip(self, by: float) -> None:
        """Go on by seconds, or turn a page."""
        most: float = self.item.seconds
        if self.item.pages:
            by, most = math.copysign(1.0, by), self.item.pages - 1.0
        self.at = max(0.0, min(self.at + by, most))


class Stage:
    """One classroom's lesson; `tick` is to be called a few times a second, and before each order."""

    def __init__(self) -> None:
        self.runs = False
        self.stream = ""
        self.choices: tuple[str, ...] = ()
        self.offer: Offer | None = None
        self._habit = ""
        self._now = 0.0
        self._streams: Mapping[str, Heard] = {}
        self._tape = Tape()
        self._place: _OnTape | _Playing | None = None
        self._heard_at: float | None = None
        self._heard_since: float | None = None
        self._began = 0.0

    # Orders -----------------------------------------------------------------------------------------------

    def start(self, stream: str, habit: str) -> None:
        """Begin a lesson; `habit` is the stream that this class had in this subject last."""
        self.leave()
        self.runs, self.stream, self._habit, self._began = True, stream, habit, self._now
        self._find_stream()
        self._listen()

    def leave(self) -> None:
        """End the lesson, or what is played without one."""
        self.runs, self.stream, self.choices, self.offer = False, "", (), None
        self._tape, self._place = Tape(), None
        self._heard_at = self._heard_since = None

    def pause(self) -> None:
        """Hold what is shown."""
        if self._place is not None:
            self._place.paused = True
        elif self.state != "live":
            raise Unfit("nothing-shown" if self.runs else "no-lesson")
        elif not self._tape.grows:
            raise Unfit("not-recorded")
        else:
            self._place = _OnTape(self._tape.end, True)

    def go_on(self) -> None:
        """Show on from where it was held."""
        if self._place is None:
            if self.state in ("none", "waiting", "choosing"):
                raise Unfit("nothing-shown" if self.runs else "no-lesson")
            return
        if self.pages:
            return
        if isinstance(self._place, _Playing) and self._place.at >= self._place.item.seconds:
            self._place.at = 0.0
        self._place.paused = False
        self._keep_safe()

    def back_to_live(self) -> None:
        """Show the hub."""
        if not self.runs:
            raise Unfit("no-lesson")
        self._place = None

    def skip(self, seconds: float) -> None:
        """Go back or forward on the tape or in what is played."""
        if isinstance(self._place, _Playing):
            self._place.skip(seconds)
            return
        if self.state not in ("live", "lost", "behind", "paused"):
            raise Unfit("nothing-shown" if self.runs else "no-lesson")
        if not self._tape.end:
            raise Unfit("not-recorded")
        at, paused = (self._tape.end, False) if self._place is None else (self._place.at, self._place.paused)
        if at + seconds >= self._edge and not paused:
            self._place = None
        else:
            at = max(0.0, min(at + seconds, self._edge))
            self._place = _OnTape(self._tape.past_hole(at), paused)

    def play(self, item: Playable, at: float) -> None:
        """Show an item; what is recorded of this very lesson is watched as its tape."""
        at = max(0.0, min(at, max(item.seconds, item.pages - 1.0)))
        begin = self._tape.begin_of(item.item)
        if begin is None:
            self._place = _Playing(item, at, item.pages > 0, self.runs and not self._is_heard)
        else:
            self._place = _OnTape(begin + at, False)
            self._keep_safe()

    # Time -------------------------------------------------------------------------------------------------

    @property
    def held(self) -> Held | None:
        """Return what is held of a recording or a document, for a daemon that is started anew."""
        shown = self.shown
        if not (self.runs and self.paused and shown.recording):
            return None
        return Held(shown.recording, shown.page - 1.0 if shown.page else shown.at)

    def hold(self, item: Playable, at: float) -> None:
        """Show and hold what was held before; the hub does not take its place by itself."""
        at = max(0.0, min(at, max(item.seconds, item.pages - 1.0)))
        self._place = _Playing(item, at, True, False)

    def tick(self, now: float, streams: Mapping[str, Heard]) -> None:
        """Let time pass; `streams` are those of this node by name."""
        step = min(max(now - self._now, 0.0), MAX_STEP)
        self._now, self._streams = max(now, self._now), streams
        if self.runs:
            self._find_stream()
            self._listen()
        if self._place is not None and not self._place.paused:
            self._place.at += step
        if isinstance(self._place, _Playing):
            self._tick_item(self._place)
        elif self._place is not None:
            self._tick_tape(self._place)

    def _find_stream(self) -> None:
        if self.stream:
            return
        live = sorted(name for name in self._streams if self._hears(name))
        if len(live) == 1:
            self.stream = live[0]
        elif self._habit in live:
            self.stream = self._habit
        self.choices = () if self.stream else tuple(live)

    def _listen(self) -> None:
        told = self._streams.get(self.stream)
        if told is not None:
            self._tape.take(told.reels)
            self._heard_at = max(told.heard, self._heard_at or told.heard)
        else:
            self._tape.take(())
        if not self._is_heard:
            self._heard_since = None
        else:
            self._heard_since = self._now if self._heard_since is None else self._heard_since
            self.offer = None

    def _tick_item(self, place: _Playing) -> None:
        for told in self._streams.values():
            for reel in told.reels:
                if reel.id == place.item.item:
                    title = place.item.title
                    place.item = Playable(reel.id, reel.media_type, reel.seconds, reel.growing, title=title)
        if not place.item.pages:
            if place.at >= place.item.seconds and not place.item.growing:
                place.paused = True
            place.at = min(place.at, place.item.seconds)
        steady = self._heard_since is not None and self._now - self._heard_since >= STEADY
        if place.filler and steady:
            self._place = None

    def _tick_tape(self, place: _OnTape) -> None:
        place.at = min(place.at if place.paused else self._tape.past_hole(place.at), self._tape.end)
        nearest = CAUGHT_UP if self.is_live else 0.0
        if not place.paused and self._tape.end - place.at <= nearest:
            self._place = None

    def _keep_safe(self) -> None:
        """Play a few seconds again rather than stumble along where the recorder writes."""
        if isinstance(self._place, _OnTape):
            self._place.at = max(0.0, min(self._place.at, self._edge))

    def _hears(self, name: str) -> bool:
        told = self._streams.get(name)
        return told is not None and told.live and self._now - told.heard < QUIET

    # What is true -----------------------------------------------------------------------------------------

    @property
    def is_live(self) -> bool:
        """Tell whether the hub sends, whatever is shown."""
        return self.runs and self._is_heard

    @property
    def _is_heard(self) -> bool:
        return self._hears(self.stream)

    @property
    def _edge(self) -> float:
        """The last place from which the tape can be played on."""
        return max(0.0, self._tape.end - SAFE) if self._tape.grows else self._tape.end

    @property
    def state(self) -> StageState:
        """Return it in one word."""
        if isinstance(self._place, _Playing):
            return "playing"
        if not self.runs:
            return "none"
        if isinstance(self._place, _OnTape):
            return "paused" if self._place.paused else "behind"
        if self._heard_at is None:
            return "choosing" if self.choices else "waiting"
        return "live" if self._is_heard else "lost"

    @property
    def behind(self) -> float:
        """Return the seconds between what is shown and the hub."""
        return self._tape.end - self._place.at if isinstance(self._place, _OnTape) else 0.0

    @property
    def position(self) -> float:
        """Return the seconds into what is shown of a recording, or the page, from 0."""
        return self._place.at if self._place else 0.0

    @property
    def length(self) -> float:
        """Return how long that recording is."""
        if isinstance(self._place, _Playing):
            return self._place.item.seconds
        return self._tape.end if self._place else 0.0

    @property
    def title(self) -> str:
        """Return what the item is called that is shown; "" while it is the lesson itself."""
        return self._place.item.title if isinstance(self._place, _Playing) else ""

    @property
    def pages(self) -> int:
        """Return how many pages that has which is shown; 0 if it has none."""
        return self._place.item.pages if isinstance(self._place, _Playing) else 0

    @property
    def page(self) -> int:
        """Return which of them is shown, from 1; 0 if it has none."""
        return round(self.position) + 1 if self.pages else 0

    @property
    def recorded(self) -> float:
        """Return the seconds that are recorded of this lesson."""
        return self._tape.end

    @property
    def paused(self) -> bool:
        """Tell whether what is shown is held."""
        return self._place is not None and self._place.paused

    @property
    def can_pause(self) -> bool:
        """Tell whether what is shown could be held."""
        return self._place is not None or (self.state == "live" and self._tape.grows)

    @property
    def away(self) -> float:
        """Return the seconds since the hub was heard; 0 while it is."""
        if not self.runs or self.is_live:
            return 0.0
        return self._now - (self._began if self._heard_at is None else max(self._heard_at, self._began))

    @property
    def wants_offer(self) -> bool:
        """Tell whether a recording would help: the hub is away, and nothing else is shown."""
        return self.state in ("lost", "waiting") and self.away >= OFFER_AFTER

    @property
    def shown(self) -> Shown:
        """Return what the projector is to show."""
        if isinstance(self._place, _Playing):
            item = self._place.item
            place = (0.0 if item.pages else self._place.at, self._place.paused, item.growing)
            mode: Mode = "document" if item.pages else "recording"
            return Shown(mode, "", item.item, item.media_type, *place, "", item.address, self.page)
        if isinstance(self._place, _OnTape) and (found := self._tape.find(self._place.at)) is not None:
            reel, at = found
            return Shown("recording", self.stream, reel.id, reel.media_type, at, self._place.paused, True)
        state = self.state
        if state == "none":
            return Shown()
        if state in ("waiting", "choosing"):
            return Shown("slate", said=state)
        if state == "lost" and self.stream not in self._streams:
            return Shown("slate", said="gone")
        return Shown("stream", self.stream)
