"""Finding out what is plugged in: listened to first, asked politely; nothing is written to strangers."""

from devices.driver import Driver, Heard
from devices.probing import (
    ANSWER,
    BOOT,
    GRACE,
    LISTEN,
    TALKS,
    Found,
    Kind,
    Nobody,
    Probe,
    Speed,
    Step,
    Write,
    candidates,
    may_ask,
    speeds,
)


class Knocks(Driver):
    """Is proven by its own word."""

    word, question = b"KNOCK", b""

    def __init__(self) -> None:
        self._heard = b""

    def greet(self) -> bytes:
        return self.question

    def feed(self, piece: bytes, at: float) -> Heard:
        self._heard += piece
        if self.word in self._heard:
            self.identity = self.word.decode()
        return []

    def stop(self) -> bytes:
        return b""


class Asks(Knocks):
    """Is proven by its answer."""

    word, question = b"ANSWER", b"?"


KNOCKS = Kind("knocks", Knocks, frozenset({(1, 2)}), (9600,))
ASKS = Kind("asks", Asks, bauds=(9600, 57_600))
USB = (7, 7)


def _steps(probe: Probe, seconds: float, now: float = 0.0) -> list[Step]:
    """Let time pass in silence; return what was to be done."""
    steps, until = [], now + seconds
    while now < until:
        step = probe.step(now)
        if step is None:
            now += 0.05
            continue
        steps.append(step)
        if isinstance(step, Nobody):
            break
    return steps


def test_who_speaks_first_is_found_without_a_word() -> None:
    probe = Probe([KNOCKS], True, 0.0)
    assert _steps(probe, BOOT - 0.1) == []
    assert probe.feed(b"..KNO", 2.0) is None
    assert probe.feed(b"CK..", 2.1) == Found(KNOCKS, 9600, "KNOCK")


def test_who_does_not_speak_is_asked_once_and_found_by_the_answer() -> None:
    probe = Probe([ASKS], True, 0.0)
    assert _steps(probe, BOOT + 0.1) == [Write(b"?")]
    assert probe.feed(b"ANSWER", BOOT + 0.2) == Found(ASKS, 9600, "ANSWER")


def test_each_likely_speed_is_tried_and_then_it_is_given_up() -> None:
    steps = _steps(Probe([ASKS], True, 0.0), 60.0)
    assert steps == [Write(b"?"), Speed(57_600), Write(b"?"), Nobody((9600, 57_600), False)]


def test_a_speed_takes_no_longer_than_three_seconds() -> None:
    assert BOOT + ANSWER <= 3.0
    assert LISTEN + ANSWER <= 3.0


def test_nothing_is_written_to_what_nobody_knows() -> None:
    steps = _steps(Probe([ASKS, KNOCKS], False, 0.0), 60.0)
    assert not any(isinstance(step, Write) for step in steps)
    assert not may_ask([KNOCKS, ASKS], USB, False)
    assert not may_ask([KNOCKS, ASKS], None, False)
    assert may_ask([KNOCKS, ASKS], USB, True)
    assert may_ask([KNOCKS, ASKS], (1, 2), False)


def test_garbage_is_heard_and_is_nobody() -> None:
    probe = Probe([KNOCKS], False, 0.0)
    assert probe.feed(b"\xff\x00" * 1000, 1.0) is None
    assert _steps(probe, 60.0) == [Nobody((9600,), True)]


def test_the_driver_of_before_is_tried_first_and_one_that_is_surely_for_it_alone() -> None:
    assert candidates([KNOCKS, ASKS], (1, 2)) == [KNOCKS]
    assert candidates([KNOCKS, ASKS], USB) == [KNOCKS, ASKS]
    assert candidates([KNOCKS, ASKS], USB, "asks") == [ASKS, KNOCKS]
    assert candidates([KNOCKS, ASKS], (1, 2), "asks") == [ASKS, KNOCKS]


def test_one_question_that_two_drivers_have_is_asked_once() -> None:
    other = Kind("asks", Asks, bauds=(9600,))
    steps = _steps(Probe([ASKS, other], True, 0.0), BOOT + ANSWER + 0.2)
    assert steps == [Write(b"?"), Speed(57_600), Write(b"?")]


class Orders(Asks):
    """Another machine might take its question for an order; its kind says BOOT when it begins."""

    question = b"M115"

    def feed(self, piece: bytes, at: float) -> Heard:
        heard = super().feed(piece, at)
        self.is_hinted = b"BOOT" in self._heard
        return heard


ORDERS = Kind("orders", Orders, frozenset({(1, 2)}), (9600,), is_order=True)


def test_what_might_be_an_order_is_asked_when_a_person_allows_it_or_words_of_its_kind_were_heard() -> None:
    assert _steps(Probe([ORDERS], True, 0.0), BOOT + 0.1) == [Write(b"M115")]
    assert _steps(Probe([ORDERS], True, 0.0, spares=True), 60.0) == [Nobody((9600,), False)]
    probe = Probe([ORDERS], False, 0.0, spares=True)
    probe.feed(b"BOOT\n", 1.0)
    assert _steps(probe, 0.1, 1.0) == [Write(b"M115")]


def test_who_speaks_is_interrupted_by_no_question_and_listened_to_for_longer() -> None:
    probe, asked = Probe([ASKS], True, 0.0), []
    for second in range(1, 8):
        probe.feed(b"21.5 degrees\n", float(second))
        asked += _steps(probe, 0.9, float(second))
    assert asked == []
    assert Write(b"?") in _steps(probe, TALKS + 0.1, 8.0)


def test_what_is_no_text_was_said_at_another_speed_which_is_tried_at_once() -> None:
    probe = Probe([ASKS], False, 0.0)
    probe.feed(b"\xf8\x00\xe0", 1.0)
    assert _steps(probe, GRACE, 1.0) == []
    assert _steps(probe, 0.1, 1.0 + GRACE) == [Speed(57_600)]
    assert _steps(probe, TALKS - 0.3, 1.2 + GRACE) == []
    assert _steps(probe, 60.0, 5.0) == [Speed(9600), Nobody((9600, 57_600), True)]


def test_each_time_that_it_was_in_vain_another_speed_is_the_first() -> None:
    assert speeds([ASKS]) == (9600, 57_600)
    assert speeds([ASKS], 9600) == (57_600, 9600)
    assert speeds([ASKS], 57_600) == (9600, 57_600)
    assert speeds([KNOCKS, ASKS]) == (57_600, 9600)
