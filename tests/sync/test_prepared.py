"""A prepared set as a file: what is no such file, or hides something in one, is no set."""

import base64
import json

import pytest

from sync.prepared import (
    BEGINS,
    MAX_SET,
    CheckSet,
    NotASet,
    Option,
    Picture,
    Prepared,
    decode,
    encode,
    picture_of,
)

TWO = (Option("1"), Option("2"))
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + (640).to_bytes(4) + (480).to_bytes(4) + bytes(5)
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffc0001108") + bytes([1, 224, 2, 128, 3, 1])


def test_a_set_comes_out_of_its_file_as_it_was_put_in() -> None:
    marked = Option("1/2", "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>")
    question = Prepared("?", (marked, Option("2")), "A", "", Picture("image/png", PNG))
    checks = CheckSet("Күш", (question, Prepared("!", TWO)), "Физика", "7", "Күш", "kk")
    content = encode(checks)
    assert content.startswith(BEGINS)
    assert decode(content) == checks


@pytest.mark.parametrize("data", [PNG, JPEG])
def test_pictures_are_known_by_their_bytes(data: bytes) -> None:
    assert picture_of(data).data == data


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"<svg onload='alert(1)'/>", "neither PNG nor JPEG"),
        (b"", "neither PNG nor JPEG"),
        (PNG[:18], "neither PNG nor JPEG"),
        (PNG[:16] + (50_000).to_bytes(4) + (50_000).to_bytes(4), "50000 × 50000"),
        (PNG[:16] + bytes(8), "0 × 0"),
        (PNG + bytes(600_000), "at most 512"),
        (JPEG[:20], "neither PNG nor JPEG"),
        (b"\xff\xd8" + b"\xff\xe0\xff\xff" * 3, "neither PNG nor JPEG"),
    ],
)
def test_a_picture_that_no_page_should_get_is_refused(data: bytes, wrong: str) -> None:
    with pytest.raises(NotASet, match=wrong):
        picture_of(data)


def written(**more: object) -> bytes:
    question = {"text": "?", "choices": [{"text": "1"}, {"text": "2"}], **more}
    return json.dumps({"tirek": "checks-1", "title": "t", "questions": [question]}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[" * 5000,
        b'{"tirek":"checks-2","title":"t","questions":[]}',
        b'{"tirek":"checks-1","title":"t","questions":[]}',
        written(text=""),
        written(text="x" * 301),
        written(right="C"),
        written(right="E"),
        written(choices=[{"text": "1"}]),
        written(choices=[{"text": str(number)} for number in range(5)]),
        written(picture={"media_type": "image/svg+xml", "data": ""}),
        written(picture={"media_type": "image/png", "data": base64.b64encode(JPEG).decode()}),
        written(picture={"media_type": "image/png", "data": "not base64"}),
        b" " * (MAX_SET + 1),
    ],
)
def test_what_is_no_set_is_none(content: bytes) -> None:
    with pytest.raises(NotASet):
        decode(content)


def test_markup_of_somebody_elses_is_left_out_and_the_text_stays() -> None:
    checks = decode(written(markup="<math><mi onclick='x'>a</mi></math>", right="B"))
    assert (checks.questions[0].markup, checks.questions[0].text) == ("", "?")


def test_what_a_newer_version_adds_is_passed_over() -> None:
    assert decode(written(sound="…")).questions[0].text == "?"
