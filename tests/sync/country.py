"""A region, two hubs, a hub below one of them, classrooms of three schools, and what may be forged there."""

from pathlib import Path

from sync import chain, protocol, tree
from sync.clock import pack
from sync.membership import Member
from sync.protocol import Batch, Request
from sync.records import Audited, NodeEnrolled, NodeRevoked, Record, encode
from tests.sync.peers import NOON, Peer, node_id

REGION, HUB, OTHER, SUB, ROOM, LAB, FAR = (node_id(number) for number in range(1, 8))


class Country:
    """The nodes, and the exchanges between them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.peers: list[Peer] = []
        self.region = self.peer(REGION, "region")
        self.hub, self.other = self.peer(HUB, "hub"), self.peer(OTHER, "other")
        self.sub = self.peer(SUB, "sub")
        self.room, self.lab = self.peer(ROOM, "aul"), self.peer(LAB, "dala")
        self.far = self.peer(FAR, "tau")
        for above, below, school in (
            (self.region, self.hub, "hub"),
            (self.region, self.other, "other"),
            (self.hub, self.sub, "sub"),
        ):
            above.enrols(below, school, enrols=True)
        self.hub.enrols(self.room, "aul")
        self.other.enrols(self.lab, "dala")
        self.sub.enrols(self.far, "tau")
        self.evens()

    def peer(self, node: str, school: str) -> Peer:
        """Return a new node."""
        self.peers.append(Peer(self.folder / f"{len(self.peers)}", node, school=school))
        return self.peers[-1]

    def close(self) -> None:
        """Close all journals."""
        for each in self.peers:
            each.ledger.close()

    def evens(self) -> None:
        """Carry everything to where it belongs."""
        links = ((self.far, self.sub), (self.room, self.hub), (self.lab, self.other), (self.sub, self.hub))
        for child, parent in (*links, (self.hub, self.region), (self.other, self.region), *links[::-1]):
            child.evens(parent)


def forged(
    node: str, class_: str, school: str, *records: Record, incarnation: int = 99, hlc: int = NOON
) -> Batch:
    """Return facts as a stream of a node that need not have written them."""
    name = f"{node}.{node_id(incarnation)}.{class_}.{school}"
    facts = [(pack(hlc, number), *encode(record)) for number, record in enumerate(records)]
    return protocol.batch(name, 1, chain.genesis(name), facts)


def brought(parent: Peer, by: Peer, *batches: Batch) -> tuple[str, ...]:
    """Bring batches; return the streams that were refused."""
    return parent.answers(by.node, Request(batches=batches)).refused


def claim(node: str, school: str, *, enrols: bool = False) -> NodeEnrolled:
    """Return what a hub says of a node that it let in, or wants."""
    return NodeEnrolled(node, school, node * 4, enrols=enrols)


def revoked(hub: Peer, node: str) -> None:
    """Have a hub let a node in no more."""
    fact, audit, moment = NodeRevoked(node), Audited("test", "revoked", node), hub.computer()
    hub.ledger.write(lambda db: tree.revoke(db, hub.node, fact, audit, moment)).result()


def members(peer: Peer) -> dict[str, Member]:
    """Return who belongs to the tree below a node."""
    return peer.ledger.read(lambda db: tree.members(db, peer.node).of)
