"""Sheets as they come out of a printer: rendered, and read by what reads cards."""

import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge import words
from edge.cards.decks import numbers_of
from edge.cards.drawing import Spot
from edge.cards.paper import pdf, svg
from edge.cards.sheet import HIGH, WIDE, Deck, cover, pages
from edge.cards.votes import LETTERS, letter
from edge.commands.cards import FIRST, WORDS
from edge.vision import markers
from tests.cards.paint import paint, pen

RESOLUTION = 60  # points to an inch
NUMBERS = (1, 2, 7, 30, 50, 51, 100)

needs_poppler = pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler-utils is not installed")


def read(still: bytes) -> dict[int, str]:
    known = numbers_of("7Б", range(1, 101))
    return {known[each.id]: letter(each.angle) for each in markers.read(still).markers}


def rendered(document: bytes, folder: Path) -> list[bytes]:
    """Return each page of a PDF as a JPEG."""
    (folder / "cards.pdf").write_bytes(document)
    command = ("pdftoppm", "-jpeg", "-r", str(RESOLUTION), "cards.pdf", "page")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return [path.read_bytes() for path in sorted(folder.glob("page*.jpg"))]


@needs_poppler
@pytest.mark.parametrize("size", [5.0, 8.0, 12.0, 16.9])
def test_every_card_of_a_printed_class_is_read_back(tmp_path: Path, size: float) -> None:
    document = pdf(list(pages(Deck("7Б", NUMBERS, size, {2: "Әсел"}), pen())), "7Б")
    found: dict[int, str] = {}
    for page in rendered(document, tmp_path):
        found |= read(page)
    assert found == dict.fromkeys(NUMBERS, "A")


@needs_poppler
@pytest.mark.parametrize("turns", range(4))
def test_the_letter_that_is_printed_upright_at_the_top_is_the_answer(tmp_path: Path, turns: int) -> None:
    [page] = rendered(pdf(list(pages(Deck("7Б", (7,), 16.9), pen())), "7Б"), tmp_path)
    light = np.asarray(cv2.imdecode(_points(page), cv2.IMREAD_GRAYSCALE))
    for _ in range(turns):  # to the left: what was on the right comes up
        light = np.rot90(light)
    _, body = cv2.imencode(".jpg", np.ascontiguousarray(light))
    assert read(body.tobytes()) == {7: LETTERS[turns]}


@needs_poppler
def test_a_document_has_its_pages_and_its_title(tmp_path: Path) -> None:
    (tmp_path / "cards.pdf").write_bytes(pdf(list(pages(Deck("7Б", NUMBERS), pen())), "Карточки: 7Б"))
    told = subprocess.run(
        ("pdfinfo", "-enc", "UTF-8", "cards.pdf"), cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert "Карточки: 7Б" in told
    assert "Pages:           4" in told
    assert "(A4)" in told


def test_a_drawing_shows_the_same_cards() -> None:
    page = next(pages(Deck("7Б", (1, 2)), pen()))
    _, body = cv2.imencode(".jpg", paint(page, WIDE, HIGH, 25))
    assert read(body.tobytes()) == {1: "A", 2: "A"}
    assert svg(page, "<7Б>").startswith(b"<svg ")
    assert b"&lt;7" in svg(page, "<7Б>")


def test_the_first_sheet_says_it_in_three_languages_and_fits() -> None:
    blanks = {"class": "11Ә", "size": "16.9", "far": "8.45"}
    said = [
        {key: str(words.load(language, WORDS)[key]).format(**blanks) for key in FIRST}
        for language in words.LANGUAGES
    ]
    shapes = cover(Deck("11Ә", (1,)), said, pen())
    points = [step[1] for shape in shapes for step in shape.steps if step[1]]
    assert max(max(numbers[::2]) for numbers in points) < WIDE - 1
    assert max(max(numbers[1::2]) for numbers in points) < HIGH - 1


def test_every_letter_of_the_words_and_of_names_has_an_outline() -> None:
    said = "".join(str(text) for language in words.LANGUAGES for text in words.load(language, WORDS).values())
    unknown = pen().write("?", Spot(0, 0), 1)
    letters = {*said, *"АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯӘҒҚҢӨҰҮҺІәғқңөұүһіABCabc0123456789-’"} - {"?", " "}
    assert sorted(each for each in letters if pen().write(each, Spot(0, 0), 1) == unknown) == []


def _points(body: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(body, np.uint8)
