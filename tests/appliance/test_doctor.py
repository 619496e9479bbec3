"""What a technician asks an installed computer: the doctor, the status, the file for who helps."""

import json
import tarfile
from pathlib import Path

from tests.appliance.boot import Booted
from tests.appliance.test_service import ask
from tests.flows.crew import Json
from tests.overview.prometheus import read

# What a container cannot have, so that the doctor can only take note of it.
LACKS = {"watchdog", "kernel", "firewall"}
HUB = 'listen_nodes = ["0.0.0.0:8443"]'
PIN, PARENT = "86420975", "very-secret-token"


def _doctor(system: Booted, *before: str) -> tuple[int, dict[str, Json]]:
    done = system.run(*before, "tirek", "doctor", "--json")
    found = json.loads(done.stdout)
    return done.returncode, {each["name"]: each for each in found["checks"]}


def _not_good(checks: dict[str, Json]) -> dict[str, object]:
    return {name: each["said"] for name, each in checks.items() if each["state"] != "good"}


def test_a_new_computer_lacks_nothing_but_a_hub_and_is_told_how_to_join_one(system: Booted) -> None:
    status, checks = _doctor(system)
    todo = [name for name, each in checks.items() if each["state"] == "todo"]
    assert (status, todo) == (1, ["hub"])
    assert checks["hub"]["do"] == ["sudo tirek enroll HUB-ADDRESS CODE"]


def test_all_is_good_at_a_hub_but_what_a_container_lacks(system: Booted) -> None:
    system.do("sh", "-c", f"sed -i '1i {HUB}' /etc/tirek/tirek.toml")
    system.do("systemctl", "restart", "tirek")
    status, checks = _doctor(system)
    assert set(_not_good(checks)) <= LACKS, _not_good(checks)
    assert status == 0
    assert "all is well" in system.do("tirek", "doctor")


def test_who_may_not_read_the_configuration_is_told_who_may(system: Booted) -> None:
    status, checks = _doctor(system, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    assert status == 0, _not_good(checks)
    assert (checks["config"]["state"], checks["screen"]["state"]) == ("note", "note")
    assert checks["config"]["do"] == ["sudo tirek doctor"]
    assert checks["units"]["state"] == "good"


def test_a_teacher_asks_the_daemon_without_the_configuration(system: Booted) -> None:
    group = system.do("sh", "-c", "getent group tirek-staff | cut -d: -f3")
    told = system.do(
        *("setpriv", "--reuid=65534", f"--regid={group}", "--clear-groups"), "tirek", "status"
    ).splitlines()
    assert told[1].startswith("daemon     tirek ")
    assert "release " in told[1]


def test_a_monitor_on_this_computer_reads_the_daemon_in_its_sandbox(system: Booted) -> None:
    page = read(ask(system, "/metrics") + "\n")
    (release,) = [dict(labels)["release"] for name, labels in page.values if name == "tirek_build_info"]
    assert release == system.do("readlink", "/opt/tirek/current").removeprefix("releases/")
    assert page.value("tirek_process_resident_memory_bytes") > 10e6
    assert page.value("tirek_process_open_fds") > 3


def test_what_was_broken_by_hand_is_found_and_mended_by_what_the_doctor_says(system: Booted) -> None:
    breaks = (
        "chmod 777 /var/lib/tirek; systemctl disable -q tirek-maintain.timer; systemctl stop tirek-web.socket"
        "; touch /var/lib/tirek/of-root"
    )
    system.do("sh", "-c", breaks)
    for _ in range(3):  # of a folder one fault is told at a time
        status, checks = _doctor(system)
        lines = [line for each in checks.values() if each["state"] == "todo" for line in each["do"]]
        system.run("sh", "-c", "\n".join(lines).replace("sudo ", ""))
        if status == 0:
            break
    assert status == 0, _not_good(checks)
    assert system.shows("tirek-maintain.timer", "UnitFileState") == "enabled"
    assert system.do("stat", "-c", "%a", "/var/lib/tirek") == "750"


def test_the_status_says_why_there_is_no_daemon_and_starts_none(system: Booted) -> None:
    system.do("systemctl", "stop", "tirek.service")
    down = system.run("tirek", "status")
    assert down.returncode == 3
    assert "inactive (dead), success" in down.stdout
    assert "last line" in down.stdout
    status, checks = _doctor(system)
    assert (status, checks["units"]["state"], checks["screen"]["state"]) == (1, "todo", "note")
    assert system.shows("tirek", "ActiveState") == "inactive", "asking would have started it"
    system.do("systemctl", "start", "tirek.service")


def test_the_file_for_who_helps_tells_much_and_no_secret(system: Booted, tmp_path: Path) -> None:
    secrets = f'pin = "{PIN}"\\nparent = "http://10.0.0.1:80"\\nparent_token = "{PARENT}"\\n'
    system.do("sh", "-c", f"sed -i '1i {secrets}' /etc/tirek/tirek.toml")
    system.do("sh", "-c", f"echo 'parent_token={PARENT}' | systemd-cat -t tirek")
    out = system.do("tirek", "support-bundle", "--out", "/root").partition(": ")[0]
    system.do("sed", "-i", "/^pin\\|^parent/d", "/etc/tirek/tirek.toml")
    with tarfile.open(system.root / out[1:]) as archive:
        files = {each.name.rpartition("/")[2]: archive.extractfile(each) for each in archive}
        texts = {name: file.read().decode() for name, file in files.items() if file is not None}
    assert 'event="listening"' in texts["log.txt"]
    assert "tirek-web.socket" in texts["units.txt"]
    assert json.loads(texts["config.json"])["pin"] == "***"
    assert [name for name, text in texts.items() if PIN in text or PARENT in text] == []
