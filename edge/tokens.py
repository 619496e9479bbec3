"""Bearer tokens: only their SHA-256 is kept, so a stolen configuration opens no door."""

import hmac
import secrets
from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated, Literal

from msgspec import Meta, Struct

TOKEN_BYTES = 20  # 160 bits: cannot be guessed, and still fits on a line of paper (27 letters)

Verb = Literal["watch", "publish", "export"]


class Token(Struct, frozen=True, forbid_unknown_fields=True):
    """Who may do what, as in a `[[token]]` table."""

    name: Annotated[str, Meta(min_length=1, max_length=64, description="who holds it, 1 to 64 letters")]
    sha256: Annotated[
        str, Meta(pattern=r"^[0-9a-f]{64}\Z", description="the SHA-256 of the token, 64 hexadecimal digits")
    ]
    may: Annotated[
        tuple[Verb, ...],
        Meta(min_length=1, description='a list of "watch", "publish" and "export", at least one'),
    ]


def fresh(name: str, may: Iterable[Verb]) -> tuple[str, Token]:
    """Return a new secret, to be shown once, and the token to keep."""
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    return secret, Token(name, _digest(secret), tuple(may))


def holder(tokens: Iterable[Token], secret: str, verb: Verb) -> Token | None:
    """Return the token this secret opens, if it may do this. Takes equally long for near and far misses."""
    digest = _digest(secret)
    return next((t for t in tokens if hmac.compare_digest(t.sha256, digest) and verb in t.may), None)


def table(token: Token) -> str:
    """Return the lines for the configuration."""
    quoted = token.name.replace("\\", "\\\\").replace('"', '\\"')
    may = ", ".join(f'"{verb}"' for verb in token.may)
    return f'[[token]]\nname = "{quoted}"\nsha256 = "{token.sha256}"\nmay = [{may}]'


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
