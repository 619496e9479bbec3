"""A technician at the screen joins a hub: what the screen is answered when there is none."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.api import Unable
from edge.classroom.technician import JOINING, Technician
from edge.client import ANSWER_TIME
from edge.contract.commands import JoinHub
from edge.journal import Journal
from sync.joining.enrolment import CODE_BYTES, fresh_code

CODE = fresh_code(bytes(CODE_BYTES))
SOON = 0.1  # seconds


@pytest.fixture
def technician(tmp_path: Path) -> Iterator[Technician]:
    journal = Journal(tmp_path)
    yield Technician(journal, "room", "", lambda: None, SOON)
    journal.close()


async def refusal_of(order: JoinHub, who: Technician) -> str:
    with pytest.raises(Unable) as refused:
        await who.desks()[JoinHub](order)
    return refused.value.key


async def test_a_code_with_a_slip_is_refused_before_anybody_is_asked(technician: Technician) -> None:
    assert await refusal_of(JoinHub("127.0.0.1:1", "ABCD"), technician) == "code-wrong"


async def test_where_nobody_listens_it_does_not_join(technician: Technician) -> None:
    assert await refusal_of(JoinHub("127.0.0.1:1", CODE), technician) == "join-failed"


async def test_one_who_says_nothing_is_given_up(technician: Technician) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        assert await refusal_of(JoinHub(address, CODE), technician) == "join-failed"


def test_a_hub_is_given_up_while_the_screen_still_waits() -> None:
    assert JOINING < ANSWER_TIME
