"""Debian 12 with tirek installed from a bundle, booted once for all tests of a module."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.appliance import bundles, machine
from tests.appliance.boot import Booted, booted, build, require
from tests.media import clips

STICK = "/media/usb"
CLIP = "/srv/lesson.mkv"  # that needs no encoding: an emulated processor is slow at it
INSTALL = 600.0  # seconds on a busy machine; 20 on an idle one


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where bundles are made."""
    require()
    return tmp_path_factory.mktemp("appliance")


@pytest.fixture(scope="session")
def bundle(workshop: Path) -> Path:
    """A bundle for Debian 12."""
    bundles.build(workshop / "bundle", workshop / "key", "3.11")
    return workshop / "bundle"


@pytest.fixture(scope="session")
def debian(workshop: Path) -> Path:
    """A plain Debian 12, not to be booted but copied."""
    build("12", workshop / "debian12")
    return workshop / "debian12"


@pytest.fixture(scope="session")
def installed(debian: Path, bundle: Path, workshop: Path) -> Path:
    """Debian 12 with tirek installed, shut down; not to be booted but copied."""
    root = copied(debian, workshop / "installed")
    put(bundle, root, "first")
    with booted(root, "install") as system:
        system.do("sh", f"{STICK}/first/install.sh", seconds=INSTALL)
    shutil.rmtree(root / STICK[1:])
    return root


@pytest.fixture(scope="session")
def full(bundle: Path, workshop: Path) -> machine.Computer:
    """Debian 12 with its own kernel and tirek installed, as a disk to be copied."""
    machine.require()
    root = workshop / "full"
    build("12", root, *machine.PACKAGES)
    put(bundle, root, "first")
    broken = bundles.another(bundle, workshop / "9+broken", workshop / "key", "9+broken", bundles.broken)
    put(broken, root, "broken")
    with booted(root, "full") as system:
        system.do("sh", f"{STICK}/first/install.sh", seconds=INSTALL)
    shutil.rmtree(root / STICK[1:] / "first")
    clips.lesson(root / CLIP[1:])
    machine.image(root, workshop / "full.disk")
    return machine.Computer(root, workshop / "full.disk")


@pytest.fixture(scope="module")
def system(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booted]:
    """A computer of a school, up; each module has its own."""
    with like(installed, tmp_path_factory.mktemp("computer") / "root") as root, booted(root, "school") as up:
        up.until("systemctl", "is-active", "tirek", says="active")
        yield up


@contextmanager
def like(root: Path, to: Path) -> Iterator[Path]:
    """Lend a computer that is like a system which stays as it is: what it writes lies over that."""
    upper, work = to.with_suffix(".upper"), to.with_suffix(".work")
    for folder in (to, upper, work):
        folder.mkdir()
    layers = f"lowerdir={root},upperdir={upper},workdir={work}"
    line = ["mount", "-t", "overlay", "overlay", "-o", layers, str(to)]
    if subprocess.run(line, capture_output=True, check=False).returncode:  # this kernel has none
        to.rmdir()
        yield copied(root, to)
        return
    (to / "etc" / "machine-id").write_text("")
    try:
        yield to
    finally:
        subprocess.run(["umount", to], check=True)


def copied(root: Path, to: Path) -> Path:
    """Return a copy of a system, as a computer of its own."""
    subprocess.run(["cp", "-a", "--reflink=auto", root, to], check=True)
    (to / "etc" / "machine-id").write_text("")
    return to


def put(bundle: Path, root: Path, name: str) -> str:
    """Put a bundle on the stick of a system, and return where it is there."""
    shutil.copytree(bundle, root / STICK[1:] / name)
    return f"{STICK}/{name}"
