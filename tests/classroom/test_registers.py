"""Registers at the screen: what is read, what is written, and who else wrote."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from edge.api import Unable
from edge.board import Board
from edge.classroom.drafts import FILE, MOST, Drafts
from edge.classroom.registers import MAX_REASON, Registers
from edge.contract.answers import Pupil, Register, Saved
from edge.contract.commands import KeepDraft, ReadRegister, TakeRegister
from edge.contract.notices import RegisterChanged
from edge.journal import Journal
from edge.roll import Roll
from sync.records import RegisterTaken, RosterChanged
from sync.tables import Entry
from tests.flows.journals import facts

LESSON = "7Б 2026-11-26 09:00"


class Screen:
    """What a screen can ask of a node's registers."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.journal = Journal(state, "akzhar")
        self.board = Board()
        self.registers = Registers(self.journal, self.board, Drafts(state))

    async def ask(self, command: ReadRegister | TakeRegister | KeepDraft) -> Any:
        return await self.registers.desks()[type(command)](command)

    async def read(self) -> Register:
        answer = await self.ask(ReadRegister(LESSON))
        assert isinstance(answer, Register)
        return answer

    async def told(self) -> list[RegisterChanged]:
        with self.board.read() as reader:
            return [each for each in await reader.take(0.0) if isinstance(each, RegisterChanged)]

    def enter(self, number: int, name: str) -> None:
        pupil = f"p{number}"
        fact = RosterChanged(pupil, "7Б", number, self.journal.names.seal(pupil, name))
        self.journal.ledger.append([Entry("roster", "akzhar", fact)]).result()


@pytest.fixture
async def screen(tmp_path: Path) -> AsyncIterator[Screen]:
    made = Screen(tmp_path)
    made.enter(1, "Ахметов Әлихан")
    made.enter(2, "Серікқызы Айгерім")
    yield made
    made.journal.close()


async def test_a_register_not_taken_yet_has_its_pupils_and_no_marks(screen: Screen) -> None:
    register = await screen.read()
    assert register.pupils == (Pupil(1, "Ахметов Әлихан"), Pupil(2, "Серікқызы Айгерім"))
    assert (register.marks, register.signed, register.heads) == ({}, False, ())


async def test_the_answer_to_a_register_means_that_the_journal_has_it(screen: Screen) -> None:
    saved: Saved = await screen.ask(TakeRegister(LESSON, {1: "present", 2: "ill"}))
    assert [each.id for each in facts(screen.state, "register-taken")] == [saved.id]
    register = await screen.read()
    assert (register.marks, register.signed, register.heads) == (
        {1: "present", 2: "ill"},
        True,
        (saved.id,),
    )
    assert await screen.told() == [RegisterChanged(LESSON, saved.id)]


async def test_a_signed_register_is_changed_with_a_reason_only(screen: Screen) -> None:
    first: Saved = await screen.ask(TakeRegister(LESSON, {1: "present"}))
    with pytest.raises(Unable, match="reason-needed"):
        await screen.ask(TakeRegister(LESSON, {1: "late"}, prev=(first.id,)))
    await screen.ask(TakeRegister(LESSON, {1: "late"}, prev=(first.id,), reason="came  at\n9:10"))
    assert (await screen.read()).marks == {1: "late"}
    history = Roll(screen.journal).history(LESSON)
    assert [each.register.reason for each in history] == ["", "came at 9:10"]


async def test_two_screens_that_did_not_see_each_other_are_a_conflict_and_nothing_is_lost(
    screen: Screen,
) -> None:
    for code in ("late", "ill"):
        await screen.ask(TakeRegister(LESSON, {1: code}))
    register = await screen.read()
    assert register.conflict
    assert len(register.heads) == 2
    assert sorted([register.marks[1], register.others[0][1]]) == ["ill", "late"]
    await screen.ask(TakeRegister(LESSON, {1: "ill"}, prev=register.heads, reason="both"))
    settled = await screen.read()
    assert (settled.conflict, settled.others) == (False, ())


async def test_a_mark_that_is_none_of_the_five_is_refused(screen: Screen) -> None:
    with pytest.raises(Unable, match="code-unknown"):
        await screen.ask(TakeRegister(LESSON, {1: "asleep"}))


async def test_a_register_beyond_every_bound_is_refused(screen: Screen) -> None:
    with pytest.raises(Unable, match="bad-command"):
        await screen.ask(TakeRegister(LESSON, dict.fromkeys(range(1, 1001), "present")))
    with pytest.raises(Unable, match="bad-command"):
        await screen.ask(TakeRegister(LESSON, {1: "late"}, reason="x" * (MAX_REASON + 1)))


async def test_a_number_that_nobody_has_is_kept_and_told(screen: Screen) -> None:
    saved: Saved = await screen.ask(TakeRegister(LESSON, {1: "present", 9: "present"}))
    assert saved.strangers == (9,)
    assert Pupil(9) in (await screen.read()).pupils


async def test_what_a_command_or_the_hub_wrote_is_told_at_the_next_look(screen: Screen) -> None:
    noted = Roll(screen.journal).take("7Б", RegisterTaken(LESSON, {1: "late"})).result().noted
    assert await screen.told() == []
    screen.registers.look()
    assert await screen.told() == [RegisterChanged(LESSON, noted.id)]


async def test_names_that_cannot_be_read_keep_nobody_from_taking_a_register(screen: Screen) -> None:
    (screen.journal.folder / "names.db").write_bytes(b"not what it was " * 1000)
    assert [each.number for each in (await screen.read()).pupils] == [1, 2]


async def test_what_was_marked_and_not_signed_outlives_screen_and_daemon(screen: Screen) -> None:
    await screen.ask(KeepDraft(LESSON, {2: "ill"}))
    again = Registers(screen.journal, screen.board, Drafts(screen.state))
    answer = await again.desks()[ReadRegister](ReadRegister(LESSON))
    assert isinstance(answer, Register)
    assert (answer.draft, answer.marks) == ({2: "ill"}, {})
    assert facts(screen.state, "register-taken") == []


async def test_a_register_that_is_written_takes_the_place_of_its_draft(screen: Screen) -> None:
    await screen.ask(KeepDraft(LESSON, {2: "ill"}))
    await screen.ask(TakeRegister(LESSON, {1: "present", 2: "ill"}))
    assert (await screen.read()).draft == {}
    assert Drafts(screen.state).of(LESSON) == {}


async def test_a_draft_is_bounded_and_given_up_without_marks(screen: Screen) -> None:
    for number in range(MOST + 1):
        await screen.ask(KeepDraft(f"{number} {LESSON}", {1: "late"}))
    kept = Drafts(screen.state)
    assert kept.of(f"0 {LESSON}") == {}
    assert kept.of(f"{MOST} {LESSON}") == {1: "late"}
    await screen.ask(KeepDraft(f"{MOST} {LESSON}"))
    assert Drafts(screen.state).of(f"{MOST} {LESSON}") == {}
    with pytest.raises(Unable):
        await screen.ask(KeepDraft(LESSON, {1: "asleep"}))


async def test_a_damaged_file_of_drafts_costs_the_drafts_only(screen: Screen) -> None:
    (screen.state / FILE).write_bytes(b"{")
    assert Drafts(screen.state).of(LESSON) == {}
