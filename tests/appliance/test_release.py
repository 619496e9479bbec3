"""Releases: upgraded from a stick, on trial, back by themselves, and never half there."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.appliance import bundles
from tests.appliance.asked import Asked
from tests.appliance.boot import Booted, booted
from tests.appliance.conftest import INSTALL, STICK, like, put
from tests.appliance.test_service import ASK, ask, main_pid

# What a release of later writes into the journal that this one could not read.
FORM = """import sqlite3
sqlite3.connect("/var/lib/tirek/journal/journal.db").execute("PRAGMA user_version = {}")"""
HOSTILE = """mkdir /srv/stick; cd /srv/stick; mkdir venv compileall edge
for name in venv compileall edge; do
    echo 'open("/srv/owned", "w")' | tee $name/__init__.py >$name/__main__.py
done
"""
OLDER = "1.0+older"
BLIND = "6.0+blind"
BROKEN = "this release is broken on purpose"  # says bundles.broken
UP_SINCE_BOOT = """#!/bin/sh
case $* in *StatusText*) exec /usr/bin/systemctl "$@" ;; esac
echo ActiveState=active
echo ActiveEnterTimestampMonotonic=1000000
"""
KEY = "/var/lib/tirek/journal/node.pem"
UNIT = "/usr/lib/systemd/system/tirek.service"
DROP_IN = "/etc/systemd/system/tirek.service.d"
# As on an old computer: the daemon's start still goes on when its unit has been read anew.
SLOW = f"mkdir -p {DROP_IN}; printf '[Service]\\nExecStartPre=/bin/sleep 5\\n' > {DROP_IN}/slow.conf"


@pytest.fixture(scope="module")
def computer(installed: Path, bundle: Path, workshop: Path) -> Iterator[Path]:
    """A school's computer, and a stick with a good release and a broken one."""
    key = workshop / "key"
    with like(installed, workshop / "school") as root:
        releases = (("2.0+good", bundles.newer), ("3.0+broken", bundles.broken_newer), (BLIND, bundles.blind))
        for ident, change in releases:
            put(bundles.another(bundle, workshop / ident, key, ident, change), root, ident)
        stranger = workshop / "stranger-key"
        bundles.build_key(stranger)
        made = bundles.another(bundle, workshop / "4.0", stranger, "4.0+stranger", bundles.unchanged)
        put(made, root, "4.0")
        yield root


@pytest.fixture(scope="module")
def system(computer: Path) -> Iterator[Booted]:
    with booted(computer, "release") as up:
        up.until("systemctl", "is-active", "tirek", says="active")
        yield up


def running(system: Asked) -> str:
    """Return the release that runs."""
    return system.do("readlink", "/opt/tirek/current").rpartition("/")[2]


def settle(system: Booted) -> None:
    """Let the trial end as it does when the service has been up for two minutes, without waiting for them."""
    fake = system.root / "srv" / "fake"
    fake.mkdir(exist_ok=True)
    (fake / "systemctl").write_text(UP_SINCE_BOOT)
    (fake / "systemctl").chmod(0o755)
    system.do("env", "PATH=/srv/fake:/usr/bin:/bin", "/opt/tirek/lib/slot", "settle")


def test_a_second_installation_changes_nothing(system: Booted, bundle: Path) -> None:
    before, pid = running(system), system.shows("tirek", "MainPID")
    put(bundle, system.root, "again")
    said = system.do("sh", f"{STICK}/again/install.sh", seconds=INSTALL)
    assert "serves" in said
    assert (running(system), system.shows("tirek", "MainPID")) == (before, pid)
    assert system.run("test", "-e", "/opt/tirek/pending").returncode == 1


def test_an_upgrade_is_on_trial_and_then_confirmed(system: Booted) -> None:
    first = running(system)
    system.do("sh", "-c", HOSTILE)  # beside a bundle that is signed as it must be
    said = system.do("sh", "-c", f"cd /srv/stick; tirek upgrade {STICK}/2.0+good", seconds=INSTALL)
    assert system.run("test", "-e", "/srv/owned").returncode == 1
    assert "signed as it must be" in said
    assert running(system) == "2.0+good"
    assert json.loads(ask(system, "/api/node"))
    assert system.do("cat", "/opt/tirek/pending").split()[0] == f"releases/{first}"

    settle(system)

    assert system.run("test", "-e", "/opt/tirek/pending").returncode == 1
    assert system.do("cat", "/opt/tirek/previous") == f"releases/{first}"


def test_a_rollback_goes_to_the_release_before_and_forth_again(system: Booted) -> None:
    first = system.do("cat", "/opt/tirek/previous").rpartition("/")[2]
    assert f"release {first} serves" in system.do("tirek", "rollback")
    assert running(system) == first
    assert _is_newer(system) == "0"
    assert "release 2.0+good serves" in system.do("tirek", "rollback")
    assert _is_newer(system) == "1"


def _is_newer(system: Asked) -> str:
    """Tell whether the daemon runs under the unit of a newer release, and that unit is laid down."""
    laid = system.run("grep", "-c", "NEWER", UNIT).stdout.strip()
    assert system.do("sh", "-c", "systemctl show tirek -p Environment | grep -c NEWER || true") == laid
    return laid


def test_a_cut_between_a_release_and_its_units_is_put_right_by_the_next_start(system: Booted) -> None:
    (before,) = set(system.do("ls", "/opt/tirek/releases").split()) - {running(system)}
    old = f"/opt/tirek/releases/{before}/share/systemd/system/tirek.service"
    system.do("sh", "-c", f"cp {old} {UNIT}; echo releases/{before} 0 > /opt/tirek/pending; {SLOW}")
    system.do("systemctl", "daemon-reload")
    assert _is_newer(system) == "0"

    system.do("kill", "-9", main_pid(system))

    says = "until grep -q NEWER /proc/$(systemctl show tirek -p MainPID --value)/environ; do sleep .1; done"
    system.do("sh", "-c", says)
    assert _is_newer(system) == "1"
    assert json.loads(ask(system, "/api/node"))
    system.do("sh", "-c", f"rm {DROP_IN}/slow.conf; systemctl daemon-reload")
    settle(system)


def test_a_release_that_cannot_open_the_journal_is_not_left_to_run(system: Booted) -> None:
    before = running(system)
    done = system.run("tirek", "upgrade", f"{STICK}/{BLIND}", seconds=INSTALL)
    assert (done.returncode, running(system)) == (1, before)
    assert "cannot open the journal" in done.stdout
    assert "trouble" not in json.loads(ask(system, "/api/node"))


def test_nobody_at_the_computer_and_it_goes_back_from_it_by_itself(system: Booted) -> None:
    before = running(system)
    system.do("/opt/tirek/lib/slot", "switch", f"releases/{BLIND}")  # as an upgrade that was cut off there
    system.do("systemctl", "restart", "tirek")
    assert json.loads(ask(system, "/api/node"))["trouble"] == "journal-broken"
    settle(system)
    assert "journal-broken" in system.do("cat", "/opt/tirek/pending")

    system.do("kill", "-9", main_pid(system))  # it starts anew after ten minutes

    system.until(
        "sh", "-c", "readlink /opt/tirek/current; systemctl is-active tirek", says=f"{before}\nactive"
    )
    assert "trouble" not in json.loads(ask(system, "/api/node"))


def test_a_key_that_is_damaged_for_every_release_sends_none_back(system: Booted) -> None:
    system.do("sh", "-c", f"cp -p {KEY} /srv/key; echo spoilt > {KEY}")
    system.do("/opt/tirek/lib/slot", "switch", f"releases/{BLIND}")
    system.do("systemctl", "restart", "tirek")
    assert json.loads(ask(system, "/api/node"))["trouble"] == "journal-broken"
    system.do("/opt/tirek/lib/slot", "keeps")
    system.do("cp", "-p", "/srv/key", KEY)
    assert system.run("/opt/tirek/lib/slot", "keeps").returncode == 1
    system.do("tirek", "rollback")
    assert "trouble" not in json.loads(ask(system, "/api/node"))


@pytest.mark.parametrize(
    "command", [f"tirek upgrade {STICK}/2.0+good", "tirek rollback", f"sh {STICK}/again/install.sh"]
)
def test_nothing_is_begun_in_the_middle_of_a_lesson(system: Booted, command: str) -> None:
    before, unit = main_pid(system), f"lesson-{len(command)}"
    publish = ("tirek", "publish", "test", "--to", "http://127.0.0.1/whip/physics-7")
    system.do("systemd-run", f"--unit={unit}", *publish)
    system.until("python3", "-c", ASK.format("/api/streams", 30), says='"live": true')
    done = system.run("sh", "-c", command)
    system.do("systemctl", "stop", unit)
    assert done.returncode == 1
    assert "a lesson runs (physics-7)" in done.stderr
    assert main_pid(system) == before


def test_what_a_technician_set_by_hand_survives_an_upgrade(system: Booted) -> None:
    system.do("sh", "-c", f"mkdir -p {DROP_IN}; printf '[Service]\\nCPUWeight=700\\n' > {DROP_IN}/own.conf")
    system.do("sh", "-c", "sed -i '1i lang = \"ru\"' /etc/tirek/tirek.toml")
    system.do("sh", f"{STICK}/again/install.sh", seconds=INSTALL)
    assert system.shows("tirek", "CPUWeight") == "700"
    assert 'lang = "ru"' in system.do("cat", "/etc/tirek/tirek.toml")
    assert json.loads(ask(system, "/api/node"))["lang"] == "ru"


# What is refused


@pytest.fixture(scope="module")
def older(system: Booted, bundle: Path, workshop: Path) -> str:
    """A bundle on the stick that was made before all others."""
    made = bundles.another(
        bundle, workshop / OLDER, workshop / "key", OLDER, lambda out: bundles.say(out, "made", "1")
    )
    return put(made, system.root, OLDER)


@pytest.mark.parametrize("command", ["tirek upgrade {}", "sh {}/install.sh"])
def test_an_older_release_is_taken_only_when_it_is_meant(system: Booted, older: str, command: str) -> None:
    if system.run("test", "-e", "/opt/tirek/pending").returncode == 0:
        settle(system)  # a trial before this one would be what a way back leads to
    before, line = running(system), command.format(older)
    done = system.run("sh", "-c", line, seconds=INSTALL)
    assert (done.returncode, "--older" in done.stderr, running(system)) == (1, True, before)

    system.do("sh", "-c", f"{line} --older", seconds=INSTALL)

    assert running(system) == OLDER
    settle(system)
    system.do("tirek", "rollback")
    assert running(system) == before


def test_nobody_goes_back_to_a_release_that_cannot_read_the_journal(system: Booted) -> None:
    system.do("systemctl", "stop", "tirek.service")
    system.do("python3", "-c", FORM.format(7))
    system.do("systemctl", "start", "tirek.service")
    assert json.loads(ask(system, "/api/node"))["trouble"] == "journal-broken"  # and lessons go on
    done = [system.run("tirek", *words) for words in (("rollback",), ("upgrade", f"{STICK}/2.0+good"))]
    told = json.loads(system.run("tirek", "doctor", "--json").stdout)["checks"]
    system.do("python3", "-c", FORM.format(0))
    system.do("systemctl", "restart", "tirek.service")

    assert [each.returncode for each in done] == [1, 1]
    assert ["cannot read the journal" in each.stderr for each in done] == [True, True]
    assert [each["state"] for each in told if each["name"] == "journal"] == ["todo"]
    assert "trouble" not in json.loads(ask(system, "/api/node"))


def test_a_release_is_not_begun_with_a_configuration_that_it_cannot_read(system: Booted) -> None:
    before = main_pid(system)
    system.do("sh", "-c", "cp -p /etc/tirek/tirek.toml /srv/good.toml; echo 'x = [' >> /etc/tirek/tirek.toml")
    units = system.do("sh", "-c", "sha256sum /usr/lib/systemd/system/tirek*")
    done = system.run("sh", f"{STICK}/{BLIND}/install.sh", seconds=INSTALL)
    back = system.run("tirek", "rollback")
    system.do("cp", "-p", "/srv/good.toml", "/etc/tirek/tirek.toml")
    assert (done.returncode, back.returncode) == (1, 1)
    assert "/etc/tirek/tirek.toml" in done.stderr
    assert "/etc/tirek/tirek.toml" in back.stderr
    assert main_pid(system) == before
    assert system.do("sh", "-c", "sha256sum /usr/lib/systemd/system/tirek*") == units


def refused(system: Booted, name: str) -> str:
    before = running(system)
    done = system.run("tirek", "upgrade", f"{STICK}/{name}", seconds=INSTALL)
    assert done.returncode == 1
    assert running(system) == before
    return done.stderr


def test_a_bundle_of_somebody_else_is_refused(system: Booted) -> None:
    assert "its signature is not by the key that this computer was installed with" in refused(system, "4.0")
    said = system.run("sh", f"{STICK}/4.0/install.sh")
    assert said.returncode == 1
    assert "signed by somebody else" in said.stderr


def test_what_another_system_left_on_a_stick_is_no_part_of_a_bundle(system: Booted) -> None:
    again = system.root / STICK[1:] / "again"
    (again / "System Volume Information").mkdir()
    (again / "System Volume Information" / "WPSettings.dat").write_text("x")
    system.do("/opt/tirek/current/bin/python", "-m", "edge.release", f"{STICK}/again")
    (again / "debs").mkdir(exist_ok=True)
    (again / "debs" / "sway_9_all.deb").write_text("x")
    done = system.run("sh", f"{STICK}/again/install.sh")
    (again / "debs" / "sway_9_all.deb").unlink()
    assert done.returncode == 1
    assert "sway_9_all.deb does not belong to it" in done.stderr


@pytest.mark.parametrize("lock", ["install", "upgrade"])
def test_one_at_a_time_changes_the_releases(system: Booted, lock: str) -> None:
    system.do(
        *("systemd-run", f"--unit=holds-{lock}", "flock", f"/run/tirek-{lock}.lock", "sh", "-c"),
        f"touch /run/{lock}-held; sleep 600",
    )
    system.until("sh", "-c", f"ls /run/{lock}-held || true", says="held")
    commands = [("tirek", "upgrade", f"{STICK}/2.0+good"), ("tirek", "rollback")]
    commands += [("sh", f"{STICK}/again/install.sh")] if lock == "install" else []
    done = [system.run(*command) for command in commands]
    system.do("systemctl", "stop", f"holds-{lock}")
    wanted = "another installation runs" if lock == "install" else "another upgrade runs"
    assert [wanted in each.stderr for each in done] == [True] * len(commands)


def test_what_an_upgrade_left_that_was_cut_off_takes_no_room_of_the_next_one(system: Booted) -> None:
    system.do(
        "sh", "-c", "mkdir -p /opt/tirek/incoming /opt/tirek/releases/half; touch /opt/tirek/incoming/x"
    )
    assert "signed by" not in refused(system, "nothing")
    assert system.do("ls", "/opt/tirek/releases").count("half") == 0
    assert system.run("test", "-e", "/opt/tirek/incoming").returncode == 1


@pytest.mark.parametrize("name", ["systemd/slot", "SHA256SUMS.sig"])
@pytest.mark.parametrize("tool", ["upgrade", "install"])
def test_a_damaged_bundle_is_refused(system: Booted, tool: str, name: str) -> None:
    spoilt = system.root / STICK[1:] / "again" / name
    good = spoilt.read_bytes()
    spoilt.write_bytes(good + b"#")
    command = (
        ("sh", f"{STICK}/again/install.sh") if tool == "install" else ("tirek", "upgrade", f"{STICK}/again")
    )
    done = system.run(*command)
    spoilt.write_bytes(good)
    assert done.returncode == 1
    assert ("copy" if name == "systemd/slot" else "signature") in done.stderr
    assert "nothing was changed" in done.stderr


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("machine", "riscv64", "this bundle is for riscv64"),
        ("debian", "14", "this bundle is for Debian 14"),
        ("python", "3.99", "Python 3.99 is needed"),
        ("megabytes", "99999999", "MB are missing on the disk"),
    ],
)
def test_a_bundle_for_other_computers_says_which(
    system: Booted, bundle: Path, workshop: Path, field: str, value: str, said: str
) -> None:
    other = workshop / f"other-{field}"
    made = bundles.another(
        bundle, other, workshop / "key", f"9+{field}", lambda out: bundles.say(out, field, value)
    )
    put(made, system.root, f"other-{field}")
    done = system.run("sh", f"{STICK}/other-{field}/install.sh")
    assert done.returncode == 1
    assert said in done.stderr


# Power cuts


def test_a_broken_release_ends_on_the_old_one_after_power_cuts_and_by_itself(
    computer: Path, system: Booted
) -> None:
    settle(system)  # what is on trial is nothing to go back to
    before = running(system)
    system.do("systemd-run", "tirek", "upgrade", f"{STICK}/3.0+broken")
    system.until("ls", "/opt/tirek/releases", says="3.0+broken")
    system.cut()  # in the middle of the installation

    with booted(computer, "once") as up:
        up.until("systemctl", "is-active", "tirek", says="active")
        assert running(up) == before
        up.do("systemd-run", "tirek", "upgrade", f"{STICK}/3.0+broken")
        up.until("sh", "-c", "cat /opt/tirek/pending || true", says=f"releases/{before}", seconds=INSTALL)
        up.cut()  # in the middle of the trial

    with booted(computer, "twice") as up:
        up.until(
            "sh", "-c", "readlink /opt/tirek/current; systemctl is-active tirek", says=f"{before}\nactive"
        )
        assert json.loads(ask(up, "/api/node"))
        _is_back_by_itself(up)
        _uninstall_leaves_what_is_the_school_s(up)


def _is_back_by_itself(up: Booted) -> None:
    """Try the release once more; it was installed whole before its trial was cut."""
    before, said = running(up), up.log("tirek").count(BROKEN)
    done = up.run("tirek", "upgrade", f"{STICK}/3.0+broken", seconds=INSTALL)
    assert done.returncode != 0
    up.until("systemctl", "is-active", "tirek", says="active")
    assert running(up) == before
    assert json.loads(ask(up, "/api/node"))
    assert up.log("tirek").count(BROKEN) > said
    up.until("sh", "-c", "systemctl show tirek -p Environment | grep -c NEWER", says="0")


def _uninstall_leaves_what_is_the_school_s(up: Booted) -> None:
    up.do("sh", "/opt/tirek/current/share/uninstall.sh")
    assert up.run("test", "-e", "/opt/tirek").returncode == 1
    assert up.do("ls", "/var/lib/tirek/journal").split()[:1] == ["journal.db"]
    assert up.do("cat", "/etc/tirek/tirek.toml")
