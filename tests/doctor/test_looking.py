"""What the doctor finds of an installation: which release, and whether its units are those of the system."""

from pathlib import Path

import pytest

from edge.doctor.facts import Release
from edge.doctor.looking import release

UNITS = ("tirek.service", "tirek-web.socket")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation whose units are laid down."""
    home = tmp_path / "opt"
    for name in ("1.0", "2.0"):
        units = home / "releases" / name / "share/systemd/system"
        units.mkdir(parents=True)
        (home / "releases" / name / "complete").touch()
        for unit in UNITS:
            (units / unit).write_text(f"# {unit} of {name}\n")
    (home / "current").symlink_to("releases/1.0")
    (tmp_path / "hand").mkdir()
    lay(home, "1.0")
    return home


def lay(home: Path, name: str) -> None:
    """Lay the units of a release down."""
    folder = home.parent / "usr"
    folder.mkdir(exist_ok=True)
    for unit in UNITS:
        (folder / unit).write_text((home / "releases" / name / "share/systemd/system" / unit).read_text())


def look(home: Path) -> Release:
    """Look at it."""
    found = release(home, home.parent / "usr", home.parent / "hand")
    assert found is not None
    return found


def test_units_of_the_release_that_runs_are_no_matter(home: Path) -> None:
    found = look(home)
    assert (found.current, found.strange, found.hidden) == ("1.0", (), ())


def test_units_of_another_release_and_those_that_are_gone_are_named(home: Path) -> None:
    lay(home, "2.0")
    assert look(home).strange == ("tirek-web.socket", "tirek.service")
    lay(home, "1.0")
    (home.parent / "usr" / "tirek-web.socket").unlink()
    assert look(home).strange == ("tirek-web.socket",)


def test_a_whole_unit_that_was_written_by_hand_is_named_and_a_mask_or_a_link_is_not(home: Path) -> None:
    hand = home.parent / "hand"
    (hand / "tirek.service").write_text("# of systemctl edit --full\n")
    (hand / "tirek-web.socket").symlink_to("/dev/null")
    assert look(home).hidden == ("tirek.service",)
    (hand / "tirek.service").unlink()
    (hand / "tirek.service").symlink_to(home.parent / "usr" / "tirek.service")
    assert look(home).hidden == ()


def test_an_installation_of_before_has_no_list_of_units(home: Path) -> None:
    (home / "current").unlink()
    assert look(home).strange == ()
