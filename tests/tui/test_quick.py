"""Quick check, from the teacher's chair: it opens by itself, cards are read or hands are counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.api import Unable
from edge.contract.answers import Register
from edge.contract.commands import Command, TakeRegister
from edge.contract.notices import RegisterChanged
from edge.contract.talkback import CountAnswers, ReadCards
from tests.tui.checks import asked, in_a_lesson, orders
from tests.tui.class_daemon import CHECK, CHOICES, TEXT, a_check, a_class
from tests.tui.fake_daemon import FakeDaemon, pupils
from tests.tui.lessons import LANGUAGES, a_lesson
from tests.tui.screens import a_screen, at, reads, screen_text, sees, shown, until
from tui.checks import LETTERS, MOST, Hands, entering
from tui.skin import skin_of

ALL = tuple(range(1, 16))
TROUBLES = (
    *("camera-missing", "camera-denied", "camera-busy", "camera-off", "page-missing"),
    *("worker-lost", "class-unknown", "no-picture"),
)


# It comes.


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_check_that_comes_opens_by_itself_and_can_be_found_again(
    daemon: FakeDaemon, language: str
) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await asked(pilot, daemon, a_check())
        await sees(pilot, "▲", app.words.say("quick-asked"), app.words.say("quick-how-asked"), "▶ A")
        await pilot.press("escape")
        await until(pilot, lambda: at(app) == "lesson")
        await sees(pilot, app.words.say("lesson-quick"))
        daemon.tell(a_check(strangers=1))  # told again: it was left on purpose
        await pilot.pause()
        assert at(app) == "lesson"
        await pilot.press("f11")
        await until(pilot, lambda: at(app) == "quick")
    assert orders(daemon) == []


async def test_a_check_opens_over_any_page(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await in_a_lesson(pilot, daemon)
        app.go("library")
        await until(pilot, lambda: at(app) == "library")
        daemon.tell(a_check())
        await until(pilot, lambda: at(app) == "quick")
        await pilot.press("escape")
        await until(pilot, lambda: at(app) == "library")


async def test_a_check_waits_until_an_open_question_is_answered(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await in_a_lesson(pilot, daemon)
        await pilot.press("escape")
        await sees(pilot, "Сабақта қалу")
        daemon.tell(a_check())
        await until(pilot, lambda: app.world.quick.stage == "asked")
        await pilot.pause()
        assert reads(app, "Сабақта қалу")
        await pilot.press("enter")
        await until(pilot, lambda: at(app) == "quick")


async def test_a_line_that_is_being_typed_is_finished_first(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await in_a_lesson(pilot, daemon)
        await pilot.press("f7", *["down"] * 7, "enter", *"Неге")
        daemon.tell(a_check())
        await until(pilot, lambda: app.world.quick.stage == "asked")
        await sees(pilot, "Неге")
        await pilot.press("?", "enter")
        await until(pilot, lambda: at(app) == "quick" and bool(orders(daemon)))
    assert [str(getattr(each, "text", "")) for each in orders(daemon)] == ["Неге?"]


async def test_an_enter_that_was_meant_for_the_page_before_reads_no_cards(daemon: FakeDaemon) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await in_a_lesson(pilot, daemon)
        daemon.tell(a_check())
        await until(pilot, lambda: at(app) == "quick")
        await pilot.press("enter", "enter")
        assert daemon.ordered(ReadCards) == []
        await sees(pilot, TEXT)
        await pilot.press("enter")
        await until(pilot, lambda: daemon.ordered(ReadCards) == [ReadCards(CHECK)])


async def test_marks_that_were_being_made_are_there_after_a_check(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await in_a_lesson(pilot, daemon)
        await pilot.press("f2")
        await sees(pilot, "Абай Әсел")
        await pilot.press("space")
        daemon.tell(a_check())
        await until(pilot, lambda: at(app) == "quick")
        await pilot.press("escape")
        await sees(pilot, "◷ кешікті")
        assert daemon.ordered(TakeRegister) == []


# By cards.


@pytest.mark.parametrize("language", LANGUAGES)
async def test_enter_reads_cards_and_enter_sends_what_was_read(daemon: FakeDaemon, language: str) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await asked(pilot, daemon, a_check())
        await pilot.press("enter")
        await sees(pilot, app.words.say("quick-reading"), app.words.say("cards-read", read=0, of=15))
        await sees(pilot, app.words.say("cards-unread", numbers=" ".join(map(str, ALL))))
        await pilot.press("enter")
        await sees(pilot, " ".join(app.words.say("quick-nothing-read").split()[:4]))
        daemon.tell(a_check("reading", read=(2, 3, 11), missing=(1, 4), strangers=2, trouble="no-picture"))
        await sees(pilot, f"✓ {app.words.say('cards-read', read=3, of=5)}: 2 3 11")
        await sees(
            pilot, f"· {app.words.say('cards-unread', numbers='1 4')}", app.words.say("cards-no-picture")
        )
        await sees(pilot, app.words.count("cards-strangers", 2), app.words.say("key-end-reading"))
        assert not reads(app, "A 3")  # what they answered is on no screen while cards are up
        await pilot.press("enter")
        await sees(
            pilot, "✓", app.words.say("quick-sent"), app.words.say("quick-how-sent"), f"{CHOICES[0]} 3"
        )
        daemon.tell(a_check("ended", counts=(3, 0, 0, 0), right="A"))
        await sees(pilot, app.words.say("quick-ended"), f"✓ {app.words.say('quick-right')} 3")
        await sees(pilot, app.words.say("key-to-lesson"))
        await pilot.press("enter")
        await until(pilot, lambda: at(app) == "lesson")
    assert orders(daemon) == [ReadCards(CHECK), ReadCards(CHECK, on=False)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("trouble", [*TROUBLES, "of-tomorrow"])
async def test_what_keeps_cards_from_being_read_is_said(
    daemon: FakeDaemon, trouble: str, language: str
) -> None:
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await asked(pilot, daemon, a_check("reading", missing=ALL, trouble=trouble))
        await sees(pilot, app.words.told(f"cards-{trouble}", {}, "cards-unknown"))
        await sees(pilot, app.words.say("quick-how-reading"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 3, 5])
async def test_cards_of_others_are_counted_in_their_plural(
    daemon: FakeDaemon, count: int, language: str
) -> None:
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await asked(pilot, daemon, a_check("reading", missing=ALL, strangers=count))
        await sees(pilot, app.words.count("cards-strangers", count))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("command", "keys", "why"),
    [
        (ReadCards, ["enter"], Unable("no-check")),
        (ReadCards, ["enter"], Unable("camera-missing")),
        (ReadCards, ["enter"], Unable("page-missing")),
        (ReadCards, ["enter"], Unable("class-unknown")),
        (ReadCards, ["enter"], Unable("disk-full")),
        (CountAnswers, ["right"], Unable("counts-wrong", most=12)),
    ],
)
async def test_what_cannot_be_done_is_said(
    daemon: FakeDaemon, command: type[Command], keys: list[str], why: Unable, language: str
) -> None:
    daemon.knobs.refuses[command] = why
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await asked(pilot, daemon, a_check())
        await pilot.press(*keys)
        await sees(pilot, app.words.say(f"refused-{why.key}", **why.blanks).split(":")[0][:40])
        assert at(app) == "quick"


# By hands.


@pytest.mark.parametrize("language", LANGUAGES)
async def test_hands_are_counted_with_arrows_and_sent(daemon: FakeDaemon, language: str) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await asked(pilot, daemon, a_check())
        await pilot.press("right", "right", "right", "left", "down", "right", "down", "down", "down", "right")
        await sees(pilot, app.words.say("quick-counting"), app.words.say("quick-how-counting"))
        await sees(
            pilot, f"A {CHOICES[0]} 2", f"B {CHOICES[1]} 1", f"C {CHOICES[2]} 0", f"▶ D {CHOICES[3]} 1"
        )
        await sees(pilot, app.words.say("quick-sum", total=4, present=15), app.words.say("key-send-answers"))
        await until(pilot, lambda: orders(daemon) == [CountAnswers(CHECK, ())])
        await pilot.press("enter")
        await sees(pilot, app.words.say("quick-sent"), f"A {CHOICES[0]} 2")
    assert orders(daemon) == [CountAnswers(CHECK, ()), CountAnswers(CHECK, (2, 1, 0, 1))]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_more_hands_than_pupils_are_here_are_warned_of_and_sent_all_the_same(
    daemon: FakeDaemon, language: str
) -> None:
    a_class(daemon)
    lesson = a_lesson().lesson
    marks = {1: "present", 2: "late", 3: "ill"}
    daemon.registers[lesson] = Register(lesson, "7Б", pupils(3), marks, True, ("a",))
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await asked(pilot, daemon, a_check())
        await pilot.press("right", "right")
        await sees(pilot, app.words.say("quick-sum", total=2, present=2))
        await pilot.press("right")
        await sees(pilot, f"▽ {app.words.say('quick-sum-larger', total=3, present=2)}")
        await pilot.press("enter")
        await sees(pilot, app.words.say("quick-sent"))
        await pilot.press("right")
        await sees(pilot, f"✕ {app.words.say('quick-sum-beyond', total=4, pupils=3)}")
    assert daemon.ordered(CountAnswers)[-1] == CountAnswers(CHECK, (3, 0, 0, 0))


async def test_who_is_here_is_counted_anew_when_the_register_was_written(daemon: FakeDaemon) -> None:
    lesson = a_lesson().lesson
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        await asked(pilot, daemon, a_check())
        await pilot.press("right")
        await sees(pilot, "Counted: 1, present by the roll call: 15.")
        daemon.registers[lesson] = Register(lesson, "7Б", pupils(15), {1: "ill"}, True, ("a",))
        daemon.tell(RegisterChanged(lesson, "a"))
        await sees(pilot, "Counted: 1, present by the roll call: 14.")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 2, 5])
async def test_without_a_list_of_the_class_hands_are_counted_too(
    daemon: FakeDaemon, count: int, language: str
) -> None:
    daemon.pupils = ()
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await asked(pilot, daemon, a_check())
        await pilot.press(*["right"] * count)
        await sees(pilot, app.words.count("quick-sum-alone", count))


async def test_who_takes_back_all_hands_reads_cards_again(daemon: FakeDaemon) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        await asked(pilot, daemon, a_check())
        await pilot.press("right", "left", "left")
        await sees(pilot, "Enter Read cards")
        await pilot.press("enter")
        await sees(pilot, "Cards are being read.")


async def test_what_was_sent_is_corrected_from_what_was_sent(daemon: FakeDaemon) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        await asked(pilot, daemon, a_check("sent", counts=(4, 0, 1, 0)))
        await pilot.press("left")
        await sees(pilot, f"A {CHOICES[0]} 3", f"C {CHOICES[2]} 1", "Enter Send the count")
        await pilot.press("enter")
        await sees(pilot, "is saved and goes to the hub school.")
    assert daemon.ordered(CountAnswers) == [CountAnswers(CHECK, (3, 0, 1, 0))]


async def test_counts_of_one_check_do_not_become_those_of_the_next(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        app = await asked(pilot, daemon, a_check())
        await pilot.press("right", "right")
        await sees(pilot, f"{CHOICES[0]} 2")
        daemon.tell(a_check(check="f" * 16, text="x + 2 = 5?", choices=("2", "3")))
        await sees(pilot, "x + 2 = 5?", "Enter Read cards")
        await until(pilot, lambda: not reads(app, "D"))


async def test_an_answer_that_is_clicked_has_one_hand_more(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        await asked(pilot, daemon, a_check())
        await pilot.click("#said-C")
        await pilot.click("#count-C")
        await pilot.click("#letter-B")
        await sees(pilot, f"C {CHOICES[2]} 2", f"▶ B {CHOICES[1]} 1")


async def test_the_longest_question_can_be_read_whole(daemon: FakeDaemon) -> None:
    text = ("Ұзақ сұрақ " * 30)[:299] + "?"
    choices = tuple(f"{letter}-жауап " + "өте ұзын " * 11 + f"соңы{letter}" for letter in LETTERS)
    check = a_check("reading", text=text, choices=choices, missing=tuple(range(1, 51)), strangers=3)
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await in_a_lesson(pilot, daemon)
        daemon.tell(check)
        await until(pilot, lambda: app.world.quick == check)
        app.go("quick")
        await sees(pilot, text[:60], "соңыA")
        await pilot.press("pagedown")
        await sees(pilot, "соңыD", "50", "F1")
        await pilot.press("pageup")
        await sees(pilot, text[:60])


async def test_a_check_on_a_console_without_signs_can_be_read(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket, "ru", skin=skin_of("utf-8", "linux", True))) as pilot:
        app = await asked(pilot, daemon, a_check())
        await pilot.press("right")
        await sees(pilot, f"> A {CHOICES[0]} 1", "^ v выбирают ответ, > прибавляет одну руку, < убавляет")
        text = "\n".join(screen_text(app))
    assert all(letter.isascii() or letter.isalpha() for letter in text)


# The core.


@given(st.lists(st.tuples(st.sampled_from([-1, 1]), st.booleans()), max_size=60), st.integers(2, 4))
def test_hands_are_never_fewer_than_none_and_their_sum_is_what_stands_there(
    steps: list[tuple[int, bool]], choices: int
) -> None:
    hands = Hands(choices)
    for by, moves in steps:
        (hands.move if moves else hands.add)(by)
        assert 0 <= hands.at < choices
        assert all(0 <= count <= MOST for count in hands.counts)
        assert hands.total == sum(hands.counts)


@given(
    st.sampled_from(["none", "asked", "reading", "counting", "sent", "ended"]), st.booleans(), st.booleans()
)
def test_enter_sends_only_what_was_counted_and_only_while_it_is_waited_for(
    stage: str, local: bool, counts: bool
) -> None:
    doing = entering(a_check(stage, local=local), counts)
    waits = stage in ("asked", "reading", "counting", "sent") or (stage == "ended" and not local)
    assert (doing == "send") == (counts and waits)
    assert doing != "end" or local
