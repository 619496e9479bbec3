"""`tirek invite`, `tirek enroll`, `tirek nodes`: who belongs to the tree."""

import argparse
import asyncio
import secrets

import msgspec

from edge.commands.place import CommandRefused, checked_school, opened, settings, who
from edge.commands.screen import print_table
from sync import forks, streams, tree, wellbeing
from sync.clock import ms_of, utc
from sync.joining import enrolment, identity
from sync.joining.enroll import enroll as join
from sync.joining.invitations import Invitations
from sync.ledger import computer
from sync.records import Audited, NodeRevoked
from sync.wellbeing import Told

SILENT = 15 * 60_000  # milliseconds: a node looks every minute, and is noted as heard every five
OLD = 2 * 86_400_000  # milliseconds: a node says every day how it is
UNTOLD = 26 * 3_600_000  # … if it was heard since, which brings all that it said
SEVERITY = {"good": 0, "poor": 1, "bad": 2}
SKEW = 120_000  # milliseconds a clock may be off until the list says so


def invite(parsed: argparse.Namespace) -> int:
    """Print a code that lets one computer of a school in, once."""
    checked_school(parsed.school)
    with opened(parsed) as journal:
        code = enrolment.fresh_code(secrets.token_bytes(enrolment.CODE_BYTES))
        made = Invitations(journal.ledger, computer).add(code, parsed.school, parsed.hub, who())
        print(
            f"The code for {parsed.school}, shown only now, good for one computer until {utc(made.expires)}:"
        )
        print(f"\n    {code}\n")
        print(f"At the school: sudo tirek enroll ADDRESS-OF-THIS-NODE {code}")
        if parsed.state is None and not settings(parsed).listen_nodes:
            print("This node does not listen for nodes yet: set `listen_nodes` in its configuration.")
    return 0


def enroll(parsed: argparse.Namespace) -> int:
    """Join this computer to a hub, for good."""
    known = settings(parsed)
    with opened(parsed) as journal:
        before = None if parsed.again else journal.parent
        if before is not None:
            raise CommandRefused(
                f"this node is joined to {before.name or before.node} at {before.address} already; "
                "to leave it for another hub, add --again"
            )
        parent = asyncio.run(join(parsed.address, parsed.code, journal.identity, known.name))
        me = journal.identity.node
        journal.ledger.write(lambda db: forks.move_school(db, me, parent.school)).result()
        identity.save_parent(journal.folder, parent)
        print(f"Joined to {parent.name or parent.node} at {parent.address} as school {parent.school}.")
        print(f"This node is {journal.identity.node}; the running daemon notices by itself.")
    return 0


def nodes(parsed: argparse.Namespace) -> int:
    """Print every node below this one: who is behind, and since when."""
    with opened(parsed) as journal:
        now = journal.ledger.now()
        standings, told = journal.ledger.read(lambda db: (tree.standings(db), wellbeing.newest(db)))
    if parsed.json:
        listed = [_listed(each, told.get(each.node), now) for each in standings]
        print(msgspec.json.format(msgspec.json.encode(listed)).decode())
        return 0
    rows = [(*_row(each, now), *_health(told.get(each.node), each, now)) for each in standings]
    print_table(
        ("school", "node", "name", "state", "last heard", "waiting", "clock", "health", "version"), rows
    )
    return 0


def revoke(parsed: argparse.Namespace) -> int:
    """Let a node in no more; what it brought stays."""
    if streams.NODE_ID.fullmatch(parsed.node) is None:
        raise CommandRefused(
            f"{parsed.node!r} is no node: 16 hexadecimal digits, as `tirek nodes list` shows"
        )
    with opened(parsed) as journal:
        me, moment = journal.identity.node, computer()
        audit = Audited(who(), "revoked", parsed.node)
        done = journal.ledger.write(
            lambda db: tree.revoke(db, me, NodeRevoked(parsed.node, parsed.reason), audit, moment)
        ).result()
        if not done:
            raise CommandRefused(f"no node {parsed.node} is let in here: `tirek nodes list` shows who is")
        print(f"{parsed.node} is not let in any more.")
    return 0


def _row(each: tree.Standing, now: int) -> tuple[str, ...]:
    heard = utc(each.heard) if each.heard else "–"
    clock = (
        ""
        if abs(each.ahead) < SKEW
        else f"{_length(abs(each.ahead))} {'ahead' if each.ahead > 0 else 'behind'}"
    )
    return each.school, each.node, each.name, _state(each, now), heard, str(each.waiting or ""), clock


def _health(told: Told | None, node: tree.Standing, now: int) -> tuple[str, str]:
    """Return the worst of what a node said of itself, and its version."""
    if told is None:
        return "", ""
    fact = told.fact
    worst = max(fact.lights.values(), key=lambda state: SEVERITY.get(state, 0), default="good")
    why = ", ".join(said.removeprefix("light-") for said in fact.said.values())
    why += f"{', ' if why else ''}{fact.damaged} recordings damaged" if fact.damaged else ""
    ago = now - told.at
    old = f", {_length(ago)} ago" if ago > OLD else ""
    if ago > UNTOLD and now - node.heard < SILENT and not node.waiting:
        old = f", but told {_length(ago)} ago"
    trial = " on trial" if fact.on_trial else ""
    return f"{worst}{f' ({why})' if why else ''}{old}", f"{fact.release or fact.version}{trial}"


def _listed(each: tree.Standing, told: Told | None, now: int) -> dict[str, object]:
    """Return a node for scripts; times in milliseconds since 1970."""
    health = {"at": told.at, **msgspec.to_builtins(told.fact)} if told else None
    plain = {field: getattr(each, field) for field in each.__struct_fields__}
    return {**plain, "state": _state(each, now), "health": health}


def _state(each: tree.Standing, now: int) -> str:
    if each.revoked:
        return "revoked"
    if not each.dials_us:
        return f"below, newest fact {utc(ms_of(each.newest))}" if each.newest else "below, nothing yet"
    if not each.heard:
        return "never heard"
    if now - each.heard > SILENT:
        return f"silent for {_length(now - each.heard)}"
    if each.trouble:
        return f"only lessons ({each.trouble})"
    if each.waiting:
        return f"behind since {utc(each.even)}" if each.even else "behind, never even yet"
    return "even"


def _length(ms: int) -> str:
    minutes = ms // 60_000
    for unit, size in (("years", 525_600), ("days", 1440), ("hours", 60)):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}"
    return f"{minutes} minutes"
