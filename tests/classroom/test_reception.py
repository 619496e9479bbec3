"""How the hub is heard, in one word, from what arrived."""

from collections.abc import Iterable

from edge.classroom.reception import Arrived, Reception
from edge.contract.notices import LinkState
from edge.media.packet import Kind

STEP = 0.5  # seconds
RATE: dict[Kind, int] = {"video": 60, "audio": 50}  # packets a second


class Track:
    """A track whose packets come, are lost or are not sent."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.newest, self.packets, self.at = 1000, 0, 0.0

    def step(self, now: float, share: float, sent: bool) -> Arrived:
        """Let half a second pass; this share of the packets comes."""
        if sent:
            number = round(RATE[self.kind] * STEP)
            self.newest += number
            self.packets += round(number * share)
        if sent and share:
            self.at = now
        return Arrived(self.newest, self.packets, self.at)


class Wire:
    """A lesson on its way."""

    def __init__(self) -> None:
        self.now = 0.0
        self.reception = Reception()
        self.tracks = [Track("video"), Track("audio")]

    def words(self, seconds: float, come: float = 1.0, silent: Iterable[Kind] = ()) -> list[LinkState]:
        """Return what was said in this time, each word once in a row."""
        said: list[LinkState] = []
        for _ in range(round(seconds / STEP)):
            self.now += STEP
            told = {each.kind: each.step(self.now, come, each.kind not in silent) for each in self.tracks}
            word = self.reception.take(self.now, told)
            said += [word] if said[-1:] != [word] else []
        return said


def test_a_lesson_that_comes_whole_is_heard_well() -> None:
    assert Wire().words(60) == ["good"]


def test_losses_make_it_poor_until_they_are_some_time_ago() -> None:
    wire = Wire()
    wire.words(30)
    assert wire.words(5, come=0.9)[-1] == "poor"
    assert wire.words(30) == ["poor", "good"]


def test_what_is_lost_now_and_then_is_not_poor_yet() -> None:
    wire = Wire()
    wire.words(30)
    wire.words(STEP, come=0.95)
    assert wire.words(20) == ["good"]


def test_sound_without_a_picture_is_said() -> None:
    wire = Wire()
    wire.words(10)
    assert wire.words(20, silent=["video"]) == ["good", "sound-only"]
    assert wire.words(30) == ["good"]


def test_a_picture_without_sound_is_poor() -> None:
    wire = Wire()
    wire.words(10)
    assert wire.words(10, silent=["audio"])[-1] == "poor"


def test_silence_is_a_lost_hub_and_comes_back_by_itself() -> None:
    wire = Wire()
    wire.words(10)
    assert wire.words(10, silent=["video", "audio"])[-1] == "lost"
    assert wire.words(30)[-1] == "good"


def test_a_lesson_without_a_picture_is_heard_well() -> None:
    wire = Wire()
    wire.tracks = [Track("audio")]
    assert wire.words(30) == ["good"]
    assert Reception().take(5.0, {}) == "lost"
