"""What leaves this computer has no names and no secrets in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.doctor.scrubbing import HIDDEN, Scrub

NAMES = ("Ахметов Әлихан", "Серікқызы Айгерім Болатқызы", "Ли")
KEY = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----"
scrub = Scrub(["very-secret-token", "8642", ""], NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "pupil=Ахметов Әлихан late",
        "pupil='АХМЕТОВ  Әлихан'",
        "Ахметов,\tӘлихан",
        "Серікқызы Айгерім Болатқызы",
        "(Ли)",
        "parent_token very-secret-token",
        "pin 8642.",
        f"a key:\n{KEY}\nand more",
        "Authorization: Bearer abc.DEF-123",
        "GET /recordings/a.mp4?token=abcDEF123 HTTP/1.1",
        "sudo tirek enroll hub ABCD-1234-EF56-GH78",
    ],
)
def test_a_name_or_a_secret_is_hidden_and_what_stands_around_it_stays(text: str) -> None:
    shown = scrub(text)
    assert HIDDEN in shown
    for secret in ("Ахметов", "АХМЕТОВ", "Айгерім", "Ли", "secret", "8642", "MIGH", "abc", "ABCD"):
        assert secret not in shown
    assert shown.startswith((text[0], HIDDEN))


@pytest.mark.parametrize("text", ["Лицей", "18642", "Ахметов Нұрлан", "2026-11-26T08:30:00Z token bearer"])
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert scrub(text) == text


@given(st.text("аӘ бЛи-\n", max_size=40), st.sampled_from(NAMES), st.text("аӘ бЛи,-\n", max_size=40))
def test_no_name_is_left_wherever_it_stands(before: str, name: str, after: str) -> None:
    assert f" {name} " not in f" {scrub(f'{before} {name} {after}')} "
