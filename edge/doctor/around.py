"""Checks of what is around the node: its hub, its screen, its pages, instruments and cameras (core)."""

import shlex
from urllib.parse import urlsplit

from edge.doctor.facts import ANEW, Entry, Facts
from edge.doctor.verdict import Verdict, good, note, todo
from sync.clock import utc

DAY = 86_400_000  # milliseconds
REASONS = {
    "light-hub-unknown": "it does not know this node any more",
    "light-hub-other": "another computer answers at its address",
    "light-hub-disk": "its disk is full",
}


def hub(facts: Facts) -> Verdict:
    """Look whether the node belongs to a hub, and when that was reached."""
    it, known = facts.hub, facts.settings.config
    if known is None or not facts.journal.was_looked_at:
        return note("hub", "not known without the configuration and the journal; sudo tirek doctor")
    if not it.address:
        if known.parent:
            return good("hub", f"{known.parent}, for lessons only: nothing of the journal goes there")
        if known.listen_nodes:
            return good("hub", "nobody is above this node: it is the hub")
        said = "this computer belongs to no hub: ask there for a code, which `tirek invite SCHOOL` prints"
        return todo("hub", said, "sudo tirek enroll HUB-ADDRESS CODE")
    waits = f"{it.registers} registers and {it.others} other facts wait"
    when = f"last even on {utc(it.reached)}" if it.reached else "never even yet"
    told = f"{it.address}, {when}; {waits}"
    if it.light in REASONS:
        again = f"sudo tirek enroll --again {shlex.quote(it.address)} CODE"
        return todo(
            "hub", f"{told}; {REASONS[it.light]}", *(() if it.light == "light-hub-disk" else (again,))
        )
    if facts.time - it.reached > DAY:
        return todo("hub", f"{told}: look at cable, router and address", *_reach(it.address))
    return good("hub", told)


def _reach(address: str) -> tuple[str, ...]:
    host = urlsplit(f"//{address.rpartition('//')[2]}").hostname or address
    return "ip route get 1.1.1.1", f"ping -c 3 {shlex.quote(host)}"


def screen(facts: Facts) -> Verdict:
    """Look whether the daemon answers the teacher's screen."""
    said = facts.doors.screen
    if facts.doors.trouble:
        told = f"the daemon has nowhere to keep anything since its start: {facts.doors.trouble}"
        return todo("screen", told, "sudo journalctl -u tirek -n 30 --no-pager")
    if said == "good":
        return good("screen", "the daemon answers")
    if said == "forbidden":
        who = shlex.quote(facts.system.user)
        join = f"sudo usermod -aG tirek-staff {who}"
        return note("screen", "only the group tirek-staff may ask; to join it, then log in anew", join)
    if not said:
        return note("screen", "not asked: the service does not run")
    again = ("sudo systemctl restart tirek.service",) if facts.is_installed else ()
    return todo("screen", f"the daemon does not answer: {said}", *again)


def pages(facts: Facts) -> Verdict:
    """Look whether the pages are there for tablets and the projector."""
    it = facts.doors
    if it.pages == "good":
        return good("pages", f"{it.where} answers")
    if not it.pages:
        return note("pages", "not asked: the service does not run, or its address is not known")
    if it.other:
        said = f"at {it.where} something else answers: {it.other}"
        return todo(
            "pages", said, "sudo ss -ltnp 'sport = :80'", "sudo systemctl disable --now apache2 nginx"
        )
    again = (ANEW,) if facts.is_installed else ()
    return todo("pages", f"{it.where} does not answer: {it.pages}", *again)


def serial(facts: Facts) -> Verdict:
    """Look whether instruments can be plugged in."""
    it, known = facts.serial, facts.settings.config
    if known is not None and not known.usb and not known.ports:
        return good("serial", "not used: `usb = false`")
    if it.thieves:
        names = " ".join(it.thieves)
        said = f"{' and '.join(it.thieves)} takes ports of instruments for itself"
        return todo("serial", said, f"sudo apt-get remove -y {names}")
    if not facts.is_installed:
        return note("serial", f"{len(it.ports)} ports; what opens them is not installed")
    if not it.has_user:
        do = ("sudo usermod -aG dialout tirek", "sudo systemctl restart tirek.service")
        return todo("serial", "the daemon's user is not in the group dialout", *do)
    rules = ("sudo udevadm control --reload", "sudo udevadm trigger --subsystem-match=tty")
    if not it.has_rules:
        said = "the rules of udev are not there: install the release again"
        return todo("serial", said, "ls -l /usr/lib/udev/rules.d/60-tirek.rules")
    if shut := [each for each in it.ports if not _opens(each, "dialout")]:
        said = f"{shut[0].path} is not for the group dialout ({shut[0].group} {shut[0].mode:04o})"
        return todo("serial", said, *rules)
    return good("serial", f"{len(it.ports)} ports, rules in place")


def camera(facts: Facts) -> Verdict:
    """Look whether lessons can be given from here."""
    it = facts.pictures
    if not it.has_codecs:
        return todo("camera", "PyAV is missing: install the release again", "tirek version")
    if shut := [each for each in it.cameras if not _opens(each, "video")]:
        said = f"{shut[0].path} is not for the group video ({shut[0].group} {shut[0].mode:04o})"
        return todo("camera", said, "sudo udevadm trigger --subsystem-match=video4linux")
    if it.cameras:
        return good("camera", ", ".join(each.path for each in it.cameras))
    return good("camera", "none: one is needed only where lessons are given")


def _opens(entry: Entry, group: str) -> bool:
    return entry.group == group and entry.mode & 0o060 == 0o060


def kiwix(facts: Facts) -> Verdict:
    """Look whether the encyclopaedia answers, where it is wanted."""
    if facts.kiwix is None:
        return good("kiwix", "not wanted: `kiwix_port` is 0")
    if not facts.kiwix:
        said = "nobody answers at `kiwix_port`"
        return todo("kiwix", said, "sudo systemctl enable --now tirek-kiwix.service")
    return good("kiwix", "answers")


CHECKS = (hub, screen, pages, serial, camera, kiwix)
