"""Classes with cards before a camera: what is there is read, and what is read is there.

A moderate number here; CARD_SCENES=10000 for the soak.
"""

import os
from collections import Counter
from functools import cache

import cv2
import numpy as np
import pytest
from msgspec import structs

from edge.cards.decks import numbers_of
from edge.cards.votes import Seen, Votes, letter
from edge.vision import markers
from tests.cards.scenes import CLASS, Scene, a_class, a_crowd, expected, frames, numbers, picture, still

SCENES = int(os.environ.get("CARD_SCENES", "24"))
PART = 250  # scenes of one test: a soak tells how far it is
CLEAR = 12  # scenes of which the recall of single pictures is told
RECALL = 0.97  # … and what it must reach: eight pictures in 2 s make more of it


@cache
def known() -> dict[int, int]:
    return numbers_of(CLASS, range(1, 51))


def seen(scene: Scene) -> list[tuple[int, str]]:
    """Return the numbers of the class that are read in one picture, and their letters."""
    found = markers.read(still(scene)).markers
    return [(known()[each.id], letter(each.angle)) for each in found if each.id in known()]


@pytest.mark.parametrize("part", range(0, SCENES, PART))
def test_no_answer_is_read_that_nobody_holds_up(part: int) -> None:
    wrong = []
    for seed in range(part, min(part + PART, SCENES)):
        scene = a_crowd(100_000 + seed)
        told = expected(scene)
        wrong += [
            (seed, number, said)
            for number, said in seen(scene)
            if said and said not in told.get(number, set())
        ]
    assert wrong == []


def test_nearly_all_cards_are_read_in_every_single_picture() -> None:
    held = right = 0
    for seed in range(CLEAR):
        scene = a_class(200_000 + seed)
        read = dict(seen(scene))
        held += len(scene.held)
        right += sum(read.get(each.number) == each.letter for each in scene.held)
    assert right / held >= RECALL, f"{right} of {held}"


@pytest.mark.parametrize("off", [-15, -8, 0, 8, 15])
@pytest.mark.parametrize("said", "ABCD")
def test_a_card_that_is_held_a_little_awry_says_its_letter(said: str, off: int) -> None:
    scene = a_class(300_000, hard=False)
    card = structs.replace(scene.held[0], letter=said, off=off, yaw=0.0, pitch=0.0, light=1.0, glare=0.0)
    assert dict(seen(Scene((card,), scene.lens)))[card.number] == said


@pytest.mark.parametrize("off", [-10, -5, 0, 5, 10])
def test_a_card_between_two_letters_is_seen_and_says_nothing(off: int) -> None:
    scene = a_class(300_001, hard=False)
    card = structs.replace(scene.held[0], letter="", off=off, yaw=0.0, pitch=0.0, light=1.0, glare=0.0)
    assert dict(seen(Scene((card,), scene.lens))) == {card.number: ""}


def test_a_square_that_is_seen_from_its_edge_is_none() -> None:
    """One of the ten thousand has it: what would be the rim of a card is behind the eye."""
    scene = a_crowd(106_610)
    assert [said for number, said in seen(scene) if said not in expected(scene).get(number, {""})] == []


def test_a_number_that_is_held_up_twice_is_seen_twice() -> None:
    scene = a_class(300_002, hard=False)
    first, second = (structs.replace(each, glare=0.0, light=1.0) for each in scene.held[:2])
    twice = Scene((first, structs.replace(second, number=first.number)), scene.lens)
    assert Counter(number for number, _ in seen(twice)) == {first.number: 2}


def test_half_a_card_is_none() -> None:
    scene = a_class(300_003, hard=False)
    halves = tuple(structs.replace(each, cover="half") for each in scene.held)
    assert seen(Scene(halves, scene.lens, scene.seed)) == []


def test_a_mirror_image_of_a_card_is_none() -> None:
    scene = a_class(300_004, hard=False)
    _, body = cv2.imencode(".jpg", picture(scene)[:, ::-1])
    found = markers.read(body.tobytes()).markers
    assert [each for each in found if known().get(each.id) in numbers(scene.held)] == []


@pytest.mark.parametrize("luma", [0, 17, 128, 255])
def test_a_picture_without_anything_square_has_no_cards(luma: int) -> None:
    _, body = cv2.imencode(".jpg", np.full((1080, 1920), luma, np.uint8))
    assert markers.read(body.tobytes()).markers == []


def test_a_picture_full_of_squares_that_are_no_cards_has_no_cards() -> None:
    rows, columns = np.indices((1080, 1920))
    board = ((rows // 40 + columns // 40) % 2 * 200 + 20).astype(np.uint8)
    _, body = cv2.imencode(".jpg", board)
    assert markers.read(body.tobytes()).markers == []


def test_a_class_that_sits_still_for_two_seconds_is_read_as_it_answers() -> None:
    scene = a_class(400_000, pupils=12, hard=False)
    votes = Votes(numbers_of(CLASS, numbers(scene.held)))
    for sway in frames(scene, 8):
        cards = markers.read(still(sway)).markers
        votes.feed(
            [Seen(each.id, letter(each.angle), each.x, each.y, each.size) for each in cards], sway.frame / 4
        )
    shines = {each.number for each in scene.held if each.glare}
    answered = {each.number: each.letter for each in scene.held}
    assert {number: said for number, said in votes.read.items() if number not in shines} == {
        number: said for number, said in sorted(answered.items()) if number not in shines
    }
    assert set(known()) >= set(numbers_of(CLASS, answered))
