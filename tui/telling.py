"""The lesson in sentences: what is shown, what comes next, who sees and hears this class, who answered."""

from collections.abc import Callable, Sequence
from datetime import date

from edge.contract.notices import Lesson, Link, Showing
from edge.contract.talkback import Answered, Capture
from tui import capture as capturing
from tui import lesson as lessons
from tui.capture import Lamp, Organ
from tui.widgets.line import Part
from tui.words import Words

Said = tuple[str, str]  # a sentence and its ink


class Telling:
    """What is told of a lesson, in the language and with the signs of a screen."""

    def __init__(self, words: Words, sign: Callable[[str], str]) -> None:
        self._words = words
        self._sign = sign

    def state(self, lesson: Lesson) -> Said:
        """Return what is before the class."""
        sign = self._sign(lessons.sign_of(lesson))
        return f"{sign} {self._state(lesson)}", lessons.INK[lesson.state]

    def next(self, lesson: Lesson) -> Said:
        """Return what happens next, "" where nothing is to be said."""
        word, offer = lessons.next_word(lesson), lesson.offer
        if not word or offer is None:
            return self._words.say(word) if word else "", "text"
        day = self._day(offer.day)
        return self._words.say(word, title=offer.title, day=day, minutes=offer.minutes), "text"

    def recording(self, lesson: Lesson) -> Said:
        """Return what the recorder does."""
        sign, word, ink = lessons.recording(lesson)
        minutes = int(lesson.recorded.seconds // 60)
        said = word and self._words.told(word, {"minutes": minutes}, "lesson-stopped")
        return (f"{self._sign(sign)} {said}" if said else ""), ink

    def link(self, link: Link | None) -> Said:
        """Return how the hub is heard."""
        if link is None:
            return "", "muted"
        return self._signed(link.state, "lesson-link-" + link.state), lessons.LINK_INK[link.state]

    def sight(self, lesson: Lesson) -> Said:
        """Return what is wrong with what the hub sends."""
        sign, word, ink = lessons.sight(lesson)
        return (self._signed(sign, word) if word else ""), ink

    def projector(self, showing: Showing) -> Said:
        """Return what the projector does."""
        sign, ink = lessons.PROJECTOR[showing.projector]
        return self._signed(sign, "lesson-projector-" + showing.projector), ink

    def talk(self, lesson: Lesson, now: float) -> list[Part]:
        """Return since when the hand is up and how much was asked; `now` is in seconds since 1970."""
        minutes = lessons.minutes_up(lesson, now)
        word = "lesson-hand-minutes" if minutes else "lesson-hand"
        hand = f"{self._sign('hand')} {self._words.say(word, minutes=minutes)} " if lesson.hand else ""
        asked = self._words.count("lesson-questions", lesson.questions) if lesson.questions else ""
        parts = ((hand, "accent"), (asked and f"{self._sign('here')} {asked}", "info"))
        return [part for part in parts if part[0]]

    def eye(self, capture: Capture, organ: Organ, key: str) -> list[Part]:
        """Return the key that switches camera or microphone, and how that is."""
        lamp = capturing.eye(capture, organ)
        name = self._words.say(f"class-{organ}")
        return [(f"{key} {name} ", "muted"), (self._signed(lamp.sign, lamp.word), lamp.ink)]

    def troubles(self, words: Sequence[str]) -> Said:
        """Return what is in the way of being seen and heard, and what to do."""
        said = " ".join(map(self._words.say, words))
        return (f"{self._sign('poor')} {said}" if said else ""), "accent"

    def floor(self, capture: Capture) -> list[Part]:
        """Return who may speak to all."""
        return [self._lamp(lamp, capture.floor) for lamp in capturing.floor(capture)]

    def answer(self, answered: Answered, key: str) -> list[Part]:
        """Return the newest answer, with the key that opens them all."""
        if not answered.answers:
            return []
        newest = answered.answers[0]
        return [(f"{key} {self._words.say('answers-newest')} ", "ok"), newest.text]

    def _lamp(self, lamp: Lamp, name: str) -> Said:
        return f"{self._sign(lamp.sign)} {self._words.say(lamp.word, name=name)} ", lamp.ink

    def _signed(self, sign: str, word: str) -> str:
        return f"{self._sign(sign)} {self._words.say(word)}"

    def _state(self, lesson: Lesson) -> str:
        say, duration = self._words.say, self._words.duration
        if lesson.state == "lost":
            return self._words.count("lesson-lost", round(lesson.away))
        if lesson.page:
            return say(lessons.page_word(lesson), page=lesson.page, pages=lesson.pages)
        if lesson.state == "playing":
            word = "lesson-playing-held" if lesson.paused else "lesson-playing"
            return say(word, at=duration(lesson.position), length=duration(lesson.length))
        if lesson.state in ("behind", "paused"):
            return say("lesson-" + lesson.state, behind=duration(lesson.behind))
        return say("lesson-" + lesson.state)

    def _day(self, day: str) -> str:
        try:
            return self._words.day(date.fromisoformat(day))
        except ValueError:
            return day
