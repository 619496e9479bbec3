"""What travels: what is damaged is refused in words, what is sound arrives as it was sent, byte for byte."""

import zlib
from collections.abc import Iterable
from contextlib import suppress

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import Raw

from sync import chain, exchange, protocol
from sync.clock import LAST, MOST, pack
from sync.errors import BadRequest, TooLarge
from sync.protocol import (
    BATCH_BYTES,
    BATCH_FACTS,
    MAX_BODY,
    MAX_DEPTH,
    MAX_MESSAGE,
    MAX_NEED,
    MAX_STREAMS,
    MAX_WIRE,
    Batch,
    Head,
    Reply,
    Request,
)
from sync.records import Fact
from tests.sync.peers import NOON

NODE, OTHER = "0123456789abcdef", "fedcba9876543210"
STREAM = f"{NODE}.{NODE}.register.aul"

classes = st.sampled_from(
    ("control", "register", "correction", "timetable", "roster", "talk", "log", "holograms")
)
names = st.builds(
    "{}.{}.{}.{}".format, st.sampled_from((NODE, OTHER)), st.just(NODE), classes, st.sampled_from(("", "aul"))
)
hashes = st.text("0123456789abcdef", min_size=16, max_size=16)
heads = st.builds(Head, st.integers(1, 5), st.sampled_from(("a" * 16, "b" * 16)), st.integers(0, 5))
holdings = st.dictionaries(names, heads, max_size=8)
letters = st.characters(exclude_categories=["Cs"])
jsons = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(letters),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(letters), inner, max_size=3),
    max_leaves=10,
)
# As other programs write JSON: with blanks in it, with letters escaped or not.
bodies = st.builds(
    lambda value, indent: msgspec.json.format(msgspec.json.encode(value), indent=indent).decode(),
    jsons,
    st.integers(-1, 2),
)
kinds = st.from_regex(r"[a-z0-9][a-z0-9-]{0,63}", fullmatch=True)
facts = st.tuples(st.builds(pack, st.integers(1, LAST), st.integers(0, 65_535)), kinds, bodies)
histories = st.lists(facts, max_size=6)


def wired(message: object) -> bytes:
    """Return anything as if it were a message."""
    return zlib.compress(msgspec.json.encode(message))


def request(**fields: object) -> bytes:
    """Return a request of any fields."""
    return wired(fields)


def batch(history: Iterable[Fact], first: int = 1) -> Batch:
    """Return a batch of the test's stream."""
    return protocol.batch(STREAM, first, chain.genesis(STREAM), history)


def arriving(events: str) -> list[Fact]:
    """Return the facts of a batch that somebody wrote by hand."""
    return protocol.facts_of(Batch(STREAM, 1, "", Raw(events.encode())))


@given(histories)
def test_facts_arrive_as_they_were_sent_byte_for_byte(history: list[Fact]) -> None:
    wire = protocol.encode(Request("seen", NOON, (batch(history),)))
    (arrived,) = exchange.read(protocol.decode(wire, Request))
    assert arrived.facts == history


@given(histories)
def test_a_body_is_passed_on_by_any_number_of_relays_untouched(history: list[Fact]) -> None:
    passed = history
    for _ in range(3):
        passed = protocol.facts_of(
            protocol.decode(protocol.encode(Request(batches=(batch(passed),))), Request).batches[0]
        )
    assert passed == history


@given(holdings, holdings, st.lists(st.text(letters), max_size=5), st.integers(0, MOST - 1))
def test_a_message_arrives_as_it_was_sent(
    want: dict[str, Head], held: dict[str, Head], need: list[str], left: int
) -> None:
    asked = Request("seen", NOON, (), want, held, tuple(need), left)
    reply = Reply(NOON, held, (), {"p1": "key"}, (STREAM,))
    assert protocol.decode(protocol.encode(asked), Request) == asked
    assert protocol.decode(protocol.encode(reply), Reply) == reply
    assert exchange.read(asked) == exchange.read(reply) == []


@given(histories, st.data())
def test_a_damaged_message_is_refused_or_is_what_was_sent(history: list[Fact], data: st.DataObject) -> None:
    sent = Request("seen", NOON, (batch(history),))
    wire = bytearray(protocol.encode(sent))
    for place in data.draw(st.lists(st.integers(0, len(wire) - 1), min_size=1, max_size=3)):
        wire[place] ^= data.draw(st.integers(1, 255))
    with suppress(BadRequest):
        assert protocol.decode(bytes(wire), Request) == sent  # deflate has some bits that mean nothing


@given(st.integers(0, 200))
def test_a_message_cut_short_is_refused(length: int) -> None:
    wire = protocol.encode(Request("seen", NOON, (batch([(pack(NOON), "screen-note", '{"text":"x"}')]),)))
    with pytest.raises(BadRequest):
        protocol.decode(wire[: min(length, len(wire) - 1)], Request)


@given(st.binary(min_size=1, max_size=20))
def test_what_follows_the_end_of_a_message_is_refused(more: bytes) -> None:
    with pytest.raises(BadRequest, match="follows the end"):
        protocol.decode(protocol.encode(Request()) + more, Request)


@given(st.binary(max_size=300))
def test_noise_is_refused_in_words(noise: bytes) -> None:
    assume(noise.strip() != b"{}")  # a request that asks for nothing
    for wire in (noise, zlib.compress(noise)):
        with pytest.raises(BadRequest):
            protocol.decode(wire, Request)


def test_a_bomb_is_not_inflated() -> None:
    bomb = zlib.compress(b" " * (50 * MAX_MESSAGE), 9)
    assert len(bomb) < MAX_WIRE
    with pytest.raises(TooLarge, match="once inflated"):
        protocol.decode(bomb, Request)


def test_a_message_larger_than_any_of_ours_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(TooLarge, match=str(MAX_WIRE)):
        protocol.decode(bytes(MAX_WIRE + 1), Request)


@pytest.mark.parametrize("depth", [MAX_DEPTH, 900, 100_000])
@pytest.mark.parametrize("place", ['{{"batches":{0}}}', '{{"seen":{0}}}', '{{"later":{0}}}', "{0}"])
def test_brackets_within_each_other_end_in_an_answer_not_in_a_crash(depth: int, place: str) -> None:
    text = place.format("[" * depth + "]" * depth).encode()
    try:
        protocol.decode(zlib.compress(text), Request)
    except BadRequest:
        return
    assert "later" in place


@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_a_body_deeper_than_every_relay_can_follow_is_refused_by_the_first(opened: str) -> None:
    closed = "]" if opened == "[" else "}"

    def deep(depth: int) -> str:
        return f'[[1,"k",{opened * depth}1{closed * depth}]]'

    assert len(arriving(deep(MAX_DEPTH))) == 1
    with pytest.raises(BadRequest, match="within each other"):
        arriving(deep(MAX_DEPTH + 1))


def test_brackets_beside_each_other_or_in_a_text_are_not_counted() -> None:
    flat = "[" + ",".join(["[]"] * 500) + "]"
    text = '"' + '[{\\"' * 500 + '"'
    assert len(arriving(f'[[1,"k",{flat}],[0,"k",{text}]]')) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"batches": 7},
        {"batches": [{"stream": STREAM}]},
        {"batches": [{"stream": STREAM, "first": "1", "after": "", "events": []}]},
        {"want": {STREAM: {"seq": 1}}},
        {"want": {STREAM: [1]}},
        {"want": [STREAM]},
        {"seen": None},
        {"now": 1.5},
        {"need": [1]},
        {"left": "many"},
    ],
)
def test_a_field_of_another_type_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(BadRequest, match="not a request"):
        protocol.decode(wired(fields), Request)


HUGE = [-1, MOST, 2**64, 10**400, 10**4299]


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize(
    "fields",
    [
        '{"now":%s}',
        '{"left":%s}',
        f'{{"want":{{"{STREAM}":[%s,"a"]}}}}',
        f'{{"want":{{"{STREAM}":[1,"a",%s]}}}}',
        f'{{"common":{{"{STREAM}":[%s,"a"]}}}}',
        f'{{"batches":[{{"stream":"{STREAM}","first":%s,"after":"","events":[]}}]}}',
    ],
)
def test_a_number_that_no_journal_can_hold_is_refused(fields: str, number: int) -> None:
    text = fields % (number if number < MOST or "first" not in fields else number + 1)
    with pytest.raises(BadRequest):
        exchange.read(protocol.decode(zlib.compress(text.encode()), Request))


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize("fields", ['{"now":%s}', f'{{"heads":{{"{STREAM}":[1,"a",%s]}}}}'])
def test_a_number_that_no_journal_can_hold_is_refused_in_an_answer_too(fields: str, number: int) -> None:
    with pytest.raises(BadRequest):
        exchange.read(protocol.decode(zlib.compress((fields % number).encode()), Reply))


def test_each_batch_of_a_stream_is_checked_and_not_only_the_last() -> None:
    twice = (Batch(STREAM, -5, "", Raw(b"[]")), Batch(STREAM, 1, "", Raw(b"[]")))
    with pytest.raises(BadRequest):
        exchange.read(Request(batches=twice))
    with pytest.raises(BadRequest):
        exchange.read(Request(want={STREAM: Head(-5, "")}, batches=twice[1:]))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        f"{NODE}.{NODE}.register",
        f"{NODE}.{NODE}.register.АУЛ",
        f"{STREAM}\n",
        f"{NODE}.{NODE}.Register.aul",
        STREAM * 90,
    ],
)
def test_what_is_no_name_of_a_stream_is_refused_and_shown_in_part(name: str) -> None:
    for wrong in (Request(want={name: Head(1, "")}), Request(batches=(Batch(name, 1, "", Raw(b"[]")),))):
        with pytest.raises(BadRequest) as refused:
            exchange.read(wrong)
        assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    "events",
    [
        '[[1,"k"]]',
        '[["1","k",{}]]',
        "[[1,7,{}]]",
        '[[1,"Kind",{}]]',
        '[[1,"",{}]]',
        '[[1,"k\\u0000",{}]]',
        f'[[1,"{"k" * 65}",{{}}]]',
        '[[0,"k",{}]]',
        '[[-1,"k",{}]]',
        '[[1,"k",{},65536]]',
        '[[1,"k",{},-1]]',
        f'[[{1 << 48},"k",{{}}]]',
        f'[[{10**4299},"k",{{}}]]',
        f'[[1,"k",{{}}],[{"9" * 4300},"k",{{}}]]',
        f'[[1,"k",{{}},{10**4299}]]',
        '[[5,"k",{}],[-5,"k",{}]]',
        '{"a":1}',
        "[",
    ],
)
def test_what_is_no_fact_is_refused(events: str) -> None:
    with pytest.raises(BadRequest):
        arriving(events)


def test_a_fact_that_is_no_text_is_refused() -> None:
    with pytest.raises(BadRequest):
        protocol.facts_of(Batch(STREAM, 1, "", Raw(b'[[1,"k","\xff"]]')))


def test_a_fact_larger_than_a_batch_can_carry_twice_is_refused() -> None:
    def of(size: int) -> str:
        return f'[[1,"k","{"x" * (size - 2)}"]]'

    assert len(arriving(of(MAX_BODY))) == 1
    with pytest.raises(TooLarge, match=str(MAX_BODY)):
        arriving(of(MAX_BODY + 1))


def test_bounds_of_a_request_are_told_with_what_was_asked() -> None:
    many = {f"{number:016x}.{NODE}.log.aul": Head(1, "") for number in range(MAX_STREAMS + 1)}
    with pytest.raises(TooLarge, match=str(MAX_STREAMS + 1)):
        exchange.read(Request(want=many))
    with pytest.raises(TooLarge, match=str(MAX_NEED + 1)):
        exchange.read(Request(need=("p",) * (MAX_NEED + 1)))
    with pytest.raises(TooLarge, match=str(MAX_STREAMS + 1)):
        exchange.read(Reply(heads=many))


@pytest.mark.parametrize("trouble", ["x" * 33, "read only", "\x1b[2J", "Диск"])
def test_a_trouble_that_is_no_word_key_is_refused(trouble: str) -> None:
    with pytest.raises(BadRequest, match="no trouble"):
        protocol.check(Request(trouble=trouble))


def test_fields_that_a_newer_node_sends_are_passed_over() -> None:
    newer = {"seen": "x", "later": {"a": [1]}, "want": {STREAM: [1, "a", 0, "later"]}}
    assert protocol.decode(wired(newer), Request) == Request("x", want={STREAM: Head(1, "a")})
    assert arriving('[[1,"k",{},0,"later"]]') == [(pack(1), "k", "{}")]


def test_a_full_batch_fits_into_a_message_even_if_nothing_compresses() -> None:
    letters_ = "".join(
        chr(0x4E00 + number * 7919 % 20_000) for number in range(BATCH_BYTES // 3 // BATCH_FACTS)
    )
    history = [(pack(NOON + number), "screen-note", f'"{letters_}"') for number in range(BATCH_FACTS)]
    wire = protocol.encode(Request(batches=(batch(history),)))
    assert len(exchange.read(protocol.decode(wire, Request))[0].facts) == BATCH_FACTS


@given(holdings, holdings)
def test_digests_are_equal_exactly_if_the_holdings_are(one: dict[str, Head], other: dict[str, Head]) -> None:
    assert (protocol.digest(one) == protocol.digest(other)) == (one == other)
    assert protocol.digest(one) == protocol.digest(dict(reversed(one.items())))


@given(holdings, names)
def test_a_stream_without_facts_does_not_count_in_a_digest(held: dict[str, Head], name: str) -> None:
    held.pop(name, None)
    assert protocol.digest(held) == protocol.digest({**held, name: Head(0, "")})


@given(holdings, st.sampled_from(({NODE}, {NODE, OTHER})))
def test_who_holds_the_same_has_nothing_to_say(held: dict[str, Head], below: set[str]) -> None:
    assert protocol.plan(held, held, below) == protocol.Plan([], {}, [], [])


@given(holdings, holdings)
def test_every_stream_that_differs_is_in_exactly_one_part_of_the_plan(
    mine: dict[str, Head], theirs: dict[str, Head]
) -> None:
    plan = protocol.plan(mine, theirs, {NODE})
    planned = [*(name for name, _ in plan.push), *plan.want, *plan.ahead, *plan.parted]
    assert len(planned) == len(set(planned))
    for name in {**mine, **theirs}:
        held, there = mine.get(name, Head(0, "")), theirs.get(name, Head(0, ""))
        assert (name in plan.want) == (there.seq > held.seq)
        assert (name in plan.parted) == (there.seq == held.seq and there.chain != held.chain)
        assert (name in plan.ahead) == (held.seq > there.seq > 0 and name.startswith(OTHER))
        is_ours, goes_up = name.startswith(NODE), ".roster." not in name
        assert (name in planned and name in dict(plan.push)) == (held.seq > there.seq and is_ours and goes_up)


@given(holdings, holdings)
def test_registers_and_what_lets_them_in_are_pushed_before_all_else(
    mine: dict[str, Head], theirs: dict[str, Head]
) -> None:
    order = ["control", "register", "correction", "timetable", "talk", "holograms", "log"]
    pushed = [order.index(name.split(".")[2]) for name, _ in protocol.plan(mine, theirs, {NODE, OTHER}).push]
    assert pushed == sorted(pushed)


@given(holdings, holdings)
def test_what_is_pushed_begins_right_after_what_is_held_there(
    mine: dict[str, Head], theirs: dict[str, Head]
) -> None:
    for name, first in protocol.plan(mine, theirs, {NODE, OTHER}).push:
        assert first == theirs.get(name, Head(0, "")).seq + 1


@given(st.lists(hashes, max_size=8), st.lists(hashes, max_size=8), st.lists(hashes, max_size=8))
def test_the_last_common_number_of_two_histories_is_found(
    shared: list[str], ours: list[str], theirs: list[str]
) -> None:
    one = dict(enumerate([*shared, *(f"ours {hash_}" for hash_ in ours)]))
    other = list(enumerate([*shared, *theirs]))
    assert protocol.common(other, one) == (len(shared) - 1 if shared else None)
