"""The lesson that runs as a teacher thinks of it: what is shown, what she can do, what comes next (core)."""

from typing import Literal, NamedTuple

from edge.contract.notices import Lesson, Link

Doing = Literal["", "choose", "play"]

SHOWN = ("live", "behind", "paused", "lost", "playing")  # there is, or was, something before the class
HOLDABLE = ("live", "behind", "paused", "playing")
INK = {
    "none": "muted",
    "waiting": "accent",
    "choosing": "accent",
    "live": "ok",
    "behind": "accent",
    "paused": "accent",
    "lost": "bad",
    "playing": "info",
}
LINK_INK = {"good": "ok", "poor": "accent", "sound-only": "accent", "lost": "bad", "alone": "muted"}
PROJECTOR = {
    "playing": ("good", "ok"),
    "idle": ("none", "muted"),
    "absent": ("poor", "accent"),
    "frozen": ("poor", "accent"),
    "muted": ("bad", "bad"),
}
SIGHT = {
    "black": ("poor", "accent"),
    "frozen": ("poor", "accent"),
    "silent": ("bad", "bad"),
    "still": ("none", "muted"),
}
SIGN = {"none": "none", "waiting": "waiting", "choosing": "waiting", "playing": "play"}


class Place(NamedTuple):
    """Where in the recording the class is, in seconds."""

    at: float
    length: float


def is_running(lesson: Lesson) -> bool:
    """Tell a lesson from a recording of the library that is shown without one."""
    return lesson.state not in ("none", "playing") or bool(lesson.lesson or lesson.stream)


def is_held(lesson: Lesson) -> bool:
    """Tell whether the picture stands because somebody wanted it; a document always does."""
    return not lesson.page and (lesson.state == "paused" or lesson.paused)


def is_off_live(lesson: Lesson) -> bool:
    """Tell whether there is a way back to the hub that leads anywhere."""
    return lesson.state in ("behind", "paused") or (lesson.state == "playing" and is_running(lesson))


def entering(lesson: Lesson) -> Doing:
    """Return what Enter does."""
    if lesson.state == "choosing":
        return "choose"
    return "play" if lesson.offer is not None and lesson.state in ("lost", "waiting") else ""


def has_hub(lesson: Lesson) -> bool:
    """Tell whether there is a hub teacher to ask, and something of hers to record."""
    return bool(lesson.stream)


def sign_of(lesson: Lesson) -> str:
    """Return the name of the state's shape."""
    return "paused" if is_held(lesson) else SIGN.get(lesson.state, lesson.state)


def place(lesson: Lesson) -> Place | None:
    """Return where the class is; None where there is nothing to go back in."""
    if lesson.length:
        return Place(min(lesson.position, lesson.length), lesson.length)
    if lesson.state in ("live", "lost") and lesson.can_pause and lesson.recorded.seconds:
        return Place(lesson.recorded.seconds, lesson.recorded.seconds)
    return None


def page_word(lesson: Lesson) -> str:
    """Return the word key for a document that is shown."""
    if lesson.pages == 1:
        return "lesson-sheet"
    return "lesson-page-of" if lesson.pages else "lesson-page"


def about(lesson: Lesson, between: str) -> str:
    """Return what is before the class: an item of the library is not what the lesson is about."""
    if lesson.state == "playing":
        return lesson.playing
    return between.join(filter(None, (lesson.subject, lesson.topic)))


def who(lesson: Lesson) -> tuple[str, ...]:
    """Return who is taught, and who teaches what is before them."""
    return (lesson.class_,) if lesson.state == "playing" else (lesson.class_, lesson.teacher, lesson.hub)


def unnamed(lesson: Lesson) -> str:
    """Return the word key for what has neither subject nor topic; "" where nothing is shown."""
    if lesson.state == "none":
        return ""
    return "lesson-from-library" if lesson.state == "playing" else "lesson-outside"


def leaving(lesson: Lesson, key: str) -> str:
    """Return the word key of the question what is meant by leaving (`ask`), or of one of its answers."""
    if not is_running(lesson):
        return f"closing-{key}"
    is_recorded = key == "ask" and lesson.recorded.state == "recording"
    return "leaving-ask-recorded" if is_recorded else f"leaving-{key}"


def recording(lesson: Lesson) -> tuple[str, str, str]:
    """Return sign, word key ("" where nothing is to be said) and ink of what the recorder does."""
    recorded = lesson.recorded
    if recorded.state == "recording":
        return "recording", "lesson-recorded", "ok"
    if recorded.state == "stopped":
        return "bad", f"lesson-stopped-{recorded.reason}", "bad"
    could_be = has_hub(lesson) and not lesson.away and lesson.state in SHOWN
    return "none", "lesson-unrecorded" if could_be else "", "muted"


def sight(lesson: Lesson) -> tuple[str, str, str]:
    """Return sign, word key ("" where all is well) and ink of what the hub's picture and sound are like."""
    if lesson.sight not in SIGHT:
        return "none", "", "muted"
    sign, ink = SIGHT[lesson.sight]
    return sign, f"lesson-sight-{lesson.sight}", ink


def minutes_up(lesson: Lesson, now: float) -> int:
    """Return for how many minutes the hand has been up; `now` is in seconds since 1970."""
    return max(0, int(now - lesson.hand / 1000) // 60) if lesson.hand else 0


def next_word(lesson: Lesson) -> str:
    """Return the key of the sentence that says what happens next, or "" where nothing is to be said."""
    if lesson.state == "playing":
        return _after_playing(lesson)
    if lesson.state in ("behind", "paused"):
        return _on_tape(lesson)
    if entering(lesson) == "play":
        return "lesson-next-offer"
    return f"lesson-next-{lesson.state}" if lesson.state in ("lost", "waiting", "choosing") else ""


def _on_tape(lesson: Lesson) -> str:
    if lesson.away:
        return "lesson-next-tape-away"
    return "lesson-next-behind" if lesson.recorded.state == "recording" else "lesson-next-unrecorded"


def _after_playing(lesson: Lesson) -> str:
    if not is_running(lesson):
        return ""
    is_away = lesson.away and not lesson.choices  # of several that are live none comes by itself
    return "lesson-next-filler" if is_away else "lesson-next-hub-there"


def is_sent_at_once(link: Link | None) -> bool:
    """Tell whether what the class says now is at the hub in a moment."""
    return link is not None and link.state not in ("lost", "alone")
