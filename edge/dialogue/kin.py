"""Who may speak for whom: a node for itself and for those enrolled below it."""

from edge.journal import Journal
from sync import tree
from sync.membership import Members


class Kin:
    """The tree below this node, read anew when the journal has something new."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._newest = -1
        self._members = Members(journal.identity.node, {})
        self._below: dict[str, frozenset[str]] = {}

    @property
    def me(self) -> str:
        """This very node."""
        return self._journal.identity.node

    def below(self, node: str) -> frozenset[str]:
        """Return a node and all that belong to the tree below it, without those that were let go."""
        self._look()
        if node not in self._below:
            members = self._members
            known = {each for each in members.below(node) if each == self.me or self._stays(each)}
            self._below[node] = frozenset(known)
        return self._below[node]

    def knows(self, node: str) -> bool:
        """Tell whether a node is this one, or belongs to the tree below it."""
        self._look()
        return node == self.me or self._stays(node)

    def is_leaf(self, node: str) -> bool:
        """Tell whether nobody is below a node."""
        return self.below(node) <= {node}

    def _stays(self, node: str) -> bool:
        member = self._members.of.get(node)
        return member is not None and not member.revoked

    def _look(self) -> None:
        newest = self._journal.ledger.newest()
        if newest != self._newest:
            self._newest, self._below = newest, {}
            self._members = self._journal.ledger.read(lambda db: tree.members(db, self.me))
