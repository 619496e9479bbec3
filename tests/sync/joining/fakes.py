"""Fakes for the journal's seams, with knobs for faults."""

from collections.abc import Sequence

from msgspec import structs

from sync.joining.enrolment import Invitation, invite


class FakeInvitations:
    """Invitations and admitted nodes in memory."""

    def __init__(self) -> None:
        self.kept: list[Invitation] = []
        self.nodes: dict[str, str] = {}  # id → school
        self.certificates: list[str] = []
        self.overtaken_by = ""  # a node that uses each code just before the one that asks

    def invite(self, code: str, school: str, now: int = 0) -> None:
        """Give out a code."""
        self.kept.append(invite(code, school, now, self.kept))

    def invitations(self) -> Sequence[Invitation]:
        """Return all, expired ones too."""
        return list(self.kept)

    async def admit(self, invitation: Invitation, node: str, certificate: str, name: str) -> bool:
        """Let a node in if its invitation was not used."""
        first = self.overtaken_by or node
        if invitation not in self.kept:
            return False
        self.kept[self.kept.index(invitation)] = structs.replace(invitation, node=first)
        if first != node:
            return False
        self.nodes[node] = invitation.school
        self.certificates.append(certificate)
        return True
