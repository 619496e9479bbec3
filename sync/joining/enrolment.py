"""Enrolment: one code, told by voice or on paper, joins a node and a hub for good (core).

The code has 80 random bits and is never sent. Each side shows that it knows it by an HMAC over the
certificates that *it* sees at the two ends of the connection. Somebody in the middle has to show a
certificate of his own, so what he passes on is wrong at the other side, and he cannot make it right without
the code. 80 bits cannot be tried out even by somebody who recorded everything; a shorter code could.

The hub keeps SHA-256 of the code. Who asks does not say which invitation is meant: all open ones are tried,
so an answer tells nothing about which schools are invited.
"""

import hmac
import unicodedata
from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from sync.errors import BadRequest, JournalError
from sync.streams import SCHOOL

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
CODE_LETTERS = 16
CODE_BYTES = 10
# What hands and eyes make of them; the second half stands for Latin letters on a Kazakh or Russian keyboard.
SEEN_AS = str.maketrans("OILАВЕКМНОРСТУХІ", "011ABEKMH0PCTYX1")
LIFETIME = 7 * 86_400_000  # milliseconds: the way to the last village, and a second try the week's end
# Several regions at once; trying them all takes 2 ms, which is what a guess may cost us.
MAX_INVITATIONS = 512
MAX_BODY = 16_384  # bytes; a request has about 1,000
MAX_NAME = 63  # letters, as everywhere in the configuration

Role = Literal["node", "hub"]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Name = Annotated[str, Meta(max_length=MAX_NAME)]


class CodeWrong(JournalError):
    """This cannot be a code: it was mistyped."""


class TooManyInvitations(JournalError):
    """More invitations are open than a hub tries."""


class EnrolRequest(Struct, frozen=True):
    """A node asks to be let in."""

    certificate: str  # PEM
    nonce: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
    proof: Digest
    name: Name = ""
    # By the certificate's key, over both ends: nobody enrols somebody else's certificate, the hub's own say.
    signature: Annotated[str, Meta(pattern=r"^([0-9a-f]{2}){8,80}\Z")] = "00" * 8


class EnrolReply(Struct, frozen=True):
    """The hub has let a node in, and shows that it knows the code too."""

    proof: Digest
    school: Annotated[str, Meta(pattern=rf"^{SCHOOL.pattern}\Z")]
    name: Name = ""  # of the hub


M = TypeVar("M", EnrolRequest, EnrolReply)


class Invitation(Struct, frozen=True):
    """A code that was given out."""

    key: str  # of the code, see `key_of`
    school: str
    made: int  # milliseconds since 1970, as are all times here
    expires: int
    enrols: bool = False  # the node that uses it may let in others below itself
    node: str = ""  # who used it


class Ends(Struct, frozen=True):
    """The two certificates of a connection, and the request it is about: what a proof is of."""

    client: str  # fingerprints
    server: str
    nonce: str

    @property
    def text(self) -> str:
        """Return what is signed."""
        return f"tirek enrolment 1 {self.client} {self.server} {self.nonce}"


def fresh_code(random: bytes) -> str:
    """Return a code made of 10 random bytes."""
    number = int.from_bytes(random[:CODE_BYTES], "big")
    letters = "".join(LETTERS[number >> 5 * place & 31] for place in range(CODE_LETTERS))
    return "-".join(letters[i : i + 4] for i in range(0, CODE_LETTERS, 4))


def key_of(code: str) -> str:
    """Return what a hub keeps of a code, however it was typed; raise CodeWrong."""
    return sha256(b"tirek enrolment 1 " + _letters(code).encode()).hexdigest()


def invite(
    code: str, school: str, now: int, standing: Sequence[Invitation], enrols: bool = False
) -> Invitation:
    """Return the invitation to keep for a code; raise TooManyInvitations."""
    if len(_open(standing, "", now)) >= MAX_INVITATIONS:
        raise TooManyInvitations(
            f"{MAX_INVITATIONS} invitations are open: wait until some are used or expire"
        )
    return Invitation(key_of(code), school, now, now + LIFETIME, enrols)


def proof(key: str, role: Role, ends: Ends) -> str:
    """Return what shows that this side knows the code and sees these certificates."""
    said = " ".join((role, ends.client, ends.server, ends.nonce))
    return hmac.new(bytes.fromhex(key), said.encode(), "sha256").hexdigest()


def proves(claim: str, key: str, role: Role, ends: Ends) -> bool:
    """Tell whether a proof is right, in the same time for near and far misses."""
    return hmac.compare_digest(claim, proof(key, role, ends))


def match(
    claim: str, ends: Ends, node: str, invitations: Sequence[Invitation], now: int
) -> Invitation | None:
    """Return the invitation whose code this node has shown to know.

    A used code is good for the node that used it: the answer may have been lost on a bad link.
    """
    # All are tried: the time must not tell which one was right.
    right = [each for each in _open(invitations, node, now) if proves(claim, each.key, "node", ends)]
    return right[0] if right else None


def read_request(body: bytes) -> EnrolRequest:
    """Return what a stranger sent; raise BadRequest."""
    return _read(body, EnrolRequest, "a request to enrol")


def read_reply(body: bytes) -> EnrolReply:
    """Return what a hub answered; raise BadRequest."""
    return _read(body, EnrolReply, "an answer to a request to enrol")


def _read(body: bytes, kind: type[M], called: str) -> M:
    try:
        message = msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, RecursionError) as exc:
        raise BadRequest(f"not {called}: {exc}") from exc
    if not message.name.isprintable():
        raise BadRequest(f"not a name: {message.name!r}")
    return message


def _open(invitations: Sequence[Invitation], node: str, now: int) -> list[Invitation]:
    """The newest first, in case a store keeps more than it may."""
    standing = [each for each in invitations if now < each.expires and each.node in ("", node)]
    return sorted(standing, key=lambda each: each.made, reverse=True)[:MAX_INVITATIONS]


def _letters(code: str) -> str:
    seen = "".join(letter for letter in code if not _is_blank(letter)).upper().translate(SEEN_AS)
    strange = sorted({letter for letter in seen if letter not in LETTERS})
    if strange:
        raise CodeWrong(f"{' '.join(strange[:4])!r} is in no code; a code has letters and digits as on paper")
    if len(seen) != CODE_LETTERS:
        raise CodeWrong(f"a code has {CODE_LETTERS} letters and digits, this one has {len(seen)}")
    return seen


def _is_blank(letter: str) -> bool:
    """Spaces, all kinds of dashes, and what messengers add unseen."""
    return letter.isspace() or unicodedata.category(letter) in ("Pd", "Cf") or letter == "−"
