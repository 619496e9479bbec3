"""Sync and health, from the teacher's chair, and the technician's."""

import asyncio
from datetime import datetime

import pytest
from msgspec import structs
from rich.cells import cell_len
from textual.pilot import Pilot

from edge.api import Unable
from edge.contract.answers import Answer, Details, Made, Unlocked
from edge.contract.commands import JoinHub, MakeBundle, ReadDetails, Restart, TrySync, Unlock
from edge.contract.notices import Health, Light, Settings
from tests.tui.fake_daemon import DATE, FakeDaemon
from tests.tui.screens import a_screen, app_of, at, reads, screen_text, sees, shown, until
from tui.keys import MOST_SHOWN, name_of
from tui.page import Page
from tui.pin import Pin
from tui.screens.health import LIGHTS, NAME_WIDTH
from tui.screens.technician import JoinPage, PinPage, TechnicianPage
from tui.words import OWN_NAMES, words_of

GOOD = (
    Light("hub", "good", "light-hub-even"),
    Light("disk", "good", "light-disk-hours", {"count": 41}),
    Light("devices", "none", "light-devices-none"),
    Light("power", "bad", "light-power-low", {"percent": 7}),
)


def local(text: str) -> int:
    """Return a time of this computer's zone in milliseconds since 1970."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


async def opened(pilot: Pilot[int]) -> None:
    """Open the page."""
    await sees(pilot, "2026")
    await pilot.press("f10", "f10")
    await until(pilot, lambda: at(app_of(pilot)) == "health")


async def test_four_lights_have_a_shape_and_a_sentence_each(daemon: FakeDaemon) -> None:
    times = local(f"{DATE}T09:41:00"), local(f"{DATE}T03:20:00")
    daemon.tell(Health(GOOD, reached=times[0], backup=times[1]))
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot)
        await sees(pilot, "▲ Тірек мектеп", "Бәрі жіберілген.", "▲ Диск", "Тағы 41 сағат жазуға орын бар.")
        await sees(pilot, "· Құрылғылар", "✕ Электр қуаты", "Батарея бітуге жақын: 7 %.")
        await sees(pilot, "✓ Бәрі жіберілді", "Соңғы байланыс: бүгін 09:41.")
        await sees(pilot, "Соңғы сақтық көшірме: бүгін 03:20.")


QUEUES = {
    ("kk", 1, 0): "1 түгендеу жіберуді күтуде.",
    ("kk", 12, 3): "12 түгендеу жіберуді күтуде. Басқа 3 жазу күтуде.",
    ("ru", 1, 0): "1 перекличка ждёт отправки.",
    ("ru", 3, 0): "3 переклички ждут отправки.",
    ("ru", 12, 21): "12 перекличек ждут отправки. Ещё 21 запись ждёт.",
    ("en", 1, 0): "1 register waits to be sent.",
    ("en", 0, 2): "2 other notes wait.",
}


@pytest.mark.parametrize("case", QUEUES)
async def test_what_waits_is_counted_as_the_language_counts(
    daemon: FakeDaemon, case: tuple[str, int, int]
) -> None:
    language, registers, others = case
    daemon.tell(Health(GOOD, registers, others))
    app = a_screen(daemon.socket, language)
    async with shown(app) as pilot:
        await opened(pilot)
        await sees(pilot, QUEUES[case])


async def test_enter_tries_now_and_says_that_it_tries(daemon: FakeDaemon) -> None:
    daemon.tell(Health(GOOD))

    async def answer(order: TrySync) -> Answer:
        daemon.tell(Health(GOOD, trying=True))
        return TrySync.answer()

    daemon.answer(TrySync, answer)
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot)
        await sees(pilot, "әлі бір де рет байланыс болған жоқ")
        await pilot.press("enter")
        await sees(pilot, "◷ Тірек мектепке қосылып көруде…")
        assert daemon.ordered(TrySync) == [TrySync()]
        daemon.tell(Health(GOOD, reached=local("2026-11-24T18:05:00")))
        await sees(pilot, "Соңғы байланыс: 24 қараша, 18:05.")


async def test_the_report_is_made_by_f7_and_stays_named_on_the_page(daemon: FakeDaemon) -> None:
    gate = daemon.knobs.gates[MakeBundle] = asyncio.Event()

    async def answer(order: MakeBundle) -> Answer:
        return Made("/var/lib/tirek/support/tirek-0123-20261126.zip", 312_000)

    daemon.answer(MakeBundle, answer)
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await opened(pilot)
        await pilot.press("f7")
        await sees(pilot, "Отчёт записывается…")
        gate.set()
        await sees(pilot, "/var/lib/tirek/support/tirek-0123-20261126.zip", "Имён детей и паролей в нём нет.")
        daemon.tell(Health(GOOD, 3))
        await sees(pilot, "3 переклички ждут отправки.", "/var/lib/tirek/support/")


async def test_a_full_disk_takes_no_report_and_a_sentence_says_so(daemon: FakeDaemon) -> None:
    daemon.knobs.refuses[MakeBundle] = Unable("disk-full")
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot)
        await pilot.press("f7")
        await sees(pilot, "✕ Дискіде орын жоқ.")
        assert not reads(app, "Есеп жазылып жатыр")


def locked(daemon: FakeDaemon) -> None:
    """Let a PIN of 4071 open the technician's page."""
    daemon.tell(structs.replace(daemon.now(Settings), has_pin=True))

    async def unlock(order: Unlock) -> Answer:
        if order.pin != "4071":
            raise Unable("pin-wrong")
        return Unlocked("key", 600)

    async def details(order: ReadDetails) -> Answer:
        return Details((("node", "0123456789abcdef"), ("fingerprint", "ab" * 32), ("hub", "10.0.0.1:8443")))

    daemon.answer(Unlock, unlock)
    daemon.answer(ReadDetails, details)


async def unlocked(pilot: Pilot[int]) -> None:
    """Open the technician's page by typing the PIN."""
    await opened(pilot)
    await pilot.press("f8", "4", "0", "7", "1", "enter")
    await sees(pilot, "0123456789abcdef")


async def test_the_pin_is_given_with_arrows_alone(daemon: FakeDaemon) -> None:
    locked(daemon)
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot)
        await pilot.press("f8")
        await sees(pilot, "Техниктің PIN коды:", "[_]")
        await pilot.press(*["up"] * 5, "right", "up", "right", *["down"] * 3, "right", "up", "up", "enter")
        await sees(pilot, "node 0123456789abcdef", "10.0.0.1:8443")
        assert daemon.ordered(Unlock) == [Unlock("4071")]
        assert daemon.ordered(ReadDetails) == [ReadDetails("key")]


async def test_a_wrong_pin_is_said_to_be_wrong_and_begun_anew(daemon: FakeDaemon) -> None:
    locked(daemon)
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot)
        await pilot.press("f8", "1", "enter")
        await sees(pilot, "кемінде төрт сан")
        await pilot.press("2", "3", "4", "enter")
        await sees(pilot, "✕ PIN код қате.", "[_]")
        daemon.knobs.refuses[Unlock] = Unable("pin-wait", seconds=30)
        await pilot.press("1", "2", "3", "4", "enter")
        await sees(pilot, "30 секунд күтіңіз")
        await pilot.press("escape")
        await until(pilot, lambda: at(app) == "health")
        assert not daemon.ordered(ReadDetails)


async def test_what_was_typed_cannot_be_read_over_a_shoulder(daemon: FakeDaemon) -> None:
    locked(daemon)
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot)
        await pilot.press("f8", "4", "0", "7")
        await sees(pilot, "● ● ● [_]")
        (line,) = [line for line in screen_text(app) if "[_]" in line]
        assert not any(digit in line for digit in "407")


async def test_without_a_pin_nobody_gets_at_the_technicians_page(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot)
        await pilot.press("f8")
        await sees(pilot, "Бұл компьютерде PIN код қойылмаған.")
        assert not daemon.ordered(Unlock)


async def test_a_hub_is_joined_by_address_and_code(daemon: FakeDaemon) -> None:
    locked(daemon)
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await unlocked(pilot)
        await pilot.press("f5")
        await sees(pilot, "Тірек мектептің мекенжайы:")
        await pilot.press(*"10.0.0.1", "enter", *"ABCD", "enter")
        await until(pilot, lambda: daemon.ordered(JoinHub) == [JoinHub("10.0.0.1", "ABCD", "key")])
        await sees(pilot, "Тірек мектепке қосылды.", "0123456789abcdef")


async def test_a_restart_is_asked_for_twice_and_no_is_selected(daemon: FakeDaemon) -> None:
    locked(daemon)
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await unlocked(pilot)
        await pilot.press("f6")
        await sees(pilot, "қайта қосылсын ба?")
        await pilot.press("enter")
        await sees(pilot, "0123456789abcdef")
        assert not daemon.ordered(Restart)
        await pilot.press("f6")
        await sees(pilot, "қайта қосылсын ба?")
        await pilot.press("down", "enter")
        await until(pilot, lambda: daemon.ordered(Restart) == [Restart("key")])


async def test_only_a_technician_closes_the_screen_of_a_classroom(daemon: FakeDaemon) -> None:
    locked(daemon)
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await unlocked(pilot)
        await pilot.press("f8")
        await sees(pilot, "Бұл экран жабылсын ба?")
        await pilot.press("down", "enter")
        await until(pilot, lambda: not app.is_running or app.return_code == 0)


async def test_a_long_value_is_read_at_full_length(daemon: FakeDaemon) -> None:
    locked(daemon)
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await unlocked(pilot)
        await pilot.press("down")
        await until(pilot, lambda: "ab" * 32 in "".join(line.strip() for line in screen_text(app)[-6:]))


@pytest.mark.parametrize("language", OWN_NAMES)
@pytest.mark.parametrize("page", [PinPage, TechnicianPage, JoinPage])
def test_every_footer_behind_the_pin_fits_at_eighty_columns(page: type[Page], language: str) -> None:
    words = words_of(language)
    entries = [(key.key, key.word) for key in page.KEYS if key.shown] + [("escape", "key-back")]
    widths = [cell_len(name_of(key, "")) + cell_len(words.say(word)) + 3 for key, word in entries]
    assert len(entries) <= MOST_SHOWN
    assert sum(widths) <= 80


@pytest.mark.parametrize("language", OWN_NAMES)
def test_the_names_of_the_lights_stand_in_one_column(language: str) -> None:
    words = words_of(language)
    assert all(cell_len(words.say("light-" + name)) <= NAME_WIDTH for name in LIGHTS)


def test_a_pin_has_no_holes_and_no_more_than_eight_digits() -> None:
    pin = Pin()
    pin.move(1)
    assert (pin.at, pin.text) == (0, "")
    pin.turn(-1)
    pin.move(5)
    for digit in range(12):
        pin.type(digit % 10)
    assert (len(pin.text), pin.text[:3]) == (8, "901")
    pin.move(-99)
    assert pin.at == 0
    for _ in range(20):
        pin.erase()
    assert (pin.text, pin.at) == ("", 0)
