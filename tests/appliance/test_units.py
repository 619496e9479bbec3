"""The unit set as it is written: how exposed it is, and that what it names is there."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.appliance.bundles import ROOT

SYSTEMD = ROOT / "systemd"
UNITS = sorted((SYSTEMD / "system").iterdir())
SCRIPTS = [SYSTEMD / name for name in ("install.sh", "uninstall.sh", "slot", "stick")]
BY_HAND = ("tirek-kiwix.service", "tirek-kiosk.service")  # for schools that want it
EXPOSURE = {"tirek.service": 1.3, "tirek-maintain.service": 0.6, "tirek-halt.service": 0.6}


@pytest.mark.parametrize(("name", "most"), EXPOSURE.items())
def test_a_service_is_no_more_exposed_than_it_must_be(name: str, most: float) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (Debian: systemd)")
    line = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(SYSTEMD / "system" / name)]
    said = subprocess.run(line, capture_output=True, text=True, check=False).stdout
    found = re.search(r"exposure level for \S+: ([0-9.]+)", said)
    assert found is not None, said
    assert float(found[1]) <= most


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_understands_every_line(path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (Debian: systemd)")
    line = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(path)]
    said = subprocess.run(line, capture_output=True, text=True, check=False).stderr
    wrong = [each for each in said.splitlines() if "Unknown" in each or "Failed to parse" in each]
    assert wrong == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_plain_sh(path: Path) -> None:
    subprocess.run(["sh", "-n", path], check=True)
    assert path.read_text().startswith("#!/bin/sh\n")


def test_no_unit_gives_up_for_good() -> None:
    daemon = (SYSTEMD / "system" / "tirek.service").read_text()
    assert "StartLimitIntervalSec=0" in daemon
    assert "Restart=always" in daemon
    assert "OnFailure=" not in daemon


def test_robots_are_asked_to_stop_whatever_ended_the_daemon() -> None:
    daemon, halt = ((SYSTEMD / "system" / f"{name}.service").read_text() for name in ("tirek", "tirek-halt"))
    # No longer than two seconds: a client that asks after a crash is answered within five.
    assert re.search(
        r"^ExecStopPost=-\+\S+/timeout 2 \S+/systemctl start tirek-halt.service$", daemon, re.MULTILINE
    )
    assert re.search(r"^ExecStart=\S+/tirek device stop --all --after-crash", halt, re.MULTILINE)


def test_the_installer_starts_every_unit_that_can_be_enabled() -> None:
    installer = (SYSTEMD / "install.sh").read_text()
    enabled = [path.name for path in UNITS if "[Install]" in path.read_text() and path.name not in BY_HAND]
    assert [name for name in enabled if name not in installer] == []


def test_the_uninstaller_takes_away_what_the_installer_laid_down() -> None:
    slot, uninstaller = ((SYSTEMD / name).read_text() for name in ("slot", "uninstall.sh"))
    laid = re.findall(r"lay_in \S+ (\S+/\S+|\S+\.d)(?: (\S+))?", slot)
    assert len(laid) == 8
    assert [folder for folder, _ in laid if f"/usr/lib/{folder}" not in uninstaller] == []


def test_what_is_laid_counts_before_the_next_start_of_the_computer() -> None:
    installer = (SYSTEMD / "install.sh").read_text()
    applied = (
        "systemd-sysusers",
        "systemd-tmpfiles",
        "systemd-sysctl.service",
        "systemd-modules-load.service",
    )
    assert [tool for tool in (*applied, "udevadm control --reload") if tool not in installer] == []


def test_the_installer_wants_the_packages_that_a_bundle_has() -> None:
    installer = (SYSTEMD / "install.sh").read_text()
    bundler = (SYSTEMD / "bundle.py").read_text()
    wanted = re.search(r'^screens="([^"]*)"$', installer, re.MULTILINE)
    has = re.search(r"^KIOSK = \(([^)]*)\)", bundler, re.MULTILINE)
    assert wanted is not None
    assert has is not None
    assert wanted[1].split() == re.findall(r'"([^"]+)"', has[1])


def test_no_socket_gives_up_for_good() -> None:
    sockets = [path.read_text() for path in UNITS if path.suffix == ".socket"]
    assert ["TriggerLimitIntervalSec=0" in text for text in sockets] == [True, True]


def test_the_uninstaller_takes_away_the_browser_s_rules() -> None:
    installer, uninstaller = (path.read_text() for path in SCRIPTS[:2])
    put = re.findall(r"\bput \S+ (/etc/\S+)$", installer, re.MULTILINE)
    assert put == ["/etc/chromium/policies/managed/tirek.json", "/etc/tirek/bundle.pub"]
    assert [path for path in put if path not in uninstaller] == []


def test_the_projector_s_browser_may_use_camera_and_microphone_of_its_own_pages_alone() -> None:
    rules = json.loads((SYSTEMD / "kiosk" / "chromium.json").read_text())
    for name in ("AudioCaptureAllowedUrls", "VideoCaptureAllowedUrls"):
        assert rules[name] == ["http://localhost"]
