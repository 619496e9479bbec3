"""When it was, in truth: clocks ±30 years off, back and forth, three nodes deep."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from sync.clock import RELEASE, HybridClock, Moment, pack, utc
from sync.export.instants import MOST_HOPS, Clocks, Instant, Noted
from sync.records import ClockSeen, ClockStarted

YEAR = 365 * 86_400_000
START = RELEASE + YEAR
PARENT = {"room": "hub", "hub": "region"}


def started(node: str, ms: int, boot: str = "one") -> Noted:
    return Noted(node, pack(ms), ClockStarted(boot, ms))


def seen(node: str, ms: int, of: str, offset: int, rest: int | None = None, boot: str = "one") -> Noted:
    return Noted(node, pack(ms), ClockSeen(boot, of, offset, offset if rest is None else rest))


def test_a_time_before_a_comparison_takes_what_it_found() -> None:
    clocks = Clocks([started("room", 0), seen("room", 9_000, "wall", offset=8_000, rest=0)])
    assert clocks.at("room", pack(500)) == Instant(8_500, sure=True)


def test_a_time_after_the_last_comparison_takes_what_was_left() -> None:
    clocks = Clocks([started("room", 0), seen("room", 9_000, "wall", offset=-100, rest=-100)])
    assert clocks.at("room", pack(9_500)) == Instant(9_400, sure=True)


def test_a_comparison_itself_is_noted_with_the_clock_as_steered() -> None:
    clocks = Clocks([started("room", 0), seen("room", 9_000, "wall", offset=8_000, rest=0)])
    assert clocks.at("room", pack(9_000)) == Instant(9_000, sure=True)


def test_a_boot_without_a_comparison_has_no_true_times() -> None:
    clocks = Clocks([started("room", 0), seen("room", 9, "wall", 5), started("room", 20, boot="two")])
    assert clocks.at("room", pack(19)) == Instant(24, sure=True)
    assert clocks.at("room", pack(20)) is None


def test_a_node_that_said_nothing_of_its_clock_is_taken_as_it_is_unsure() -> None:
    assert Clocks([]).at("room", pack(500)) == Instant(500, sure=False)


def test_a_trusted_node_is_taken_at_its_word() -> None:
    clocks = Clocks([started("region", 0)], trusted={"region"})
    assert clocks.at("region", pack(500)) == Instant(500, sure=True)


def test_a_trusted_node_that_was_compared_is_corrected_all_the_same() -> None:
    clocks = Clocks([started("hub", 0), seen("hub", 9_000, "wall", -100)], trusted={"hub"})
    assert clocks.at("hub", pack(500)) == Instant(400, sure=True)


def test_the_error_of_the_clock_that_was_asked_is_added() -> None:
    hub = [started("hub", 0), seen("hub", 9_000, "wall", offset=70)]
    room = [started("room", 0), seen("room", 2_000, "hub", offset=1_000)]
    assert Clocks(hub + room).at("room", pack(10)) == Instant(1_080, sure=True)


def test_a_comparison_with_a_clock_that_nobody_compared_is_unsure() -> None:
    room = [started("room", 0), seen("room", 2_000, "hub", offset=1_000)]
    assert Clocks([started("hub", 0), *room]).at("room", pack(10)) == Instant(1_010, sure=False)


def test_nodes_that_compared_themselves_in_a_circle_are_unsure() -> None:
    circle = [seen("a", 10, "b", 0), seen("b", 10, "a", 0), seen("c", 10, "c", 0)]
    assert Clocks(circle).at("a", pack(5)) == Instant(5, sure=False)
    assert Clocks(circle).at("c", pack(5)) == Instant(5, sure=False)


def test_a_chain_longer_than_any_tree_ends() -> None:
    chain = [seen(str(n), 10, str(n + 1), 1) for n in range(MOST_HOPS + 1)]
    clocks = Clocks([*chain, seen(str(MOST_HOPS + 1), 10, "wall", 1)])
    assert clocks.at("1", pack(5)) == Instant(5 + MOST_HOPS + 1, sure=True)
    assert clocks.at("0", pack(5)) == Instant(5 + MOST_HOPS + 1, sure=False)


def test_a_comparison_of_a_boot_whose_start_is_missing_says_nothing_of_what_was_before() -> None:
    clocks = Clocks([started("room", 0), seen("room", 50, "wall", 7, boot="two")])
    assert clocks.at("room", pack(10)) is None
    assert clocks.at("room", pack(60)) == Instant(67, sure=True)


def test_a_time_is_written_as_utc_to_the_second() -> None:
    assert utc(int(datetime(2026, 11, 23, 4, 0, 1, tzinfo=UTC).timestamp() * 1000) + 999) == (
        "2026-11-23T04:00:01Z"
    )


def test_a_time_that_no_calendar_holds_is_left_out() -> None:
    assert utc(1 << 62) == utc(-(1 << 62)) == ""


class Computer:
    """A node whose boots, walls and comparisons the test decides, and what it noted."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.clock = HybridClock(0, None)
        self.boots = 0
        self.noted: list[Noted] = []
        self.events: list[tuple[int, int, int]] = []  # hlc, true time, boot
        self.compared: set[int] = set()

    def boot(self, true: int, wrong: int) -> None:
        self.boots += 1
        self.booted, self.wrong = true, wrong
        self.clock.begin(self.moment(true))
        hlc = self.clock.tick(self.moment(true))
        self.noted.append(Noted(self.name, hlc, ClockStarted(str(self.boots), true + wrong)))

    def moment(self, true: int) -> Moment:
        return Moment(str(self.boots), true - self.booted, true + self.wrong)

    def note(self, true: int) -> None:
        self.events.append((self.clock.tick(self.moment(true)), true, self.boots))

    def compare(self, parent: "Computer", true: int) -> None:
        parent.note(true)  # what a node shows others it has noted, so a boot never shows an earlier time
        steered = self.clock.steer(parent.clock.now(parent.moment(true)), self.moment(true))
        fact = ClockSeen(str(self.boots), parent.name, steered.offset, steered.rest)
        self.noted.append(Noted(self.name, self.clock.tick(self.moment(true)), fact))
        self.compared.add(self.boots)


class World:
    """A classroom, its hub and the region, whose clock is right."""

    def __init__(self) -> None:
        self.true = START
        self.of = {name: Computer(name) for name in ("room", "hub", "region")}
        for computer in self.of.values():
            computer.boot(self.true, 0)

    def happens(self, step: tuple[str, str, int]) -> None:
        what, name, amount = step
        self.true += 1 + abs(amount) % 100_000_000
        if what == "boot":
            self.of[name].boot(self.true, amount)
        elif what == "compare":
            self.of[name].compare(self.of[PARENT[name]], self.true)
        else:
            self.of[name].note(self.true)

    def clocks(self, shuffle: st.DataObject) -> Clocks:
        noted = [each for computer in self.of.values() for each in computer.noted]
        return Clocks(shuffle.draw(st.permutations(noted)), trusted={"region"})


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["boot", "compare", "note", "note"]),
        st.sampled_from(["room", "hub"]),
        st.integers(-30 * YEAR, 30 * YEAR),
    ),
    max_size=25,
)


@given(STEPS, st.data())
def test_what_is_called_sure_is_true_whatever_the_clocks_showed(
    steps: list[tuple[str, str, int]], data: st.DataObject
) -> None:
    world = World()
    for step in steps:
        world.happens(step)
    clocks = world.clocks(data)
    for name in ("room", "hub"):
        for hlc, true, boot in world.of[name].events:
            at = clocks.at(name, hlc)
            assert (at is None) == (boot not in world.of[name].compared)
            assert at is None or not at.sure or at.ms == true


@given(STEPS, st.data())
def test_one_comparison_in_a_boot_makes_its_times_true(
    steps: list[tuple[str, str, int]], data: st.DataObject
) -> None:
    world = World()
    for step in steps:
        world.happens(step)
    for step in (("boot", "room", -20 * YEAR), ("note", "room", 60_000), ("compare", "hub", 5_000)):
        world.happens(step)
    world.happens(("compare", "room", 7))
    hlc, true, _ = world.of["room"].events[-1]
    assert world.clocks(data).at("room", hlc) == Instant(true, sure=True)
