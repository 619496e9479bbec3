"""Who was there: the same answer from the same registers, in whatever order, and nothing is ever lost."""

from hypothesis import given
from hypothesis import strategies as st

from sync.fold import Standing, Taken, fold, history
from sync.records import RegisterTaken

LESSON = "5А 2026-11-23 09:00"
IDS = [f"{number:016x}" for number in range(8)]


def taken(id_: str, *prev: str, hlc: int = 1, node: str = "school", signed: bool = True) -> Taken:
    register = RegisterTaken(LESSON, {1: "ill"}, by=id_, signed=signed, prev=prev)
    return Taken(id_, hlc, node, is_correction=node == "hub", register=register)


def stood(*facts: Taken) -> Standing:
    standing = fold(facts)
    assert standing is not None
    return standing


def ids(facts: tuple[Taken, ...] | list[Taken]) -> list[str]:
    return [fact.id for fact in facts]


@st.composite
def facts_that_name(draw: st.DrawFn, anything: bool) -> list[Taken]:
    """Registers that replace only earlier ones, as hashes do; if `anything`, in circles too."""
    made: list[Taken] = []
    for index, id_ in enumerate(IDS[: draw(st.integers(1, len(IDS)))]):
        known = IDS if anything else ["not-here", *IDS[:index]]
        prev = draw(st.lists(st.sampled_from(known), max_size=3))
        hlc, node = draw(st.integers(0, 3)), draw(st.sampled_from(["school", "room-2", "hub"]))
        made.append(taken(id_, *prev, hlc=hlc, node=node, signed=draw(st.booleans())))
    return made


ANY = facts_that_name(anything=True)
HONEST = facts_that_name(anything=False)


def test_a_lesson_without_a_register_stands_for_nothing() -> None:
    assert fold([]) is None
    assert history([]) == []


def test_a_successor_wins_though_its_clock_shows_an_earlier_time() -> None:
    standing = stood(taken("a", hlc=9), taken("b", "a", hlc=1))
    assert standing.winner.id == "b"
    assert not standing.conflict
    assert ids(standing.replaced) == ["a"]


def test_the_classroom_wins_until_the_school_signed_a_register() -> None:
    standing = stood(taken("draft", signed=False), taken("hubs", node="hub", hlc=9))
    assert ids(standing.heads) == ["draft", "hubs"]
    assert not standing.was_signed


def test_the_hub_wins_after_the_school_signed_a_register() -> None:
    standing = stood(taken("signed", hlc=9), taken("hubs", node="hub", hlc=1))
    assert ids(standing.heads) == ["hubs", "signed"]
    assert standing.was_signed


def test_a_signature_counts_though_a_draft_replaced_it() -> None:
    standing = stood(taken("s"), taken("again", "s", signed=False), taken("hubs", "s", node="hub"))
    assert ids(standing.heads) == ["hubs", "again"]


def test_a_draft_that_wins_is_shown_as_a_draft() -> None:
    standing = stood(taken("a"), taken("b", "a", signed=False))
    assert standing.marks == {1: "ill"}
    assert not standing.signed
    assert standing.was_signed


def test_between_equals_time_decides_then_node_then_id() -> None:
    later, other, last = taken("c", hlc=2), taken("a", node="z"), taken("b")
    assert ids(stood(later, other, last).heads) == ["c", "a", "b"]


def test_registers_that_contradict_each_other_all_stay() -> None:
    standing = stood(taken("a"), taken("b"), taken("c"))
    assert standing.conflict
    assert ids(standing.heads) == ["c", "b", "a"]


def test_one_fact_in_two_streams_is_one_and_the_classrooms() -> None:
    mine, copied = taken("a"), taken("a", node="hub")
    assert stood(copied, mine) == stood(mine)


def test_a_register_that_replaces_itself_stands() -> None:
    assert ids(stood(taken("a", "a")).heads) == ["a"]


def test_registers_that_replace_each_other_in_a_circle_all_stay() -> None:
    assert ids(stood(taken("a", "b"), taken("b", "a")).heads) == ["b", "a"]


def test_a_register_from_outside_ends_a_circle() -> None:
    standing = stood(taken("a", "b"), taken("b", "a"), taken("c", "a"))
    assert ids(standing.heads) == ["c"]
    assert sorted(ids(standing.replaced)) == ["a", "b"]


def test_history_puts_a_correction_after_what_it_corrects() -> None:
    facts = [taken("b", "a", hlc=1), taken("a", hlc=9), taken("c", "b", hlc=0)]
    assert ids(history(facts)) == ["a", "b", "c"]


@given(ANY, st.data())
def test_neither_order_nor_copies_change_anything(facts: list[Taken], data: st.DataObject) -> None:
    copies = data.draw(st.lists(st.sampled_from(facts)))
    shuffled = data.draw(st.permutations(facts + copies))
    assert fold(shuffled) == fold(facts)
    assert history(shuffled) == history(facts)


@given(ANY, st.data())
def test_copies_in_other_streams_do_not_make_order_count(facts: list[Taken], data: st.DataObject) -> None:
    copied = [Taken(fact.id, fact.hlc, "hub", True, fact.register) for fact in facts]
    shuffled = data.draw(st.permutations(facts + copied))
    assert fold(shuffled) == fold(facts + copied)


@given(ANY, st.data())
def test_nothing_is_ever_dropped_however_the_set_grows(facts: list[Taken], data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(facts), min_size=1, unique_by=lambda fact: fact.id))
    for of in (some, facts):
        standing = stood(*of)
        assert sorted(ids(standing.heads) + ids(standing.replaced)) == sorted(ids(of))
        assert sorted(ids(history(of))) == sorted(ids(of))


@given(HONEST, st.data())
def test_what_was_replaced_never_comes_back(facts: list[Taken], data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(facts), min_size=1, unique_by=lambda fact: fact.id))
    assert set(ids(stood(*some).replaced)) <= set(ids(stood(*facts).replaced))


@given(HONEST)
def test_the_heads_are_what_nobody_replaced(facts: list[Taken]) -> None:
    named = {id_ for fact in facts for id_ in fact.register.prev}
    assert set(ids(stood(*facts).heads)) == set(ids(facts)) - named


@given(HONEST)
def test_history_never_puts_a_register_before_what_it_replaces(facts: list[Taken]) -> None:
    place = {fact.id: index for index, fact in enumerate(history(facts))}
    assert all(place[old] < place[f.id] for f in facts for old in f.register.prev if old in place)
