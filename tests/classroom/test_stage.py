"""The lesson at a classroom: what is shown, how far behind the hub, and what happens when it disappears."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.classroom.stage import OFFER_AFTER, QUIET, SAFE, STEADY, Heard, Playable, Shown, Stage, Unfit
from edge.classroom.tape import Tape
from edge.media.record.marks import Gap
from edge.media.record.reel import Reel

STEP = 0.5  # seconds, as the shell ticks


class Hub:
    """Streams as they come in: each sends, is silent or is gone; what it sends may be recorded."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.now = 100.0
        self.heard: dict[str, float] = {}
        self.sends: set[str] = set()
        self.reels: dict[str, list[Reel]] = {}
        self.records = True

    def send(self, name: str) -> None:
        """Begin to send."""
        self.sends.add(name)
        self.reels.setdefault(name, [])

    def cut(self, name: str) -> None:
        """Send nothing more."""
        self.sends.discard(name)

    def new_file(self, name: str) -> None:
        """Have the recorder begin another file."""
        self.reels[name] = [_ended(reel) for reel in self.reels[name]]

    def pass_time(self, seconds: float) -> None:
        """Let time pass in ticks."""
        for _ in range(round(seconds / STEP)):
            self.now += STEP
            for name in self.sends:
                self.heard[name] = self.now
                if self.records:
                    self._record(name)
            self.tick()

    def tick(self) -> None:
        """Tell the stage what there is."""
        streams = {
            name: Heard(heard, name in self.sends or self.now - heard < QUIET, tuple(self.reels[name]))
            for name, heard in self.heard.items()
        }
        self.stage.tick(self.now, streams)

    def _record(self, name: str) -> None:
        reels = self.reels[name]
        if not reels or not reels[-1].growing:
            reels.append(Reel(f"{name}-{len(reels)}", "video/webm", 0.0, True))
        last = reels[-1]
        reels[-1] = Reel(last.id, last.media_type, last.seconds + STEP, True, last.gaps)


def _ended(reel: Reel) -> Reel:
    return Reel(reel.id, reel.media_type, reel.seconds, False, reel.gaps)


@pytest.fixture
def hub() -> Hub:
    return Hub(Stage())


def _live(hub: Hub, seconds: float = 60.0) -> Stage:
    hub.send("physics")
    hub.pass_time(1)
    hub.stage.start("", "")
    hub.pass_time(seconds)
    assert hub.stage.state == "live"
    return hub.stage


def test_a_lesson_that_nobody_gives_yet_begins_by_itself(hub: Hub) -> None:
    hub.pass_time(1)
    hub.stage.start("", "")
    assert hub.stage.shown == Shown("slate", said="waiting")
    hub.send("physics")
    hub.pass_time(1)
    assert (hub.stage.state, hub.stage.stream) == ("live", "physics")
    assert hub.stage.shown == Shown("stream", "physics")


def test_of_several_streams_the_one_that_this_class_had_last_is_taken(hub: Hub) -> None:
    hub.send("physics")
    hub.send("music")
    hub.pass_time(1)
    hub.stage.start("", "physics")
    assert (hub.stage.state, hub.stage.stream) == ("live", "physics")


def test_streams_of_which_none_is_known_are_left_to_the_teacher(hub: Hub) -> None:
    hub.send("physics")
    hub.send("music")
    hub.pass_time(1)
    hub.stage.start("", "chemistry")
    assert (hub.stage.state, hub.stage.choices) == ("choosing", ("music", "physics"))
    hub.stage.start("music", "chemistry")
    assert (hub.stage.state, hub.stage.stream, hub.stage.choices) == ("live", "music", ())


def test_what_is_held_goes_on_from_there_while_the_hub_goes_on_talking(hub: Hub) -> None:
    stage = _live(hub)
    held = stage.recorded
    stage.pause()
    hub.pass_time(30)
    assert (stage.state, stage.position, stage.behind) == ("paused", held, 30.0)
    assert (stage.shown.mode, stage.shown.at, stage.shown.paused) == ("recording", held, True)
    stage.go_on()
    hub.pass_time(10)
    assert (stage.state, stage.position, stage.behind) == ("behind", held + 10, 30.0)
    stage.back_to_live()
    assert (stage.state, stage.behind, stage.shown.mode) == ("live", 0.0, "stream")


def test_a_short_pause_shows_some_seconds_again_instead_of_stumbling(hub: Hub) -> None:
    stage = _live(hub)
    stage.pause()
    hub.pass_time(1)
    stage.go_on()
    hub.pass_time(5)
    assert (stage.state, stage.behind) == ("behind", SAFE)


def test_going_forward_to_the_hub_shows_the_hub(hub: Hub) -> None:
    stage = _live(hub)
    stage.skip(-30)
    assert (stage.state, stage.behind) == ("behind", 30.0)
    stage.skip(10)
    assert stage.behind == 20.0
    stage.skip(30)
    assert stage.state == "live"


def test_what_is_not_recorded_cannot_be_held(hub: Hub) -> None:
    hub.records = False
    stage = _live(hub)
    assert not stage.can_pause
    with pytest.raises(Unfit, match="not-recorded"):
        stage.pause()
    with pytest.raises(Unfit, match="not-recorded"):
        stage.skip(-10)


def test_what_is_behind_is_watched_to_its_end_after_the_hub_ended(hub: Hub) -> None:
    stage = _live(hub)
    stage.skip(-20)
    hub.cut("physics")
    hub.pass_time(19)
    assert (stage.state, round(stage.behind)) == ("behind", 1)
    hub.pass_time(2)
    assert stage.state == "lost"


def test_a_new_file_of_the_recorder_is_one_lesson_all_the_same(hub: Hub) -> None:
    stage = _live(hub, 30)
    hub.new_file("physics")
    hub.pass_time(30)
    stage.skip(-40)
    first = stage.shown
    hub.pass_time(20)
    assert (first.recording, stage.shown.recording) == ("physics-0", "physics-1")
    assert stage.behind == 40.0


def test_nobody_watches_a_hole_in_the_recording() -> None:
    tape = Tape()
    tape.take([Reel("one", "video/webm", 10.0), Reel("two", "video/webm", 60.0, True, (Gap(20.0, 30.0),))])
    assert [tape.past_hole(at) for at in (5.0, 29.0, 30.0, 45.0, 60.0)] == [5.0, 29.0, 60.0, 60.0, 60.0]


def test_when_the_hub_disappears_a_recording_is_offered_and_live_comes_back(hub: Hub) -> None:
    stage = _live(hub)
    hub.cut("physics")
    hub.pass_time(QUIET)
    assert (stage.state, stage.wants_offer) == ("lost", False)
    hub.pass_time(OFFER_AFTER - QUIET)
    assert (stage.away, stage.wants_offer) == (OFFER_AFTER, True)
    hub.send("physics")
    hub.pass_time(1)
    assert (stage.state, stage.away, stage.wants_offer) == ("live", 0.0, False)


def test_the_hub_takes_the_place_of_what_was_played_because_it_was_away(hub: Hub) -> None:
    stage = _live(hub)
    hub.cut("physics")
    hub.pass_time(OFFER_AFTER)
    stage.play(Playable("old", "video/webm", 600.0), 0.0)
    hub.pass_time(30)
    assert (stage.state, stage.position, stage.length) == ("playing", 30.0, 600.0)
    hub.send("physics")
    hub.pass_time(1)
    assert stage.shown.recording == "old"  # a link that comes and goes does not tear the recording to pieces
    hub.pass_time(STEADY)
    assert stage.shown == Shown("stream", "physics")


def test_what_was_chosen_while_the_hub_was_there_stays(hub: Hub) -> None:
    stage = _live(hub)
    stage.play(Playable("old", "video/webm", 600.0), 10.0)
    hub.cut("physics")
    hub.pass_time(30)
    hub.send("physics")
    hub.pass_time(30)
    assert (stage.state, stage.away, stage.is_live) == ("playing", 0.0, True)
    stage.back_to_live()
    assert stage.state == "live"


def test_an_item_needs_no_lesson_and_stops_at_its_end(hub: Hub) -> None:
    stage = hub.stage
    hub.pass_time(1)
    stage.play(Playable("old", "video/mp4", 20.0), 5.0)
    hub.pass_time(30)
    assert (stage.state, stage.position, stage.paused) == ("playing", 20.0, True)
    stage.go_on()
    assert (stage.position, stage.paused) == (0.0, False)
    stage.leave()
    assert (stage.state, stage.shown) == ("none", Shown())


def test_what_is_recorded_of_this_lesson_is_watched_as_its_tape(hub: Hub) -> None:
    stage = _live(hub)
    stage.play(Playable("physics-0", "video/webm", stage.recorded, True), 10.0)
    assert (stage.state, stage.position) == ("behind", 10.0)


def test_a_computer_that_slept_shows_on_from_where_it_was(hub: Hub) -> None:
    stage = hub.stage
    hub.pass_time(1)
    stage.play(Playable("old", "video/mp4", 2000.0), 0.0)
    hub.now += 3600
    hub.tick()
    assert stage.position < 5.0


class Lessons(RuleBasedStateMachine):
    """Anything in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage()
        self.hub = Hub(self.stage)

    @initialize()
    def begin(self) -> None:
        self.hub.pass_time(1)

    @rule(name=st.sampled_from(["a", "b"]))
    def send(self, name: str) -> None:
        self.hub.send(name)

    @rule(name=st.sampled_from(["a", "b"]))
    def cut(self, name: str) -> None:
        self.hub.cut(name)

    @rule(name=st.sampled_from(["a", "b"]))
    def new_file(self, name: str) -> None:
        if name in self.hub.reels:
            self.hub.new_file(name)

    @rule(on=st.booleans())
    def record(self, on: bool) -> None:
        self.hub.records = on
        for name in self.hub.reels:
            self.hub.new_file(name)

    @rule(seconds=st.sampled_from([0.5, 3.0, 25.0]))
    def pass_time(self, seconds: float) -> None:
        self.hub.pass_time(seconds)

    @rule(stream=st.sampled_from(["", "a"]), habit=st.sampled_from(["", "b"]))
    def start(self, stream: str, habit: str) -> None:
        self.stage.start(stream, habit)

    @rule()
    def leave(self) -> None:
        self.stage.leave()

    @rule(order=st.sampled_from(["pause", "go_on", "back_to_live"]))
    def order(self, order: str) -> None:
        try:
            getattr(self.stage, order)()
        except Unfit:
            return
        self.hub.tick()

    @rule(seconds=st.floats(-100, 100))
    def skip(self, seconds: float) -> None:
        try:
            self.stage.skip(seconds)
        except Unfit:
            return
        self.hub.tick()

    @rule(item=st.sampled_from(["old", "a-0"]), at=st.floats(0, 100))
    def play(self, item: str, at: float) -> None:
        self.stage.play(Playable(item, "video/webm", 40.0), at)
        self.hub.tick()

    @precondition(lambda self: self.stage.runs and self.stage.stream)
    @rule()
    def once_the_hub_sends_one_order_leads_back(self) -> None:
        self.hub.send(self.stage.stream)
        self.hub.pass_time(1)
        self.stage.back_to_live()
        assert self.stage.state == "live"

    @invariant()
    def live_needs_a_stream_that_is_heard(self) -> None:
        if self.stage.state == "live":
            assert self.hub.now - self.hub.heard[self.stage.stream] < QUIET

    @invariant()
    def places_are_where_something_is(self) -> None:
        assert self.stage.behind >= 0
        assert 0 <= self.stage.position <= self.stage.length or self.stage.length == 0
        assert self.stage.away >= 0

    @invariant()
    def what_is_shown_can_be_shown(self) -> None:
        shown = self.stage.shown
        assert (shown.mode == "recording") == bool(shown.recording)
        assert shown.mode != "slate" or shown.said
        assert shown.mode != "free" or self.stage.state == "none"
        reels = [reel for each in self.hub.reels.values() for reel in each if reel.id == shown.recording]
        assert all(0 <= shown.at <= reel.seconds for reel in reels if self.stage.state != "playing")

    @invariant()
    def a_lesson_that_is_lost_is_not_heard(self) -> None:
        assert not (self.stage.state == "lost" and self.stage.is_live)


Lessons.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestAnyLesson = Lessons.TestCase


def test_a_document_does_not_move_by_itself_and_skipping_turns_its_pages() -> None:
    stage = Stage()
    paper = Playable("a" * 64, "application/pdf", 0.0, address="/content/a", pages=3)
    stage.play(paper, 0.0)
    for moment in (1.0, 60.0):
        stage.tick(moment, {})
    assert stage.shown == Shown(
        "document",
        recording="a" * 64,
        media_type="application/pdf",
        paused=True,
        address="/content/a",
        page=1,
    )
    pages = []
    for seconds in (30.0, 10.0, 30.0, 30.0, -30.0, -10.0, -30.0):
        stage.skip(seconds)
        stage.go_on()
        stage.tick(100.0 + seconds, {})
        pages.append(stage.page)
    assert pages == [2, 3, 3, 3, 2, 1, 1]
    stage.leave()
    assert (stage.page, stage.pages, stage.shown) == (0, 0, Shown())


def test_a_video_of_the_library_plays_from_its_own_address_and_stops_at_its_end() -> None:
    stage = Stage()
    stage.play(Playable("b" * 64, "video/mp4", 3.0, address="/content/b"), 1.0)
    assert (stage.shown.mode, stage.shown.address, stage.shown.at) == ("recording", "/content/b", 1.0)
    for moment in (1.0, 2.0, 4.0):
        stage.tick(moment, {})
    assert (stage.position, stage.paused) == (3.0, True)
