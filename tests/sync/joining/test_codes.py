"""Codes, proofs and limits as pure functions: any input, any time."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import BadRequest
from sync.joining.enrolment import (
    CODE_BYTES,
    LETTERS,
    LIFETIME,
    MAX_INVITATIONS,
    CodeWrong,
    Ends,
    Invitation,
    TooManyInvitations,
    fresh_code,
    invite,
    key_of,
    match,
    proof,
    proves,
    read_reply,
    read_request,
)
from sync.joining.limiter import (
    ADDRESS_BURST,
    ADDRESS_RATE,
    GLOBAL_BURST,
    GLOBAL_RATE,
    MAX_ADDRESSES,
    Limiter,
)

CODE = "7KMP-2Q9X-01AB-CDEF"
ENDS = Ends("a" * 64, "b" * 64, "c" * 32)
NODE = "a" * 16


def test_a_code_has_four_groups_of_four() -> None:
    assert fresh_code(bytes(CODE_BYTES)) == "0000-0000-0000-0000"
    assert fresh_code(b"\xff" * CODE_BYTES) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"


@given(st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES))
def test_every_code_can_be_read_back_and_has_all_its_bits(random: bytes) -> None:
    code = fresh_code(random)
    number = 0
    for letter in reversed(code.replace("-", "")):
        number = number * 32 + LETTERS.index(letter)
    assert number == int.from_bytes(random, "big")
    assert len(key_of(code)) == 64


@pytest.mark.parametrize(
    "typed",
    [
        "7kmp-2q9x-01ab-cdef",
        "7KMP2Q9X01ABCDEF",
        " 7KMP 2Q9X\t01AB  CDEF\n",
        "7KMP\u20132Q9X\u201401AB\u2212CDEF",  # dashes that a messenger makes
        "7KMP-2Q9X-\u200bOlAB-CDEF",
        "7KMP-2Q9X-oiAB-CDEF",
        "7\u041a\u041c\u0420-2Q9\u0425-\u041e\u0406\u0410\u0412-\u0421D\u0415F",  # on a Kazakh keyboard
    ],
)
def test_a_code_is_the_same_however_it_is_typed(typed: str) -> None:
    assert key_of(typed) == key_of(CODE)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "this one has 0"),
        (CODE[:-1], "this one has 15"),
        (CODE + "0", "this one has 17"),
        (CODE[:-1] + "U", "'U' is in no code"),
        (CODE[:-1] + "!", "'!' is in no code"),
        ("\u0449" * 16, "is in no code"),
    ],
)
def test_a_mistyped_code_is_told_in_words(typed: str, words: str) -> None:
    with pytest.raises(CodeWrong, match=words):
        key_of(typed)


@given(st.one_of(st.text(max_size=40), st.text(string.ascii_letters + string.digits + "- ", max_size=24)))
def test_any_text_is_a_code_or_is_refused_in_words(text: str) -> None:
    try:
        key = key_of(text)
    except CodeWrong:
        return
    assert len(bytes.fromhex(key)) == 32


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reading_of_messages(body: bytes) -> None:
    for read in (read_request, read_reply):
        with pytest.raises(BadRequest):
            read(body)


def test_nesting_does_not_break_the_reading_of_messages() -> None:
    deep = b'{"unknown": ' + b"[" * 16_000
    for read in (read_request, read_reply):
        with pytest.raises(BadRequest):
            read(deep)


@pytest.mark.parametrize(
    "other",
    [
        Ends("f" * 64, ENDS.server, ENDS.nonce),
        Ends(ENDS.client, "f" * 64, ENDS.nonce),
        Ends(ENDS.client, ENDS.server, "f" * 32),
    ],
)
def test_a_proof_is_of_one_connection_and_one_request(other: Ends) -> None:
    claim = proof(key_of(CODE), "node", ENDS)
    assert proves(claim, key_of(CODE), "node", ENDS)
    assert not proves(claim, key_of(CODE), "node", other)


def test_the_right_invitation_of_many_is_found() -> None:
    codes = [fresh_code(number.to_bytes(CODE_BYTES, "big")) for number in range(50)]
    kept: list[Invitation] = []
    for number, code in enumerate(codes):
        kept.append(invite(code, f"school-{number}", number, kept))
    found = match(proof(key_of(codes[33]), "node", ENDS), ENDS, NODE, kept, now=100)
    assert found == kept[33]


def test_a_used_invitation_is_there_only_for_who_used_it() -> None:
    claim = proof(key_of(CODE), "node", ENDS)
    used = [Invitation(key_of(CODE), "school-1", 0, LIFETIME, node=NODE)]
    assert match(claim, ENDS, NODE, used, now=0) == used[0]
    assert match(claim, ENDS, "b" * 16, used, now=0) is None


@given(st.integers(-(2**62), 2**62))
def test_an_invitation_is_open_until_it_expires_whatever_the_clock_says(now: int) -> None:
    kept = [invite(CODE, "school-1", 0, [])]
    found = match(proof(key_of(CODE), "node", ENDS), ENDS, NODE, kept, now)
    assert (found is not None) == (now < LIFETIME)


def test_no_more_invitations_are_given_out_than_are_tried() -> None:
    full = [Invitation("0" * 64, "school-1", 0, LIFETIME)] * MAX_INVITATIONS
    with pytest.raises(TooManyInvitations, match="512 invitations are open"):
        invite(CODE, "school-2", 0, full)
    assert invite(CODE, "school-2", LIFETIME, full).school == "school-2"


def test_an_invitation_says_whether_its_node_may_let_in_others() -> None:
    assert [invite(CODE, "s", 0, [], enrols=each).enrols for each in (True, False)] == [True, False]


def test_an_address_gets_its_tries_back_slowly() -> None:
    limiter = Limiter()
    waits = [limiter.take("10.0.0.1", 0.0) for _ in range(ADDRESS_BURST + 1)]
    assert waits == [0.0] * ADDRESS_BURST + [1 / ADDRESS_RATE]
    assert limiter.take("10.0.0.2", 0.0) == 0.0
    assert limiter.take("10.0.0.1", 1 / ADDRESS_RATE) == 0.0


def test_one_address_cannot_use_up_what_all_have_together() -> None:
    limiter = Limiter()
    for _ in range(10 * GLOBAL_BURST):
        limiter.take("10.0.0.1", 0.0)
    others = [limiter.take(f"10.0.1.{number}", 0.0) for number in range(GLOBAL_BURST - ADDRESS_BURST)]
    assert others == [0.0] * len(others)
    assert limiter.take("10.0.2.1", 0.0) == 1 / GLOBAL_RATE


def test_one_network_of_ipv6_is_one_address() -> None:
    limiter = Limiter()
    waits = [limiter.take(f"2001:db8::{number:x}", 0.0) for number in range(ADDRESS_BURST + 1)]
    assert waits[-1] > 0
    assert limiter.take("2001:db8:0:1::1", 0.0) == 0.0
    assert [limiter.take("::ffff:10.0.0.1", 0.0), limiter.take("::ffff:10.0.0.2", 0.0)] == [0.0, 0.0]


def test_a_right_code_costs_nothing() -> None:
    limiter = Limiter()
    for _ in range(2 * GLOBAL_BURST):
        assert limiter.take("10.0.0.1", 0.0) == 0.0
        limiter.give_back("10.0.0.1")


def test_nobody_gets_new_tries_by_making_the_limiter_forget_him() -> None:
    # Between two tries of the guesser others use up all that all have together.
    limiter = Limiter()
    tries, crowd = 0, 0
    for second in range(600):
        tries += limiter.take("10.0.0.1", second) == 0.0
        for _ in range(GLOBAL_BURST):
            crowd += 1
            limiter.take(f"10.{crowd >> 16}.{crowd >> 8 & 255}.{crowd & 255}", second)
    assert tries <= ADDRESS_BURST + 600 * ADDRESS_RATE


def test_more_than_can_restrict_are_not_remembered() -> None:
    full_again = ADDRESS_BURST / ADDRESS_RATE
    assert GLOBAL_BURST + GLOBAL_RATE * full_again <= MAX_ADDRESSES


@given(st.lists(st.tuples(st.text(max_size=5), st.floats(-1e12, 1e12)), max_size=50))
def test_no_clock_and_no_address_breaks_the_limiter(tries: list[tuple[str, float]]) -> None:
    limiter = Limiter()
    assert all(limiter.take(address, now) >= 0 for address, now in tries)
