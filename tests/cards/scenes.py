"""A class that holds up cards before a camera, drawn by seed: who, which answer, how well it can be seen."""

from collections.abc import Iterable, Iterator
from functools import cache
from math import cos, radians, sin

import cv2
import numpy as np
from msgspec import Struct, structs
from numpy.random import Generator
from numpy.typing import NDArray

from edge.cards.sheet import RIM
from edge.cards.votes import LETTERS
from tests.cards.paint import card_of
from tests.cards.rooms import HIGH, WIDE, room

Light = NDArray[np.uint8]

CLASS, OTHER = "7Б", "8Б"
FINER = 3  # times as many points are drawn as the camera has, …
NEAR = 60.0  # … of cards that have fewer points than this
SPARE = 256  # points by which the noise is larger than a picture
FOCUS = 15.0  # sides of a card to the camera at most: how much nearer its near edge looks
COLUMNS, ROWS = 8, 4
INK, PAPER = 22.0, 0.82  # light that ink throws back, and the share that paper does


class Held(Struct, frozen=True):
    """A card in somebody's hands."""

    number: int
    letter: str  # "" between two
    x: float
    y: float
    size: float  # points of its marker's side
    off: float = 0.0  # degrees from upright
    yaw: float = 0.0
    pitch: float = 0.0
    light: float = 1.0
    class_: str = CLASS
    glare: float = 0.0  # from 0 to 1
    cover: str = ""  # finger (on the rim) or half (of the marker)


class Lens(Struct, frozen=True):
    """What the camera makes of it."""

    blur: float = 0.7  # points
    shake: int = 1  # points that it moves while it exposes
    noise: float = 3.0  # of 255
    gamma: float = 1.0
    quality: int = 80  # of JPEG


class Scene(Struct, frozen=True):
    """One picture."""

    held: tuple[Held, ...]
    lens: Lens = Lens()
    seed: int = 0
    frame: int = 0  # of several of one class: hands sway, and the noise is another


def still(scene: Scene) -> bytes:
    """Draw a scene; return it as the page sends it."""
    light = picture(scene)
    _, body = cv2.imencode(".jpg", light, [cv2.IMWRITE_JPEG_QUALITY, scene.lens.quality])
    return body.tobytes()


def picture(scene: Scene) -> Light:
    """Draw a scene."""
    lot = np.random.default_rng(scene.seed)
    light = room(lot)
    for held in scene.held:
        hold(light, held, lot)
    return seen_by(
        light, scene.lens, np.random.default_rng((scene.seed, scene.frame)) if scene.frame else lot
    )


def frames(scene: Scene, count: int) -> Iterator[Scene]:
    """Yield a class as it sits there for some pictures."""
    for frame in range(1, count + 1):
        lot = np.random.default_rng((scene.seed, frame, 2))
        swaying = tuple(
            structs.replace(
                held,
                x=held.x + float(lot.normal(0, 1.5)),
                y=held.y + float(lot.normal(0, 1.5)),
                off=held.off + float(lot.normal(0, 1.0)),
            )
            for held in scene.held
        )
        yield structs.replace(scene, held=swaying, frame=frame)


def hold(light: Light, held: Held, lot: Generator) -> None:
    """Draw a card into a picture."""
    face = _lit(card_of(held.class_, held.number), held, lot)
    corners = _corners(held)
    first, last = np.floor(corners.min(axis=0)).astype(int) - 2, np.ceil(corners.max(axis=0)).astype(int) + 3
    first, last = np.maximum(first, 0), np.minimum(last, [light.shape[1], light.shape[0]])
    if (last <= first).any():
        return
    wide, high = (last - first).tolist()
    fine = FINER if held.size < NEAR else 1
    finer = (wide * fine, high * fine)
    edge = face.shape[0]
    flat = np.array([[0, 0], [edge, 0], [edge, edge], [0, edge]], np.float32)
    way = cv2.getPerspectiveTransform(flat, ((corners - first) * fine).astype(np.float32))
    drawn = cv2.warpPerspective(face, way, finer, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpPerspective(np.full_like(face, 255), way, finer)
    drawn = cv2.resize(drawn, (wide, high), interpolation=cv2.INTER_AREA).astype(np.float32)
    share = cv2.resize(mask, (wide, high), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    part = light[first[1] : last[1], first[0] : last[0]]
    part[:] = np.clip(part * (1 - share) + drawn * share, 0, 255).astype(np.uint8)


def _lit(face: Light, held: Held, lot: Generator) -> Light:
    """Return a card's face with the light on it, and what lies over it."""
    edge = face.shape[0]
    lit = (INK + face.astype(np.float32) * PAPER) * held.light
    shade = np.linspace(1, lot.uniform(0.75, 1.0), edge, dtype=np.float32)
    lit *= shade if lot.random() < 0.5 else shade[:, np.newaxis]
    if held.glare:
        spot = np.zeros_like(lit)
        middle = tuple(int(lot.integers(edge // 6, edge * 5 // 6)) for _ in range(2))
        cv2.ellipse(spot, middle, (edge // 5, edge // 9), float(lot.uniform(0, 180)), 0, 360, 1.0, -1)
        lit += cv2.GaussianBlur(spot, (0, 0), edge / 14) * held.glare * 200
    rim = edge * RIM / (1 + 2 * RIM)
    if held.cover == "finger":
        middle = (round(float(lot.uniform(0.15, 0.85)) * edge), round(edge - rim * 0.3))
        cv2.ellipse(lit, middle, (round(rim * 0.55), round(rim * 0.75)), 0, 0, 360, 140.0 * held.light, -1)
    elif held.cover == "half":
        part = round(edge * float(lot.uniform(0.35, 0.6)))
        where = ((slice(0, part), slice(None)), (slice(None), slice(0, part)))[int(lot.integers(2))]
        lit[where] = lot.uniform(40, 200)
    seen: Light = np.clip(lit, 0, 255).astype(np.uint8)
    return seen


def _corners(held: Held) -> NDArray[np.float64]:
    """Return where the corners of a card are in the picture, from the upper left of A on."""
    half = held.size * (0.5 + RIM)
    flat = np.array([[-half, -half, 0], [half, -half, 0], [half, half, 0], [-half, half, 0]])
    roll, yaw, pitch = radians(turn(held)), radians(held.yaw), radians(held.pitch)
    rolled = flat @ np.array([[cos(roll), sin(roll), 0], [-sin(roll), cos(roll), 0], [0, 0, 1]])
    yawed = rolled @ np.array([[cos(yaw), 0, -sin(yaw)], [0, 1, 0], [sin(yaw), 0, cos(yaw)]])
    placed = yawed @ np.array([[1, 0, 0], [0, cos(pitch), sin(pitch)], [0, -sin(pitch), cos(pitch)]])
    away = FOCUS * held.size
    scale = away / (away + placed[:, 2])
    corners: NDArray[np.float64] = placed[:, :2] * scale[:, np.newaxis] + [held.x, held.y]
    return corners


def turn(held: Held) -> float:
    """Return by how many degrees a card is turned, clockwise as the camera sees it."""
    quarter = LETTERS.index(held.letter) * -90.0 if held.letter else 45.0
    return quarter + held.off


def seen_by(light: Light, lens: Lens, lot: Generator) -> Light:
    """Return what a camera makes of light."""
    if lens.shake > 1:
        way = np.zeros((lens.shake, lens.shake), np.float32)
        way[lens.shake // 2, :] = 1 / lens.shake
        light = cv2.filter2D(light, -1, way if lot.random() < 0.5 else way.T).astype(np.uint8)
    light = cv2.GaussianBlur(light, (0, 0), lens.blur).astype(np.uint8)
    if lens.gamma != 1.0:
        curve = (255 * (np.arange(256) / 255.0) ** lens.gamma).astype(np.uint8)
        light = cv2.LUT(light, curve).astype(np.uint8)
    if lens.noise:
        down, right = lot.integers(0, SPARE, 2)
        grain = _grain()[down : down + light.shape[0], right : right + light.shape[1]]
        light = cv2.add(light, grain * np.float32(lens.noise), dtype=cv2.CV_8U).astype(np.uint8, copy=False)
    return light


@cache
def _grain() -> NDArray[np.float32]:
    """Return the noise of a sensor, of which each picture has another part."""
    return np.random.default_rng(4).standard_normal((HIGH + SPARE, WIDE + SPARE), np.float32)


def a_class(seed: int, pupils: int = 30, size: tuple[float, float] = (28, 70), hard: bool = True) -> Scene:
    """Return a class of which everybody answers, each card whole and in sight, as badly as a class does."""
    lot = np.random.default_rng(seed)
    places = lot.permutation(COLUMNS * ROWS)[:pupils]
    numbers = lot.permutation(np.arange(1, 51))[:pupils]
    held = [
        _somebody(lot, int(number), int(place), size) for number, place in zip(numbers, places, strict=True)
    ]
    return Scene(tuple(held), a_lens(lot, hard), seed)


def a_crowd(seed: int) -> Scene:
    """Return a class as it is: cards half hidden, between two answers, of others, and one number twice."""
    whole = a_class(seed)
    lot = np.random.default_rng((seed, 1))
    changed = [_changed(held, lot) for held in whole.held]
    if lot.random() < 0.3:
        changed[0] = structs.replace(changed[0], number=changed[1].number, class_=changed[1].class_)
    return Scene(tuple(changed), structs.replace(whole.lens, shake=int(lot.integers(1, 5))), seed)


def _changed(held: Held, lot: Generator) -> Held:
    chance = lot.random()
    if chance < 0.1:
        return structs.replace(held, cover="half")
    if chance < 0.2:
        return structs.replace(held, letter="", off=float(lot.uniform(-12, 12)))
    if chance < 0.3:
        return structs.replace(held, class_=OTHER)
    if chance < 0.35:
        return structs.replace(held, glare=float(lot.uniform(0.8, 2.0)))
    if chance < 0.4:
        return structs.replace(held, size=float(lot.uniform(10, 26)), light=float(lot.uniform(0.2, 1.3)))
    if chance < 0.45:
        return structs.replace(held, yaw=float(lot.uniform(-60, 60)), pitch=float(lot.uniform(-60, 60)))
    return held


def _somebody(lot: Generator, number: int, place: int, size: tuple[float, float]) -> Held:
    small, large = size
    wide, high = WIDE / COLUMNS, HIGH / ROWS
    side = float(lot.uniform(small, large)) if lot.random() < 0.6 else small  # the back rows are full
    free_x, free_y = (wide - side * 1.9) / 2, (high - side * 1.9) / 2
    return Held(
        number,
        LETTERS[int(lot.integers(4))],
        (place % COLUMNS + 0.5) * wide + float(lot.uniform(-free_x, free_x)),
        (place // COLUMNS + 0.5) * high + float(lot.uniform(-free_y, free_y)),
        side,
        off=float(lot.uniform(-15, 15)),
        yaw=float(lot.uniform(-25, 25)),
        pitch=float(lot.uniform(-25, 25)),
        light=float(lot.uniform(0.45, 1.05)),
        glare=float(lot.uniform(0.2, 0.6)) if lot.random() < 0.1 else 0.0,
        cover="finger" if lot.random() < 0.3 else "",
    )


def a_lens(lot: Generator, hard: bool) -> Lens:
    """Return a camera: a fair one, or any that schools have."""
    if not hard:
        return Lens(float(lot.uniform(0.5, 0.9)), 1, float(lot.uniform(1, 4)), quality=85)
    return Lens(
        blur=float(lot.uniform(0.5, 1.1)),
        shake=int(lot.integers(1, 3)),
        noise=float(lot.uniform(2, 7)),
        gamma=float(lot.uniform(0.7, 1.6)),
        quality=int(lot.integers(65, 92)),
    )


def expected(scene: Scene) -> dict[int, set[str]]:
    """Return what each number of the class may be read as: what it holds up, and nothing else."""
    found: dict[int, set[str]] = {}
    for held in scene.held:
        if held.class_ == CLASS:
            found.setdefault(held.number, set()).add(held.letter)
    return found


def numbers(held: Iterable[Held]) -> tuple[int, ...]:
    """Return the numbers of a class."""
    return tuple(sorted({each.number for each in held if each.class_ == CLASS}))
