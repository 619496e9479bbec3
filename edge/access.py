"""Who may do what: tokens for people and scripts, none at the node's own PC, and a room may watch."""

import ipaddress
from collections.abc import Mapping

from msgspec import Struct

from edge.media.negotiate import Refused
from edge.tokens import Token, Verb, holder

LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")  # what proxies say of whom they ask for
ALWAYS_ASKED: tuple[Verb, ...] = ("export",)  # children's attendance: in a trial and at this PC too
BURST = 120  # requests of one address at once: a class of tablets behind one router opens the page together
RATE = 20.0  # requests a second of one address after that
MAX_ADDRESSES = 1024  # addresses remembered; the one unheard of longest is forgotten


class Asker(Struct, frozen=True):
    """What is known of a request's sender."""

    address: str
    host: str  # the Host header without its port
    origin: str  # the Origin header, empty when there is none
    authorization: str
    query_token: str = ""  # for what a browser fetches by itself: pictures, recordings
    forwarded: bool = False  # a proxy asks for somebody else


class Door:
    """Lets a request in or refuses it."""

    def __init__(self, tokens: tuple[Token, ...], room: bool, allow_anyone: bool) -> None:
        self._tokens = tokens
        self._room = room
        self._allow_anyone = allow_anyone

    def change(self, tokens: tuple[Token, ...], room: bool, allow_anyone: bool) -> None:
        """Let others in from now on; who is in stays until he leaves."""
        self._tokens, self._room, self._allow_anyone = tokens, room, allow_anyone

    def admit(self, asker: Asker, verb: Verb) -> str:
        """Return the name of the token's holder, or an empty string for who needs none; raise Refused."""
        secret = asker.query_token
        if asker.authorization.lower().startswith("bearer "):
            secret = asker.authorization[7:].strip()
        if secret:
            token = holder(self._tokens, secret, verb)
            if token is not None:
                return token.name
            if not self._allow_anyone or verb in ALWAYS_ASKED:
                raise Refused(401, "token-wrong", "this token does not open this door")
        free = self._allow_anyone or is_here(asker) or (verb == "watch" and self._room)
        if free and verb not in ALWAYS_ASKED:
            return ""
        raise Refused(401, "token-missing", f"a token is needed to {verb}")


class NodesDoor(Door):
    """The door of enrolled nodes, whom their certificate has let in: they watch, and nothing else."""

    def __init__(self) -> None:
        super().__init__((), room=True, allow_anyone=False)

    def admit(self, asker: Asker, verb: Verb) -> str:
        """Return an empty string; raise Refused."""
        if verb != "watch":
            raise Refused(401, "token-missing", f"nodes may not {verb} here")
        return ""


def is_here(asker: Asker) -> bool:
    """Tell whether somebody sits at this very PC and no foreign page speaks through her browser."""
    try:
        address = ipaddress.ip_address(asker.address)
    except ValueError:
        return False
    # A socket for both versions of IP shows 127.0.0.1 as ::ffff:127.0.0.1.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    near = (mapped or address).is_loopback
    named = asker.host.lower() in LOCAL_NAMES
    foreign = asker.origin and _without_port(asker.origin.partition("://")[2]) not in LOCAL_NAMES
    return near and named and not foreign and not asker.forwarded


class Throttle:
    """A budget of requests for each address. Time is an argument."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, float]] = {}

    def allows(self, address: str, now: float) -> bool:
        """Take one request from an address's budget, or refuse."""
        left, then = self._left.pop(address, (float(BURST), now))
        left = min(left + (now - then) * RATE, BURST)
        self._left[address] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > MAX_ADDRESSES:
            del self._left[next(iter(self._left))]
        return left >= 1


def asker_of(remote: str | None, headers: Mapping[str, str], query_token: str = "") -> Asker:
    """Collect what a request says about its sender."""
    host = _without_port(headers.get("Host", ""))
    forwarded = any(name in headers for name in FORWARDED)
    origin, authorization = headers.get("Origin", ""), headers.get("Authorization", "")
    return Asker(remote or "", host, origin, authorization, query_token, forwarded)


def _without_port(host: str) -> str:
    return host if host.endswith("]") else host.rpartition(":")[0] or host
