"""Checks of what is kept: configuration, state folder, journal, backups, clock, room (core)."""

import shlex

from edge.doctor.facts import Facts
from edge.doctor.verdict import Verdict, good, note, todo
from edge.lights import ENOUGH
from sync.clock import is_believable, utc
from sync.soundness import FORM

DAY = 86_400_000  # milliseconds
FIRST = 2 * DAY  # for which a new node may be without a backup: the first night is to come
OLD = 3 * DAY  # after which a backup is too old: three nights in which the computer was off
OFF = 120_000  # milliseconds that a clock may be off
FEW = 1000  # files that can still be made
NOTED = "/var/lib/systemd/timesync/clock"  # of systemd-timesyncd
BACK_UP = "sudo systemctl start tirek-maintain.service"
ROOT = "for the rest: sudo tirek doctor"


def config(facts: Facts) -> Verdict:
    """Look at the configuration, as `tirek check` does."""
    it = facts.settings
    if it.is_hidden:
        return note("config", f"{it.path} is for root and the daemon only; {ROOT}", "sudo tirek doctor")
    if it.fault:
        path = shlex.quote(it.path)
        return todo("config", it.fault, f"sudoedit {path}", f"sudo tirek check {path}")
    return good("config", it.path)


def state(facts: Facts) -> Verdict:
    """Look whether the daemon can write, and nobody else can read."""
    it, settings = facts.state, facts.settings
    if settings.config is None:
        return note("state", f"not known without the configuration; {ROOT}")
    path = shlex.quote(settings.config.state)
    if it is None:
        again = ("sudo systemd-tmpfiles --create tirek.conf",) if facts.is_installed else ()
        return todo("state", f"there is no folder {settings.config.state}", *again)
    if it.is_read_only:
        said = f"the disk of {it.entry.path} is read-only: it has faults, or was not switched off properly"
        return todo("state", said, "sudo dmesg --level=err,warn | tail -n 30", "sudo reboot")
    if (facts.is_installed and (it.entry.owner, it.entry.group) != ("tirek", "tirek")) or it.foreign:
        whose = f"{it.entry.owner}:{it.entry.group}"
        said = f"{it.foreign[0]} is not the daemon's" if it.foreign else f"{it.entry.path} belongs to {whose}"
        owner = "tirek:tirek" if facts.is_installed else f"{it.entry.owner}:{it.entry.group}"
        return todo("state", said, f"sudo chown -R {owner} {path}")
    if facts.is_installed and it.entry.mode & 0o007:
        said = f"{it.entry.path} has mode {it.entry.mode:04o}: everybody here may look into it"
        return todo("state", said, f"sudo chmod 0750 {path}")
    if it.files_free < FEW:
        return todo(
            "state", f"the disk of {it.entry.path} has room for {it.files_free} files only", f"df -i {path}"
        )
    return good("state", f"{it.entry.path} {it.entry.owner}:{it.entry.group} {it.entry.mode:04o}")


def disk(facts: Facts) -> Verdict:
    """Look how many minutes of recording fit."""
    it, known = facts.state, facts.settings.config
    if it is None or known is None:
        return note("disk", "not known without the state folder")
    minutes = max(0, (it.free - (known.limits.disk_reserve << 20)) // max(1, it.rate))
    told = f"{it.free / 1e9:.1f} GB free: {minutes // 60} hours of recording"
    if minutes < ENOUGH:
        look = f"sudo tirek recordings list --state {shlex.quote(known.state)}"
        return todo("disk", f"{told}, less than two lessons: delete recordings at /recordings", look)
    return good("disk", told)


def journal(facts: Facts) -> Verdict:
    """Look whether the journal can be read, page by page."""
    it = facts.journal
    if not it.was_looked_at:
        return note("journal", f"only root and the daemon may read it; {ROOT}")
    if it.form > FORM:
        said = f"a newer release wrote it (form {it.form}, this one reads {FORM}): go back to that one"
        return todo("journal", said, "sudo tirek rollback")
    if it.fault:
        said = f"damaged: {it.fault}; the daemon sets it aside at its start and takes the newest backup"
        return todo("journal", said, "sudo systemctl restart tirek.service")
    if not it.is_there:
        return note("journal", "none yet: the daemon makes it at its first start")
    aside = f"; {it.set_aside}" if it.set_aside else ""
    return good("journal", f"whole, {it.facts} facts{aside}")


def backup(facts: Facts) -> Verdict:
    """Look at what the last night found, and how old the newest backup is."""
    it, made = facts.night, facts.journal
    if not made.was_looked_at:
        return note("backup", f"only root and the daemon may look at it; {ROOT}")
    if it.journal or it.names:
        said = f"the last night found damage: {it.journal or it.names}"
        return todo("backup", said, "sudo systemctl restart tirek.service", BACK_UP)
    if it.failed:
        return todo("backup", f"the last night made none: {it.failed}", BACK_UP)
    if it.damaged:
        said = f"{len(it.damaged)} recordings are not what was recorded, first {it.damaged[0]}"
        return todo("backup", said, "sudo cat /var/lib/tirek/upkeep.json")
    if not it.backup:
        if facts.time - made.born < FIRST:
            return good("backup", "none yet: the first night is to come")
        return todo("backup", "there is no backup of the journal", BACK_UP)
    if min(abs(now - it.backup) for now in (facts.time, facts.now)) > OLD:  # a wrong clock is told of below
        return todo("backup", f"the newest is of {utc(it.backup)}", BACK_UP)
    return good("backup", f"the newest is of {utc(it.backup)}")


def clock(facts: Facts) -> Verdict:
    """Look whether this computer's clock can be right."""
    now, it = facts.now, facts.journal
    told = utc(now)
    again = "if it is wrong again after a night without power, the battery on the mainboard (CR2032) is empty"
    if not is_believable(now):
        said = f"this computer says {told}, which cannot be: set the true time; {again}"
        return todo("clock", said, _asking(facts))
    if it.clock and abs(it.clock - now) > OFF:
        true = utc(it.clock)
        said = f"this computer says {told}, and by the journal and its hub it is {true}; {again}"
        return todo("clock", said, *_setting(facts, f"{true[:10]} {true[11:19]} UTC"))
    if it.newest - now > DAY:
        said = f"this computer says {told}, but something was written here on {utc(it.newest)}; {again}"
        return todo("clock", said, _asking(facts))
    return good("clock", told)


def _asking(facts: Facts) -> str:
    """Return one line: the next one would be taken for what it asks."""
    return "; ".join(('read -p "YYYY-MM-DD HH:MM " now', *_setting(facts, "$now:00")))


def _setting(facts: Facts, date: str) -> tuple[str, ...]:
    """Return what sets the clock, also where something keeps it, which Debian has even without a network."""
    set_it = f'sudo timedatectl set-time "{date}"'
    if not facts.kernel.keeps_time:
        return (set_it,)
    # It is refused until the keeper has stopped, and a keeper goes on from the time it noted last, if later.
    stop = "sudo timedatectl set-ntp false; sleep 2"
    return stop, set_it, f"sudo touch -c {NOTED}", "sudo timedatectl set-ntp true"


CHECKS = (config, state, disk, journal, backup, clock)
