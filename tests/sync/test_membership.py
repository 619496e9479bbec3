"""Who belongs to the tree: any order, any clock, any claim; nobody takes what another one has."""

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from sync.membership import MOST_NAME, MOST_SAID, MOST_TIERS, Census, Member, Members, Said
from sync.records import NodeEnrolled, NodeRevoked, Record, encode
from tests.sync.peers import node_id

ME, HUB, OTHER, SUB, ROOM, LAB, ROGUE = (node_id(number) for number in range(1, 8))
PAST, FUTURE = 1, 1 << 62  # times that a writer may choose

Heard = tuple[str, Record]  # by whom, what


class Tree(Struct):
    """What a node knows of the tree below it: whom it let in itself, and what came, in order of arrival."""

    direct: list[Member]
    heard: list[tuple[str, int, Record]] = []
    own: Mapping[str, int] = {}

    def hears(self, *facts: Heard, hlc: int = 0) -> "Tree":
        """Let facts arrive; their times are in the same order unless another one is given."""
        for by, record in facts:
            self.heard.append((by, hlc or 1000 + len(self.heard), record))
        return self

    def said_by(self, node: str) -> list[Said]:
        """Return what a node wrote, in its own order."""
        facts = ((at, hlc, *encode(record)) for at, (by, hlc, record) in enumerate(self.heard) if by == node)
        return sorted(facts, key=lambda fact: fact[1])

    def members(self) -> dict[str, Member]:
        """Count."""
        return Census(ME, self.direct, self.own).count(self.said_by)

    def standing(self) -> dict[str, tuple[str, str]]:
        """Return who let in those that are let in, and their schools."""
        return {id_: (each.via, each.school) for id_, each in self.members().items() if not each.revoked}

    def via(self, node: str) -> str:
        """Return who let a node in, "" if nobody that counts."""
        return self.standing().get(node, ("", ""))[0]


def enrolled(node: str, school: str = "aul", *, enrols: bool = False, name: str = "") -> NodeEnrolled:
    """Return what a hub says of a node that it let in."""
    return NodeEnrolled(node, school, (node * 4)[:64], name, enrols)


def hub(node: str, school: str = "", *, revoked: bool = False) -> Member:
    """Return a hub that dials the node itself."""
    return Member(node, school or f"hub{int(node, 16)}", "", node * 4, ME, enrols=True, revoked=revoked)


def region(*more: Member) -> Tree:
    """Return a region with two hubs, and a third one that cannot be trusted."""
    return Tree([hub(HUB), hub(OTHER), hub(ROGUE), *more], [])


# Who is first.


def test_a_claim_with_an_earlier_time_is_not_an_earlier_claim() -> None:
    tree = region().hears((HUB, enrolled(ROOM)))
    tree.hears((ROGUE, enrolled(ROOM)), (ROGUE, enrolled(LAB, "aul")), hlc=PAST)
    assert (tree.via(ROOM), tree.via(LAB)) == (HUB, "")


def test_a_claim_of_a_hub_that_is_nearer_does_not_go_before_one_from_further_below() -> None:
    tree = region().hears((HUB, enrolled(SUB, "sub", enrols=True)), (SUB, enrolled(ROOM)))
    tree.hears((ROGUE, enrolled(ROOM)), (ROGUE, enrolled(LAB)))
    assert (tree.via(ROOM), tree.via(LAB)) == (SUB, "")


def test_a_hub_that_says_another_school_of_its_own_node_claims_anew() -> None:
    tree = region().hears((ROGUE, enrolled(LAB, "mine")), (HUB, enrolled(ROOM, "aul")))
    tree.hears((ROGUE, enrolled(LAB, "aul")))
    assert tree.standing()[ROOM] == (HUB, "aul")
    assert tree.via(LAB) == ""


def test_who_lets_in_again_what_he_had_given_back_comes_last() -> None:
    tree = region().hears((ROGUE, enrolled(ROOM)), (ROGUE, NodeRevoked(ROOM)), (HUB, enrolled(ROOM)))
    tree.hears((ROGUE, enrolled(ROOM)))
    assert tree.via(ROOM) == HUB


def test_who_dials_us_is_claimed_by_nobody_and_neither_is_the_school() -> None:
    room = Member(ROOM, "aul", "", ROOM * 4, ME)
    tree = region(room).hears((HUB, enrolled(ROOM)), (HUB, enrolled(LAB)), (HUB, enrolled(OTHER, "x")))
    assert tree.standing() == region(room).standing()


def test_who_does_not_dial_us_any_more_may_be_let_in_by_a_hub() -> None:
    tree = region(Member(ROOM, "aul", "", ROOM * 4, ME, revoked=True)).hears((HUB, enrolled(ROOM)))
    assert tree.via(ROOM) == HUB


@pytest.mark.parametrize(("since", "may"), [(0, False), (1, False), (2, True), (3, True)])
def test_our_own_school_is_not_claimed_by_who_comes_later(since: int, may: bool) -> None:
    tree = region().hears((HUB, NodeRevoked(LAB)), (HUB, NodeRevoked(LAB)), (HUB, enrolled(ROOM)))
    tree.own = {"aul": since}
    assert (tree.via(ROOM) == HUB) is may


# Schools.


def test_a_school_may_have_several_computers_below_one_hub() -> None:
    tree = region().hears((HUB, enrolled(ROOM)), (HUB, enrolled(LAB)))
    assert tree.standing().items() >= {ROOM: (HUB, "aul"), LAB: (HUB, "aul")}.items()


def test_a_hub_may_let_in_rooms_of_its_own_school_also_where_another_computer_of_it_dials_us() -> None:
    studio = Member(LAB, "hub2", "", LAB * 4, ME)
    tree = region(studio).hears((HUB, enrolled(ROOM, "hub2")), (ROGUE, enrolled(SUB, "hub2")))
    assert tree.standing()[ROOM] == (HUB, "hub2")
    assert tree.via(SUB) == ""


def test_a_hub_below_a_hub_does_not_get_the_school_of_that() -> None:
    tree = region().hears((HUB, enrolled(SUB, "sub", enrols=True)), (SUB, enrolled(ROOM, "hub2")))
    assert tree.via(ROOM) == ""


def test_a_hub_keeps_a_school_while_its_computers_are_replaced() -> None:
    tree = region().hears((HUB, enrolled(ROOM)), (ROGUE, enrolled(SUB, "aul")))
    tree.hears((HUB, enrolled(LAB)), (HUB, NodeRevoked(ROOM)))
    assert (tree.via(LAB), tree.via(ROOM), tree.via(SUB)) == (HUB, "", "")


def test_a_school_goes_to_another_hub_when_its_last_computer_was_let_go() -> None:
    tree = region().hears((HUB, enrolled(ROOM)), (HUB, enrolled(LAB)))
    tree.hears((HUB, NodeRevoked(ROOM)), (OTHER, enrolled(ROOM)))
    before = tree.via(ROOM)
    tree.hears((HUB, NodeRevoked(LAB)))
    assert (before, tree.via(ROOM)) == ("", OTHER)


# Who was let go.


def test_a_hub_lets_nobody_go_whom_another_one_let_in() -> None:
    tree = region().hears((HUB, enrolled(ROOM)), (ROGUE, NodeRevoked(ROOM)), (ROOM, NodeRevoked(ROOM)))
    assert tree.via(ROOM) == HUB


def test_who_was_let_go_stays_known_for_what_he_wrote_before() -> None:
    tree = region().hears((HUB, enrolled(ROOM)), (HUB, NodeRevoked(ROOM)))
    assert tree.members()[ROOM].revoked
    assert Members(ME, tree.members()).below(HUB) == {HUB, ROOM}
    assert Members(ME, tree.members()).attended({ROOM}) == set()


def test_the_rooms_of_a_hub_that_was_revoked_stay_known_and_may_be_let_in_by_another_one() -> None:
    tree = Tree([hub(HUB, revoked=True), hub(OTHER)], [])
    tree.hears((HUB, enrolled(SUB, "sub", enrols=True)), (SUB, enrolled(ROOM)), (HUB, enrolled(LAB, "dala")))
    before = tree.members()
    tree.hears((OTHER, enrolled(ROOM)))
    assert {id_: each.via for id_, each in before.items() if each.revoked} == {
        HUB: ME,
        SUB: HUB,
        ROOM: SUB,
        LAB: HUB,
    }
    assert (tree.via(ROOM), tree.via(LAB)) == (OTHER, "")


# What is no claim.


@pytest.mark.parametrize(
    "claim",
    [
        NodeEnrolled(ROOM, "aul", ""),
        NodeEnrolled(ROOM, "aul", LAB * 4),
        NodeEnrolled("../../etc/passwd", "aul", "../../etc/passwd"),
        enrolled(ROOM.upper().replace("0", "A")),
        enrolled(ROOM, ""),
        enrolled(ROOM, "Aul"),
        enrolled(ROOM, "a" * 33),
        enrolled(ROOM, name="\x1b[2Jroot"),
        enrolled(ROOM, name="a" * (MOST_NAME + 1)),
        enrolled(ME),
    ],
)
def test_what_no_invitation_could_have_made_lets_nobody_in(claim: NodeEnrolled) -> None:
    assert region().hears((HUB, claim)).standing() == region().standing()


def test_a_classroom_lets_nobody_in() -> None:
    tree = region().hears((HUB, enrolled(ROOM)), (ROOM, enrolled(LAB)), (LAB, enrolled(SUB)))
    assert (tree.via(LAB), tree.via(SUB)) == ("", "")


# Bounds.


def test_a_tree_has_so_many_tiers_and_no_more() -> None:
    chain = [node_id(100 + number) for number in range(2 * MOST_TIERS)]
    tree = Tree([hub(chain[0])], [])
    tree.hears(*((above, enrolled(id_, id_, enrols=True)) for above, id_ in pairwise(chain)))
    assert len(tree.members()) == MOST_TIERS


def test_of_what_a_branch_says_only_so_much_is_read_and_the_others_are_not_in_its_way() -> None:
    rogues = [node_id(1000 + number) for number in range(3)]
    many = [node_id(10_000 + number) for number in range(MOST_SAID)]
    tree = region().hears(*((ROGUE, enrolled(rogue, "rogue", enrols=True)) for rogue in rogues))
    tree.hears(*((rogues[number % 3], enrolled(id_, "rogue")) for number, id_ in enumerate(many)))
    tree.hears((HUB, enrolled(ROOM)))
    assert len(tree.members()) <= MOST_SAID + 4
    assert tree.via(ROOM) == HUB


# Whatever comes, in whatever order.

HONEST = (HUB, OTHER, SUB)
COMPUTERS = {node_id(20 + number): f"school{number % 3}" for number in range(6)}


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, int, Record]]:
    """Draw what honest hubs say over the years: schools come, move with all their computers, and close."""
    holders: dict[str, str] = {}
    said: list[tuple[str, int, Record]] = [(HUB, 1, enrolled(SUB, "sub", enrols=True))]
    for hlc in range(2, 2 + draw(st.integers(0, 25))):
        computer = draw(st.sampled_from(sorted(COMPUTERS)))
        school = COMPUTERS[computer]
        if computer in holders:
            said.append((holders.pop(computer), hlc, NodeRevoked(computer)))
            continue
        at = {by for id_, by in holders.items() if COMPUTERS[id_] == school}
        by = draw(st.sampled_from(sorted(at or HONEST)))
        holders[computer] = by
        said.append((by, hlc, enrolled(computer, school)))
    return said


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[tuple[str, int, Record]], list[tuple[str, int, Record]]]:
    """Draw a history, and an order in which it may arrive: that of each hub stays."""
    history = draw(histories())
    turns = draw(st.permutations([by for by, _, _ in history]))
    queues = {by: iter([each for each in history if each[0] == by]) for by in set(turns)}
    return history, [next(queues[by]) for by in turns]


@given(arrivals())
def test_whatever_hub_is_heard_first_everybody_ends_where_he_was_let_in_last(
    drawn: tuple[list[tuple[str, int, Record]], list[tuple[str, int, Record]]],
) -> None:
    history, arrived = drawn
    expected: dict[str, str] = {}
    for by, _, record in history:
        if isinstance(record, NodeEnrolled):
            expected[record.node] = by
        elif isinstance(record, NodeRevoked):
            del expected[record.node]
    tree = Tree([hub(HUB), hub(OTHER)], arrived)
    assert {id_: via for id_, (via, _) in tree.standing().items() if via != ME} == expected
    assert tree.members() == Tree([hub(HUB), hub(OTHER)], history).members()


fakes = st.sampled_from([ROGUE, *(node_id(50 + number) for number in range(4))])
targets = st.sampled_from([ME, HUB, OTHER, SUB, *COMPUTERS]) | fakes
names = st.sampled_from(["mine", "sub", "hub2", "hub3", *sorted(set(COMPUTERS.values()))])
claims = st.builds(
    lambda node, school, enrols: enrolled(node, school, enrols=enrols), targets, names, st.booleans()
) | st.builds(NodeRevoked, targets)
lies = st.lists(st.tuples(fakes, st.integers(PAST, FUTURE), claims), max_size=30)


@given(histories(), lies)
def test_whatever_a_rogue_hub_says_afterwards_nobody_else_loses_anything(
    history: list[tuple[str, int, Record]], said: list[tuple[str, int, Record]]
) -> None:
    honest = Tree([hub(HUB), hub(OTHER), hub(ROGUE)], list(history)).standing()
    tree = Tree([hub(HUB), hub(OTHER), hub(ROGUE)], [*history, *said])
    members = Members(ME, tree.members())
    assert tree.standing().items() >= honest.items()
    kept = {school for id_, (_, school) in honest.items() if id_ != ROGUE}
    assert members.attended(members.below(ROGUE)).isdisjoint(kept)


@given(histories(), lies)
def test_whatever_is_said_everybody_stands_below_us_in_few_tiers(
    history: list[tuple[str, int, Record]], said: list[tuple[str, int, Record]]
) -> None:
    members = Tree([hub(HUB), hub(OTHER), hub(ROGUE)], [*said, *history]).members()
    assert ME not in members
    assert Members(ME, members).below(ME) == {ME, *members}
    assert all(len(_above(members, id_)) <= MOST_TIERS for id_ in members)


def _above(members: dict[str, Member], node: str) -> list[str]:
    found = [node]
    while members[found[-1]].via != ME and len(found) <= MOST_TIERS:
        found.append(members[found[-1]].via)
    return found
