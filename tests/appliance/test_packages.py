"""Debian's packages for the screens, brought on the stick: what fits, what does not, what has no room."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.appliance import bundles
from tests.appliance.boot import Booted, booted
from tests.appliance.conftest import INSTALL, STICK, like, put

LIBRARY = "tirek-test-library"  # one that others want in just one version
SEATD = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"
PLAIN = ("foot", "chromium", "fonts-dejavu-core", "xkb-data")
TABLE = ("dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Abbrev}\n")
HUGE = 2_000_000_000  # kilobytes


def deb(folder: Path, name: str, version: str = "2", depends: str = "", **more: str | int) -> Path:
    """Build a package; `unit` is a unit of its own, `size` what it says it takes, `configure` a script."""
    root = folder / f"{name}.root"
    (root / "DEBIAN").mkdir(parents=True)
    control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: nobody <n@example.org>\n"
    control += f"Installed-Size: {more.get('size', 10)}\nDescription: a test\n"
    (root / "DEBIAN" / "control").write_text(control + (f"Depends: {depends}\n" if depends else ""))
    if "unit" in more:
        (root / "lib" / "systemd" / "system").mkdir(parents=True)
        (root / "lib" / "systemd" / "system" / f"{name}.service").write_text(str(more["unit"]))
    if "configure" in more:
        (root / "DEBIAN" / "postinst").write_text(f"#!/bin/sh\n{more['configure']}\n")
        (root / "DEBIAN" / "postinst").chmod(0o755)
    made = folder / f"{name}_{version}_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", root, made], check=True, capture_output=True)
    shutil.rmtree(root)
    return made


def screens(sway: int = 10) -> Callable[[Path], None]:
    """Return what puts all packages of the screens into a bundle."""

    def add(out: Path) -> None:
        (out / "debs").mkdir()
        for name in PLAIN:
            deb(out / "debs", name)
        deb(out / "debs", LIBRARY)
        deb(out / "debs", "seatd", unit=SEATD)
        deb(out / "debs", "sway", depends=f"{LIBRARY} (= 2)", size=sway)

    return add


@pytest.fixture(scope="module")
def system(debian: Path, bundle: Path, workshop: Path) -> Iterator[Booted]:
    """A plain Debian, and a stick with bundles for its screens."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not installed (Debian: dpkg)")
    key = workshop / "key"
    with like(debian, workshop / "plain") as root:
        for name, change in (("screens", screens()), ("huge", screens(HUGE))):
            put(bundles.another(bundle, workshop / name, key, f"1.0+{name}", change), root, name)
        shutil.copytree(root / STICK[1:] / "screens", root / STICK[1:] / "spoilt", copy_function=os.link)
        bundles.write(root / STICK[1:] / "spoilt" / "SHA256SUMS.sig", "0" * 128)
        with booted(root, "packages") as up:
            yield up


@pytest.fixture
def library(system: Booted, tmp_path: Path) -> Callable[[str], None]:
    """What makes this Debian one of another day."""

    def install(version: str) -> None:
        made = deb(tmp_path, LIBRARY, version)
        shutil.copy(made, system.root / "srv")
        system.do("dpkg", "-i", f"/srv/{made.name}")

    return install


def refused(system: Booted, name: str) -> str:
    """Return why a bundle is not installed; nothing may have changed."""
    before = system.do(*TABLE)
    done = system.run("sh", f"{STICK}/{name}/install.sh", "--kiosk", seconds=INSTALL)
    assert (done.returncode, system.do(*TABLE)) == (1, before)
    assert "nothing was changed" in done.stderr
    assert system.run("sh", "-c", "ls -d /opt/tirek/releases/* /usr/lib/systemd/system/tirek*").stdout == ""
    return done.stderr


def test_a_spoilt_signature_changes_nothing(system: Booted) -> None:
    assert "signature" in refused(system, "spoilt")


def test_no_room_for_the_packages_is_said_before_anything_changes(system: Booted) -> None:
    assert "MB are missing" in refused(system, "huge")


def test_a_debian_of_a_later_day_is_told_to_bring_a_bundle_of_that_day(
    system: Booted, library: Callable[[str], None]
) -> None:
    library("3")
    assert "do not fit this Debian" in refused(system, "screens")
    system.do("dpkg", "--purge", LIBRARY)


def test_a_debian_of_an_earlier_day_gets_what_belongs_together(
    system: Booted, library: Callable[[str], None]
) -> None:
    library("1")
    system.do("sh", f"{STICK}/screens/install.sh", "--kiosk", seconds=INSTALL)
    table = system.do(*TABLE)
    assert [f"{name} 2 ii" in table for name in ("sway", "seatd", LIBRARY)] == [True] * 3
    assert system.shows("tirek-kiosk", "UnitFileState") == "enabled"


def test_a_cut_in_the_middle_of_the_packages_heals_by_a_second_installation(
    system: Booted, tmp_path: Path
) -> None:
    failing = deb(tmp_path, "tirek-test-failing", configure="exit 1")  # and something else is out of order
    shutil.copy(failing, system.root / "srv")
    assert system.run("dpkg", "-i", f"/srv/{failing.name}").returncode == 1
    system.run("dpkg", "--purge", "sway", LIBRARY)
    system.do("dpkg", "--unpack", f"{STICK}/screens/debs/sway_2_all.deb")  # before its library came
    assert system.run("dpkg", "--configure", "-a").returncode == 1
    system.do("sh", f"{STICK}/screens/install.sh", "--kiosk", seconds=INSTALL)
    table = system.do(*TABLE)
    assert [f"{name} 2 ii" in table for name in ("sway", "seatd", LIBRARY)] == [True] * 3
