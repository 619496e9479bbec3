"""A release that runs and is spoilt by its disk: installed again from the stick, or left as it is."""

import json
from pathlib import Path

import pytest

from tests.appliance.boot import Booted
from tests.appliance.conftest import INSTALL, STICK, put
from tests.appliance.test_release import running
from tests.appliance.test_service import ask

SPOIL = "for file in /opt/tirek/current/lib/*/*/edge/errors.py; do : > $file; done"


@pytest.fixture(scope="module")
def installer(system: Booted, bundle: Path) -> str:
    """What is on the stick, of the release that runs."""
    put(bundle, system.root, "again")
    return f"{STICK}/again/install.sh"


def test_what_cannot_be_replaced_stays(system: Booted, installer: str) -> None:
    before = running(system)
    system.do("sh", "-c", SPOIL)
    assert system.run("tirek", "upgrade", f"{STICK}/again").returncode != 0  # not even this can be done
    signature = system.root / installer[1:].replace("install.sh", "SHA256SUMS.sig")
    good = signature.read_bytes()
    signature.write_bytes(b"0" * 128)
    done = system.run("sh", installer, seconds=INSTALL)
    signature.write_bytes(good)
    assert (done.returncode, "signature" in done.stderr) == (1, True)
    assert system.do("ls", "/opt/tirek/releases") == before
    assert system.do("ls", "/opt/tirek/current/complete")


def test_a_spoilt_release_is_repaired_from_the_stick(system: Booted, installer: str) -> None:
    before = running(system)
    system.do("sh", "-c", SPOIL)
    assert "serves" in system.do("sh", installer, seconds=INSTALL)
    assert (running(system), system.do("ls", "/opt/tirek/releases")) == (before, before)
    assert "not whole" not in system.run("tirek", "doctor").stdout
    system.do("systemctl", "restart", "tirek")
    assert json.loads(ask(system, "/api/node"))


def test_a_running_release_without_its_mark_is_installed_again(system: Booted, installer: str) -> None:
    before = running(system)
    system.do("rm", "/opt/tirek/current/complete")
    assert "nothing was changed" in system.run("tirek", "upgrade", "/srv/nothing").stderr
    assert running(system) == before
    assert system.do("ls", "/opt/tirek/current/bin/tirek")
    assert "serves" in system.do("sh", installer, seconds=INSTALL)
    assert "not whole" not in system.run("tirek", "doctor").stdout
