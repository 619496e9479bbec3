"""The strip of classes that a hub's teacher looks at: who is in her lesson, and what is known of each.

In a lesson is who watches it, who is below a node that watches it, who has said something in it, and who has
begun it and sends its picture here; not who is in another one.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Literal, Protocol, get_args

from msgspec import Struct, field

from edge.classroom.spoken import Spoken
from edge.dialogue.floor import FloorState
from edge.media.outlet import Health
from edge.media.whep import Watcher
from sync.membership import Member
from sync.records import lesson_parts

MOST_CLASSES = 400  # on one page: three in each school of the largest hub
MOST_SHOWN = 20  # questions of one class, the newest
LOSSY = 0.03  # of its packets: pictures stand still for moments
SLOW = 0.8  # seconds there and back: a conversation halts

LinkWord = Literal["", "good", "poor", "sound-only", "lost"]
RegisterWord = Literal["none", "draft", "signed"]
LINK_WORDS: Mapping[str, LinkWord] = {word: word for word in get_args(LinkWord)}


class Camera(Protocol):
    """What a class sends here."""

    @property
    def camera(self) -> bool:
        """Whether there is a picture of it."""

    @property
    def microphone(self) -> bool:
        """Whether it can be heard."""


class Speaker(Struct):
    """What one class says in the lesson that it is in."""

    lesson: str = ""  # its name in the timetable of its school; "" where it is not known
    spoken: Spoken = field(default_factory=Spoken)


class Answered(Struct, frozen=True):
    """One question, and what it was answered; "" while it was not."""

    id: str
    at: int  # milliseconds since 1970
    text: str
    answer: str


class Row(Struct, frozen=True, rename={"class_": "class"}):
    """One class as the page gets it; times are milliseconds since 1970 by this node's clock."""

    node: str  # "" for a page that is no node's
    name: str
    school: str
    class_: str
    link: LinkWord
    state: str  # of the lesson there, as whoever sends it knows; "" where that is not this node
    sees: bool
    hears: bool
    frozen: bool
    picture: str  # what it looks like there, as somebody said who looks: ok, black, …
    sound: str
    camera: bool
    microphone: bool
    register: RegisterWord
    hand: int  # since when it is up; 0 while it is down
    muted: bool
    asked: int
    questions: list[Answered]
    minutes: float  # for which it spoke to all


class Heard(Struct, frozen=True):
    """All that is known of the classes of one lesson, by node."""

    watchers: list[tuple[Watcher, Health]]
    members: Mapping[str, Member]
    below: Mapping[str, Collection[str]]  # of each watcher that has nodes below it
    speakers: Mapping[str, Speaker]
    lessons: Mapping[str, str]  # that nodes began at their screens
    register: Callable[[str, str], RegisterWord]  # of a school's lesson
    classes: Mapping[str, Camera]
    floor: FloorState
    answers: Mapping[str, str]  # by question
    minutes: Mapping[str, float]
    told: Mapping[str, str] = {}  # the links of classes further below, as the nodes between say
    away: Collection[str] = ()  # who is in another lesson: nobody here sees or calls it


def rows(heard: Heard) -> list[Row]:
    """Return a row for each class: raised hands first, the oldest before all, then by name."""
    watching = _watching(heard.watchers)
    nodes = {*watching, *heard.speakers}
    for node in watching:
        nodes.update(heard.below.get(node, ()))
    nodes.update(heard.lessons.keys() & heard.classes.keys())  # as a class before the hub itself
    nodes.update(node for node in (heard.floor.holder, *heard.floor.mutes) if node in heard.members)
    nodes.difference_update(heard.away)
    words = links(heard.watchers, lambda node: heard.below.get(node, ()), heard.told)
    found = [
        _row(node, watching.get(node), words.get(node, ""), heard) for node in nodes if node in heard.members
    ]
    found += [_stranger(watcher, health) for watcher, health in heard.watchers if not watcher.node]
    return sorted(found, key=lambda row: (not row.hand, row.hand, row.name, row.node))[:MOST_CLASSES]


def link_word(health: Health) -> LinkWord:
    """Return how a link is, in one word."""
    if health.state == "gone":
        return "lost"
    if health.hears and not health.sees:
        return "sound-only"
    if health.frozen or health.loss > LOSSY or (health.rtt or 0.0) > SLOW or not health.hears:
        return "poor"
    return "good"


def links(
    watchers: Iterable[tuple[Watcher, Health]],
    below: Callable[[str], Collection[str]],
    told: Mapping[str, str],
) -> dict[str, LinkWord]:
    """Return how the link of each class is, by its node: as seen here, else as told by the nodes between.

    Those below a link that is lost are cut off with it.
    """
    seen = {node: link_word(health) for node, health in _watching(watchers).items()}
    found: dict[str, LinkWord] = {}
    for node, above in seen.items():
        for each in below(node):
            word = LINK_WORDS.get(told.get(each, ""), "")
            found[each] = "lost" if word and above == "lost" else word
    return found | seen


def _watching(watchers: Iterable[tuple[Watcher, Health]]) -> dict[str, Health]:
    """Return how each node fares; of one that has come back what counts is how it fares now."""
    found: dict[str, Health] = {}
    for watcher, health in watchers:
        before = found.get(watcher.node)
        if watcher.node and (before is None or before.state == "gone" or health.state != "gone"):
            found[watcher.node] = health
    return found


def _row(node: str, health: Health | None, link: LinkWord, heard: Heard) -> Row:
    member = heard.members[node]
    speaker = heard.speakers.get(node) or Speaker()
    camera = heard.classes.get(node)
    lesson = heard.lessons.get(node) or speaker.lesson
    class_, day, _ = lesson_parts(lesson)
    asked = speaker.spoken.asked
    return Row(
        node,
        member.name or member.school or node,
        member.school,
        class_ if day else "",  # a lesson without a timetable has no class
        link,
        health.state if health else "",
        bool(health and health.sees),
        bool(health and health.hears),
        bool(health and health.frozen),
        health.sight.picture if health else "",
        health.sight.sound if health else "",
        bool(camera and camera.camera),
        bool(camera and camera.microphone),
        heard.register(member.school, lesson) if lesson else "none",
        speaker.spoken.hand,
        heard.floor.silences(node),
        len(asked),
        [
            Answered(each.id, each.at, each.text, heard.answers.get(each.id, ""))
            for each in asked[-MOST_SHOWN:]
        ],
        round(heard.minutes.get(node, 0.0), 2),
    )


def _stranger(watcher: Watcher, health: Health) -> Row:
    """Return the row of a page or a program that watches: it says nothing, and gets no floor."""
    return Row(
        "",
        watcher.name,
        "",
        "",
        link_word(health),
        health.state,
        health.sees,
        health.hears,
        health.frozen,
        health.sight.picture,
        health.sight.sound,
        camera=False,
        microphone=False,
        register="none",
        hand=0,
        muted=False,
        asked=0,
        questions=[],
        minutes=0.0,
    )
