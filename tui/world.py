"""What is true at the daemon, as far as this screen was told: the newest notice of each key."""

from typing import TypeVar

from edge.contract.notices import (
    Day,
    Devices,
    Health,
    Hello,
    Lesson,
    Library,
    Link,
    MediaCheck,
    Notice,
    Reading,
    RegisterChanged,
    Run,
    Settings,
    Showing,
)
from edge.contract.talkback import Answered, Capture, CardsSeen, QuickCheck

MAX_KEYS = 1024  # as many as the daemon's board keeps

N = TypeVar("N", bound=Notice)


class World:
    """The newest notices."""

    def __init__(self) -> None:
        self._newest: dict[str, Notice] = {}

    def take(self, notice: Notice) -> None:
        """Keep what is new; a daemon that says hello tells all of it again."""
        if isinstance(notice, Hello):
            self._newest.clear()
        self._newest.pop(notice.key, None)
        self._newest[notice.key] = notice
        if len(self._newest) > MAX_KEYS:
            self._newest.pop(next(iter(self._newest)))

    def newest(self, kind: type[N], key: str = "") -> N | None:
        """Return the newest notice of a kind and key, None before there was one."""
        notice = self._newest.get(key or kind.__name__)
        return notice if isinstance(notice, kind) else None

    @property
    def hello(self) -> Hello | None:
        """Return who the daemon is."""
        return self.newest(Hello)

    @property
    def settings(self) -> Settings | None:
        """Return what was chosen."""
        return self.newest(Settings)

    @property
    def day(self) -> Day | None:
        """Return today's lessons."""
        return self.newest(Day)

    @property
    def lesson(self) -> Lesson:
        """Return the lesson that runs, `state` "none" without one."""
        return self.newest(Lesson) or Lesson()

    @property
    def link(self) -> Link | None:
        """Return how the hub is heard."""
        return self.newest(Link)

    @property
    def showing(self) -> Showing:
        """Return what the projector shows."""
        return self.newest(Showing) or Showing()

    @property
    def library(self) -> Library:
        """Return how the library stands."""
        return self.newest(Library) or Library()

    @property
    def devices(self) -> Devices:
        """Return instruments and robots."""
        return self.newest(Devices) or Devices()

    @property
    def run(self) -> Run:
        """Return the experiment that runs, or the last."""
        return self.newest(Run) or Run()

    @property
    def health(self) -> Health | None:
        """Return how the node is."""
        return self.newest(Health)

    @property
    def media_check(self) -> MediaCheck:
        """Return what is found of camera and microphone."""
        return self.newest(MediaCheck) or MediaCheck()

    @property
    def capture(self) -> Capture | None:
        """Return whether the class is seen and heard, None where the daemon does not say."""
        return self.newest(Capture)

    @property
    def answered(self) -> Answered:
        """Return what the hub teacher answered."""
        return self.newest(Answered) or Answered()

    @property
    def quick(self) -> QuickCheck:
        """Return the quick check that runs, `stage` "none" without one."""
        return self.newest(QuickCheck) or QuickCheck()

    @property
    def cards(self) -> CardsSeen:
        """Return whose cards were read for a roll call."""
        return self.newest(CardsSeen) or CardsSeen()

    def reading(self, device: str, channel: str) -> Reading | None:
        """Return a channel's newest value."""
        return self.newest(Reading, f"Reading {device} {channel}")

    def head(self, lesson: str) -> str:
        """Return the id of the register that counts, "" before one was written since the daemon began."""
        changed = self.newest(RegisterChanged, f"RegisterChanged {lesson}")
        return changed.head if changed else ""
