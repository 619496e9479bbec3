"""The judge alone: what glimpses, sizes and loudness say."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as some

from edge.vision.judge import AGAIN, STILL_FOR, Judge, Look
from edge.vision.wire import MAP, Glimpse

POINTS = MAP[0] * MAP[1]
HEAD = range(100, 112)  # points of a teacher's head in the picture
GOP = 2.0  # seconds between key frames


def picture(level: int = 120, changed: Iterable[int] = (), by: int = 40, grain: float = 1.0) -> Glimpse:
    points = bytearray([level] * POINTS)
    for place in changed:
        points[place] += by
    return Glimpse(float(level), 40.0, level + 60.0, bytes(points), grain)


def living(judge: Judge, seconds: float, begins: float = 0.0, grain: float = 1.0) -> float:
    """A teacher moves her head; return when the next key frame is due."""
    at = begins
    while at < begins + seconds:
        shown(judge, at, picture(changed=HEAD if at // GOP % 2 else (), grain=grain))
        at += GOP
    return at


def shown(judge: Judge, at: float, glimpse: Glimpse) -> None:
    judge.flow(Look(at, frames=20, octets=20_000, video=30, audio=25))
    judge.picture(at, glimpse)


def test_a_picture_that_lived_and_stands_still_is_frozen_until_it_moves() -> None:
    judge = Judge(0.0, True, False)
    at = living(judge, 20)
    shown(judge, at, picture())
    shown(judge, at + GOP, picture())
    assert judge.verdict(at + GOP).picture == "frozen"
    shown(judge, at + 2 * GOP, picture(changed=HEAD))
    assert judge.verdict(at + 2 * GOP).picture == "ok"


def test_the_noise_of_a_camera_in_an_empty_room_is_no_frozen_picture() -> None:
    judge = Judge(0.0, True, False)
    at = living(judge, 20, grain=2.0)
    for step in range(3):
        shown(judge, at + step * GOP, picture(grain=1.9))
    assert judge.verdict(at + 2 * GOP).picture == "ok"


def test_a_slide_after_a_camera_is_not_frozen() -> None:
    judge = Judge(0.0, True, False)
    at = living(judge, 20)
    for step in range(4):
        shown(judge, at + step * GOP, picture(230, grain=0.0))
    assert judge.verdict(at + 3 * GOP).picture == "ok"


def test_what_never_lived_is_still_after_a_while() -> None:
    judge = Judge(0.0, True, False)
    at = 0.0
    while at < STILL_FOR + 2 * GOP:
        shown(judge, at, picture())
        at += GOP
    assert judge.verdict(STILL_FOR - GOP).picture == "ok"
    assert (judge.verdict(at).picture, judge.verdict(at).fault) == ("still", "")


@given(some.lists(some.sets(some.integers(0, POINTS - 1), max_size=8), min_size=8, max_size=30))
def test_strokes_that_stay_never_freeze_a_picture(strokes: list[set[int]]) -> None:
    judge, written, at = Judge(0.0, True, False), set[int](), 0.0
    for stroke in strokes:
        written |= stroke
        shown(judge, at, picture(changed=written, grain=0.0))
        assert judge.verdict(at).picture == "ok"
        at += GOP
    shown(judge, at, picture(changed=written, grain=0.0))
    assert judge.verdict(at).picture == "ok"


def test_dark_and_flat_for_a_while_is_black_and_dark_with_letters_is_not() -> None:
    judge = Judge(0.0, True, False)
    shown(judge, 1.0, Glimpse(17.0, 1.0, 20.0, bytes([17] * POINTS)))
    assert judge.verdict(2.0).picture == "ok"
    assert judge.verdict(3.5).picture == "black"
    shown(judge, 5.0, Glimpse(25.0, 30.0, 220.0, bytes([17] * POINTS)))
    assert judge.verdict(5.0).picture == "ok"


def test_no_packet_of_video_for_a_while_is_frozen() -> None:
    judge = Judge(0.0, True, True)
    shown(judge, 1.0, picture())
    judge.flow(Look(4.5, audio=25))
    assert judge.verdict(4.5).picture == "frozen"


def test_silence_is_noticed_and_one_word_ends_it() -> None:
    judge = Judge(0.0, False, True)
    for tick in range(12):
        judge.flow(Look(tick / 2, audio=25))
        judge.sound(tick / 2, -30.0 if tick < 3 else -90.0)
    assert judge.verdict(5.5).sound == "silent"
    judge.sound(6.0, -30.0)
    assert (judge.verdict(6.0).sound, judge.verdict(6.0).picture) == ("ok", "")


def test_sound_that_ends_is_silence_too() -> None:
    judge = Judge(0.0, False, True)
    judge.flow(Look(1.0, audio=25))
    assert judge.verdict(5.0).sound == "silent"


def test_what_nobody_could_look_at_is_not_judged() -> None:
    judge = Judge(0.0, True, True)
    at = living(judge, 20)
    judge.blind()
    judge.flow(Look(at, frames=1, octets=9, video=1, audio=1))
    assert judge.verdict(at) == judge.verdict(at + 1.0)
    assert (judge.verdict(at).picture, judge.verdict(at).sound) == ("", "")


def test_key_frames_are_asked_for_at_a_suspicion_and_else_seldom() -> None:
    judge = Judge(0.0, True, False)
    shown(judge, 1.0, picture())
    for tick in range(8, 20):
        judge.flow(Look(tick / 2, frames=10, octets=10_000, video=12))
    assert not judge.asks(9.0)
    judge.flow(Look(9.5, frames=10, octets=500, video=10))
    assert judge.asks(9.5)
    assert not judge.asks(10.0)
    shown(judge, 10.5, picture())
    judge.flow(Look(20.0, video=10))
    assert not judge.asks(10.5 + AGAIN - 1)
    assert judge.asks(10.5 + AGAIN)


def test_of_a_picture_that_does_not_come_no_key_frame_is_asked_for() -> None:
    judge = Judge(0.0, True, True)
    shown(judge, 1.0, picture())
    assert not judge.asks(60.0)


@given(
    some.lists(
        some.tuples(
            some.floats(0, 5), some.integers(0, 30), some.integers(0, 90_000), some.binary(max_size=9)
        )
    )
)
def test_nothing_that_may_come_breaks_a_judge(
    steps: list[tuple[float, int, int, bytes]],
) -> None:
    judge, now = Judge(0.0, True, True), 0.0
    for seconds, frames, octets, points in steps:
        now += seconds
        judge.flow(Look(now, frames, octets, frames, frames))
        judge.picture(now, Glimpse(0.0, 0.0, 0.0, points))
        judge.sound(now, -float(octets))
        judge.asks(now)
        assert judge.verdict(now).picture in ("ok", "black", "frozen", "still", "")
