"""Which computer of a school asks the hub, and whom it believes to be one of its school."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.content.siblings import GONE, MAX_SIBLINGS, STUCK, Choice, Own, Siblings, Standing
from edge.hubs import Answer

ROOM = (ipaddress.ip_network("192.168.7.0/24"),)
NODES = tuple(letter * 16 for letter in "abcd")
WELL = Standing(upstream=True, asks=False, chunks=3, lacks=True)
ASKS = Standing(upstream=True, asks=True, chunks=3, lacks=True)


def answer(
    node: str = NODES[1], school: bytes | None = b"aul", port: int = 8080, at: str = "192.168.7.5"
) -> Answer:
    return Answer(node, {b"school": school}, (at,), port)


def heard(*answers: Answer) -> Siblings:
    siblings = Siblings(NODES[0])
    siblings.school = "aul"
    for each in answers:
        siblings.heard(each, ROOM, 0.0)
    return siblings


def test_a_computer_of_the_same_school_is_known_by_an_address_and_a_port() -> None:
    (sibling,) = heard(answer()).all()
    assert (sibling.node, sibling.urls) == (NODES[1], ("http://192.168.7.5:8080",))


@pytest.mark.parametrize(
    "nonsense",
    [
        answer(node="hub-1"),
        answer(node="A" * 16),
        answer(school=b"other"),
        answer(school=b""),
        answer(school=None),
        answer(school=b"\xff"),
        answer(port=0),
        answer(at="8.8.8.8"),
        answer(at="evil.example"),
    ],
)
def test_strangers_and_nonsense_are_counted_and_not_remembered(nonsense: Answer) -> None:
    siblings = heard(nonsense)
    assert (siblings.all(), siblings.refused) == ([], 1)


def test_where_no_school_is_known_nobody_is_of_it() -> None:
    siblings = Siblings(NODES[0])
    siblings.heard(answer(school=b""), ROOM, 0.0)
    assert siblings.all() == []


def test_more_than_a_school_has_are_not_remembered() -> None:
    siblings = heard(*(answer(f"{number:016x}") for number in range(MAX_SIBLINGS + 3)))
    assert (len(siblings.all()), siblings.refused) == (MAX_SIBLINGS, 3)


def test_a_node_is_not_its_own_sibling_and_forgets_who_says_goodbye() -> None:
    siblings = heard(answer(NODES[0]), answer(NODES[1]), answer(NODES[2]))
    siblings.left(NODES[1])
    assert [each.node for each in siblings.all()] == [NODES[2]]


def choice(own: str, **others: Standing) -> Choice:
    made = Choice(own)
    for letter, standing in others.items():
        made.saw(letter * 16, standing, 0.0)
    return made


def test_the_lowest_id_asks_where_nobody_does() -> None:
    assert choice(NODES[0], b=WELL, c=WELL).is_ours(Own(asks=False), now=1.0)
    assert not choice(NODES[1], a=WELL, c=WELL).is_ours(Own(asks=False), now=1.0)


def test_who_asks_already_goes_on_and_of_two_the_lower_one() -> None:
    assert not choice(NODES[0], b=ASKS).is_ours(Own(asks=False), now=1.0)
    assert choice(NODES[1], a=WELL).is_ours(Own(asks=True), now=1.0)
    assert choice(NODES[0], b=ASKS).is_ours(Own(asks=True), now=1.0)
    assert not choice(NODES[1], a=ASKS).is_ours(Own(asks=True), now=1.0)


@pytest.mark.parametrize(
    "other",
    [
        Standing(upstream=False, asks=False, chunks=3, lacks=True),
        Standing(upstream=True, asks=False, chunks=9, lacks=False),
    ],
)
def test_who_has_no_way_to_the_hub_or_lacks_nothing_is_not_waited_for(other: Standing) -> None:
    assert choice(NODES[1], a=other).is_ours(Own(asks=False), now=1.0)


def test_who_is_silent_or_stuck_is_waited_for_so_long_and_no_longer() -> None:
    silent = choice(NODES[1], a=WELL)
    assert not silent.is_ours(Own(asks=False), now=GONE)
    assert silent.is_ours(Own(asks=False), now=GONE + 1)
    stuck = choice(NODES[1], a=ASKS)
    stuck.saw(NODES[0], ASKS, STUCK + 1)
    assert stuck.is_ours(Own(asks=False), now=STUCK + 1)
    stuck.saw(NODES[0], Standing(True, True, 4, True), STUCK + 2)
    assert not stuck.is_ours(Own(asks=False), now=STUCK + 2)


def test_time_in_which_nobody_may_fetch_makes_nobody_stuck() -> None:
    quiet = choice(NODES[1], a=WELL)
    quiet.saw(NODES[0], WELL, 9 * STUCK)
    quiet.begins(9 * STUCK)
    assert not quiet.is_ours(Own(asks=False), now=9 * STUCK + 1)


def test_after_a_cut_of_the_link_that_all_share_nobody_takes_the_turn_of_who_asked() -> None:
    cut = Standing(upstream=False, asks=False, chunks=3, lacks=True)
    assert not choice(NODES[1], a=cut).is_ours(Own(upstream=False), now=1.0)
    assert choice(NODES[0], b=cut).is_ours(Own(upstream=False), now=1.0)


def test_who_told_lies_is_not_waited_for() -> None:
    assert choice(NODES[1], a=ASKS).is_ours(Own(), now=1.0, liars=[NODES[0]])


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=4, max_size=4))
def test_where_all_see_the_same_no_two_begin_to_ask(states: list[tuple[bool, bool, bool]]) -> None:
    standings = [Standing(up, up and lacks and asks, 1, lacks) for up, asks, lacks in states]
    begin, keep = 0, 0
    for number, node in enumerate(NODES):
        mine = Choice(node)
        for other, standing in zip(NODES, standings, strict=True):
            if other != node:
                mine.saw(other, standing, 0.0)
        own = standings[number]
        ours = own.upstream and own.lacks and mine.is_ours(Own(own.asks), 1.0)
        keep += ours and own.asks
        begin += ours and not own.asks
    able = any(each.upstream and each.lacks for each in standings)
    assert begin + keep == (1 if able else 0)
