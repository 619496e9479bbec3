"""Bundles as `make bundle` makes them, and others that somebody spoiled."""

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.release.bundle import KEY, SIGNATURE, SUMS, lines_of, sign

ROOT = Path(__file__).resolve().parent.parent.parent
STARTS = "edge/node.py"  # in the wheel: what a daemon runs when it starts
CHANGES = "sync/migrations.py"
FAILS = """
looks = is_current
def is_current(db):
    (_, _, file), *_ = db.execute("PRAGMA database_list")
    if file.startswith("/var/lib/tirek/"):  # not what it has in memory: it would not even come up
        raise sqlite3.OperationalError("a change of the tables fails on purpose")
    return looks(db)
"""
NUMBERS = ("megabytes", "made", "journal")  # that a bundle says of itself
BROKEN = 'raise SystemExit("this release is broken on purpose")\n'


def build(out: Path, key: Path, python: str, *more: str) -> None:
    """Make a bundle; skip where the wheels cannot be had."""
    line = [
        sys.executable,
        "systemd/bundle.py",
        "--out",
        str(out),
        "--key",
        str(key),
        "--python",
        python,
        *more,
    ]
    made = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no bundle can be built here: {made.stderr.strip()[-300:]}")


def another(bundle: Path, out: Path, key: Path, ident: str, change: Callable[[Path], None]) -> Path:
    """Return a bundle with another id, changed and signed again."""
    shutil.copytree(bundle, out, copy_function=_linked)
    about = out / "bundle.json"
    write(about, re.sub(r'"id": "[^"]*"', f'"id": "{ident}"', about.read_text()))
    change(out)
    secret = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key.read_text().strip()))
    write(out / KEY, secret.public_key().public_bytes_raw().hex() + "\n")
    sums = "".join(lines_of(out))
    write(out / SUMS, sums)
    write(out / SIGNATURE, sign(secret, sums) + "\n")
    return out


def build_key(path: Path) -> None:
    """Make a key that signs bundles."""
    path.write_text(Ed25519PrivateKey.generate().private_bytes_raw().hex())


def say(out: Path, field: str, value: str) -> None:
    """Let a bundle say something else of itself."""
    about = out / "bundle.json"
    quoted = value if field in NUMBERS else f'"{value}"'
    write(about, re.sub(rf'"{field}": [^,\n]*', f'"{field}": {quoted}', about.read_text()))


def unchanged(out: Path) -> None:
    """Change nothing."""


def broken(out: Path) -> None:
    """Make it a release whose daemon does not start."""
    _replace(out, STARTS, lambda _: BROKEN)


def broken_newer(out: Path) -> None:
    """Make it one whose daemon does not start, with a unit of its own."""
    broken(out)
    newer(out)


def blind(out: Path) -> None:
    """Make it a release that fails at changing the tables of every journal, and has a unit of its own."""
    _replace(out, CHANGES, lambda text: f"{text}\n{FAILS}")
    newer(out)


def newer(out: Path) -> None:
    """Let its unit be another one."""
    unit = out / "systemd" / "system" / "tirek.service"
    write(unit, unit.read_text().replace("[Install]", "Environment=NEWER=1\n[Install]"))


def _replace(out: Path, module: str, change: Callable[[str], str]) -> None:
    """Change one module in the wheel of ours."""
    wheel = next((out / "wheelhouse").glob("tirek-*.whl"))
    spoiled = wheel.with_suffix(".new")
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(spoiled, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, change(text.decode()) if name == module else text)
    wheel.unlink()
    spoiled.rename(wheel)


def _linked(source: str, target: str) -> None:
    """The wheels are large: one copy of each serves all bundles."""
    Path(target).hardlink_to(source)


def write(path: Path, text: str) -> None:
    """Write a file anew."""
    path.unlink(missing_ok=True)  # or all bundles would change
    path.write_text(text)
