"""Who may enter, and how often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.access import BURST, MAX_ADDRESSES, RATE, Door, Throttle, asker_of, is_here
from edge.media.negotiate import Refused
from edge.tokens import Verb, fresh

WATCH, MAY_WATCH = fresh("school", ["watch"])
TEACH, MAY_TEACH = fresh("teacher", ["watch", "publish"])
TOKENS = (MAY_WATCH, MAY_TEACH)
AWAY = "10.0.0.7"


def _door(room: bool = False, allow_anyone: bool = False) -> Door:
    return Door(TOKENS, room, allow_anyone)


def _refusal(door: Door, verb: Verb, **headers: str) -> str:
    with pytest.raises(Refused) as refused:
        door.admit(asker_of(AWAY, headers), verb)
    assert refused.value.status == 401
    return refused.value.key


def test_a_token_opens_what_it_may_and_names_its_holder() -> None:
    door = _door()
    asker = asker_of(AWAY, {"Authorization": f"bearer {TEACH}"})
    assert [door.admit(asker, verb) for verb in ("watch", "publish")] == ["teacher", "teacher"]
    assert _refusal(door, "publish", Authorization=f"Bearer {WATCH}") == "token-wrong"
    assert _refusal(door, "watch", Authorization="Bearer guessed") == "token-wrong"
    assert _refusal(door, "watch") == "token-missing"
    assert _refusal(door, "watch", Authorization=f"Basic {TEACH}") == "token-missing"


def test_a_token_in_the_address_is_for_what_browsers_fetch_by_themselves() -> None:
    assert _door().admit(asker_of(AWAY, {}, WATCH), "watch") == "school"


def test_a_room_may_watch_and_not_publish() -> None:
    door = _door(room=True)
    assert door.admit(asker_of(AWAY, {}), "watch") == ""
    assert _refusal(door, "publish") == "token-missing"


def test_a_trial_lets_anyone_in_and_still_knows_names() -> None:
    door = _door(allow_anyone=True)
    assert door.admit(asker_of(AWAY, {}), "publish") == ""
    assert door.admit(asker_of(AWAY, {"Authorization": "Bearer guessed"}), "publish") == ""
    assert door.admit(asker_of(AWAY, {"Authorization": f"Bearer {WATCH}"}), "watch") == "school"


@pytest.mark.parametrize(
    ("remote", "host", "origin", "here"),
    [
        ("127.0.0.1", "localhost:8080", "", True),
        ("::ffff:127.0.0.1", "localhost", "", True),
        ("::ffff:10.0.0.7", "localhost", "", False),
        ("127.0.0.1", "localhost", "http://localhost", True),
        ("127.0.0.1", "127.0.0.1:8080", "http://127.0.0.1:8080", True),
        ("::1", "[::1]:8080", "http://[::1]:8080", True),
        ("::1", "[::1]", "http://[::1]", True),
        ("127.0.0.1", "LOCALHOST:8080", "", True),
        ("127.0.0.1", "rebound.example:8080", "", False),
        ("127.0.0.1", "localhost.example", "", False),
        ("127.0.0.1", "localhost:8080", "http://foreign.example", False),
        ("127.0.0.1", "localhost:8080", "http://localhost.example:8080", False),
        ("127.0.0.1", "localhost:8080", "null", False),
        ("127.0.0.1", "", "", False),
        (AWAY, "localhost:8080", "", False),
        ("", "localhost:8080", "", False),
    ],
)
def test_only_the_nodes_own_pc_needs_no_token(remote: str, host: str, origin: str, here: bool) -> None:
    headers = {"Host": host} | ({"Origin": origin} if origin else {})
    assert is_here(asker_of(remote, headers)) is here


@given(st.lists(st.floats(0.0, 2.0), max_size=400))
def test_an_address_never_gets_more_than_its_burst_and_rate(pauses: list[float]) -> None:
    throttle, now, allowed = Throttle(), 0.0, 0
    for pause in pauses:
        now += pause / 100
        allowed += throttle.allows(AWAY, now)
        assert allowed <= BURST + now * RATE


@given(st.integers(BURST, 4 * BURST))
def test_an_address_that_was_refused_is_let_in_again_at_the_rate(asked: int) -> None:
    throttle = Throttle()
    assert sum(throttle.allows(AWAY, 0.0) for _ in range(asked)) == BURST
    assert throttle.allows(AWAY, 1.5 / RATE)
    assert not throttle.allows(AWAY, 1.5 / RATE)


def test_one_address_does_not_slow_another() -> None:
    throttle = Throttle()
    assert not all(throttle.allows(AWAY, 0.0) for _ in range(2 * BURST))
    assert throttle.allows("10.0.0.8", 0.0)


def test_only_so_many_addresses_are_remembered_and_the_busy_ones_are_among_them() -> None:
    throttle = Throttle()
    assert not all(throttle.allows(AWAY, 0.0) for _ in range(2 * BURST))
    for number in range(MAX_ADDRESSES - 1):
        throttle.allows(f"10.1.{number // 256}.{number % 256}", 0.0)
    assert not throttle.allows(AWAY, 0.0)


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
def test_who_comes_through_a_proxy_does_not_sit_here(header: str) -> None:
    assert not is_here(asker_of("127.0.0.1", {"Host": "localhost:8080", header: "10.0.0.7"}))
