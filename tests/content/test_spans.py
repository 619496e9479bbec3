"""Chunks of two nodes are compared as sets are, whatever anybody claims."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.content import spans

COUNT = 40
NUMBERS = st.frozensets(st.integers(0, COUNT - 1))
CLAIMS = st.lists(st.tuples(st.integers(-9, 99), st.integers(-9, 99)), max_size=20)


def numbers(found: spans.Spans) -> set[int]:
    return {number for each in found for number in each}


@given(NUMBERS, NUMBERS, st.integers(1, 9))
def test_what_two_have_in_common_is_found_from_the_front(one: set[int], other: set[int], most: int) -> None:
    found = spans.first_common(spans.of(one), spans.of(other), most)
    common = one & other
    assert (found is None) == (not common)
    if found is not None:
        assert found.start == min(common)
        assert set(found) <= common
        assert len(found) <= most


@given(NUMBERS)
def test_what_is_left_and_what_is_there_make_the_whole(have: set[int]) -> None:
    there = spans.of(have)
    left = spans.without(range(COUNT), there)
    assert numbers(left) == set(range(COUNT)) - have
    assert spans.size(left) + spans.size(there) == COUNT
    assert all(one.stop < other.start for one, other in pairwise(left))


@given(CLAIMS)
def test_of_a_claim_no_chunk_counts_that_the_item_has_not(claims: list[tuple[int, int]]) -> None:
    found = spans.believed(claims, COUNT)
    assert numbers(found) == {n for first, last in claims for n in range(first, last + 1) if 0 <= n < COUNT}
