"""Who belongs to the tree below a node, as a pure function of who was let in and what these said (core).

Those who dial a node are members because a person let them in. Those further below are because a node that
may enrol said so; whoever says it cannot claim a node or a school that another one has: it would be given
the roster of that school, and could write in its name.

Of two claims the one that came first to this very node counts: what its writer says of the time is his own
word. A claim stands until its writer takes it back, and the other one counts then: a school that moves is
revoked at the old hub and enrolled at the new one, and nothing depends on which is heard of first.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from heapq import heappop, heappush
from itertools import islice
from typing import NamedTuple

from msgspec import Struct, field, structs

from sync import streams
from sync.records import NodeEnrolled, NodeRevoked, Record, Unreadable, decode

MOST_SAID = 4096  # facts about nodes of a branch: a region's 700 computers, each replaced twice
MOST_TIERS = 8  # of a tree; a country has four
MOST_NAME = 63  # letters of a node's name, as in the configuration

Said = tuple[int, int, str, str]  # arrival here, hlc, kind and body of a fact about nodes
SaidBy = Callable[[str], Iterable[Said]]  # the facts about nodes that a node wrote, in its order


class Member(Struct):
    """One node of the tree."""

    id: str
    school: str
    name: str
    fingerprint: str
    via: str  # who let it in
    enrols: bool = False
    revoked: bool = False


class Members(Struct):
    """The tree below a node, by id."""

    me: str
    of: dict[str, Member]
    _let_in: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.of.values():
            self._let_in.setdefault(each.via, []).append(each.id)

    def below(self, node: str) -> set[str]:
        """Return a node and all below it that nodes which may enrol have let in."""
        found, open_ones = {node}, [node]
        while open_ones:
            above = open_ones.pop()
            if above == self.me or (above in self.of and self.of[above].enrols):
                new = [each for each in self._let_in.get(above, []) if each not in found]
                found.update(new)
                open_ones += new
        return found

    def schools(self, nodes: Iterable[str]) -> set[str]:
        """Return the schools that these nodes are in or were in."""
        return {self.of[node].school for node in nodes if node in self.of}

    def attended(self, nodes: Iterable[str]) -> set[str]:
        """Return the schools of those among these nodes that are still let in."""
        return self.schools(node for node in nodes if node in self.of and not self.of[node].revoked)


class Claim(NamedTuple):
    """What one node says of another one or, without a node, of a school; in the order in which they count."""

    at: int  # when it came here: what says the same again is no new claim
    node: str  # "": it has let somebody of the school in, and not all of them go again
    by: str
    school: str
    name: str = ""
    fingerprint: str = ""
    enrols: bool = False

    def member(self, *, revoked: bool = False) -> Member:
        """Return who is claimed."""
        return Member(self.node, self.school, self.name, self.fingerprint, self.by, self.enrols, revoked)


class Told(Struct):
    """What one node has said, in its own order."""

    by: str
    standing: dict[str, Claim] = field(default_factory=dict)
    let_go: list[tuple[int, Claim]] = field(default_factory=list)  # and the time at which its writer did
    schools: dict[str, Claim] = field(default_factory=dict)
    _computers: Counter[str] = field(default_factory=Counter)

    def hear(self, fact: Said) -> None:
        """Take one more fact into account."""
        at, hlc, kind, body = fact
        record = _read(kind, body)
        if isinstance(record, NodeRevoked):
            self._lose(record.node, hlc)
        elif isinstance(record, NodeEnrolled) and _is_sound(record):
            before = self.standing.get(record.node)
            since = before.at if before is not None and before.school == record.school else at
            about = (record.school, record.name, record.fingerprint, record.enrols)
            self._gain(Claim(since, record.node, self.by, *about), at)
            if before is not None:
                self._leave(before.school)

    def _gain(self, claim: Claim, at: int) -> None:
        self.standing[claim.node] = claim
        self._computers[claim.school] += 1
        self.schools.setdefault(claim.school, Claim(at, "", self.by, claim.school))

    def _lose(self, node: str, hlc: int) -> None:
        claim = self.standing.pop(node, None)
        if claim is not None:
            self.let_go.append((hlc, claim))
            self._leave(claim.school)

    def _leave(self, school: str) -> None:
        self._computers[school] -= 1
        if not self._computers[school]:
            del self.schools[school]


class Census:
    """Counts the members anew: claims as they came, each as soon as who makes it is known to be a hub."""

    def __init__(self, me: str, direct: Iterable[Member], own: Mapping[str, int]) -> None:
        self._me = me
        self._own = own  # schools of this very node, and since when: nobody below can claim them later
        self._direct = [structs.replace(each) for each in direct]
        self._holders = {each.school: me for each in self._direct if not each.revoked}
        self._places: dict[str, tuple[int, str]] = {}  # tier, and the branch: who dials us
        self._read: Counter[str] = Counter()  # facts of each branch
        self._waiting: list[Claim] = []  # a heap: who came first goes first
        self._let_go: list[tuple[int, Claim]] = []  # a heap: who was let go last goes first
        self.known: dict[str, Member] = {}

    def count(self, said_by: SaidBy) -> dict[str, Member]:
        """Return all members."""
        self.known = {each.id: each for each in self._direct}
        for each in self._direct:
            self._enter(each, said_by)
        while self._waiting:
            claim = heappop(self._waiting)
            if not claim.node:
                self._grant(claim)
            elif self._may(claim):
                self._enter(claim.member(), said_by)
        while self._let_go:  # they stay where they were last, for what they wrote before
            _, claim = heappop(self._let_go)
            if claim.node != self._me and claim.node not in self.known:
                self._enter(claim.member(revoked=True), said_by)
        return self.known

    def _enter(self, member: Member, said_by: SaidBy) -> None:
        self.known[member.id] = member
        tier, branch = self._places.get(member.via, (0, member.id))
        self._places[member.id] = (tier + 1, branch)
        if member.enrols and tier + 1 < MOST_TIERS:
            told = Told(member.id)
            for fact in islice(said_by(member.id), MOST_SAID - self._read[branch]):
                self._read[branch] += 1
                told.hear(fact)
            self._queue(told, member.revoked)

    def _queue(self, told: Told, is_over: bool) -> None:
        let_go = told.let_go
        if is_over:
            let_go = [*let_go, *((0, claim) for claim in told.standing.values())]
        else:
            for claim in (*told.schools.values(), *told.standing.values()):
                heappush(self._waiting, claim)
        for hlc, claim in let_go:
            heappush(self._let_go, (-hlc, claim))

    def _grant(self, claim: Claim) -> None:
        if self._own.get(claim.school, claim.at) >= claim.at:
            self._holders.setdefault(claim.school, claim.by)

    def _may(self, claim: Claim) -> bool:
        before = self.known.get(claim.node)
        if claim.node == self._me or (before is not None and not before.revoked):
            return False
        is_his = self.known[claim.by].school == claim.school  # as was said by who let him in
        return is_his or self._holders.get(claim.school) == claim.by


def _is_sound(claim: NodeEnrolled) -> bool:
    return (
        streams.NODE_ID.fullmatch(claim.node) is not None
        and claim.fingerprint[:16] == claim.node
        and streams.SCHOOL.fullmatch(claim.school) is not None
        and len(claim.name) <= MOST_NAME
        and claim.name.isprintable()
    )


def _read(kind: str, body: str) -> Record | None:
    try:
        return decode(kind, body)
    except Unreadable:  # stored and listed for review, but nobody is let in by it
        return None
