"""What the daemon and the service manager tell each other."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from edge.config import Config
from edge.pulse import Pulse
from edge.reloading import Reloading
from edge.unit import MAX_STATUS, Unit

CHILD = """
import os
from edge.unit import Unit
os.environ["LISTEN_PID"] = str(os.getpid())
manager = Unit(os.environ)
print(sorted(key for key in os.environ if key.startswith(("NOTIFY_", "LISTEN_", "WATCHDOG_"))))
for name in ("screen", "web", "other"):
    print(name, [each.getsockname()[1] for each in manager.sockets(name)])
"""


@pytest.fixture
def heard(tmp_path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(str(tmp_path / "notify"))
    return listening


def test_each_word_is_one_datagram(heard: socket.socket) -> None:
    manager = Unit({"NOTIFY_SOCKET": heard.getsockname()})
    with heard:
        manager.ready()
        manager.alive()
        manager.reloading()
        manager.status("two\nlines")
        manager.stopping()
        said = [heard.recv(4096).decode() for _ in range(5)]

    assert said[:2] == ["READY=1", "WATCHDOG=1"]
    assert said[2].startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert said[3:] == ["STATUS=two lines", "STOPPING=1"]


def test_a_status_has_a_bound(heard: socket.socket) -> None:
    with heard:
        Unit({"NOTIFY_SOCKET": heard.getsockname()}).status("x" * 5000)
        assert len(heard.recv(8192)) == len("STATUS=") + MAX_STATUS


def test_an_abstract_name_is_understood() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0tirek-test-{os.getpid()}")
        Unit({"NOTIFY_SOCKET": f"@tirek-test-{os.getpid()}"}).ready()
        assert listening.recv(100) == b"READY=1"


@pytest.mark.parametrize(("lasting", "before"), [("", ""), ("only lessons", "only lessons; ")])
def test_a_reload_takes_nothing_back_that_lasts(heard: socket.socket, lasting: str, before: str) -> None:
    manager = Unit({"NOTIFY_SOCKET": heard.getsockname()})
    with heard:
        Reloading(manager, None, Config("school", "state"), lambda new: None, lasting).reload()
        said = [heard.recv(4096).decode() for _ in range(3)]
    assert said[1:] == [f"STATUS={before}there is no configuration file to read again", "READY=1"]


@pytest.mark.parametrize("path", ["", "/nowhere/at/all"])
def test_nobody_who_listens_is_no_fault(path: str) -> None:
    Unit({"NOTIFY_SOCKET": path} if path else {}).ready()


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "20000000"}, 20.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "1"}, 0.0),
        ({"WATCHDOG_USEC": "soon"}, 0.0),
        ({}, 0.0),
    ],
)
def test_the_watchdog_is_ours_or_nobodys(environment: dict[str, str], seconds: float) -> None:
    assert Unit(environment).watchdog == seconds


def test_sockets_that_were_opened_for_us_are_taken_by_name_and_hidden_from_children() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        ports = [each.getsockname()[1] for each in (one, two)]

        def hand_over() -> None:
            os.dup2(one.fileno(), 90)
            os.dup2(two.fileno(), 91)
            os.dup2(90, 3)
            os.dup2(91, 4)

        environment = os.environ | {"LISTEN_FDS": "2", "LISTEN_FDNAMES": "screen:web"}
        said = subprocess.run(
            [sys.executable, "-c", CHILD],
            env=environment,
            preexec_fn=hand_over,
            close_fds=False,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    assert said.splitlines() == ["[]", f"screen [{ports[0]}]", f"web [{ports[1]}]", "other []"]


def test_sockets_of_another_process_are_left_alone() -> None:
    assert Unit({"LISTEN_FDS": "1", "LISTEN_PID": "1"}).sockets("") == []


def test_the_watchdog_is_fed_only_while_every_part_reports() -> None:
    pulse = Pulse({"recorder": 10.0, "journal": 60.0}, 100.0)
    assert pulse.silent(110.0) == []
    pulse.beat("journal", 110.0)
    assert pulse.silent(111.0) == ["recorder"]
    pulse.beat("recorder", 165.0)
    assert pulse.silent(171.0) == ["journal"]
