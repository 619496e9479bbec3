"""The same on Debian 13: another systemd, another Python."""

import json
from pathlib import Path

from tests.appliance import bundles
from tests.appliance.boot import Booted, booted, build
from tests.appliance.conftest import INSTALL, STICK, put
from tests.appliance.test_release import UNIT, running
from tests.appliance.test_service import ask


def test_a_bundle_for_debian_13_installs_and_serves(workshop: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    build("13", root)
    (root / "etc" / "machine-id").write_text("")  # nothing was ever started there
    bundles.build(workshop / "bundle13", workshop / "key", "3.13")
    put(workshop / "bundle13", root, "tirek")
    with booted(root, "thirteen") as system:
        system.do("sh", f"{STICK}/tirek/install.sh", seconds=INSTALL)
        assert json.loads(ask(system, "/api/node"))
        system.do("kill", "-9", system.shows("tirek", "MainPID"))
        assert json.loads(ask(system, "/api/node"))
        assert "level=error" not in system.log("tirek")
        _a_broken_release_is_gone_back_from(system, workshop)


def _a_broken_release_is_gone_back_from(system: Booted, workshop: Path) -> None:
    """Upgrade to one that does not start, and let the next starts find the way back."""
    before, key = running(system), workshop / "key"
    broken = bundles.another(
        workshop / "bundle13", workshop / "broken13", key, "9+broken", bundles.broken_newer
    )
    put(broken, system.root, "broken")
    done = system.run("tirek", "upgrade", f"{STICK}/broken", seconds=INSTALL)
    assert (done.returncode, running(system)) == (1, before)
    assert json.loads(ask(system, "/api/node"))
    assert system.run("grep", "-q", "NEWER", UNIT).returncode == 1
