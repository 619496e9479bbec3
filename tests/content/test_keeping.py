"""What goes when there is no room, and what never does."""

from hypothesis import given
from hypothesis import strategies as st

from edge.content.keeping import DAY, ENOUGH, LOW, Rules, Thing, fits, to_drop

MB = 1 << 20
NOW = 400 * DAY
FULL = 0  # bytes beyond the reserve


def material(ident: str, used: int, size: int = 100 * MB, **more: bool) -> Thing:
    return Thing(ident, "material", size, used, **more)


def recording(ident: str, made: int, size: int = 500 * MB, **more: bool) -> Thing:
    return Thing(ident, "recording", size, made, **more)


def gone(*things: Thing, rules: Rules, free: int = 1 << 40) -> list[tuple[str, str]]:
    return [(each.thing.id, each.why) for each in to_drop(things, rules, free, NOW)]


def test_on_a_full_disk_materials_go_first_then_recordings_that_are_old_enough_the_oldest_first() -> None:
    things = (
        recording("old", NOW - 90 * DAY),
        recording("older", NOW - 95 * DAY),
        recording("new", NOW - 5 * DAY),
        material("book", NOW),
        material("film", NOW - 300 * DAY),
    )
    assert gone(*things, rules=Rules(keep_days=30), free=FULL) == [
        ("film", "disk"),
        ("book", "disk"),
        ("older", "disk"),
        ("old", "disk"),
    ]


def test_no_more_goes_than_has_to() -> None:
    things = [material(f"m{n}", n, 400 * MB) for n in range(9)]
    assert gone(*things, rules=Rules(), free=FULL) == [("m0", "disk"), ("m1", "disk")]


def test_without_days_recordings_stay_for_ever() -> None:
    assert gone(recording("old", 0), rules=Rules(), free=FULL) == []


def test_what_is_pinned_or_in_use_stays_on_the_fullest_disk() -> None:
    things = (material("pinned", 0, stays=True), recording("on the projector", 0, stays=True))
    assert gone(*things, rules=Rules(quota=1, keep_days=1), free=FULL) == []


def test_beyond_the_quota_what_was_used_longest_ago_goes() -> None:
    things = [material(name, used) for name, used in (("a", 3), ("b", 1), ("c", 2))]
    assert gone(*things, rules=Rules(quota=200 * MB)) == [("b", "quota")]


def test_what_was_withdrawn_goes_unless_somebody_pinned_it() -> None:
    things = (material("x", NOW, withdrawn=True), material("y", NOW, withdrawn=True, stays=True))
    assert gone(*things, rules=Rules()) == [("x", "withdrawn")]


def test_nothing_comes_that_would_make_room_needed() -> None:
    rules = Rules(quota=300 * MB)
    assert fits(100 * MB, 200 * MB, rules, free=1 << 40)
    assert not fits(101 * MB, 200 * MB, rules, free=1 << 40)
    assert not fits(100 * MB, 0, rules, free=rules.headroom)


THINGS = st.lists(
    st.builds(
        Thing,
        st.uuids().map(str),
        st.sampled_from(["material", "recording"]),
        st.integers(0, 1 << 33),
        st.integers(0, NOW),
        st.booleans(),
        st.booleans(),
    ),
    max_size=12,
    unique_by=lambda thing: thing.id,
)
RULES = st.builds(Rules, st.integers(0, 1 << 33), st.integers(0, 200))


@given(THINGS, RULES, st.integers(0, 1 << 34))
def test_whatever_lies_there_the_rules_hold(things: list[Thing], rules: Rules, free: int) -> None:
    dropped = to_drop(things, rules, free, NOW)
    assert len({each.thing.id for each in dropped}) == len(dropped)
    assert not any(each.thing.stays for each in dropped)
    recordings = [each.thing for each in dropped if each.thing.kind == "recording"]
    assert all(rules.keep_days and NOW - each.used > rules.keep_days * DAY for each in recordings)
    left = [each for each in things if each not in [drop.thing for drop in dropped] and not each.stays]
    if recordings:
        assert free < LOW
        assert not any(each.kind == "material" for each in left), "materials go first"
    if rules.quota and any(each.kind == "material" for each in left):
        assert sum(each.bytes for each in things if each.kind == "material" and each in left) <= rules.quota
    again = to_drop(left, rules, max(free, ENOUGH), NOW)
    assert all(each.why == "quota" for each in again)
