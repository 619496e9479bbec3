"""The floors of a node: given here and on the disk, found again after a start, or heard of from above."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec import structs

from edge.dialogue.floor import FloorState
from edge.dialogue.floors import MAX_AGE, MOST_HEARD, Floors
from edge.journal import Journal
from edge.media.negotiate import Refused
from edge.media.packet import Kind, Track
from edge.media.studio import Studio
from edge.opening import Sealed
from sync import tree
from sync.clock import Moment
from sync.ledger import computer
from sync.records import Audited, FloorGiven, NodeEnrolled, NodeRevoked
from tests.flows.crew import until
from tests.flows.journals import facts

TRACKS: dict[Kind, Track] = {"video": Track("video", "VP8", 96, 5), "audio": Track("audio", "opus", 111, 6)}
AUL, DALA = "a" * 16, "b" * 16


class Hub:
    """A node with two classes below it, started again as often as a test wants."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pulled: list[str] = []
        self.changes = 0
        self.date = 0  # milliseconds by which the computer's date is off
        self.elsewhere: set[tuple[str, str]] = set()  # classes, and lessons that they are not in
        self.open()
        for node, school, name in ((AUL, "aul", "Құмсай"), (DALA, "dala", "")):
            self.enrols(node, school, name)

    def open(self) -> None:
        """Start, also again; no lesson is live then."""
        self.journal = Journal(self.folder, "hub")
        self.studio = Studio(8, return_time=0.0)
        self.floors = Floors(self.journal, self.studio, lambda: self.pulled, "Орталық", self._shows)
        self.floors.is_elsewhere = lambda node, stream: (node, stream) in self.elsewhere
        self.floors.watch(self._changed)

    def _shows(self) -> Moment:
        moment = computer()
        return structs.replace(moment, wall=moment.wall + self.date)

    def _changed(self) -> None:
        self.changes += 1

    def restart(self) -> None:
        """Be killed and start again."""
        self.journal.close()
        self.open()

    def enrols(self, node: str, school: str, name: str) -> None:
        """Let a class in."""
        fact = NodeEnrolled(node, school, node * 4, name)
        me, moment = self.journal.identity.node, computer()
        self.journal.ledger.write(lambda db: tree.admit(db, me, fact, "PEM", moment)).result()

    def revokes(self, node: str) -> None:
        """Let a class in no more."""
        me, moment, audit = self.journal.identity.node, computer(), Audited("test", "revoked", node)
        self.journal.ledger.write(lambda db: tree.revoke(db, me, NodeRevoked(node), audit, moment)).result()

    def goes_live(self, stream: str = "lesson") -> None:
        """Somebody publishes."""
        self.studio.begin(stream, TRACKS)

    def ends(self, stream: str = "lesson") -> None:
        """The publisher leaves, and does not return."""
        held = self.studio.streams[stream]
        self.studio.leave(held, held.publication)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep house meanwhile."""
        async with asyncio.TaskGroup() as tasks:
            parts = [tasks.create_task(self.floors.run()), tasks.create_task(self.studio.run())]
            try:
                yield
            finally:
                for each in parts:
                    each.cancel()

    def written(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return who had the floor and who was silenced, fact by fact."""
        bodies = [json.loads(fact.body) for fact in facts(self.folder, "floor-given")]
        return [(body.get("node", ""), tuple(body.get("mutes", ()))) for body in bodies]


@pytest_asyncio.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    made = Hub(tmp_path)
    yield made
    made.journal.close()


async def test_the_floor_is_on_the_disk_before_anybody_is_told(hub: Hub) -> None:
    hub.goes_live()
    given = await hub.floors.give("lesson", AUL)
    assert (given.holder, given.name, given.school) == (AUL, "Құмсай", "aul")
    assert hub.written() == [(AUL, ())]
    assert hub.floors.of("lesson") == given
    assert hub.floors.all() == [given]
    assert hub.changes == 1


async def test_a_class_without_a_name_is_called_by_its_school_and_the_hubs_own_by_the_hubs(hub: Hub) -> None:
    hub.goes_live()
    assert (await hub.floors.give("lesson", DALA)).name == "dala"
    assert (await hub.floors.give("lesson", hub.journal.identity.node)).name == "Орталық"


async def test_two_who_press_at_once_leave_what_the_journal_says(hub: Hub) -> None:
    hub.goes_live()
    await asyncio.gather(*(hub.floors.give("lesson", node) for node in (AUL, DALA, "", AUL, DALA)))
    assert hub.floors.of("lesson").holder == hub.written()[-1][0]
    assert len(hub.written()) == 5


@pytest.mark.parametrize(
    ("stream", "node", "key"),
    [("nothing", AUL, "no-lesson"), ("above", AUL, "not-here"), ("lesson", "c" * 16, "node-unknown")],
)
async def test_the_floor_is_given_only_to_who_is_there_in_a_lesson_that_is_ours(
    hub: Hub, stream: str, node: str, key: str
) -> None:
    hub.goes_live()
    hub.pulled.append("above")
    hub.goes_live("above")
    for order in (hub.floors.give(stream, node), hub.floors.mute(stream, node, on=True)):
        with pytest.raises(Refused) as refused:
            await order
        assert refused.value.key == key
    assert hub.written() == []


async def test_after_a_start_a_lesson_that_lives_again_has_its_floor(hub: Hub) -> None:
    hub.goes_live()
    await hub.floors.mute("lesson", DALA, on=True)
    given = await hub.floors.give("lesson", AUL)
    muted = await hub.floors.mute("lesson", AUL, on=True)
    hub.restart()
    assert hub.floors.of("lesson") == FloorState("lesson")
    hub.goes_live("other")
    assert [each.holder for each in hub.floors.all()] == [""]
    hub.goes_live()
    again = hub.floors.of("lesson")
    assert again == muted
    assert again.since == given.since
    assert hub.changes == 4


async def test_a_floor_of_this_morning_is_not_that_of_the_afternoon(hub: Hub) -> None:
    hub.goes_live()
    await hub.floors.give("lesson", AUL)
    hub.restart()
    now = hub.journal.ledger.now()
    hub.journal.ledger.steer(now + MAX_AGE + 1000, "wall").result()
    hub.goes_live()
    assert hub.floors.of("lesson").holder == ""


@pytest.mark.parametrize("date", [MAX_AGE + 1000, -3_600_000])
async def test_a_computer_whose_date_says_something_else_gives_no_floor_back(hub: Hub, date: int) -> None:
    hub.goes_live()
    await hub.floors.give("lesson", AUL)
    hub.date = date  # the clock of the journal may stand still while the computer is off
    hub.restart()
    hub.goes_live()
    assert hub.floors.of("lesson").holder == ""


@pytest.mark.parametrize(("minutes", "holder"), [(3, AUL), (6, "")])
async def test_a_floor_outlives_a_start_of_the_computer_but_no_break(
    hub: Hub, minutes: int, holder: str
) -> None:
    hub.goes_live()
    await hub.floors.give("lesson", AUL)
    hub.date = minutes * 60_000
    hub.journal.ledger.steer(hub.journal.ledger.now() + hub.date, "wall").result()
    hub.restart()
    hub.goes_live()
    assert hub.floors.of("lesson").holder == holder


async def test_a_class_that_is_in_another_lesson_gets_no_floor(hub: Hub) -> None:
    hub.goes_live()
    hub.elsewhere.add((AUL, "lesson"))
    with pytest.raises(Refused) as refused:
        await hub.floors.give("lesson", AUL)
    assert (refused.value.status, refused.value.key) == (409, "node-elsewhere")
    assert (await hub.floors.give("lesson", DALA)).holder == DALA
    assert hub.written() == [(DALA, ())]


async def test_a_class_that_goes_to_another_lesson_does_not_keep_the_floor(hub: Hub) -> None:
    hub.goes_live()
    await hub.floors.give("lesson", AUL)
    async with hub.running():
        hub.elsewhere.add((AUL, "lesson"))
        await until(lambda: not hub.floors.of("lesson").holder)
    assert hub.written() == [(AUL, ()), ("", ())]


async def test_a_floor_is_not_given_back_to_a_class_that_is_in_another_lesson(hub: Hub) -> None:
    hub.goes_live()
    await hub.floors.give("lesson", AUL)
    hub.restart()
    hub.elsewhere.add((AUL, "lesson"))
    hub.goes_live()
    assert hub.floors.of("lesson").holder == ""


async def test_a_floor_that_was_taken_back_is_not_found_after_a_start(hub: Hub) -> None:
    hub.goes_live()
    await hub.floors.give("lesson", AUL)
    await hub.floors.give("lesson", "")
    hub.restart()
    hub.goes_live()
    assert hub.floors.of("lesson").holder == ""


async def test_a_lesson_that_ends_takes_its_floor_with_it(hub: Hub) -> None:
    hub.goes_live()
    await hub.floors.give("lesson", AUL)
    await hub.floors.mute("lesson", DALA, on=True)
    async with hub.running():
        hub.ends()
        await until(lambda: hub.floors.of("lesson") == FloorState("lesson"))
    assert hub.written()[-1] == ("", ())


async def test_who_was_revoked_does_not_keep_the_floor(hub: Hub) -> None:
    hub.goes_live()
    await hub.floors.give("lesson", AUL)
    hub.revokes(AUL)
    async with hub.running():
        await until(lambda: not hub.floors.of("lesson").holder)
        with pytest.raises(Refused, match="is no node below"):
            await hub.floors.give("lesson", AUL)
    assert hub.written() == [(AUL, ()), ("", ())]


async def test_a_disk_that_takes_nothing_takes_the_floor_from_nobody(hub: Hub) -> None:
    hub.goes_live()
    sealed = Journal(hub.folder, "hub", Sealed)
    floors = Floors(sealed, hub.studio, tuple, "Орталық")
    given = await floors.give("lesson", AUL)
    assert (given.holder, floors.of("lesson").holder) == (AUL, AUL)
    assert given.since > 0
    assert hub.written() == []
    sealed.close()


# What the parent says.


def state(stream: str = "above", holder: str = AUL, **more: object) -> FloorState:
    return structs.replace(FloorState(stream, holder, "Құмсай", "aul", 5), **more)


async def test_what_the_parent_says_is_passed_on_as_it_is(hub: Hub) -> None:
    hub.pulled.append("above")
    hub.goes_live("above")
    told = state(mutes=("*", DALA), muted=True)
    hub.floors.heard([told])
    hub.floors.heard([told])
    assert hub.floors.all() == [told]
    assert hub.changes == 1
    assert hub.floors.is_pulled("above")
    hub.floors.heard([])
    assert hub.floors.all() == [FloorState("above")]


@pytest.fixture(
    params=[
        {"stream": "../x"},
        {"holder": "nobody"},
        {"holder": "*"},
        {"mutes": ("x",)},
        {"mutes": tuple(f"{number:016x}" for number in range(401))},
        {"name": "\u202e"},
    ]
)
def strange(request: pytest.FixtureRequest) -> FloorState:
    return structs.replace(state(), **request.param)


async def test_what_no_hub_of_ours_would_say_is_not_shown(hub: Hub, strange: FloorState) -> None:
    hub.floors.heard([strange, state("sound")])
    assert hub.floors.of(strange.stream).holder == ""
    assert hub.floors.of("sound").holder == AUL


async def test_of_two_lessons_with_one_name_the_one_that_is_taught_here_is_ours(hub: Hub) -> None:
    hub.goes_live()
    hub.floors.heard([state("lesson", DALA)])
    assert hub.floors.of("lesson") == FloorState("lesson")
    assert (await hub.floors.give("lesson", AUL)).holder == AUL


async def test_a_class_has_every_floor_that_anybody_says(hub: Hub) -> None:
    hub.goes_live()
    await hub.floors.give("lesson", AUL)
    hub.floors.heard([state("above"), state("other", DALA)])  # also of lessons that do not come here
    assert hub.floors.held(AUL) == {"lesson", "above"}
    assert hub.floors.held("c" * 16) == set()


async def test_between_two_pulls_a_lesson_is_still_the_parents(hub: Hub) -> None:
    hub.pulled.append("above")
    hub.goes_live("above")
    hub.floors.heard([state()])
    hub.pulled.clear()
    hub.ends("above")
    assert hub.floors.is_pulled("above")
    assert hub.floors.of("above").holder == AUL
    assert [each.holder for each in hub.floors.all()] == [AUL]  # who is below goes on speaking


async def test_of_what_a_parent_says_only_so_much_is_kept(hub: Hub) -> None:
    hub.floors.heard([state(f"s{number}") for number in range(MOST_HEARD + 9)])
    kept = [number for number in range(MOST_HEARD + 9) if hub.floors.of(f"s{number}").holder]
    assert len(kept) == MOST_HEARD


async def test_what_a_node_of_ours_once_wrote_in_a_newer_form_is_passed_over(hub: Hub) -> None:
    hub.goes_live()
    await hub.floors.give("lesson", AUL)
    strange = FloorGiven("lesson", DALA, mutes=("x" * 70,))  # longer than any node's name
    hub.journal.ledger.note("teaching", "", strange).result()
    hub.restart()
    hub.goes_live()
    assert hub.floors.of("lesson").holder == AUL
