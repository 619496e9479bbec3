"""The exchange with a journal behind it: what a parent answers, and what a child sends and takes.

Everything here runs inside one transaction of the writer's thread and is committed before anybody is told.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct, structs

from sync import chain, forks, protocol, rosters, streams, tables, tree
from sync.clock import Moment, pack
from sync.errors import Forked, TooLarge
from sync.membership import MOST_TIERS
from sync.protocol import Batch, Head, Plan, Reply, Request
from sync.records import Fact
from sync.streams import StreamName
from sync.tables import Held, Here

MOST_STREAMS = 32  # that a school's computer may have: it needs 5, and 5 more after each copy of its disk
MOST_STREAMS_OF_A_HUB = 2048  # 3 for each of its schools, and as many after each restore
CONTACT = 300_000  # milliseconds: how exactly it is known when a child was heard; most requests write nothing


Keys = Callable[[set[str]], dict[str, str]]


class Arrived(Struct, frozen=True):
    """A batch whose facts could be read."""

    batch: Batch
    name: StreamName
    facts: list[Fact]


class Absorbed(Struct, frozen=True):
    """What a batch changed."""

    facts: int = 0  # how many were new
    tree: bool = False  # perhaps who belongs to the tree


def is_vital(arrived: Arrived) -> bool:
    """Tell whether a batch is taken even when the disk is full: registers, and what lets them in."""
    return arrived.name.flow.vital


class Shared:
    """Which streams a node and its parent share: what comes from below, and what is about its schools."""

    def __init__(self, db: sqlite3.Connection, me: str, peer: str) -> None:
        self._members = tree.members(db, me)
        self.nodes = self._members.below(peer)
        self.schools = self._members.attended(self.nodes)
        others = self._members.attended(self._members.of.keys() - self.nodes)
        self._elsewhere = others | (tree.own(db, me).keys() - self.schools)

    def brings(self, name: StreamName) -> bool:
        """Tell whether the peer may bring facts of this stream."""
        return name.node in self.nodes and name.flow.up and self._may_write(name)

    def holds(self, name: StreamName) -> bool:
        """Tell whether this stream is looked at between the two."""
        if self.brings(name) or (name.flow.down and name.school in self.schools):
            return True
        return name.flow.to_all and name.school == "" and name.node not in self._members.of

    def most_streams(self, node: str) -> int:
        """Return how many streams a node may have."""
        return MOST_STREAMS_OF_A_HUB if self._members.of[node].enrols else MOST_STREAMS

    def _may_write(self, name: StreamName) -> bool:
        """A school writes about itself; a hub also about those below it, and some only a hub writes."""
        writer = self._members.of[name.node]
        if name.flow.to_all:
            return writer.enrols and name.school == ""
        if name.school in ("", writer.school):
            return writer.enrols or not name.flow.by_hub
        if not writer.enrols or name.flow.by_school or name.school in self._elsewhere:
            return False
        is_below = name.school in self._members.schools(self._members.below(name.node))
        return is_below or name.class_ != "correction"


def read(message: Request | Reply) -> list[Arrived]:
    """Return the batches of a message as facts; raise BadRequest if one of them cannot be read."""
    protocol.check(message)
    batches = [Arrived(each, streams.parse(each.stream), protocol.facts_of(each)) for each in message.batches]
    count = sum(len(each.facts) for each in batches)
    most = protocol.BATCH_FACTS if isinstance(message, Request) else protocol.MOST_ANSWERED
    if count > most:
        raise TooLarge(f"{count} facts; at most {most}")
    return batches


class Parent:
    """One request of a child, answered."""

    def __init__(self, db: sqlite3.Connection, me: str, peer: str, moment: Moment) -> None:
        self._db, self._me, self._peer, self._moment = db, me, peer, moment
        self._shared = Shared(db, me, peer)

    def answer(self, request: Request, arrived: Iterable[Arrived], keys: Keys) -> Reply:
        """Apply a request and answer it; raise Forked with nothing applied."""
        tables.begin(self._db, self._me, self._moment)
        refused = self.bring(list(arrived))
        self._agree(request.common)
        held = tables.held(self._db)
        heads = tables.heads(held, self._shared.holds)
        batches = list(self._wanted(request.want, heads))
        same = protocol.digest(heads) == request.seen
        self._contact(request, same and not refused)
        return Reply(
            now=Here(self._db).clock.now(self._moment),
            heads=None if same else heads,
            batches=tuple(batches),
            keys=keys(self._known(request.need)) if request.need else {},
            refused=tuple(refused),
        )

    def bring(self, arrived: list[Arrived]) -> list[str]:
        """Take what this child may bring, and return the streams that it may not; raise Forked.

        Who may write below it can be said by the same request.
        """
        left = sorted(arrived, key=lambda each: each.name.flow.rank)
        for _ in range(MOST_TIERS):
            changed, refused = False, []
            for each in left:
                if not self._brings(each):
                    refused.append(each)
                else:
                    changed |= absorb(self._db, each, self._moment).tree
            left = refused
            if not changed or not tree.recount(self._db, self._me):
                break
            self._shared = Shared(self._db, self._me, self._peer)
        return [each.batch.stream for each in left]

    def _brings(self, each: Arrived) -> bool:
        if not self._shared.brings(each.name):
            return False
        is_new = tables.found(self._db, each.name).id == 0
        most = self._shared.most_streams(each.name.node)
        return not is_new or tables.count_streams(self._db, each.name.node) < most

    def _agree(self, common: dict[str, Head]) -> None:
        """A child holds facts of ours that we lack, or other ones: we were restored, and write anew."""
        for text, head in common.items():
            name = streams.parse(text)
            row = tables.found(self._db, name)
            ours = name.node == self._me and self._shared.holds(name) and head.seq <= row.head
            here = Here(self._db)
            if name.incarnation == here.incarnation and not here.may_renew(self._moment):
                continue
            if ours and chain.shown(tables.hash_at(self._db, row, head.seq)) == head.chain:
                forks.move_tail(self._db, self._me, name, head.seq, self._moment)

    def _wanted(self, want: dict[str, Head], heads: dict[str, Head]) -> Iterable[Batch]:
        room = tables.Room()
        for text, head in sorted(want.items(), key=lambda item: streams.parse(item[0]).flow.rank):
            found = (
                tables.batch_of(self._db, streams.parse(text), head.seq + 1, room) if text in heads else None
            )
            if found is not None:
                room.take(found)
                yield found.batch

    def _known(self, asked: Iterable[str]) -> set[str]:
        of = (rosters.pupils(self._db, school) for school in self._shared.schools)
        return {id_ for pupils in of for id_, each in pupils.items() if not each.forgotten} & set(asked)

    def _contact(self, request: Request, is_even: bool) -> None:
        here = Here(self._db)
        now = here.clock.now(self._moment)
        even = now if is_even and not request.left else 0
        query = """INSERT INTO contact (node, heard, even, waiting, ahead, trouble)
          VALUES (?1, ?2, ?3, ?4, ?5, ?7) ON CONFLICT (node) DO UPDATE
          SET heard = ?2, even = max(even, ?3), waiting = ?4, ahead = ?5, trouble = ?7
          WHERE heard < ?2 - ?6 OR waiting != ?4 OR (even = 0 AND ?3 > 0) OR trouble != ?7"""
        row = (self._peer, now, even, request.left, request.now - now, CONTACT, request.trouble)
        if self._db.execute(query, row).rowcount:
            # A child noted its clock by this answer: no later boot of ours may show an earlier time.
            here.clock.last = max(here.clock.last, pack(now))
            here.save()


def absorb(db: sqlite3.Connection, arrived: Arrived, moment: Moment) -> Absorbed:
    """Append what is new of a batch; raise Forked."""
    new = tables.take(db, arrived.batch, arrived.facts)
    if not new:
        return Absorbed()
    here = Here(db)
    if here.clock.witness(max(fact[0] for fact in new), moment):
        here.save()
    return Absorbed(len(new), arrived.name.class_ == "control" and tree.tells_of_nodes(new))


class Child:
    """The child's side: what its parent is known to hold, the next request, and what an answer changes."""

    def __init__(self, me: str, school: str) -> None:
        self._me, self._school = me, school
        self.theirs: dict[str, Head] | None = None  # what the parent holds, as far as known
        self._expected: dict[str, Head] = {}
        self._asked = Request()
        self._common: dict[str, Head] = {}
        self.stuck: set[str] = set()  # streams that the parent holds otherwise; the others go on
        self.refused: set[str] = set()  # streams it does not take from us, until it hears of new nodes
        self._control = 0  # facts about nodes here: after a new one refused streams are tried again

    def forget(self) -> None:
        """Take nothing for granted: the next answer tells all heads."""
        self.theirs = {}

    def insist(self) -> None:
        """Bring again what was refused: another hub may have let go of a node or a school meanwhile."""
        names = {name: streams.parse(name) for name in self.refused}
        self.refused = {text for text, name in names.items() if name.node == self._me and name.flow.by_school}

    def disagree(self, name: str, common: Head) -> None:
        """Tell the parent how far we agree on a stream of its own; it is not asked for again."""
        self._common[name] = common
        self.stuck.add(name)

    def next(self, db: sqlite3.Connection, now: int, need: Iterable[str]) -> Request:
        """Return the next request; raise Forked where the two are known to hold different histories."""
        held = tables.held(db)
        if self.theirs is None:
            self.theirs = dict(_remembered(db, held))
        plan = self._plan(db, held)
        self._look_back(db, plan)
        self._expected = dict(self.theirs)
        batches = list(self._batches(db, plan, held))
        left = sum(held[streams.parse(name)].seq - first + 1 for name, first in plan.push)
        left -= sum(self._expected[batch.stream].seq - batch.first + 1 for batch in batches)
        asked = tuple(need)[: protocol.MAX_NEED]
        seen = protocol.digest(self._expected)
        self._asked = Request(seen, now, tuple(batches), plan.want, self._common, asked, left)
        return self._asked

    def take(self, db: sqlite3.Connection, reply: Reply, arrived: Iterable[Arrived], moment: Moment) -> int:
        """Apply an answer and return how many facts were new; raise Forked, with nothing applied."""
        tables.begin(db, self._me, moment)
        self.theirs = self._expected if reply.heads is None else reply.heads
        self._common = {}
        self.refused.update(batch.stream for batch in self._asked.batches if batch.stream in reply.refused)
        new = 0
        for each in arrived:
            if each.batch.stream not in self._asked.want:
                continue  # nobody writes here what was not asked for
            here = Here(db)
            if (each.name.node, each.name.incarnation) == (self._me, here.incarnation):
                here.renew(moment)  # a copy of this disk writes under our name, or we did before a restore
            new += absorb(db, each, moment).facts
        _remember(db, self.theirs)
        return new

    def takes(self, db: sqlite3.Connection) -> Callable[[StreamName], bool]:
        """Return what tells whether a stream is one that comes from above."""
        members = tree.members(db, self._me)
        nodes = members.below(self._me)
        schools = members.schools(nodes) | {self._school}
        return lambda name: name.node not in nodes and self._takes(name, nodes, schools)

    def has_more(self, db: sqlite3.Connection) -> bool:
        """Tell whether one of the two is known to hold what the other lacks."""
        plan = self._plan(db, tables.held(db))
        return bool(plan.push or plan.want or plan.ahead or plan.parted)

    def _look_back(self, db: sqlite3.Connection, plan: Plan) -> None:
        """The parent holds less of a stream than we do that it, or somebody above it, writes."""
        parted = plan.parted
        for name in plan.ahead:
            head = (self.theirs or {})[name]
            row = tables.found(db, streams.parse(name))
            if chain.shown(tables.hash_at(db, row, head.seq)) == head.chain:
                self.disagree(name, head)
            else:
                parted = [*parted, name]
        if parted:
            raise Forked(parted[0], (self.theirs or {})[parted[0]].seq)

    def _plan(self, db: sqlite3.Connection, held: dict[StreamName, Held]) -> Plan:
        control = sum(each.seq for name, each in held.items() if name.class_ == "control")
        if control != self._control:
            self._control, self.refused = control, set()
        passed = self.stuck | self.refused
        mine = tables.heads(held, lambda name: str(name) not in passed)
        theirs = {name: head for name, head in (self.theirs or {}).items() if name not in passed}
        members = tree.members(db, self._me)
        nodes = members.below(self._me)
        whole = protocol.plan(mine, theirs, nodes)
        schools = members.schools(nodes) | {self._school}
        from_above = {
            name: head
            for name, head in whole.want.items()
            if self._takes(streams.parse(name), nodes, schools)
        }
        return structs.replace(whole, want=from_above)

    def _takes(self, name: StreamName, nodes: set[str], schools: set[str]) -> bool:
        """From above comes what others say of our schools, and what we wrote ourselves and have lost."""
        if name.node in nodes:
            return name.node == self._me
        return (name.flow.down and name.school in schools) or (name.flow.to_all and name.school == "")

    def _batches(self, db: sqlite3.Connection, plan: Plan, held: dict[StreamName, Held]) -> Iterable[Batch]:
        room = tables.Room()
        for name, first in plan.push:
            found = tables.batch_of(db, streams.parse(name), first, room)
            if found is None:  # the message is full
                return
            room.take(found)
            above = self._expected[name].above if name in self._expected else 0
            self._expected[name] = Head(first + found.count - 1, found.last, above)
            yield found.batch


def _remembered(db: sqlite3.Connection, held: dict[StreamName, Held]) -> Iterator[tuple[str, Head]]:
    """Yield what the parent held when it last answered, as far as we hold that too."""
    for name, each in held.items():
        if 0 < each.acked <= each.seq:
            hash_ = tables.hash_at(db, tables.found(db, name), each.acked)
            yield str(name), Head(each.acked, chain.shown(hash_), each.above)


def _remember(db: sqlite3.Connection, theirs: dict[str, Head]) -> None:
    query = """UPDATE stream SET acked = ?1, above = ?2
      WHERE node = ?3 AND incarnation = ?4 AND class = ?5 AND school = ?6 AND (acked != ?1 OR above != ?2)"""
    rows = [(head.seq, head.above, *structs.astuple(streams.parse(name))) for name, head in theirs.items()]
    db.executemany(query, rows)
