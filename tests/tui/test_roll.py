"""Roll call, from the teacher's chair."""

import asyncio
from time import process_time

import pytest
from textual.events import Key
from textual.pilot import Pilot

from edge.api import Unable
from edge.contract.answers import Pupil, Register
from edge.contract.commands import ReadRegister, TakeRegister
from edge.contract.notices import RegisterChanged
from tests.tui.fake_daemon import FakeDaemon, a_day, pupils
from tests.tui.screens import a_screen, app_of, at, reads, sees, shown, until
from tui.app import TirekApp
from tui.widgets.rows import Rows

BLINK = 0.1  # seconds of this computer's work: what an eye takes for at once

DUE = a_day().due
EIGHT = ("f2", "down", "down", "space", "down", "space", "space", "enter")
SEVEN_ABSENT = ("f2", "down", "down", "left", "down", "left", "enter")


@pytest.mark.parametrize(
    ("keys", "marks"),
    [(EIGHT, {3: "late", 4: "ill"}), (SEVEN_ABSENT, {3: "unexcused", 4: "unexcused"})],
)
async def test_fifteen_pupils_with_two_away_take_at_most_eight_keys(
    daemon: FakeDaemon, keys: tuple[str, ...], marks: dict[int, str]
) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press(*keys)
        await sees(pilot, "✓ Сақталды, қол қойылды.")
        wanted = {**dict.fromkeys(range(1, 16), "present"), **marks}
        assert daemon.ordered(TakeRegister) == [TakeRegister(DUE, wanted)]
        assert len(keys) <= 8


async def test_keys_that_are_typed_faster_than_a_page_opens_are_not_lost(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        for key in EIGHT:
            app.post_message(Key(key, None))
        await sees(pilot, "✓ Сақталды, қол қойылды.")
        wanted = {**dict.fromkeys(range(1, 16), "present"), 3: "late", 4: "ill"}
        assert daemon.ordered(TakeRegister) == [TakeRegister(DUE, wanted)]


async def test_a_reason_that_is_typed_fast_is_whole(daemon: FakeDaemon) -> None:
    daemon.registers[DUE] = Register(DUE, "7А", pupils(3), dict.fromkeys((1, 2, 3), "present"), True, ("a",))
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await the_roll(pilot)
        await pilot.press("space", "enter")
        await sees(pilot, "Басқа себеп жазу…")
        for key in ("end", "enter", *"Автобус кешікті", "enter"):
            app.post_message(Key("space" if key == " " else key, key if len(key) == 1 else None))
        await sees(pilot, "✓ Сақталды, қол қойылды.")
        assert daemon.ordered(TakeRegister)[0].reason == "Автобус кешікті"


async def the_roll(pilot: Pilot[int]) -> TirekApp:
    """Open the register of the due lesson."""
    await sees(pilot, "Бүгін", "F1 Көмек")
    await until(pilot, lambda: reads(app_of(pilot), "Алгебра"))
    await pilot.press("f2")
    await sees(pilot, "Түгендеу", "қатысты")
    return app_of(pilot)


async def test_the_tick_appears_when_the_register_is_on_the_disk_and_not_before(daemon: FakeDaemon) -> None:
    gate = daemon.knobs.gates[TakeRegister] = asyncio.Event()
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await the_roll(pilot)
        await sees(pilot, "15: 15 қатысты, 0 келмеді", "… Қол қойылмаған.")
        await pilot.press("enter")
        await sees(pilot, "◷ Сақталуда…")
        assert not reads(app, "✓")
        gate.set()
        await sees(pilot, "✓ Сақталды, қол қойылды.")


async def test_enter_that_is_hit_twice_signs_once(daemon: FakeDaemon) -> None:
    gate = daemon.knobs.gates[TakeRegister] = asyncio.Event()
    async with shown(a_screen(daemon.socket)) as pilot:
        await the_roll(pilot)
        await pilot.press("enter", "enter", "enter")
        gate.set()
        await sees(pilot, "✓ Сақталды, қол қойылды.")
        assert len(daemon.ordered(TakeRegister)) == 1


async def test_marks_made_while_it_is_saved_are_a_correction(daemon: FakeDaemon) -> None:
    gate = daemon.knobs.gates[TakeRegister] = asyncio.Event()
    async with shown(a_screen(daemon.socket)) as pilot:
        await the_roll(pilot)
        await pilot.press("enter", "space")
        gate.set()
        await sees(pilot, "… Түзету әлі сақталған жоқ.", "◷ кешікті")


@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        ("disk-full", "Дискіде орын жоқ."),
        ("journal-broken", "Бұл жазылмады: дискідегі журнал бүлінген. Техникті шақырыңыз."),
        ("of-tomorrow", "Бұл орындалмады."),
    ],
)
async def test_a_refusal_keeps_the_marks_and_says_so(daemon: FakeDaemon, why: str, sentence: str) -> None:
    daemon.knobs.refuses[TakeRegister] = Unable(why)
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await the_roll(pilot)
        await pilot.press("space", "enter")
        await sees(pilot, f"✕ {sentence}", "Белгілеріңіз осында тұр, Enter басып қайталаңыз.", "◷ кешікті")
        assert not reads(app, "✓")
        daemon.knobs.refuses.clear()
        await pilot.press("enter")
        await sees(pilot, "✓ Сақталды, қол қойылды.")
        assert daemon.ordered(TakeRegister)[-1].marks[1] == "late"


async def test_a_daemon_that_restarts_costs_no_mark(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await the_roll(pilot)
        await pilot.press("down", "space", "space")
        await daemon.close()
        await sees(pilot, "Сабақ бағдарламасы жауап бермей тұр.")
        await daemon.open()
        await sees(pilot, "▽ ауырып жүр", "15: 14 қатысты, 1 келмеді")
        await pilot.press("enter")
        await sees(pilot, "✓ Сақталды, қол қойылды.")
        assert daemon.ordered(TakeRegister)[0].marks[2] == "ill"


async def test_a_correction_asks_for_a_reason_and_takes_a_ready_one(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await the_roll(pilot)
        await pilot.press("enter")
        await sees(pilot, "✓ Сақталды, қол қойылды.", "Enter Түзету")
        await pilot.press("down", "space", "enter")
        await sees(pilot, "Қол қойылған түгендеу неге түзетіледі?")
        await pilot.press("enter")
        await sees(pilot, "✓ Сақталды, қол қойылды.", "◷ кешікті")
        first, second = daemon.ordered(TakeRegister)
        assert (first.reason, second.reason) == ("", "Оқушы кешігіп келді")
        assert second.prev == (f"{2:016x}",)


async def test_a_reason_can_be_typed(daemon: FakeDaemon) -> None:
    daemon.registers[DUE] = Register(DUE, "7А", pupils(3), dict.fromkeys((1, 2, 3), "present"), True, ("a",))
    async with shown(a_screen(daemon.socket)) as pilot:
        await the_roll(pilot)
        await pilot.press("space", "enter")
        await sees(pilot, "Басқа себеп жазу…")
        await pilot.press("end", "enter", *"Автобус", "enter")
        await sees(pilot, "✓ Сақталды, қол қойылды.")
        assert daemon.ordered(TakeRegister)[0].reason == "Автобус"


async def test_a_correction_without_a_reason_is_not_written_and_not_lost(daemon: FakeDaemon) -> None:
    daemon.registers[DUE] = Register(DUE, "7А", pupils(3), dict.fromkeys((1, 2, 3), "present"), True, ("a",))
    async with shown(a_screen(daemon.socket)) as pilot:
        await the_roll(pilot)
        await pilot.press("space", "enter")
        await sees(pilot, "неге түзетіледі?")
        await pilot.press("escape")
        await sees(pilot, "… Түзету әлі сақталған жоқ.", "◷ кешікті")
        assert not daemon.ordered(TakeRegister)


async def test_a_register_that_another_screen_signed_meanwhile_asks_for_a_reason(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await the_roll(pilot)
        await pilot.press("space")
        daemon.registers[DUE] = Register(DUE, "7А", pupils(15), {1: "ill"}, True, ("b",))
        await pilot.press("enter")
        await sees(pilot, "Қол қойылған түгендеу неге түзетіледі?")
        await pilot.press("enter")
        await sees(pilot, "✓ Сақталды, қол қойылды.")
        assert daemon.ordered(TakeRegister)[-1].reason == "Оқушы кешігіп келді"


async def test_leaving_keeps_what_was_marked_as_a_draft(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await the_roll(pilot)
        await pilot.press("space", "escape")
        await until(pilot, lambda: at(app) == "today")
        assert daemon.ordered(TakeRegister) == [TakeRegister(DUE, {1: "late"}, signed=False)]
        await pilot.press("f2")
        await sees(pilot, "◷ кешікті", "… Қол қойылмаған.")


async def test_what_could_not_be_kept_on_disk_is_kept_by_the_screen(daemon: FakeDaemon) -> None:
    daemon.knobs.refuses[TakeRegister] = Unable("disk-full")
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await the_roll(pilot)
        await pilot.press("space", "escape")
        await until(pilot, lambda: at(app) == "today")
        await pilot.press("f2")
        await sees(pilot, "◷ кешікті", "… Қол қойылмаған.")


async def test_leaving_without_a_mark_writes_nothing(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await the_roll(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: at(app) == "today")
        assert not daemon.ordered(TakeRegister)


async def test_a_correction_is_not_given_up_unasked(daemon: FakeDaemon) -> None:
    daemon.registers[DUE] = Register(DUE, "7А", pupils(3), dict.fromkeys((1, 2, 3), "present"), True, ("a",))
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await the_roll(pilot)
        await pilot.press("space", "escape")
        await sees(pilot, "Түзету сақталмаған.", "Осында қалу")
        await pilot.press("enter")
        await sees(pilot, "◷ кешікті")
        await pilot.press("escape")
        await sees(pilot, "Осында қалу")
        await pilot.press("down", "enter")
        await until(pilot, lambda: at(app) == "today")
        assert not daemon.ordered(TakeRegister)


async def test_a_register_written_at_another_screen_is_shown(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await the_roll(pilot)
        daemon.registers[DUE] = Register(DUE, "7А", pupils(15), {4: "ill"}, True, ("b",))
        daemon.tell(RegisterChanged(DUE, "b"))
        await sees(pilot, "✓ Сақталды, қол қойылды.", "▽ ауырып жүр")


async def test_marks_in_hand_are_kept_when_another_screen_writes(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await the_roll(pilot)
        await pilot.press("space")
        daemon.registers[DUE] = Register(DUE, "7А", pupils(15), {4: "ill"}, False, ("b",))
        daemon.tell(RegisterChanged(DUE, "b"))
        await sees(pilot, "▽ Басқа экраннан жазылды.", "◷ кешікті")


async def test_two_registers_that_did_not_know_of_each_other_are_said(daemon: FakeDaemon) -> None:
    daemon.registers[DUE] = Register(DUE, "7А", pupils(3), {1: "ill"}, True, ("a", "b"), conflict=True)
    async with shown(a_screen(daemon.socket)) as pilot:
        await the_roll(pilot)
        await sees(pilot, "✕ Екі экраннан бір мезгілде жазылған, екеуі де сақтаулы.")


async def test_of_two_registers_the_mark_of_the_other_screen_is_shown(daemon: FakeDaemon) -> None:
    others = ({1: "late", 2: "present"},)
    daemon.registers[DUE] = Register(
        DUE, "7А", pupils(3), {1: "ill", 2: "present"}, True, ("a", "b"), conflict=True, others=others
    )
    async with shown(a_screen(daemon.socket)) as pilot:
        await the_roll(pilot)
        await sees(pilot, "Абай Әсел: екінші экран «кешікті» деп белгілеген.")
        await pilot.press("down")
        await sees(pilot, "✕ Екі экраннан бір мезгілде жазылған, екеуі де сақтаулы.")
        await pilot.press("up")
        await sees(pilot, "«кешікті»")


async def test_a_conflict_is_settled_by_signing_again_with_a_reason(daemon: FakeDaemon) -> None:
    daemon.registers[DUE] = Register(DUE, "7А", pupils(3), {1: "ill"}, True, ("a", "b"), conflict=True)
    async with shown(a_screen(daemon.socket)) as pilot:
        await the_roll(pilot)
        await pilot.press("enter")
        await sees(pilot, "неге түзетіледі?")
        await pilot.press("enter")
        await sees(pilot, "✓ Сақталды, қол қойылды.")
        assert daemon.ordered(TakeRegister)[0].prev == ("a", "b")


async def test_esc_leads_back_although_the_list_is_still_being_read(daemon: FakeDaemon) -> None:
    daemon.knobs.gates[ReadRegister] = asyncio.Event()
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("f2")
        await sees(pilot, "Тізім оқылуда…")
        await pilot.press("down", "space", "escape")
        await until(pilot, lambda: at(app_of(pilot)) == "today")
        assert not daemon.ordered(TakeRegister)


async def test_everybody_is_present_again_by_one_key(daemon: FakeDaemon) -> None:
    daemon.registers[DUE] = Register(DUE, "7А", pupils(3), dict.fromkeys((1, 2, 3), "ill"), False, ("a",))
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("f2")
        await sees(pilot, "3: 0 қатысты, 3 келмеді")
        await pilot.press("f2")
        await sees(pilot, "3: 3 қатысты, 0 келмеді")


async def test_a_class_without_a_list_is_said(daemon: FakeDaemon) -> None:
    daemon.pupils = ()
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("f2")
        await sees(pilot, "7А сыныбының тізімі жоқ. Оны техник жүктеуі керек.")
        await pilot.press("space", "enter", "f2")
        assert not daemon.ordered(TakeRegister)


async def test_a_list_that_cannot_be_read_is_said(daemon: FakeDaemon) -> None:
    daemon.knobs.refuses[ReadRegister] = Unable("journal-broken")
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("f2")
        await sees(pilot, "Тізімді оқу мүмкін болмады.")


async def test_a_pupil_whose_name_cannot_be_read_has_a_number(daemon: FakeDaemon) -> None:
    daemon.pupils = (Pupil(7), Pupil(8, "[b]" + "Ұ" * 60))
    async with shown(a_screen(daemon.socket)) as pilot:
        await the_roll(pilot)
        await sees(pilot, "7 7-оқушы", "8 [b]ҰҰҰ", "…")


async def test_two_hundred_pupils_are_scrolled_and_signed(daemon: FakeDaemon) -> None:
    daemon.pupils = pupils(200)
    async with shown(a_screen(daemon.socket)) as pilot:
        await the_roll(pilot)
        await pilot.press("end", "space")
        await sees(pilot, "200 Ғалым", "200: 200 қатысты, 0 келмеді, 1 кешікті")
        await pilot.press("home", "pagedown", "left", "enter")
        await sees(pilot, "✓ Сақталды, қол қойылды.", "200: 199 қатысты, 1 келмеді, 1 кешікті")
        assert len(daemon.ordered(TakeRegister)[0].marks) == 200


async def test_a_pupil_is_marked_by_clicks(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await the_roll(pilot)
        await pilot.click(Rows, offset=(10, 3))
        await pilot.click(Rows, offset=(10, 3))
        await sees(pilot, "15: 15 қатысты, 0 келмеді, 1 кешікті")
        await pilot.click("Footer", offset=(40, 0))
        await sees(pilot, "✓ Сақталды, қол қойылды.")
        assert daemon.ordered(TakeRegister)[0].marks[4] == "late"


async def test_a_key_draws_the_mark_of_forty_pupils_in_a_blink(daemon: FakeDaemon) -> None:
    daemon.pupils = pupils(40)
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await the_roll(pilot)
        began = process_time()
        for _ in range(20):
            await pilot.press("down")
            await pilot.press("space")
        spent = (process_time() - began) / 40
        await sees(pilot, "40: 40 қатысты, 0 келмеді, 20 кешікті")
        assert spent < BLINK, f"{spent * 1000:.0f} ms a key"
        assert at(app) == "roll"
