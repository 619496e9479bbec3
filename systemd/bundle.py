"""Builds a bundle for a stick: `make bundle`. Needs a network; what it makes needs none.

The wheels are those of requirements.lock, by their hashes, for one Python on one machine.
"""

import argparse
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from packaging.markers import Marker

from edge import VERSION
from edge.release.bundle import ABOUT, KEY, SIGNATURE, SUMS, About, lines_of, sign
from sync import durable
from sync.soundness import FORM

ROOT = Path(__file__).resolve().parent.parent
SYSTEMD = ROOT / "systemd"
DEBIAN = {"3.11": "12", "3.13": "13"}  # which Debian has which Python
GLIBC = (
    "2_17",
    "2_26",
    "2_27",
    "2_28",
    "2_31",
    "2_34",
    "2_35",
    "2_36",
)  # that wheels for Debian 12 may ask for
PARTS = ("system", "sysusers", "tmpfiles", "modules-load", "journald", "manager", "sysctl", "udev", "kiosk")
SUITES = {"12": "bookworm", "13": "trixie"}
KIOSK = ("sway", "foot", "chromium", "seatd", "fonts-dejavu-core", "xkb-data")  # as in install.sh
REQUIREMENTS = "requirements.txt"  # in the wheelhouse
DOCS = ("operate.md", "config.md", "cli.md")
INSTALLED = 4  # times the size of the wheels, with what is compiled


def main() -> int:
    """Build it."""
    parsed = _parser().parse_args()
    out: Path = parsed.out
    shutil.rmtree(out, ignore_errors=True)
    wheels = out / "wheelhouse"
    wheels.mkdir(parents=True)
    _collect(wheels, parsed.python)
    _lay_out(out)
    if parsed.kiosk:
        _collect_debs(out / "debs", DEBIAN[parsed.python])
    about = _about(out, parsed.python)
    (out / ABOUT).write_bytes(msgspec.json.format(msgspec.json.encode(about)) + b"\n")
    _sign(out, _key(parsed.key))
    print(f"{out}: release {about.id} for Debian {about.debian}, Python {about.python}, {about.machine}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="build a bundle for a stick")
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "bundle", metavar="DIR")
    parser.add_argument("--python", choices=sorted(DEBIAN), default="3.11", help="of the computers it is for")
    parser.add_argument(
        "--key", type=Path, required=True, metavar="FILE", help="that signs; made if it is not there"
    )
    parser.add_argument(
        "--kiosk", action="store_true", help="with Debian's packages for screen and projector"
    )
    return parser


def _collect(wheels: Path, python: str) -> None:
    """Fetch every wheel of the lock, pip's own, and build ours."""
    platforms = [word for one in GLIBC for word in ("--platform", f"manylinux_{one}_{platform.machine()}")]
    platforms += ["--platform", f"manylinux2014_{platform.machine()}"]
    version = ["--python-version", python, "--implementation", "cp", "--only-binary", ":all:"]
    wanted = wheels / REQUIREMENTS
    wanted.write_text("".join(_for_python((ROOT / "requirements.lock").read_text(), python)))
    for lock in (wanted, SYSTEMD / "pip.lock"):
        _pip("download", "--no-deps", "--require-hashes", "-r", lock, "-d", wheels, *version, *platforms)
    _pip("wheel", "--no-deps", "--no-build-isolation", "-w", wheels, ROOT)
    wanted.unlink()  # what is in the folder is what is installed


def _collect_debs(debs: Path, debian: str) -> None:
    """Fetch what a Debian without a desktop needs to show something, and all that this needs in turn.

    As if nothing were installed: some packages want others in just their own version, and a school's Debian
    may be of an earlier day than this one. Its apt takes what it lacks.
    """
    debs.mkdir()
    options = "-qq --yes --no-install-recommends --download-only -o Dir::State::status=/dev/null"
    fetch = f'chroot "$1" apt-get install {options} {" ".join(KIOSK)}'
    hooks = [f"--customize-hook={fetch}", f"--customize-hook=copy-out /var/cache/apt/archives {debs}"]
    keep = '--aptopt=APT::Keep-Downloaded-Packages "true"'
    line = [
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        "--format=null",
        keep,
        *hooks,
        SUITES[debian],
        "/dev/null",
    ]
    subprocess.run(line, check=True)
    for path in (debs / "archives").glob("*.deb"):
        path.rename(debs / path.name.replace(":", "%3a"))
    shutil.rmtree(debs / "archives")


def _for_python(lock: str, python: str) -> Iterator[str]:
    """Yield what a Python needs of a lock for all: pip would ask the one that it runs on itself."""
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    for entry in re.split(r"\n(?=[A-Za-z0-9])", lock.partition("\n\n")[2] or lock):
        named, _, hashes = entry.partition(" \\\n")
        name, _, marker = named.partition(" ; ")
        if not entry.startswith("#") and (not marker or Marker(marker).evaluate(environment)):
            yield f"{name} \\\n{hashes.rstrip()}\n"


def _pip(command: str, *words: object) -> None:
    line = [sys.executable, "-m", "pip", "--disable-pip-version-check", command, "--quiet", *map(str, words)]
    subprocess.run(line, check=True)


def _lay_out(out: Path) -> None:
    for name in ("install.sh", "uninstall.sh"):
        shutil.copy(SYSTEMD / name, out / name)
    for part in PARTS:
        shutil.copytree(SYSTEMD / part, out / "systemd" / part)
    for name in ("slot", "stick"):
        shutil.copy(SYSTEMD / name, out / "systemd" / name)
    (out / "doc").mkdir()
    for name in DOCS:
        shutil.copy(ROOT / "docs" / name, out / "doc" / name)


def _about(out: Path, python: str) -> About:
    wheels = out / "wheelhouse"
    content = "".join(lines_of(out)).encode()
    size = sum(each.stat().st_size for each in wheels.glob("*.whl"))
    ident = f"{VERSION}+{sha256(content).hexdigest()[:8]}"
    room = INSTALLED * size // 1_000_000
    return About(ident, VERSION, python, platform.machine(), DEBIAN[python], room, int(time.time()), FORM)


def _key(path: Path) -> Ed25519PrivateKey:
    """Return the key that signs; losing it means that no installed computer takes another bundle."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.create(path, Ed25519PrivateKey.generate().private_bytes_raw().hex().encode(), 0o600)
        print(f"a new key that signs bundles is in {path}: keep it, and keep it secret")
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text().strip()))


def _sign(out: Path, key: Ed25519PrivateKey) -> None:
    (out / KEY).write_text(key.public_key().public_bytes_raw().hex() + "\n")
    sums = "".join(lines_of(out))
    (out / SUMS).write_text(sums)
    (out / SIGNATURE).write_text(sign(key, sums) + "\n")


if __name__ == "__main__":
    sys.exit(main())
