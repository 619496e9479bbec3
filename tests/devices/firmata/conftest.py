"""Boards with the real StandardFirmata, for each test a new one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.devices import boards
from tests.devices.wire import Machine


@pytest.fixture(scope="session")
def avrboard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return boards.built(tmp_path_factory.mktemp("board"))


@pytest.fixture
def port(tmp_path: Path) -> Path:
    return tmp_path / "tty"


@pytest.fixture
async def uno(avrboard: Path, port: Path) -> AsyncIterator[Machine]:
    hex_ = boards.firmware(boards.STANDARD_FIRMATA, boards.STANDARD_FIRMATA_SUM)
    machine = await boards.arduino(avrboard, port, hex_)
    yield machine
    machine.end()


@pytest.fixture
async def mega(avrboard: Path, port: Path) -> AsyncIterator[Machine]:
    hex_ = boards.firmware(boards.MEGA_FIRMATA, boards.MEGA_FIRMATA_SUM)
    machine = await boards.arduino(avrboard, port, hex_, "atmega2560")
    yield machine
    machine.end()
