"""Whom a hub invited, kept in its journal file: a code's key until it is used or its time is over."""

import asyncio
from sqlite3 import Connection

from sync import tree
from sync.clock import Moment
from sync.joining.certificates import der_of, fingerprint_of
from sync.joining.enrolment import Invitation, invite
from sync.ledger import Ledger, Now
from sync.records import Audited, NodeEnrolled
from sync.tables import Entry, append

STANDING = """SELECT invitation.key, invitation.school, made, expires, invitation.enrols, invitation.node
  FROM invitation LEFT JOIN node ON node.id = invitation.node
  WHERE expires > ? AND coalesce(node.revoked, 0) = 0"""


class Invitations:
    """The invitations of one node."""

    def __init__(self, ledger: Ledger, now: Now) -> None:
        self._ledger = ledger
        self._now = now

    def invitations(self) -> list[Invitation]:
        """Return those that have not expired; used ones say by which node, unless it was revoked."""
        now = self._ledger.now()
        return self._ledger.read(lambda db: _standing(db, now))

    def add(self, code: str, school: str, enrols: bool, by: str) -> Invitation:
        """Keep an invitation for a fresh code; raise TooManyInvitations."""
        now, moment = self._ledger.now(), self._now()

        def keep(db: Connection) -> Invitation:
            made = invite(code, school, now, _standing(db, now), enrols)
            row = (made.key, school, enrols, made.made, made.expires)
            db.execute(
                "INSERT INTO invitation (key, school, enrols, made, expires) VALUES (?, ?, ?, ?, ?)", row
            )
            _audit(db, self._ledger.node, Audited(by, "invited", school), moment)
            return made

        return self._ledger.write(keep).result()

    async def admit(self, invitation: Invitation, node: str, certificate: str, name: str) -> bool:
        """Let a node in and use up its invitation, at once; false if it was used meanwhile."""
        moment, me = self._now(), self._ledger.node
        fingerprint = fingerprint_of(der_of(certificate))
        fact = NodeEnrolled(node, invitation.school, fingerprint, name, invitation.enrols)

        def use(db: Connection) -> bool:
            query = "UPDATE invitation SET node = ? WHERE key = ? AND node = ''"
            if not db.execute(query, (node, invitation.key)).rowcount:
                return False
            tree.admit(db, me, fact, certificate, moment)
            return True

        return await asyncio.wrap_future(self._ledger.write(use))


def _standing(db: Connection, now: int) -> list[Invitation]:
    rows = db.execute(STANDING, (now,))
    return [
        Invitation(key, school, made, expires, bool(enrols), node)
        for key, school, made, expires, enrols, node in rows
    ]


def _audit(db: Connection, me: str, fact: Audited, moment: Moment) -> None:
    append(db, me, [Entry("log", "", fact)], moment)
