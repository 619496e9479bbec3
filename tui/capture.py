"""The class as others see and hear it (core): lamps for every page, who may speak, and what is in the way.

All of it is what the daemon says; which key was pressed lights no lamp.
"""

from typing import Literal, NamedTuple

from edge.contract.notices import Lesson, Link, Settings
from edge.contract.talkback import Capture

Organ = Literal["camera", "microphone"]

EYE = {
    "sent": ("sent", "ok"),
    "on": ("on", "info"),
    "off": ("off", "muted"),
    "missing": ("poor", "accent"),
    "denied": ("bad", "bad"),
    "busy": ("busy", "accent"),
    "absent": ("none", "muted"),
}
TROUBLED = ("missing", "denied", "busy")


class Lamp(NamedTuple):
    """A shape, a word and a colour."""

    sign: str
    word: str
    ink: str


MUTED = Lamp("poor", "lamp-muted", "accent")


def is_silenced(capture: Capture) -> bool:
    """Tell whether the microphone is open and nobody hears it: the hub teacher has silenced this class."""
    return capture.microphone in ("on", "sent") and capture.muted


def lamps(capture: Capture) -> list[Lamp]:
    """Return what every page says of this class: who sees and hears it, and whether that is kept."""
    lit = [Lamp("sent", "lamp-seen", "ok")] if capture.camera == "sent" else []
    if is_silenced(capture):
        lit.append(MUTED)
    elif capture.microphone == "sent":
        lit.append(Lamp("sent", "lamp-heard", "ok"))
    lit = lit or [Lamp("on", "lamp-neither", "muted")]
    return [*lit, Lamp("recording", "lamp-recorded", "accent")] if capture.recorded else lit


def is_open(capture: Capture) -> bool:
    """Tell whether camera or microphone are open, so that there is something to be turned off."""
    return any(each in ("on", "sent") for each in (capture.camera, capture.microphone))


def eye(capture: Capture, organ: Organ) -> Lamp:
    """Return how camera or microphone is."""
    if organ == "microphone" and is_silenced(capture):
        return Lamp("poor", "eye-microphone-muted", "accent")
    is_camera = organ == "camera"
    state = capture.camera if is_camera else capture.microphone
    if state == "off" and (capture.camera_on if is_camera else capture.microphone_on):
        return Lamp("none", f"eye-{organ}-closed", "muted")  # it may be opened, and nobody needs it now
    return Lamp(EYE[state][0], f"eye-{organ}-{state}", EYE[state][1])


def troubles(capture: Capture) -> list[str]:
    """Return the keys of sentences about what cannot be opened, and what to do."""
    if capture.camera == capture.microphone == "absent":
        return ["class-absent"]
    camera, microphone = capture.camera in TROUBLED, capture.microphone in TROUBLED
    if camera and capture.camera == capture.microphone:
        return [f"class-both-{capture.camera}"]
    said = [f"class-camera-{capture.camera}"] if camera else []
    return [*said, f"class-microphone-{capture.microphone}"] if microphone else said


def only_listens(lesson: Lesson, link: Link | None, settings: Settings | None) -> bool:
    """Tell whether the lesson comes from a hub that has not enrolled this node: it may not talk back."""
    follows = link is not None and link.state != "alone"
    return bool(lesson.stream) and follows and settings is not None and not settings.hub


def floor(capture: Capture) -> list[Lamp]:
    """Return who may speak to all, where that is somebody, and whether this class is silenced."""
    if capture.mine:
        return [_mine(capture)]
    said = [Lamp("none", "class-floor", "info")] if capture.floor else []
    return [*said, Lamp("poor", "class-muted", "accent")] if capture.muted else said


def _mine(capture: Capture) -> Lamp:
    if capture.muted:
        return Lamp("poor", "class-floor-mine-muted", "accent")
    if capture.microphone == "off":
        return Lamp("poor", "class-floor-mine-off", "accent")
    if capture.microphone == "sent":
        return Lamp("sent", "class-floor-mine", "ok")
    return Lamp("waiting", "class-floor-mine-unheard", "accent")
