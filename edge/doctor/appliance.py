"""Checks of the computer and of what was installed on it (core)."""

from edge.doctor.facts import ANEW, SCREEN, UNITS, WANTED, Facts
from edge.doctor.unit import Unit
from edge.doctor.verdict import Verdict, good, note, todo

DEBIANS = ("12", "13")
MACHINES = ("x86_64", "aarch64")
RESTARTS = 3  # since the boot that say nothing: a configuration was mended, a release tried
RECEIVE = 4 << 20  # bytes: systemd/sysctl
ROOM = 900 << 20  # bytes on the system's disk: one more release, with what pip needs
LOW = 200 << 20  # bytes on the system's disk below which Debian itself begins to fail
LAY = "sudo install -m 644 /opt/tirek/current/share/systemd/system/* /usr/lib/systemd/system/"
FIREWALLS = {
    "ufw": ("sudo ufw allow 80/tcp", "sudo ufw allow 8443/tcp", "sudo ufw allow 32768:60999/udp"),
    "firewalld": (
        "sudo firewall-cmd --permanent --add-port=80/tcp --add-port=8443/tcp --add-port=32768-60999/udp",
        "sudo firewall-cmd --reload",
    ),
    "nftables": ("sudo nft list ruleset",),
}


def system(facts: Facts) -> Verdict:
    """Look at Debian, Python and processor."""
    it = facts.system
    told = f"{it.name} {it.version}, Python {it.python}, {it.machine}".strip()
    if it.name != "debian" or it.version not in DEBIANS:
        return note("system", f"{told}: bundles are made for Debian {' and '.join(DEBIANS)}")
    if it.machine not in MACHINES:
        return note("system", f"{told}: bundles are made for {' and '.join(MACHINES)}")
    return good("system", told)


def release(facts: Facts) -> Verdict:
    """Look at what is installed, and whether it has proved itself."""
    it = facts.release
    if it is None:
        return note("release", "not installed from a bundle; to do that: sudo sh install.sh, on the stick")
    if not it.current or not it.is_whole:
        back = ("sudo tirek rollback",) if it.previous and it.current else ()
        said = f"release {it.current or '?'} is not whole: install it again from the stick"
        return todo("release", said, *back)
    if it.runs and it.runs != it.current:
        return note("release", f"{it.current}; but this program is of {it.runs}")
    if it.on_trial:
        return note("release", f"{it.current} is on trial: it is confirmed when it has run for two minutes")
    if it.previous and facts.journal.form > it.previous_reads:
        return note("release", f"{it.current}; no way back to {it.previous}, which cannot read the journal")
    return good("release", it.current)


def units(facts: Facts) -> Verdict:
    """Look whether systemd starts and keeps everything, as the release wants it."""
    if not facts.units:
        return note("units", "systemd does not answer here, so nothing starts by itself")
    if not facts.is_installed:
        return note("units", "no units are installed")
    it = facts.release
    if it is not None and it.strange:
        again = ("sudo systemctl daemon-reload", "sudo systemctl restart tirek.service")
        return todo("units", f"not those of release {it.current}: {', '.join(it.strange)}", LAY, *again)
    enabled = [name for name in WANTED if facts.units.get(name, Unit(name)).enabled == "enabled"]
    wrong = [each for name in (*UNITS, *enabled) if (each := _unit(facts, name)) is not None]
    if wrong:
        said = "; ".join(said for said, _ in wrong)
        return todo("units", said, *dict.fromkeys(line for _, lines in wrong for line in lines))
    service = facts.units["tirek.service"]
    if service.restarts > RESTARTS:
        said = f"all enabled and active, but the daemon was started anew {service.restarts} times"
        return note("units", said, "sudo journalctl -u tirek -p warning -n 50 --no-pager")
    if it is not None and it.hidden:
        said = f"{it.hidden[0]} was written anew in /etc/systemd/system, and hides that of every release"
        return note("units", said, f"sudo systemctl cat {it.hidden[0]}")
    return good("units", f"{len(UNITS) + len(enabled)} enabled and active")


def _unit(facts: Facts, name: str) -> tuple[str, tuple[str, ...]] | None:
    """Return what is wrong with a unit and what to do; None for nothing."""
    it = facts.units.get(name, Unit(name))
    if not it.is_installed:
        what = "is masked" if it.load == "masked" else "is not there: install the release again"
        return f"{name} {what}", (f"sudo systemctl unmask {name}",) if it.load == "masked" else ()
    if it.needs_reload:
        return f"{name} was changed since it was read", ("sudo systemctl daemon-reload",)
    if it.active not in ("active", "reloading"):
        told = f"{name} is {it.active} ({it.result})"
        if name.endswith(".socket"):
            return told, (f"sudo systemctl enable {name}", ANEW)
        why = (f"sudo journalctl -u {name} -n 30 --no-pager",) if name.endswith(".service") else ()
        return told, (f"sudo systemctl enable --now {name}", *why)
    if it.enabled == "disabled":
        return f"{name} does not start by itself", (f"sudo systemctl enable {name}",)
    return None


def socket(facts: Facts) -> Verdict:
    """Look at the teacher's socket: there, and for her group alone."""
    it = facts.socket
    if not facts.is_installed:
        return note("socket", "none of an installation")
    if it is None or it.kind != "socket":
        return todo("socket", f"there is no socket {SCREEN}", ANEW)
    told = f"{it.path} {it.owner}:{it.group} {it.mode:04o}"
    if (it.owner, it.group, it.mode) != ("tirek", "tirek-staff", 0o660):
        return todo("socket", f"{told}, and not tirek:tirek-staff 0660", ANEW)
    return good("socket", told)


def watchdog(facts: Facts) -> Verdict:
    """Look whether a computer that hangs is started anew."""
    it = facts.kernel
    if not it.watchdog:
        return note("watchdog", "no device: a computer that hangs stays so until somebody switches it off")
    if it.watches is False:
        said = "there is a device, and systemd does not feed it"
        return todo("watchdog", said, "sudo systemctl daemon-reexec")
    return good("watchdog", "a computer that hangs is started anew")


def kernel(facts: Facts) -> Verdict:
    """Look at the room for packets of a lesson."""
    found = facts.kernel.receive
    if found is None:
        return note("kernel", "net.core.rmem_max cannot be read here")
    if found < RECEIVE:
        said = f"net.core.rmem_max is {found}: too little for a lesson on a busy computer"
        more = "sudo sysctl --system" if facts.is_installed else f"sudo sysctl -w net.core.rmem_max={RECEIVE}"
        return todo("kernel", said, more)
    return good("kernel", f"net.core.rmem_max is {found}")


def firewall(facts: Facts) -> Verdict:
    """Say what a firewall has to let through."""
    found = facts.kernel.firewalls
    if not found:
        return good("firewall", "none is active")
    rules = [line for each in found for line in FIREWALLS.get(each, ())]
    said = f"{' and '.join(found)} is active; lessons and pages need these ports if it does not have them"
    return note("firewall", said, *rules)


def log(facts: Facts) -> Verdict:
    """Look whether the log outlives a power cut."""
    if facts.kernel.keeps_log is False:
        return todo(
            "log",
            "systemd's journal is in memory only: after a power cut nobody knows why",
            "sudo mkdir -p /var/log/journal",
            "sudo systemctl restart systemd-journald",
        )
    return good("log", "kept on the disk" if facts.kernel.keeps_log else "not looked at")


def disk_of_system(facts: Facts) -> Verdict:
    """Look at the disk that Debian is on."""
    free = facts.kernel.root_free
    if free is None:
        return note("system disk", "cannot be looked at")
    told = f"{free / 1e9:.1f} GB free"
    clean = ("sudo apt-get clean", "sudo journalctl --vacuum-size=100M")
    if free < LOW:
        return todo("system disk", f"{told}: Debian itself will fail soon", *clean)
    if free < ROOM:
        return note("system disk", f"{told}: no room for one more release", *clean)
    return good("system disk", told)


CHECKS = (system, release, units, socket, watchdog, kernel, firewall, log, disk_of_system)
