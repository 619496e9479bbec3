"""Debian 12 with tirek installed from a bundle, booted once for all tests of a module."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.appliance import bundles
from tests.appliance.boot import Booted, booted, build, require

STICK = "/media/usb"
INSTALL = 300.0  # seconds on a busy machine; 20 on an idle one


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


@pytest.fixture(scope="module")
def system(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booted]:
    """A computer of a school, up; each module has its own."""
    root = copied(installed, tmp_path_factory.mktemp("computer") / "root")
    with booted(root, "school") as up:
        up.until("systemctl", "is-active", "tirek", says="active")
        yield up


def copied(root: Path, to: Path) -> Path:
    """Return a copy of a system, as a computer of its own."""
    subprocess.run(["cp", "-a", "--reflink=auto", root, to], check=True)
    (to / "etc" / "machine-id").write_text("")
    return to


def put(bundle: Path, root: Path, name: str) -> str:
    """Put a bundle on the stick of a system, and return where it is there."""
    shutil.copytree(bundle, root / STICK[1:] / name)
    return f"{STICK}/{name}"
