"""Messages between daemon and worker, and reports between a school and its hub."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from edge.media.sight import MAX_TOLD, BadSight, Sight, read, written
from edge.vision.wire import (
    LENGTH,
    MAX_MESSAGE,
    BadMessage,
    Found,
    Hear,
    Look,
    Question,
    ReadCards,
    Scan,
    answer,
    framed,
    length,
    question,
)

QUESTIONS = (
    some.builds(Look, some.sampled_from(("H264", "VP8")), some.binary(), some.binary())
    | some.builds(Hear, some.lists(some.binary()))
    | some.builds(Scan, some.text())
    | some.builds(ReadCards, some.binary())
)


@given(QUESTIONS)
def test_questions_come_out_as_they_went_in(asked: Question) -> None:
    sent = framed(asked)
    assert length(sent[:LENGTH]) == len(sent) - LENGTH
    assert question(sent[LENGTH:]) == asked


@given(some.binary(max_size=200))
def test_garbage_is_refused_and_nothing_else_happens(garbage: bytes) -> None:
    for read_it in (question, answer):
        try:
            read_it(garbage)
        except BadMessage:
            continue


def test_a_message_beyond_the_bound_is_neither_sent_nor_read() -> None:
    with pytest.raises(BadMessage):
        framed(Found(1.0, 1.0, bytes(MAX_MESSAGE)))
    with pytest.raises(BadMessage):
        length((MAX_MESSAGE + 1).to_bytes(LENGTH, "big"))
    with pytest.raises(BadMessage):
        length(bytes(LENGTH))


def test_a_report_says_the_worst_and_a_still_picture_is_no_fault() -> None:
    assert read(written(Sight("black", "silent"))).fault == "black"
    assert Sight("ok", "silent").fault == "silent"
    assert (Sight("still", "ok").fault, Sight("still", "ok").remark) == ("", "still")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"picture":"purple"}', b'{"sound":7}', b"\xff", b" " * (MAX_TOLD + 1)]
)
def test_a_report_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(BadSight):
        read(body)


def test_fields_of_later_versions_are_ignored() -> None:
    assert read(b'{"picture":"ok","smell":"chalk"}') == Sight("ok")
