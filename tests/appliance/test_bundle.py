"""What `tirek upgrade` takes of a stick: what is listed and signed, and nothing else."""

import os
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.release import bundle
from edge.release.bundle import ABOUT, SIGNATURE, SUMS, About, BundleWrong

SECRET = Ed25519PrivateKey.generate()
KEY = SECRET.public_key().public_bytes_raw().hex()
IT = About("2.0", "2.0", "3.11", "x86_64", "12", 1)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A signed bundle, as everybody can write on a stick."""
    folder = tmp_path / "stick"
    folder.mkdir(mode=0o777)
    (folder / "systemd").mkdir()
    (folder / "systemd" / "slot").write_text("#!/bin/sh\n")
    (folder / ABOUT).write_text(msgspec.json.encode(IT).decode())
    sums = "".join(bundle.lines_of(folder))
    (folder / SUMS).write_text(sums)
    (folder / SIGNATURE).write_text(bundle.sign(SECRET, sums))
    for path in folder.rglob("*"):
        path.chmod(0o777)
    return folder


def test_a_copy_is_as_it_was_signed_and_nobody_else_s(stick: Path, tmp_path: Path) -> None:
    bundle.copy(stick, tmp_path / "copy", KEY)
    assert bundle.verify(tmp_path / "copy", KEY) == IT
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o700
    assert not any(path.stat().st_mode & 0o022 for path in (tmp_path / "copy").rglob("*"))


def test_what_is_not_listed_stays_on_the_stick(stick: Path, tmp_path: Path) -> None:
    (stick / "._install.sh").write_text("of another system")
    os.mkfifo(stick / "pipe")
    (stick / "endless").symlink_to("/dev/zero")
    bundle.copy(stick, tmp_path / "copy", KEY)
    bundle.verify(tmp_path / "copy", KEY)


def test_what_another_system_left_beside_a_bundle_is_not_looked_at(stick: Path) -> None:
    (stick / "System Volume Information").mkdir()
    (stick / "System Volume Information" / "WPSettings.dat").write_text("of Windows")
    (stick / "._install.sh").write_text("of another system")
    assert bundle.verify(stick, KEY) == IT


@pytest.mark.parametrize("name", ["debs/more.deb", "wheelhouse/more.whl", "systemd/system/more.service"])
def test_what_an_installer_would_take_must_be_signed(stick: Path, name: str) -> None:
    (stick / name).parent.mkdir(parents=True, exist_ok=True)
    (stick / name).write_text("of somebody else")
    with pytest.raises(BundleWrong, match="does not belong to it"):
        bundle.verify(stick, KEY)


def test_no_folder_of_a_bundle_leads_elsewhere(stick: Path, tmp_path: Path) -> None:
    (stick / "debs").symlink_to(tmp_path)
    with pytest.raises(BundleWrong, match="does not belong to it"):
        bundle.verify(stick, KEY)


@pytest.mark.parametrize("instead", ["pipe", "link"])
def test_what_is_listed_must_be_a_file(stick: Path, tmp_path: Path, instead: str) -> None:
    slot = stick / "systemd" / "slot"
    slot.unlink()
    if instead == "pipe":
        os.mkfifo(slot)
    else:
        slot.symlink_to("/dev/zero")
    with pytest.raises((BundleWrong, OSError)):
        bundle.copy(stick, tmp_path / "copy", KEY)


def test_nothing_is_copied_of_a_bundle_of_somebody_else(stick: Path, tmp_path: Path) -> None:
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    with pytest.raises(BundleWrong):
        bundle.copy(stick, tmp_path / "copy", stranger)
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/../../b", ".hidden", "a//b", "a b"])
def test_a_name_that_leads_elsewhere_is_refused_though_it_is_signed(
    stick: Path, tmp_path: Path, name: str
) -> None:
    sums = (stick / SUMS).read_text() + f"{'0' * 64}  {name}\n"
    (stick / SUMS).write_text(sums)
    (stick / SIGNATURE).write_text(bundle.sign(SECRET, sums))
    with pytest.raises(BundleWrong):
        bundle.copy(stick, tmp_path / "copy", KEY)
