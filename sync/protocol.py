"""The exchange between a node and its parent (core): one idempotent request, any loss, order or repetition.

The child always asks. It says what it believes its parent holds once this request is applied (`seen`, a
digest), brings the facts that the parent lacks, and names the streams it wants more of. The parent appends
only what follows its head, commits, and answers; if its own digest differs it sends all heads that the two
share, and the child plans anew from those. So nothing is remembered between requests that a crash could
damage, and a request that has nothing to say is one line each way.

Facts travel as `[milliseconds after the one before, kind, body, counter if not 0]`, the body byte for byte.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct, field

from sync import chain, streams
from sync.clock import LAST, MOST, counter_of, ms_of, pack
from sync.errors import BadRequest, TooLarge
from sync.records import Fact

BATCH_BYTES = 81_920  # of facts before compression: about a second on a link of 64 kbit/s
BATCH_FACTS = 400  # a school-week of registers (66 kB), so that one request carries it
MOST_ANSWERED = 8192  # facts in an answer: a batch's bytes of the shortest ones
MAX_WIRE = 262_144  # bytes of a compressed message: three full batches that do not compress at all
MAX_MESSAGE = 1 << 20  # bytes of a message once inflated: a region's heads and four batches
MAX_BODY = 32_768  # bytes of one fact's body: two fit into a batch
MAX_STREAMS = 8192  # streams one message names: a region of 134 schools has about 700
MAX_NEED = 512  # pupils whose names are asked for at once: 25 kB of answer
MAX_DEPTH = 64  # brackets within each other in a body: a relay with less stack left than ours reads it too
KIND = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
TROUBLE = re.compile(r"[a-z0-9-]{0,32}")
LEVEL = 9  # of zlib: a school-week takes 10 ms, and the link is what is scarce
TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')  # a string of JSON: brackets in it open nothing
# The last one is what deep nesting raises.
NO_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

T = TypeVar("T")


class Head(Struct, frozen=True, array_like=True):
    """How far a stream is held: its last number, the hash there, and how far the node above has it."""

    seq: int
    chain: str
    above: int = 0


class Batch(Struct, frozen=True):
    """Facts of one stream in order: `first` is the number of the first, `after` the hash before it."""

    stream: str
    first: int
    after: str
    events: Raw


class Travelling(Struct, frozen=True, array_like=True):
    """One fact as it travels."""

    ms: int
    kind: str
    body: Raw
    counter: int = 0


class Request(Struct, frozen=True, omit_defaults=True):
    """What a child asks of its parent."""

    seen: str = ""
    now: int = 0  # milliseconds of its clock
    batches: tuple[Batch, ...] = ()
    want: dict[str, Head] = field(default_factory=dict)  # streams to send more of, after these heads
    common: dict[str, Head] = field(
        default_factory=dict
    )  # where a stream of the parent's has another history
    need: tuple[str, ...] = ()  # pupils whose sealed names cannot be opened here
    left: int = 0  # facts that still wait for the next requests
    trouble: str = ""  # why nothing is kept there, lessons apart; it cannot write a fact that says so


class Reply(Struct, frozen=True, omit_defaults=True):
    """What a parent answers."""

    now: int = 0
    heads: dict[str, Head] | None = None  # None: `seen` was right
    batches: tuple[Batch, ...] = ()
    keys: dict[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()  # streams that this child may not bring


class Plan(Struct, frozen=True):
    """What a child does next."""

    push: list[tuple[str, int]]  # streams in the order to send them, and the first number the parent lacks
    want: dict[str, Head]
    ahead: list[str]  # streams of the parent's where we hold more than it does: it lost something
    parted: list[str]  # streams of the same length and another history


def encode(message: Request | Reply) -> bytes:
    """Return a message as it travels."""
    return zlib.compress(msgspec.json.encode(message), LEVEL)


def decode(wire: bytes, kind: type[T]) -> T:
    """Return a message; raise BadRequest."""
    if len(wire) > MAX_WIRE:
        raise TooLarge(f"{len(wire)} bytes; at most {MAX_WIRE}")
    inflate = zlib.decompressobj()
    try:
        text = inflate.decompress(wire, MAX_MESSAGE)
    except zlib.error as exc:
        raise BadRequest(f"not compressed with zlib: {exc}") from exc
    if inflate.unconsumed_tail:
        raise TooLarge(f"more than {MAX_MESSAGE} bytes once inflated")
    if not inflate.eof or inflate.unused_data:
        raise BadRequest("cut short, or something follows the end")
    try:
        return msgspec.json.decode(text, type=kind)
    except NO_JSON as exc:
        raise BadRequest(f"not a {kind.__name__.lower()}: {exc}") from exc


def digest(heads: Mapping[str, Head]) -> str:
    """Return 16 digits that stand for what a node holds of the shared streams."""
    lines = [f"{name} {head.seq} {head.chain} {head.above}\n" for name, head in heads.items() if head.seq]
    return sha256("".join(sorted(lines)).encode()).hexdigest()[:16]


def batch(stream: str, first: int, after: bytes, facts: Iterable[Fact]) -> Batch:
    """Return a batch of facts that follow each other."""
    return Batch(stream, first, chain.shown(after), Raw(b"[" + b",".join(_travelling(facts)) + b"]"))


def facts_of(sent: Batch) -> list[Fact]:
    """Return the facts of a batch; raise BadRequest."""
    try:
        travelling = msgspec.json.decode(sent.events, type=list[Travelling])
        return list(_arrived(travelling))
    except NO_JSON as exc:
        raise BadRequest(f"stream {sent.stream[:80]}: {exc}") from exc


def check(message: Request | Reply) -> None:
    """Raise BadRequest for what no node of ours would send."""
    numbers = [message.now]
    if isinstance(message, Request):
        heads = [*message.want.items(), *message.common.items()]
        numbers.append(message.left)
        _check_asked(message)
    else:
        heads = [*(message.heads or {}).items()]
    named = [*heads, *((sent.stream, Head(sent.first - 1, sent.after)) for sent in message.batches)]
    if len(named) > MAX_STREAMS:
        raise TooLarge(f"{len(named)} streams; at most {MAX_STREAMS}")
    size = sum(len(sent.events) for sent in message.batches)
    if size > 2 * BATCH_BYTES:  # an answer ends with a batch that begins below the limit
        raise TooLarge(f"{size} bytes of facts; at most {2 * BATCH_BYTES}")
    for name, _ in named:
        _check_name(name)
    numbers += [number for _, head in named for number in (head.seq, head.above)]
    for number in numbers:
        if not 0 <= number < MOST:
            raise BadRequest(f"no number of a fact, nor a time: {_shown(number)}")


def plan(mine: Mapping[str, Head], theirs: Mapping[str, Head], below: set[str]) -> Plan:
    """Say what to send and what to ask for; `below` are the nodes this node speaks for, itself included."""
    push: list[tuple[int, str, int]] = []
    want: dict[str, Head] = {}
    ahead: list[str] = []
    parted: list[str] = []
    for name in {**mine, **theirs}:
        stream = streams.parse(name)
        held, there = mine.get(name, Head(0, "")), theirs.get(name, Head(0, ""))
        if there.seq > held.seq:
            want[name] = held
        elif there.seq == held.seq:
            parted += [name] if there.chain != held.chain else []
        elif stream.node in below and stream.flow.up:
            push.append((stream.flow.rank, name, there.seq + 1))
        elif name in theirs and stream.node not in below:
            ahead.append(name)
    return Plan([(name, first) for _, name, first in sorted(push)], want, ahead, parted)


def common(theirs: list[tuple[int, str]], ours: Mapping[int, str]) -> int | None:
    """Return the last number at which two histories agree, None if none of these does."""
    return max((seq for seq, hash_ in theirs if ours.get(seq) == hash_), default=None)


def _check_asked(request: Request) -> None:
    if len(request.need) > MAX_NEED:
        raise TooLarge(f"{len(request.need)} pupils; at most {MAX_NEED}")
    if TROUBLE.fullmatch(request.trouble) is None:
        raise BadRequest(f"no trouble: {request.trouble[:80]!r}")


def _check_name(stream: str) -> None:
    try:
        streams.parse(stream)
    except ValueError as exc:
        raise BadRequest(str(exc)) from exc


def _shown(number: int) -> str:
    """Python refuses to print the largest of what JSON can say."""
    return str(number) if abs(number) <= MOST else "beyond 63 bits"


def _is_deep(body: bytes) -> bool:
    """Tell whether a body's brackets lie deeper within each other than any reader has to follow."""
    if body.count(b"{") + body.count(b"[") <= MAX_DEPTH:
        return False
    depth = 0
    for each in TEXT.sub(b"", body):
        depth += (each in b"{[") - (each in b"}]")
        if depth > MAX_DEPTH:
            return True
    return False


def _travelling(facts: Iterable[Fact]) -> Iterator[bytes]:
    before = 0
    for hlc, kind, body in facts:
        ms, counter = ms_of(hlc), counter_of(hlc)
        more = b",%d" % counter if counter else b""
        yield b'[%d,"%s",%s%s]' % (ms - before, kind.encode(), body.encode(), more)
        before = ms


def _arrived(travelling: list[Travelling]) -> Iterator[Fact]:
    ms = 0
    for each in travelling:
        ms += each.ms
        hlc = pack(ms, each.counter)
        if not (0 < ms <= LAST and 0 <= hlc <= MOST and 0 <= each.counter < 1 << 16):
            raise BadRequest(f"no time: {_shown(ms)} ms, counter {_shown(each.counter)}")
        if KIND.fullmatch(each.kind) is None:
            raise BadRequest(f"no kind of fact: {each.kind[:80]!r}")
        body = bytes(each.body)
        if len(body) > MAX_BODY:
            raise TooLarge(f"a fact of {len(body)} bytes; at most {MAX_BODY}")
        if _is_deep(body):
            raise BadRequest(f"a {each.kind} with more than {MAX_DEPTH} brackets within each other")
        yield hlc, each.kind, body.decode()
